"""What is on its way: a cue that is being played for one request, and a message that is due."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mcpwatch.check.mock.story import Cue, Question, Step
from mcpwatch.events import JsonId

__all__ = ["Out", "Play"]


class Out(NamedTuple):
    """One message, or one line of junk, that is due. `data` has no line end."""

    data: bytes
    to: Hashable | None = None
    """What `receive` was given as `stream` with the request that it belongs to; None for the standing stream."""
    last: bool = False
    """It is the response to a request."""
    status: int | None = None
    """The HTTP status that the response came with."""
    streamed: bool | None = None
    """Whether it came on an event stream; None if that is not known."""
    eol: str = "\n"
    asks: Hashable | None = None
    """The id that we gave it, where it is a question of the server."""


@dataclass(slots=True, eq=False)
class Play:
    """One cue on its way."""

    cue: Cue
    number: int
    at: float
    """When its last step was."""
    id: JsonId = None
    stream: Hashable | None = None
    """Where its request came from, and what belongs to it goes."""
    token: Any = None
    level: str | None = None
    """The least level of logs that its request asked for."""
    place: int = 0
    """The next step."""
    waits: bool = False
    over: bool = False
    """Its request has been answered, or was given up."""
    asked: dict[Hashable, Question] = field(default_factory=dict[Hashable, Question])
    """Its open questions by the ids that we gave them."""
    answered: set[Question] = field(default_factory=set[Question])

    @property
    def step(self) -> Step | None:
        return self.cue.steps[self.place] if self.place < len(self.cue.steps) else None
