"""The tool call that a question of the server belongs to, as far as the wire says.

Over Streamable HTTP a question comes on the stream of the call that made the server ask. Over pipes and the older
transport nothing ties the two together, so it is known only while one call is in flight. (In the stateless era a
question is part of its call's own result: `rounds`.)
"""

from __future__ import annotations

from collections.abc import Iterable

from mcpwatch.events import Frame, JsonId

__all__ = ["Calls"]

_CALLS = frozenset({"tools/call", "prompts/get", "resources/read", "completion/complete"})
"""Requests that run a server author's code. Others that a user sends may too, and then nothing is known."""
_KEPT = 256


class Calls:
    """What was sent on one link. `sent` comes from any thread before a question can; `of` from the loop."""

    def __init__(self) -> None:
        self._sent: dict[JsonId, Frame] = {}

    def sent(self, frame: Frame) -> None:
        """A request of ours is on its way."""
        if frame.method in _CALLS and not isinstance(frame.id, float):
            if len(self._sent) >= _KEPT:
                self._sent = dict(list(self._sent.items())[-_KEPT // 2 :])
            self._sent[frame.id] = frame

    def of(self, question: Frame, waiting: Iterable[JsonId]) -> str | None:
        """The tool whose call made the server ask, None where it was none, or nobody can tell. `waiting`: our
        requests without an answer.
        """
        running = [frame for id in waiting if (frame := self._sent.get(id)) is not None]
        if question.xid is not None:
            same = [frame for frame in running if frame.xid == question.xid]
            running = same or running
        if len(running) != 1 or running[0].method != "tools/call":
            return None
        return running[0].name
