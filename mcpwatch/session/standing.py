"""The standing GET stream of Streamable HTTP in the handshake era, opened again where it was left while it makes sense.

Owns when to try again, when to give up, and why. What a failure says of the link as a whole is for whoever runs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import anyio
import httpx2

from mcpwatch.session.exchange import failure
from mcpwatch.session.reading import drain, read_events
from mcpwatch.session.transport import Room

__all__ = ["MAX_RECONNECTS", "Open", "pause", "stand"]

Open: TypeAlias = Callable[[str | None], AbstractAsyncContextManager[httpx2.Response]]
"""One GET, from behind the event with this id on."""
MAX_RECONNECTS = 2
LEAST_PAUSE = 0.1
RECONNECT_AFTER = 1.0
"""Seconds before a lost stream is opened again where the server named no `retry`."""
MOST_PAUSE = 60.0
NO_STREAM = frozenset({404, 405, 501})
"""With these a server says that it has no such stream: nothing is wrong."""


async def stand(
    open: Open, *, over: Callable[[int | None], Awaitable[bool]], room: Room | None = None
) -> dict[str, Any] | None:
    """Keep the stream open as long as it makes sense; then why it does not any more: `attempts` in a row that came to
    nothing, and the `reason` of the last. None where the server never had one, and where the link is over.

    `over` is asked whether it is, after an attempt that broke (None) or that was refused with this status.
    """
    last: str | None = None
    retry: int | None = None
    attempts, opened = 0, False
    reason = ""
    while attempts <= MAX_RECONNECTS:
        status: int | None = None
        try:
            async with open(last) as response:
                status = response.status_code
                if status == 200:
                    opened = True
                    streamed = await read_events(response, room)
                    last = streamed.last_id or last
                    retry = retry if streamed.retry is None else streamed.retry
                    attempts, reason = 0 if streamed.anything else attempts + 1, "it ended without a word"
                else:
                    await drain(response)
                    attempts, reason = attempts + 1, f"HTTP {status} {response.reason_phrase}".rstrip()
        except Exception as error:  # the tap has recorded how it broke
            status, attempts, reason = None, attempts + 1, failure(error)[1]
        if status is None or (opened and status != 200):
            if await over(status):
                return None
        if status not in (None, 200):
            return {"attempts": attempts, "reason": reason} if opened or status not in NO_STREAM else None
        if attempts <= MAX_RECONNECTS:
            await pause(retry)
    return {"attempts": attempts, "reason": reason}


async def pause(retry: int | None) -> None:
    """Wait before a stream is opened again, as the server wants it (milliseconds)."""
    await anyio.sleep(RECONNECT_AFTER if retry is None else min(max(retry / 1000, LEAST_PAUSE), MOST_PAUSE))
