"""The options of `--auth` as what a login is given: secrets come from the environment, never from a command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from mcpwatch.errors import UsageError
from mcpwatch.session.auth.access import HOWS, Access, Invitation
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target

__all__ = ["access_for", "check_targets", "told_by"]

_SECRET = "MCPWATCH_CLIENT_SECRET"
_TOKEN = "MCPWATCH_TOKEN"
_MORE = ("auth_server", "auth_client", "auth_scope", "auth_port", "auth_secret_env", "auth_token_env", "auth_again")


def access_for(given: Mapping[str, Any]) -> Access | None:
    """How to log in; None without `--auth`, or with `none`. Raises `UsageError`."""
    how = given.get("auth") or "none"
    if how == "none":
        for name in _MORE:
            if given.get(name):
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} is about a login, and there is none.", hint="Add --auth browser.")
        return None
    if how not in HOWS:
        raise UsageError(f"--auth {how!r} is no way to log in.", hint=f"One of: none, {', '.join(HOWS)}.")
    client = given.get("auth_client") or ""
    return Access(
        how,
        client=client,
        secret=_from("--auth-secret-env", given.get("auth_secret_env"), _SECRET) if client else "",
        token=_from("--auth-token-env", given.get("auth_token_env"), _TOKEN) if how == "token" else "",
        scope=given.get("auth_scope") or "",
        servers=tuple(_origin(text) for text in given.get("auth_server") or ()),
        port=given.get("auth_port") or 0,
        again=bool(given.get("auth_again")),
    ).checked()


def check_targets(targets: Sequence[Target], access: Access | None) -> None:
    """Raises `UsageError` where a login and the targets contradict each other."""
    if access is None:
        return
    urls = [target for target in targets if target.url is not None]
    if not urls:
        raise UsageError("--auth is for URLs.", hint="A process gets what it needs with --env.")
    if len(urls) > 1 and (access.client or access.token):
        raise UsageError(
            "What one server knows is not for several.", hint="One URL at a time, or --auth browser alone."
        )
    for target in urls:
        if any(name.lower() == "authorization" for name in target.headers):
            raise UsageError(f"{target.name} has an Authorization header already.", hint="Leave out that, or --auth.")


def told_by(options: ClientOptions, show: Callable[[Invitation], object]) -> ClientOptions:
    """The same options, with whoever has to log in told so by `show`."""
    return options if options.access is None else replace(options, access=replace(options.access, show=show))


def _from(option: str, name: str | None, usual: str) -> str:
    value = os.environ.get(name or usual, "").strip()
    if name and not value:
        raise UsageError(f"{option} {name}: there is no such variable, or it is empty.")
    return value


def _origin(text: str) -> str:
    """`https://auth.example.com` from whatever address was pasted; any port from `http://localhost:*`."""
    from mcpwatch.session.auth.consent import is_web, origin_of

    text = text if "://" in text else f"https://{text}"
    any_port = urlsplit(text).netloc.endswith(":*")
    plain = text.replace(":*", "", 1) if any_port else text
    if not is_web(plain):
        raise UsageError(f"--auth-server {text!r} is no address.", hint="Write https://auth.example.com")
    return origin_of(plain) + (":*" if any_port else "")
