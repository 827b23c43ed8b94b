"""Where each event of a recording stands, and what it is in short: the part of a recording that is kept in memory.

This module owns the columns, 25 bytes an event, so that ten million events fit. Names of links and methods are kept
once. What an event holds stays in the file and is read back by its offset. A live writer fills an index with the events
it writes; a reader fills one from lines, and parses only those that are not as `format.py` writes them.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

from mcpwatch.events import Event, Frame
from mcpwatch.recording.filter import is_wrong
from mcpwatch.recording.parse import DIRECTIONS, FRAME_TYPES, decode

_WRONG = 0x80
_WHATS: list[tuple[str, str | None, str | None]] = [
    *((kind, None, None) for kind in ("opened", "stderr", "http", "note", "closed")),
    *(("frame", dir, type_) for dir, type_ in product(sorted(DIRECTIONS), sorted(FRAME_TYPES))),
]
_CODES = {what: code for code, what in enumerate(_WHATS)}
_FRAME_CODES = {(dir, type_): code for code, (_, dir, type_) in enumerate(_WHATS) if dir}
_RAW_CODES = {f'{dir}","type":"{type_}'.encode(): code for (dir, type_), code in _FRAME_CODES.items()}
_RAW_RESPONSES = frozenset({b'c2s","type":"response', b's2c","type":"response'})
_MOST_NAMES = 0xFFFE
_LONGEST_NAME = 200
_FARTHEST = 0xFFFFFFFF
_UNKNOWN = object()
REPEATED = (
    "notifications/progress",
    "notifications/resources/updated",
    *(f"notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources", "roots")),
)
"""Notifications that come in numbers, of which the last says as much as all."""

_HEAD = re.compile(
    rb'\{"seq":([1-9][0-9]{0,15}),"t":([0-9]{1,12}\.[0-9]+),"kind":"frame","link":"([^"\\]*)"'
    rb',"dir":"((?:c2s|s2c)","type":"(?:request|response|notification))"(?:,"method":"([^"\\]*)")?'
    rb'(?:,"id":(?:"[^"\\]*"|[-+.\w]+))?(?:,"name":"[^"\\]*")?(?:,"re":([1-9][0-9]{0,8}))?'
    rb',"(?:ms|by|xid|bytes)":'
)
"""The head of most frames as they are written. Anything else, and whatever has an escape, is parsed."""


class Entry(NamedTuple):
    """What the index knows about one event. `method` is "" where there is none, or one too long to be kept."""

    seq: int
    t: float
    kind: str
    dir: str | None
    type: str | None
    link: str
    method: str
    re: int | None
    wrong: bool
    """An error, a result with `isError`, something invalid, a link that ended badly."""
    offset: int


class Index:
    """The events of one recording, in order. Rows count from 0, events (`seq`) from 1; usually row + 1 is seq."""

    def __init__(self) -> None:
        self.offsets = array("Q")
        self.times = array("d")
        self._codes = array("B")
        self._links = array("H")
        self._methods = array("H")
        self._answers = array("I")
        self._names = [""]
        self._numbers = {"": 0}
        self._raw_numbers: dict[bytes | None, int] = {None: 0}
        self._first = 1
        self._seqs: array[int] | None = None

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def last(self) -> int:
        """The number of the last event; 0 where there is none."""
        if self._seqs is not None:
            return self._seqs[-1]
        return self._first + len(self.offsets) - 1

    def add(self, event: Event, offset: int) -> None:
        """Take up `event`, whose line begins at `offset`. Its `seq` must be larger than the last one's."""
        method, answers = 0, None
        if isinstance(event, Frame):
            kind = event.type
            code = _FRAME_CODES[event.dir, kind]
            if kind != "notification" and kind != "request" and is_wrong(event):
                code |= _WRONG
            if event.method is not None:
                method = self._numbers.get(event.method) or self._number(event.method)
            answers = event.re
        else:
            code = _CODES[type(event).__name__.lower(), None, None] | (_WRONG if is_wrong(event) else 0)
        link = self._numbers.get(event.link) or self._number(event.link)
        self._append(event.seq, event.t, offset, code, link, method, answers or 0)

    def add_line(self, line: bytes, offset: int) -> bool:
        """Take up the event that `line` stands for; False where it is none. Raises ValueError like `decode`."""
        found = _HEAD.match(line)
        if found is not None:
            seq, t, link, what, method, answers = found.groups()
            # A result may be an error, and only parsing tells; one to nothing that was asked is wrong by itself.
            if what not in _RAW_RESPONSES or (answers and b"isError" not in line and b"\\u" not in line):
                links, methods = self._raw_numbers.get(link), self._raw_numbers.get(method)
                self._append(
                    int(seq),
                    float(t),
                    offset,
                    _RAW_CODES[what],
                    self._raw_number(link) if links is None else links,
                    self._raw_number(method) if methods is None else methods,
                    int(answers) if answers else 0,
                )
                return True
        event = decode(line)
        if event is None:
            return False
        self.add(event, offset)
        return True

    def row(self, seq: int) -> int:
        """The row of an event. Raises KeyError where there is none."""
        if self._seqs is None:
            row = seq - self._first
            if 0 <= row < len(self.offsets):
                return row
        else:
            row = bisect_left(self._seqs, seq)
            if row < len(self._seqs) and self._seqs[row] == seq:
                return row
        raise KeyError(seq)

    def row_from(self, seq: int) -> int:
        """The row of the first event whose number is at least `seq`; `len` where there is none."""
        if self._seqs is not None:
            return bisect_left(self._seqs, seq)
        return min(max(seq - self._first, 0), len(self.offsets))

    def entry(self, row: int) -> Entry:
        """What is known about the event of a row. Raises IndexError past the end."""
        code = self._codes[row]
        kind, dir, type_ = _WHATS[code & ~_WRONG]
        return Entry(
            seq=self._seqs[row] if self._seqs is not None else self._first + row,
            t=self.times[row],
            kind=kind,
            dir=dir,
            type=type_,
            link=self._names[self._links[row]],
            method=self._names[self._methods[row]],
            re=self._answers[row] or None,
            wrong=bool(code & _WRONG),
            offset=self.offsets[row],
        )

    def likely_size(self, row: int) -> int:
        """Bytes to read for the line of a row: exact where the next row is known, since lines follow each other."""
        follows = row + 1
        return self.offsets[follows] - self.offsets[row] if follows < len(self.offsets) else 4096

    def glance(
        self,
        decide: Callable[[Entry], bool | None],
        timely: Callable[[float], bool] | None,
        start: int,
        stop: int,
        known: dict[tuple[int, int, int], bool | None],
    ) -> tuple[array[int], set[int]]:
        """The rows from `start` to `stop` that are wanted or may be, and which of them only may be.

        `decide` is asked once for all events that are alike but for their time and number; `known` keeps its answers
        for the next time. Whatever else is in the entry that it gets is that of the first one.
        """
        found = array("I")
        unsure: set[int] = set()
        kinds = zip(self._codes[start:stop], self._links[start:stop], self._methods[start:stop], strict=False)
        for row, kind in enumerate(kinds, start):
            verdict = known.get(kind, _UNKNOWN)
            if verdict is _UNKNOWN:
                verdict = known[kind] = decide(self.entry(row))
            if verdict is not False and (timely is None or timely(self.times[row])):
                found.append(row)
                if verdict is None:
                    unsure.add(row)
        return found, unsure

    def kind(self, row: int) -> str:
        """The kind of the event of a row. Raises IndexError past the end."""
        return _WHATS[self._codes[row] & ~_WRONG][0]

    def responses(self, start: int, stop: int) -> array[int]:
        """The numbers (`seq`) of what each row from `start` to `stop` answers; 0 where it answers nothing."""
        return self._answers[start:stop]

    def repeats(self, rows: Sequence[int], before: int | None) -> bytes:
        """A 1 for each of `rows` that is the same kind of notification on the same link as the one before it, of those
        that come in numbers and say little (`REPEATED`); `before` is the row before the first.
        """
        codes, links, methods = self._codes, self._links, self._methods
        known = {self._numbers[name] for name in REPEATED if name in self._numbers}
        last = (-1, -1, -1) if before is None else (codes[before], links[before], methods[before])
        found = bytearray(len(rows))
        if not known:
            return bytes(found)
        for at, row in enumerate(rows):
            method = methods[row]
            this = (codes[row], links[row], method)
            if method in known and this == last:
                found[at] = 1
            last = this
        return bytes(found)

    def _append(self, seq: int, t: float, offset: int, code: int, link: int, method: int, answers: int) -> None:
        rows = len(self.offsets)
        if self._seqs is not None or seq != self._first + rows:
            self._note_gap(seq, rows)
        self.times.append(t)
        self._codes.append(code)
        self._links.append(link)
        self._methods.append(method)
        self._answers.append(answers if 0 <= answers <= _FARTHEST else 0)
        self.offsets.append(offset)  # last, since its length is what counts as ours: readers may be other threads

    def _note_gap(self, seq: int, rows: int) -> None:
        """Numbers are kept one by one as soon as they are not consecutive."""
        if rows == 0:
            self._first = seq
            return
        if seq <= self.last:
            raise ValueError(f"event {seq} comes after event {self.last}")
        if self._seqs is None:
            self._seqs = array("Q", range(self._first, self._first + rows))
        self._seqs.append(seq)

    def _number(self, name: str) -> int:
        """The number that stands for a name; 0 for one too many or too long, which a hostile server could send."""
        if not name or len(name) > _LONGEST_NAME or len(self._names) > _MOST_NAMES:
            return 0
        return self._take(name)

    def _raw_number(self, raw: bytes) -> int:
        number = self._number(raw.decode(errors="replace"))
        if number:
            self._raw_numbers[raw] = number
        return number

    def _take(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._names)
            self._names.append(name)
        return self._numbers[name]
