"""One request of a step: sent, known again in the timeline by its ids, and given up when the step says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from mcpwatch.check.came import Came
from mcpwatch.check.finding import Finding
from mcpwatch.check.heard import Heard
from mcpwatch.errors import McpwatchError
from mcpwatch.events import JsonId
from mcpwatch.model import Exchange, Timeline
from mcpwatch.session.dispatch import SENDING, Reply

__all__ = ["send"]


@dataclass(slots=True)
class _Sent:
    """The ids of a step's requests, as they are sent."""

    timeline: Timeline
    link: str
    method: str
    since: int
    ids: list[JsonId] = field(default_factory=list[JsonId])

    def exchange(self) -> Exchange | None:
        """The exchange that these requests are: of a conversation its rounds together."""
        for exchange in reversed(self.timeline.exchanges):
            if exchange.seq <= self.since:
                return None
            if exchange.link == self.link and exchange.dir == "c2s" and exchange.method == self.method:
                if any(type(id) is type(exchange.id) and id == exchange.id for id in self.ids):
                    return exchange
        return None


async def send(
    request: Callable[[], Awaitable[Reply]], method: str, came: Came, *, timeline: Timeline, heard: Heard
) -> list[Finding]:
    """Send a request of `method` and wait for its reply, or for the moment to cancel it: both go into `came`."""
    sent = _Sent(timeline, came.link, method, came.since)
    token = SENDING.set(sent.ids.append)
    try:
        if came.step.cancel is None:
            came.reply = await request()
            return []
        return await _cancelled(request, sent, came, heard)
    finally:
        SENDING.reset(token)
        came.exchange = sent.exchange()


async def _cancelled(request: Callable[[], Awaitable[Reply]], sent: _Sent, came: Came, heard: Heard) -> list[Finding]:
    assert came.step.cancel is not None
    cancel = came.step.cancel
    failures: list[McpwatchError] = []

    def far_enough() -> bool | None:
        exchange = sent.exchange()
        reached = exchange is not None and exchange.progress_count >= (cancel.at_progress or 0)
        return reached or None

    async def give_up() -> None:
        if cancel.after is not None:
            await anyio.sleep(cancel.after)
        else:
            await heard.until(far_enough, None)
        came.cancelled = True
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_up)
        try:
            came.reply = await request()
        except McpwatchError as error:  # as it is: a task group would wrap it
            failures.append(error)
        tasks.cancel_scope.cancel()
    if failures:
        raise failures[0]
    if came.reply is None:
        return []
    came.cancelled = False
    if came.failed:
        return []  # which `came_findings` says better
    return [Finding(f"it ended before it was cancelled {cancel}", (*came.step.place, "cancel"))]
