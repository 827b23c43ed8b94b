"""Whose login a server wants, and where: protected resource metadata (RFC 9728), authorization server metadata
(RFC 8414, OpenID Connect Discovery), and what has to be checked in both.

What a document says is believed only if it is about this very server, respectively names the very issuer it was asked
for; else one server could have another's login used for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mcpwatch.model.shapes import items, text
from mcpwatch.session.auth.access import LoginFailed, in_short
from mcpwatch.session.auth.consent import demand, is_web, origin_of
from mcpwatch.session.auth.fetch import Fetch

__all__ = ["Authority", "Resource", "authority_of", "canonical", "resource_of"]

_AUTHORITY = ("oauth-authorization-server", "openid-configuration")


@dataclass(frozen=True, slots=True)
class Resource:
    """What a protected server says of itself. `issuer` is None where it says nothing: its own origin, then."""

    resource: str
    issuer: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """What an authorization server says of itself, as far as a login needs it."""

    issuer: str
    authorize: str
    token: str
    register: str | None = None
    methods: tuple[str, ...] | None = None
    """How a client may say who it is in a request for a token; None where it does not say."""
    scopes: tuple[str, ...] = ()
    documents: bool = False
    """Whether the address of a metadata document is good as a client's id."""
    names_itself: bool = False
    """Whether it says who it is when it sends a browser back (RFC 9207)."""
    challenges: tuple[str, ...] | None = None
    """The kinds of PKCE that it knows; None where it does not say."""


def canonical(url: str) -> str:
    """The address of a server as the identity of what is protected: without user's name, query and fragment."""
    parts = urlsplit(url)
    return origin_of(url) + parts.path


async def resource_of(fetch: Fetch, server: str, named_at: str | None, allowed: Collection[str]) -> Resource:
    """What `server` says of itself, at the address that its challenge named, else where it has to be by the book.

    Raises `LoginFailed`, also where what is said is about another server.
    """
    path = urlsplit(server).path.rstrip("/")
    well_known = f"{origin_of(server)}/.well-known/oauth-protected-resource"
    places = [named_at] if named_at else list(dict.fromkeys((well_known + path, well_known)))
    demand(places, server, allowed, "metadata that the server names")
    for place in places:
        answer = await fetch("GET", place)
        if answer.status >= 500 or answer.status == 429:
            raise LoginFailed(f"What the server says of its login could not be read: HTTP {answer.status} at {place}.")
        if not answer.ok or not answer.document:
            continue
        said = text(answer.document.get("resource"))
        if said is not None and not _covers(said, server):
            raise LoginFailed(
                f"The metadata at {place} is about {in_short(said)}, not about {canonical(server)}: "
                "no login for one server is made by the word of another.",
                hint="A mistake of the server's: `resource` in its metadata has to be its own address.",
            )
        issuers = _texts(answer.document.get("authorization_servers")) or ()
        return Resource(
            said or canonical(server),
            issuers[0] if issuers else None,
            _texts(answer.document.get("scopes_supported")) or (),
        )
    if named_at:
        raise LoginFailed(f"There is no metadata at {named_at}, which the server names for its login.")
    return Resource(canonical(server))


async def authority_of(fetch: Fetch, resource: Resource, server: str, allowed: Collection[str]) -> Authority:
    """The authorization server of `resource`. Raises `LoginFailed`."""
    issuer = resource.issuer or origin_of(server)
    demand([issuer], server, allowed, "authorization server")
    for place in _places(issuer):
        answer = await fetch("GET", place)
        if answer.status >= 500 or answer.status == 429:
            raise LoginFailed(
                f"The authorization server's metadata could not be read: HTTP {answer.status} at {place}."
            )
        if not answer.ok or not answer.document:
            continue
        said = text(answer.document.get("issuer")) or ""
        own = resource.issuer is None and said.rstrip("/") == issuer
        if said != issuer and not own:
            raise LoginFailed(
                f"The authorization server's metadata at {place} is that of {in_short(said) or 'nobody'}, "
                f"not of {issuer}.",
                hint="A mistake of the server's, or an attempt to have a login of yours sent elsewhere.",
            )
        return _authority(said, answer.document, server, allowed)
    if resource.issuer is None:
        raise LoginFailed(
            f"{canonical(server)} wants a login, and says nowhere how.",
            hint="Does it want a token? --auth token with MCPWATCH_TOKEN, or --header 'Authorization: Bearer …'.",
        )
    raise LoginFailed(f"The authorization server {issuer} publishes no metadata.")


def _authority(issuer: str, said: Mapping[str, Any], server: str, allowed: Collection[str]) -> Authority:
    authorize, token = text(said.get("authorization_endpoint")), text(said.get("token_endpoint"))
    register = text(said.get("registration_endpoint"))
    if token is None:
        raise LoginFailed(f"The authorization server {issuer} names no token_endpoint.")
    endpoints = [one for one in (authorize, token, register) if one is not None]
    demand(endpoints, server, {*allowed, origin_of(issuer)}, "authorization server's endpoint")
    return Authority(
        issuer,
        authorize or "",
        token,
        register,
        methods=_texts(said.get("token_endpoint_auth_methods_supported")),
        scopes=_texts(said.get("scopes_supported")) or (),
        documents=said.get("client_id_metadata_document_supported") is True,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        challenges=_texts(said.get("code_challenge_methods_supported")),
    )


def _places(issuer: str) -> list[str]:
    """Where the metadata of an issuer is looked for, in this order."""
    path, origin = urlsplit(issuer).path.rstrip("/"), origin_of(issuer)
    places = [f"{origin}/.well-known/{kind}{path}" for kind in _AUTHORITY]
    return [*places, f"{origin}{path}/.well-known/{_AUTHORITY[1]}"] if path else places


def _covers(resource: str, server: str) -> bool:
    """Whether `resource` is the server's own address, or one above it."""
    if not is_web(resource) or origin_of(resource) != origin_of(server):
        return False
    above, path = urlsplit(resource).path.rstrip("/"), urlsplit(server).path.rstrip("/")
    return path == above or path.startswith(f"{above}/")


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(one for one in items(value) if isinstance(one, str))  # pyright: ignore[reportUnknownArgumentType]
