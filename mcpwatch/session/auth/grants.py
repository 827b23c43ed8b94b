"""Requests for tokens, and what comes back: by a browser's code, a refresh token, or the client's own credentials."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from time import time
from typing import Any
from urllib.parse import quote_plus

from mcpwatch.model.shapes import mapping, number, text
from mcpwatch.session.auth.access import LoginFailed, in_short
from mcpwatch.session.auth.fetch import Fetch
from mcpwatch.session.auth.registration import Client, refusal

__all__ = ["Token", "by_code", "by_credentials", "refreshed"]

LEEWAY = 10.0
"""Seconds before its end from which on a token is renewed."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `until` is a `time.time()`, None where nobody said; `scope` is what it was asked for with."""

    access: str
    refresh: str = ""
    until: float | None = None
    scope: str = ""

    @property
    def good(self) -> bool:
        """Whether it may still be good."""
        return self.until is None or time() < self.until - LEEWAY

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, kept: Any) -> Token | None:
        """What `kept` gave; None where it is none."""
        said = mapping(kept)
        access = text(said.get("access"))
        if not access or not _sendable(access):
            return None
        return cls(access, text(said.get("refresh")) or "", number(said.get("until")), text(said.get("scope")) or "")


async def by_code(
    fetch: Fetch, endpoint: str, client: Client, *, code: str, verifier: str, resource: str, scope: str
) -> Token:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.back, "code_verifier": verifier}
    return await _token(fetch, endpoint, client, {**form, "resource": resource}, scope)


async def by_credentials(fetch: Fetch, endpoint: str, client: Client, *, resource: str, scope: str) -> Token:
    form = {"grant_type": "client_credentials", "resource": resource, **({"scope": scope} if scope else {})}
    return await _token(fetch, endpoint, client, form, scope)


async def refreshed(fetch: Fetch, endpoint: str, client: Client, token: Token, *, resource: str) -> Token:
    """A new token in place of `token`, whose refresh token stays unless another one came."""
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh, "resource": resource}
    found = await _token(fetch, endpoint, client, form, token.scope)
    return found if found.refresh else replace(found, refresh=token.refresh)


async def _token(fetch: Fetch, endpoint: str, client: Client, form: Mapping[str, str], scope: str) -> Token:
    sent, headers = dict(form), dict[str, str]()
    if client.method == "client_secret_basic":
        pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        sent["client_id"] = client.id
        if client.method == "client_secret_post":
            sent["client_secret"] = client.secret
    answer = await fetch("POST", endpoint, form=sent, headers=headers)
    if not answer.ok:
        raise LoginFailed(f"{client.issuer} gave no token: {refusal(answer)}.")
    said = answer.document
    access, kind = text(said.get("access_token")), text(said.get("token_type")) or "Bearer"
    if not access or not _sendable(access):
        raise LoginFailed(f"{client.issuer} answered without a token that can be sent.")
    if kind.lower() != "bearer":
        raise LoginFailed(f"{client.issuer} gave a token of the kind {in_short(kind)}; mcpwatch knows Bearer.")
    lasts = number(said.get("expires_in"))
    return Token(access, text(said.get("refresh_token")) or "", None if lasts is None else time() + lasts, scope)


def _sendable(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
