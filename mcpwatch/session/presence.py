"""Whether anybody is still there at a URL: found out beside the protocol, by a connection on which nothing is said.

Over HTTP nobody misses a server that dies while nothing is in flight. A `ping` would find out, but it would be traffic
of ours in every recording, make servers work, keep an idle link from ever being idle, and the stateless era has none.
So mcpwatch knocks: it opens a TCP connection and closes it again, which is no message and therefore no event. What it
finds out is said, as the reason in `Closed`. Behind a proxy of the environment nobody can knock; there the next request
finds out.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import anyio

from mcpwatch.wire.http_exchange import words_of

__all__ = ["EVERY", "Presence"]

EVERY = 5.0
"""Seconds between two knocks while nothing is in flight."""
KNOCKS = 3
"""How often in a row nobody has to answer: a server that restarts is away for a moment."""
BETWEEN = 1.0
"""Seconds between those."""
WITHIN = 5.0
"""Seconds that a connection may take."""


class Presence:
    """Knocks at one server's door. `proxied`: its address is reached through somebody else, who would answer."""

    def __init__(self, *, proxied: bool) -> None:
        self._proxied = proxied
        self._one_at_a_time = anyio.Lock()

    async def missing(self, url: str) -> str | None:
        """Why nobody is there, after `KNOCKS` attempts; None as soon as somebody answers, or where nobody can tell."""
        if self._proxied:
            return None
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return None
        if host is None:
            return None
        why: str | None = None
        async with self._one_at_a_time:
            for attempt in range(KNOCKS):
                if attempt:
                    await anyio.sleep(BETWEEN)
                why = await _knock(host, port)
                if why is None:
                    return None
        where = f"[{host}]" if ":" in host else host
        return f"nobody answers at {where}:{port} ({why}; tried {KNOCKS} times)"


async def _knock(host: str, port: int) -> str | None:
    """Why there is no connection, None where there is one."""
    try:
        with anyio.fail_after(WITHIN):
            stream = await anyio.connect_tcp(host, port)
    except TimeoutError:
        return f"no connection within {WITHIN:g} s"
    except OSError as error:
        return words_of(error)
    await anyio.aclose_forcefully(stream)
    return None
