"""What one progress token says: the running state behind a bar.

Owns the arithmetic (rate, time left, what is odd about it). Which call a token belongs to is found out elsewhere, and
how a bar looks is the view's. Only the last message is kept; all of them are read back through `Exchange.progress`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mcpwatch.events import Direction
from mcpwatch.model.shapes import number

if TYPE_CHECKING:
    from mcpwatch.model.exchange import Exchange

_MESSAGE: Final = 500
"""Characters of the last message that are kept."""


class Progress(NamedTuple):
    """One progress notification. `progress` and `total` are what the sender wrote, whatever their type; `t` in
    seconds."""

    progress: Any
    total: Any = None
    message: Any = None
    t: float = 0.0
    seq: int = 0


@dataclass(slots=True, eq=False)
class Bar:
    """The state of one progress token. Times are seconds on the recording's clock.

    `exchange` is the request that carried the token, None for an unknown one (`unknown`). `progress`, `total` and
    `message` are the last good values. Odd things stay flagged: `backwards` (a value below the one before),
    `past_total`, `after_end` (a message after the request's end), `malformed` (how many messages had no usable
    number).
    """

    link: str
    token: Any
    dir: Direction
    """The direction the progress flows in: `s2c` for a call of the client."""
    exchange: Exchange | None = None
    progress: int | float | None = None
    total: int | float | None = None
    message: str | None = None
    first: float = 0.0
    last: float = 0.0
    first_progress: int | float | None = None
    count: int = 0
    malformed: int = 0
    ended: float | None = None
    """When the request that it belongs to ended; None while it runs."""
    backwards: bool = False
    past_total: bool = False
    after_end: bool = False

    def advance(self, said: Mapping[str, Any], t: float) -> None:
        """Take in the params of one more message."""
        self.count += 1
        self.last = t
        progress = number(said.get("progress"))
        if progress is None:
            self.malformed += 1
        else:
            if self.progress is None:
                self.first_progress = progress
            elif progress < self.progress:
                self.backwards = True
            self.progress = progress
        if "total" in said:
            total = number(said["total"])
            self.total = self.total if total is None else total
        if self.total is not None and self.progress is not None and self.progress > self.total:
            self.past_total = True
        message = said.get("message")
        if message is not None and isinstance(message, str):
            self.message = message[:_MESSAGE]

    @property
    def unknown(self) -> bool:
        """No request carried this token."""
        return self.exchange is None

    @property
    def running(self) -> bool:
        return self.exchange is not None and self.ended is None

    @property
    def odd(self) -> tuple[str, ...]:
        """The flags that are up, in words."""
        flags = (
            (self.unknown, "unknown token"),
            (self.backwards, "backwards"),
            (self.past_total, "past total"),
            (self.after_end, "after the end"),
            (self.malformed > 0, "malformed"),
        )
        return tuple(word for up, word in flags if up)

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1, or None without a total above zero."""
        if self.progress is None or self.total is None or self.total <= 0:
            return None
        return min(1.0, max(0.0, self.progress / self.total))

    @property
    def rate(self) -> float | None:
        """Units a second between the first message and the last; None until two of them differ in time and rise."""
        if self.progress is None or self.first_progress is None or self.last <= self.first:
            return None
        risen = self.progress - self.first_progress
        return risen / (self.last - self.first) if risen > 0 else None

    @property
    def eta(self) -> float | None:
        """Seconds from the last message to the total at this rate; None without a total or a rate, or once it ended."""
        rate = self.rate
        if rate is None or self.total is None or self.progress is None or not self.running:
            return None
        return max(0.0, (self.total - self.progress) / rate)
