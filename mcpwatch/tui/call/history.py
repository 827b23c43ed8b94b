"""The calls of a link, from the model: those made here, those of a client behind a proxy, those of a recording.

`Calls` finds them among all exchanges, as these come; `CallList` shows a line for each, with what it is doing now.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from textual.message import Message

from mcpwatch.errors import RecordingError
from mcpwatch.model import Exchange, Timeline
from mcpwatch.model.shapes import mapping
from mcpwatch.text import duration, size
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.view.bars import progress_words
from mcpwatch.view.style import Line
from mcpwatch.view.values import arguments

__all__ = ["METHODS", "CallList", "Calls", "given"]

METHODS: Final = {
    "tools/call": "call",
    "prompts/get": "prompt",
    "resources/read": "read",
    "resources/subscribe": "subscribe",
    "resources/unsubscribe": "unsubscribe",
}
"""What counts as a call, and the word for it."""
_STATES: Final[dict[str, tuple[str, str, str]]] = {
    "running": ("…", "hint", ""),
    "done": ("✓", "ok", ""),
    "failed": ("✗", "error", "error"),
    "tool_error": ("✗", "error", "tool error"),
    "input_required": ("?", "question", "asks back"),
    "cancelled": ("⊘", "warning", "cancelled"),
    "lost": ("⊘", "warning", "lost"),
}
_STOPPED: Final = ("✗", "error", "given up")
_CACHED: Final = 500
_SHORT: Final = 200
_LARGEST: Final = 1 << 18
"""Bytes of a request whose arguments are shown in its line."""


class Calls:
    """The numbers of the exchanges of one link that are calls, in order."""

    def __init__(self) -> None:
        self._timeline: Timeline | None = None
        self._link = ""
        self._seen = 0
        self.found: list[Exchange] = []

    def look(self, timeline: Timeline, link: str) -> bool:
        """Look at what is new; whether there was anything."""
        if timeline is not self._timeline or link != self._link:
            self._timeline, self._link, self._seen, self.found = timeline, link, 0, []
        before = len(self.found), self._seen
        every = timeline.exchanges
        count = len(every)
        for at in range(self._seen, count):
            one = every[at]
            if one.dir == "c2s" and one.method in METHODS and one.link == link and one.by != "mcpwatch":
                self.found.append(one)
        self._seen = count
        return (len(self.found), self._seen) != before


class CallList(RowList):
    """A line a call, the last one at the end."""

    class Turned(Message):
        """Another call is chosen."""

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id, follows=True)
        self._source = source
        self._calls = Calls()
        self._words: OrderedDict[int, str] = OrderedDict()

    @property
    def count(self) -> int:
        return len(self._calls.found) or 1

    @property
    def chosen(self) -> Exchange | None:
        found = self._calls.found
        return found[self.cursor] if self.cursor < len(found) else None

    def moved(self) -> None:
        self.post_message(self.Turned())

    @property
    def calls(self) -> list[Exchange]:
        return self._calls.found

    def look(self, link: str) -> None:
        """Show the calls of this link, with whatever is new."""
        if self._calls.look(self._source.timeline, link) and len(self._words) > _CACHED:
            self._words.clear()
        self.renew()

    def line(self, number: int, width: int) -> Line:
        found = self._calls.found
        if not found:
            return [("nothing was called yet", "dim")]
        one = found[number]
        sign, style, word = _STOPPED if one.stopped else _STATES[one.state]
        took = (one.ended if one.ended is not None else self._source.now()) - one.started
        line: Line = [(f"{sign} ", style), (f"{METHODS[one.method]} ", "dim"), (one.name or "", "name")]
        if one.id is not None:
            line.append((f" #{one.id}", "id"))
        line.append((f"  {duration(max(took, 0.0))}", "time"))
        if word:
            line.append((f"  {word}", style))
        if one.running and one.bar is not None:
            line += [("  ", ""), *progress_words(one.bar)]
        elif one.reason and (one.stopped or one.state in ("lost", "cancelled")):
            line.append((f"  {one.reason}", "dim"))
        line.append((f"  {self._arguments(one)}", ""))
        return line

    def _arguments(self, one: Exchange) -> str:
        words = self._words.get(one.seq)
        if words is None:
            words = self._words[one.seq] = self._read(one)
        return words

    def _read(self, one: Exchange) -> str:
        index = self._source.index
        try:
            weight = index.likely_size(index.row(one.seq))
        except KeyError:
            return ""
        # A line is drawn at once: it cannot wait until megabytes are read.
        return f"({size(weight)})" if weight > _LARGEST else arguments(given(one), _SHORT)


def given(one: Exchange) -> Mapping[str, Any]:
    """The arguments of a call as the recording has them; empty where they cannot be read."""
    try:
        return mapping(mapping(one.params).get("arguments"))
    except (RecordingError, LookupError):
        return {}
