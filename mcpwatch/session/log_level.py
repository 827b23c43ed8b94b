"""The level of logs that a server is asked for: at the start, and whenever the person watching wants another.

The handshake era asks once, with `logging/setLevel`; in the stateless one each request says it anew, so that another
level is true from the next request on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mcpwatch.errors import TimedOut, UsageError
from mcpwatch.session.options import check_log_level

if TYPE_CHECKING:
    from mcpwatch.session.client import Client
    from mcpwatch.session.dispatch import Reply

__all__ = ["ask_for_logs", "set_log_level"]

WITHIN = 5.0
"""Seconds for a server to take the log level, before the session goes on without its word."""


async def ask_for_logs(request: Callable[..., Awaitable[Reply]], level: str) -> None:
    """Ask for logs as a session begins."""
    try:
        await request("logging/setLevel", {"level": level}, by="mcpwatch", within=WITHIN)
    except TimedOut:
        pass  # it declares logging and does not answer: seen in the recording, and no reason not to go on


async def set_log_level(client: Client, level: str) -> Reply | None:
    """Ask the server of `client` for logs from `level` on, now and after a restart.

    The reply is the server's own in the handshake era; None in the stateless one, where later requests ask. Raises
    `UsageError` for what is no level, and where the server has no logging; `TimedOut`, `ConnectError`.
    """
    check_log_level(level)
    settled = client.negotiated
    legacy = settled.era == "legacy"
    if legacy and "logging" not in settled.server_capabilities:
        raise UsageError(f"{client.link} declares no logging: there is no level to set.")
    client.options = replace(client.options, log_level=level, without=client.options.without - {"logs"})
    if not legacy:
        settled.envelope.log_level = level
        return None
    return await client.request("logging/setLevel", {"level": level})
