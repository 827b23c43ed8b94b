"""Which addresses a login may contact, and which page a person may be sent to.

A server names addresses: of its metadata, of its authorization server, and that one names more. None of them is
contacted but those of the server's own origin, which the user has typed, and of origins that the user has named
besides. Whoever could choose otherwise would have mcpwatch ask addresses that only this machine reaches.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from mcpwatch.session.auth.access import LoginFailed, in_short

__all__ = ["demand", "is_web", "origin_of"]

_PORTS = {"http": 80, "https": 443}


def is_web(url: str) -> bool:
    """Whether it is an address of the web as it can be shown and opened: ASCII, no space, no user's name, a host."""
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in ' "<>\\^`{|}'):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in _PORTS and bool(parts.hostname) and "@" not in parts.netloc


def origin_of(url: str) -> str:
    """Scheme, host and port, where it is not the scheme's own: `https://example.com`, `http://[::1]:8000`."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if parts.port in (None, _PORTS.get(scheme)) else f"{scheme}://{host}:{parts.port}"


def demand(urls: Collection[str], server: str, named: Collection[str], what: str) -> None:
    """Go on only if all of `urls` may be contacted for a login at `server`; `named` are the origins that may be, too.

    Raises `LoginFailed`, which says how to allow those that may not.
    """
    for url in urls:
        if not is_web(url):
            raise LoginFailed(f"The {what} is at {in_short(url)!r}, which is no address that can be opened.")
    own = origin_of(server)
    strange = [origin for url in urls if not _is_named(origin := origin_of(url), {own, *named})]
    if not strange:
        return
    strange = list(dict.fromkeys(strange))
    plain = [one for one in strange if one.startswith("http://")]
    unsafe = f" ({', '.join(plain)} is not even encrypted)" if plain else ""
    listed = " and ".join(strange)
    raise LoginFailed(
        f"The {what} is at {listed}, not at {own}; nothing was sent there{unsafe}.",
        hint=f"If you trust it: {' '.join(f'--auth-server {one}' for one in strange)}",
    )


def _is_named(origin: str, named: Collection[str]) -> bool:
    scheme_and_host = origin if origin.count(":") == 1 or origin.endswith("]") else origin.rpartition(":")[0]
    return origin in named or f"{scheme_and_host}:*" in named
