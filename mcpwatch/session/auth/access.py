"""What the user allows and gives for a login: values only, which a command line can read before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mcpwatch.errors import ConnectError, UsageError

__all__ = ["HOWS", "Access", "Invitation", "LoginFailed", "in_short"]

MOST = 300
HOWS = ("browser", "print", "client", "token")
"""By a person in a browser that is opened, or whose address is only shown; by the client's own credentials; by a token
that is there already."""


class LoginFailed(ConnectError):
    """The server wants a login, and there is none."""


def in_short(said: str) -> str:
    """A server's words, as many as belong into a sentence."""
    return said if len(said) <= MOST else f"{said[:MOST]}…"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a person is asked to open. `url` is ASCII without spaces or controls, and begins with http:// or https://."""

    link: str
    url: str
    server: str
    """The address of the server that wants the login."""
    opened: bool
    """Whether a browser was started with it."""

    @property
    def host(self) -> str:
        """Where the page is, with its port where there is one: what a person has to look at."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def __str__(self) -> str:
        did = "Opened in your browser:" if self.opened else "Open this address in a browser:"
        return f"{self.server} wants a login at {self.host}. {did}\n{self.url}"


def tell(invitation: Invitation) -> None:
    """The invitation on stderr, for those who have no screen of their own."""
    sys.stderr.write(f"{invitation}\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Access:
    """How to log in where a server wants it. Secrets are never shown, and every event is searched for them."""

    how: str = "browser"
    client: str = ""
    """The id of a client that was registered before, or the https address of its metadata document; empty registers
    one."""
    secret: str = field(default="", repr=False)
    """That client's secret."""
    token: str = field(default="", repr=False)
    """What `token` sends, as it is."""
    scope: str = ""
    """The scopes to ask for, in place of those that the server names."""
    servers: tuple[str, ...] = ()
    """Origins that may be contacted besides the server's own; `http://localhost:*` is any port."""
    port: int = 0
    """Where on loopback the browser comes back to; 0 is any free port."""
    again: bool = False
    """Log in afresh, whatever is kept from earlier."""
    within: float = 300.0
    """Seconds that a person has."""
    show: Callable[[Invitation], object] = tell
    over: Callable[[], object] = lambda: None
    """Called when what was shown is of no use any more."""
    opens: Callable[[str], bool] | None = None
    """Who opens an address; None is the system's browser."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(one for one in (self.secret, self.token) if one)

    def checked(self) -> Access:
        """Itself, where it can work. Raises `UsageError`."""
        if self.how not in HOWS:
            raise UsageError(f"There is no way to log in called {self.how!r}.", hint=f"One of: {', '.join(HOWS)}.")
        if self.how == "client" and not (self.client and self.secret):
            raise UsageError(
                "A client that logs in by itself needs its id and its secret.",
                hint="--auth-client ID, and the secret in MCPWATCH_CLIENT_SECRET or the variable of --auth-secret-env.",
            )
        if self.how == "token" and not self.token:
            hint = "Put it into MCPWATCH_TOKEN, or name another variable with --auth-token-env."
            raise UsageError("There is no token to log in with.", hint=hint)
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise UsageError("The token cannot be sent: it is not one word of plain ASCII.")
        if self.secret and not self.client:
            raise UsageError("A client's secret is of no use without its id.", hint="Add --auth-client ID.")
        return self
