"""Every log message and every line of stderr of a source, by position: eighteen bytes each, the texts stay in the file.

One event may be several entries: stderr comes in pieces of many lines, and a batch may hold several messages. `scan`
and `matching` read messages back and take their time, so they are made to be run in a thread, a piece at a time; what
they find is taken in on the loop of the app.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mcpwatch.errors import RecordingError
from mcpwatch.events import Event, Frame, Stderr
from mcpwatch.model.learn import RANKS
from mcpwatch.model.shapes import items, label, mapping, params
from mcpwatch.recording import Entry
from mcpwatch.tui.source import Source
from mcpwatch.view.messages import log_text
from mcpwatch.view.values import text_of

__all__ = ["STDERR", "Entries", "Found", "LogFilter", "Said", "matching", "said_by", "scan"]

STDERR: Final = ""
"""What stands for the level of a line of stderr, which has none."""
_MOST_NAMES: Final = 1000
_OTHERS: Final = "(others)"
_METHOD: Final = "notifications/message"
_PLAIN: Final = re.compile(r"[0-9a-z_ -]+")
"""A text whose words stand in a recording as they are shown, unless something is escaped or encoded."""


class Found(NamedTuple):
    """One entry as it is found: the row of its event, which part of it, and what filters ask for."""

    row: int
    part: int
    level: str
    logger: str | None
    link: str


class Said(NamedTuple):
    """What an entry says, as the server wrote it."""

    t: float
    seq: int
    link: str
    level: Any = None
    logger: Any = None
    data: Any = None
    there: bool = True
    """Whether there was a `data` at all."""
    stderr: str | None = None
    """The line, where it is one of stderr."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What is to be shown. An unknown level is never hidden by `least`: nobody knows where it belongs."""

    lane: str = "both"
    """`both`, `logs` or `stderr`."""
    least: int = 0
    """The rank of the lowest level that is shown; `debug` is 0."""
    logger: str | None = None
    text: str = ""

    @property
    def all(self) -> bool:
        return self.lane == "both" and not self.least and self.logger is None and not self.text


class _Names:
    """Names by number; of too many the rest share one."""

    def __init__(self) -> None:
        self.names: list[str | None] = []
        self._numbers: dict[str | None, int] = {}

    def number(self, name: str | None) -> int:
        found = self._numbers.get(name)
        if found is None:
            if len(self.names) >= _MOST_NAMES and name != _OTHERS:
                return self.number(_OTHERS)
            found = self._numbers[name] = len(self.names)
            self.names.append(name)
        return found


class Entries:
    """What was found so far. Grows on the loop of the app; may be read in a thread up to a length that is known."""

    def __init__(self) -> None:
        self.rows = array("Q")
        self.parts = array("L")
        self._levels = array("H")
        self._loggers = array("H")
        self._level_names = _Names()
        self._logger_names = _Names()
        self.scanned = 0
        """The row that is looked at next."""
        self.counts: dict[str, int] = {}
        """Entries by level, `STDERR` among them."""
        self.loggers: dict[str, int] = {}
        """Log messages by logger, those with one."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, found: Iterable[Found], scanned: int) -> None:
        """Take in what a scan up to the row `scanned` has found."""
        for one in found:
            self.rows.append(one.row)
            self.parts.append(one.part)
            level = self._level_names.number(one.level)
            logger = self._logger_names.number(one.logger)
            self._levels.append(level)
            self._loggers.append(logger)
            name = self._level_names.names[level] or STDERR
            self.counts[name] = self.counts.get(name, 0) + 1
            if one.logger is not None:
                name = self._logger_names.names[logger] or ""
                self.loggers[name] = self.loggers.get(name, 0) + 1
        self.scanned = scanned

    def before(self, row: int) -> int:
        """How many entries belong to events before this row."""
        return bisect_left(self.rows, row)

    def passes(self, filter: LogFilter, start: int, stop: int) -> Iterator[int]:
        """The positions from `start` to `stop` that pass, the text aside."""
        ranks = [RANKS.get(name or "", 99) for name in self._level_names.names]
        stderr = [name == STDERR for name in self._level_names.names]
        for at in range(start, stop):
            level = self._levels[at]
            if stderr[level]:
                if filter.lane != "logs" and filter.logger is None:
                    yield at
            elif filter.lane != "stderr" and ranks[level] >= filter.least:
                if filter.logger is None or self._logger_names.names[self._loggers[at]] == filter.logger:
                    yield at


def scan(source: Source, start: int, stop: int) -> list[Found]:
    """The entries of the events in these rows. For a thread. What cannot be read back is left out."""
    found: list[Found] = []
    rows, _ = source.index.glance(_holds_entries, None, start, stop, {})
    for row in rows:
        try:
            event = source.read(row)
        except (RecordingError, IndexError):
            continue
        if isinstance(event, Stderr):
            found += [Found(row, part, STDERR, None, event.link) for part in range(len(lines_of(event.data)))]
        elif isinstance(event, Frame):
            found += _logs(row, event)
    return found


def _holds_entries(entry: Entry) -> bool:
    if entry.kind == "frame":
        return entry.dir == "s2c" and (entry.method == _METHOD or entry.type == "batch")
    return entry.kind == "stderr"


def _logs(row: int, frame: Frame) -> Iterator[Found]:
    for part, message in _messages(frame):
        said = params(message)
        level = said.get("level")
        logger = said.get("logger")
        name = label(level) if level != STDERR else '""'
        yield Found(row, part, name, None if logger is None else label(logger), frame.link)


def _messages(frame: Frame) -> Iterator[tuple[int, Any]]:
    if frame.type != "batch":
        if frame.method == _METHOD:
            yield 0, frame.message
        return
    for part, message in enumerate(items(frame.message)):
        if mapping(message).get("method") == _METHOD:
            yield part, message


def lines_of(data: bytes) -> list[str]:
    r"""The lines of a piece of stderr. `\r` inside a line is a bar redrawing itself: what was drawn last counts."""
    lines = data.decode("utf-8", "backslashreplace").removesuffix("\n").split("\n")
    return [line.rstrip("\r").rpartition("\r")[2].expandtabs(4) for line in lines]


def said_by(event: Event, part: int) -> Said:
    """What one entry says."""
    if isinstance(event, Stderr):
        lines = lines_of(event.data)
        return Said(event.t, event.seq, event.link, stderr=lines[part] if part < len(lines) else "")
    message: Any = getattr(event, "message", None)
    if isinstance(event, Frame) and event.type == "batch":
        several = items(message)
        message = several[part] if part < len(several) else None
    said = params(message)
    return Said(event.t, event.seq, event.link, said.get("level"), said.get("logger"), said.get("data"), "data" in said)


def matching(source: Source, entries: Entries, filter: LogFilter, start: int, stop: int) -> list[int]:
    """The positions from `start` to `stop` that pass the whole filter. For a thread."""
    found = entries.passes(filter, start, stop)
    if not filter.text:
        return list(found)
    wanted = filter.text.casefold()
    words = [word.encode() for word in wanted.split()] if _PLAIN.fullmatch(wanted) else []
    return [at for at in found if _may_hold(source, entries.rows[at], words) and wanted in _text(source, entries, at)]


def _may_hold(source: Source, row: int, words: list[bytes]) -> bool:
    """Whether these words are in the line of the recording at all, which is much sooner said than what it says."""
    index = source.index
    if not words or row + 1 >= len(index):  # of the last one nobody knows how long it is
        return True
    try:
        line = source.bytes_at(index.offsets[row], index.likely_size(row)).lower()
    except RecordingError:
        return False
    return all(word in line for word in words) or b"\\u" in line or b'"enc":' in line


def _text(source: Source, entries: Entries, at: int) -> str:
    try:
        said = said_by(source.read(entries.rows[at]), entries.parts[at])
    except (RecordingError, IndexError):
        return ""
    if said.stderr is not None:
        return said.stderr.casefold()
    text, rest = log_text(said.data, said.there)
    return f"{text_of(said.level)} {text_of(said.logger)} {text} {rest}".casefold()
