"""Who we are to an authorization server: a client that the user has named, one whose id is the address of a document,
or one that is registered now (RFC 7591).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mcpwatch.model.shapes import mapping, text
from mcpwatch.session.auth.access import Access, LoginFailed, in_short
from mcpwatch.session.auth.discovery import Authority
from mcpwatch.session.auth.fetch import Answer, Fetch

__all__ = ["METHODS", "Client", "refusal", "registered"]

METHODS = ("none", "client_secret_basic", "client_secret_post")
"""How we can say who we are in a request for a token, what asks least of us first."""
HOME = "https://pypi.org/project/mcpwatch-inspector/"


@dataclass(frozen=True, slots=True)
class Client:
    """A client of one authorization server. `back` is the address that its browser comes back to."""

    issuer: str
    id: str
    secret: str = ""
    method: str = "none"
    back: str = ""

    def kept(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def of(cls, kept: Any) -> Client | None:
        """What `kept` gave; None where it is none."""
        said = {name: text(value) for name, value in mapping(kept).items() if name in cls.__slots__}
        if not said.get("id") or not said.get("issuer") or said.get("method", "none") not in METHODS:
            return None
        return cls(**{name: value for name, value in said.items() if value is not None})


async def registered(fetch: Fetch, authority: Authority, access: Access, back: str, scope: str) -> Client:
    """The client to log in as; one is registered where the user named none. Raises `LoginFailed`."""
    if access.client:
        document = access.client.startswith("https://")
        if document and not authority.documents:
            if authority.register is None:
                hint = "Register a client there by hand, and name it: --auth-client ID."
                raise LoginFailed(f"{authority.issuer} takes no client by the address of its document.", hint=hint)
        else:
            method = "none" if document or not access.secret else _method(authority.methods, secret=True)
            return Client(authority.issuer, access.client, access.secret, method, back)
    if authority.register is None:
        raise LoginFailed(
            f"{authority.issuer} registers no clients by itself.",
            hint="Register one there by hand, and name it: --auth-client ID (its secret in MCPWATCH_CLIENT_SECRET).",
        )
    wanted = _method(authority.methods, secret=None)
    asked: dict[str, Any] = {
        "client_name": "mcpwatch",
        "client_uri": HOME,
        "redirect_uris": [back],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": wanted,
        "application_type": "native",
    }
    if scope:
        asked["scope"] = scope
    answer = await fetch("POST", authority.register, document=asked)
    if not answer.ok:
        raise LoginFailed(f"{authority.issuer} did not register mcpwatch as a client: {refusal(answer)}.")
    return _client(answer.document, authority, wanted, back)


def _client(said: Mapping[str, Any], authority: Authority, wanted: str, back: str) -> Client:
    id, secret = text(said.get("client_id")), text(said.get("client_secret")) or ""
    if not id:
        raise LoginFailed(f"{authority.issuer} registered a client without an id.")
    method = text(said.get("token_endpoint_auth_method")) or (wanted if secret else "none")
    if method == "none" and secret and wanted != "none" and "token_endpoint_auth_method" not in said:
        method = wanted
    if method not in METHODS or (method != "none" and not secret):
        how = f"a client that has to say who it is by {method}" if secret else "a client with a secret, and gave none"
        raise LoginFailed(f"{authority.issuer} registered {how}: mcpwatch cannot do that.")
    return Client(authority.issuer, id, secret, method, back)


def _method(supported: tuple[str, ...] | None, *, secret: bool | None) -> str:
    """How to say who we are, by what is supported; without a list it is the first of RFC 8414's."""
    ours = METHODS[1:] if secret else METHODS
    if supported is None:
        return "client_secret_basic"
    found = next((one for one in ours if one in supported), None)
    if found is None:
        listed = in_short(", ".join(supported)) or "nothing"
        raise LoginFailed(
            f"The authorization server takes {listed} from its clients; mcpwatch knows {', '.join(ours)}."
        )
    return found


def refusal(answer: Answer) -> str:
    """What an OAuth error says, in its own words."""
    error, why = text(answer.document.get("error")), text(answer.document.get("error_description"))
    if error is None:
        return f"HTTP {answer.status}"
    return in_short(f"{error}, {why.rstrip('.')}" if why else error)
