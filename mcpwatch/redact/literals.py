"""The known secrets, and where they stand in some bytes.

Owns the search: a set of literal values that can grow at any time and from any thread, a test of about a microsecond
that tells nearly every frame apart from one that may hold a secret, and the exact search behind it. A secret is found
as it is, percent-encoded, with the escapes of JSON (also of JSON inside JSON), and base64-encoded, alone or inside of
something longer (`user:password`), in either alphabet.

Two steps, because a message a microsecond is the budget and almost none holds a secret. Every form of a secret
contains the secret's longest run of characters that no encoder touches; one regular expression looks for pieces of
these runs, each beginning at its rarest character, so that the scan stops seldom. What comes through is searched for
exactly, one secret at a time. Every pattern is a chain of bounded choices: the time is linear in the length of the
data.
"""

from __future__ import annotations

import json
import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from mcpwatch.redact.naming import REDACTED, refused
from mcpwatch.redact.needles import CUT, Needle, needles_of, pieces_of

Spans = list[tuple[int, int]]
"""Start and end of what has to go, in order, not overlapping."""

MARK = REDACTED.encode()
_MARK = re.compile(re.escape(MARK))

_RING = 100
_LONG_DATA = 1 << 14
# \u00XX where it hides a character that encoders leave alone, and that a run may consist of.
_HIDDEN = re.compile(rb"\\u00(?:2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aA])")
_ESCAPE = re.compile(rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.S)
_SHORT_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Literals:
    """The secrets known so far. Falsy while there is none.

    What was given by the user is kept for good. What was found in traffic carries the name of a `ring`, of which the
    100 latest are kept: a server that sets a new cookie with every response cannot make the search grow for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, str | None] = {}
        self._needles: dict[str, tuple[Needle, ...]] = {}
        self._all: tuple[Needle, ...] = ()
        self._quick: re.Pattern[bytes] | None = None

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, value: str, *, ring: str | None = None) -> bool:
        """Search for `value` from now on. Returns whether there is anything new to search for."""
        value = value.strip()
        if refused(value):
            return False
        with self._lock:
            if value in self._values:
                if self._values[value] is not None:
                    del self._values[value]
                    self._values[value] = ring
                return False
            self._values[value] = ring
            self._needles[value] = tuple(chain.from_iterable(needles_of(piece) for piece in pieces_of(value)))
            if ring is not None:
                latest = [known for known, its in self._values.items() if its == ring]
                for known in latest[:-_RING]:
                    del self._values[known], self._needles[known]
            self._all = tuple(chain.from_iterable(self._needles.values()))
            self._quick = None
            return True

    def may_hold(self, data: bytes) -> bool:
        """Whether a secret may be in `data`: never wrongly False, seldom wrongly True."""
        quick = self._quick
        if quick is None:
            if not self._all:
                return False
            quick = self._compile()
        if len(data) <= _LONG_DATA:
            if quick.search(data) is not None:
                return True
        elif any(needle.in_(data) for needle in self._all):
            # One scan a piece, but at the speed of memchr, and not at the mercy of what the data consists of.
            return True
        return hides(data)

    def candidates(self, data: bytes) -> tuple[Needle, ...]:
        """What has to be searched for exactly in `data`, or in any part of it."""
        if hides(data):
            return self._all
        return tuple(needle for needle in self._all if needle.in_(data))

    def cut_off(self, data: bytes) -> Spans:
        """The beginnings of secrets whose ends were left out, where `data` was cut short."""
        return _united([span for needle in self._all for span in needle.cut_off(data)]) if CUT in data else []

    def _compile(self) -> re.Pattern[bytes]:
        with self._lock:
            # Only when it is needed: a dozen secrets are learned one by one before the first frame.
            self._quick = re.compile(b"|".join(sorted({needle.piece for needle in self._all})))
            return self._quick


def hides(data: bytes) -> bool:
    r"""Whether a character that nobody needs to escape is written as `\u00XX`: a secret may hide behind it."""
    return b"\\u00" in data and _HIDDEN.search(data) is not None


Finder = Callable[[bytes], Spans]
"""What has to go from some bytes."""


def finder(needles: tuple[Needle, ...], patterns: tuple[re.Pattern[str], ...] = ()) -> Finder:
    """What finds these secrets and whatever `patterns` match in some text (UTF-8, as far as it is)."""

    def find(text: bytes) -> Spans:
        spans: Spans = []
        for needle in needles:
            if needle.core is None or needle.core in text:
                spans += (match.span() for match in needle.exact.finditer(text))
        for pattern in patterns:
            spans += _matches(pattern, text)
        return _united(_beside_marks(spans, text) if spans and MARK in text else spans)

    return find


def string_finder(needles: tuple[Needle, ...], patterns: tuple[re.Pattern[str], ...] = ()) -> Finder:
    """The same for the bytes between the quotes of a JSON string: escapes are read as a parser reads them."""
    find = finder(needles, patterns)

    def find_in_string(content: bytes) -> Spans:
        if b"\\" not in content:
            return find(content)
        if patterns or hides(content) or any(needle.in_(content) for needle in needles):
            return find_escaped(find, content)
        return []

    return find_in_string


def find_escaped(find: Finder, content: bytes) -> Spans:
    r"""What `find` finds in `content` once its escapes are read, as spans of `content` that never cut an escape in two.

    (The secret `nabcdef` is not in the text `\nabcdef`; a plain search would leave a broken escape.)
    """
    spans = find(_read(content))
    if not spans:
        return spans
    edges = [edge for start, end in spans for edge in (start, end - 1)]
    units = list(_carried_back(content, edges))
    return _united([(first[0], last[1]) for first, last in zip(units[::2], units[1::2], strict=True)])


def _read(content: bytes) -> bytes:
    try:
        # Fast, and as lenient as needed except for bytes that are no text and escapes that are none.
        text = content.decode("utf-8", "surrogatepass")
        return str(json.loads(f'"{text}"', strict=False)).encode("utf-8", "surrogatepass")
    except ValueError:
        return _ESCAPE.sub(_character, content)


def _carried_back(content: bytes, edges: list[int]) -> Iterator[tuple[int, int]]:
    """Where in `content` the bytes of the text at `edges` (ascending) stand: each a byte, or a whole escape."""
    said = at = 0  # the same place, in the text and in the content
    left = iter(edges)
    edge = next(left, None)
    for match in _ESCAPE.finditer(content):
        if edge is None:
            return
        start, end = match.span()
        said += start - at
        after = said + len(_character(match))
        while edge is not None and edge < after:
            yield (start, end) if edge >= said else (start - said + edge, start - said + edge + 1)
            edge = next(left, None)
        said, at = after, end
    while edge is not None:
        yield at - said + edge, at - said + edge + 1
        edge = next(left, None)


def _character(match: re.Match[bytes]) -> bytes:
    """What an escape stands for."""
    high, low, code, short = match.groups()
    if short is not None:
        return _SHORT_ESCAPES.get(short, short)
    point = int(code, 16) if code is not None else 0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF)
    return chr(point).encode("utf-8", "surrogatepass")


def _matches(pattern: re.Pattern[str], text: bytes) -> Spans:
    """The spans of a user's pattern, in bytes."""
    decoded = text.decode("utf-8", "surrogateescape")
    spans: Spans = []
    at = offset = 0
    for match in pattern.finditer(decoded):
        start, end = match.span()
        if start == end:
            continue
        begin = offset + len(decoded[at:start].encode("utf-8", "surrogateescape"))
        offset = begin + len(match.group().encode("utf-8", "surrogateescape"))
        at = end
        spans.append((begin, offset))
    return spans


def _beside_marks(spans: Spans, text: bytes) -> Spans:
    """The spans that are not inside of a mark that is there already; those that cut into one take in all of it."""
    marks = [match.span() for match in _MARK.finditer(text)]
    starts, ends = [start for start, _ in marks], [end for _, end in marks]
    beside: Spans = []
    for start, end in spans:
        first, last = bisect_right(ends, start), bisect_left(starts, end) - 1  # of the marks that it touches
        if first > last:
            beside.append((start, end))
        elif start < starts[first] or ends[last] < end:
            beside.append((min(start, starts[first]), max(end, ends[last])))
    return beside


def _united(spans: Spans) -> Spans:
    if len(spans) < 2:
        return spans
    spans.sort()
    united = [spans[0]]
    for start, end in spans[1:]:
        if start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def cut(data: bytes, spans: Iterable[tuple[int, int, bytes]]) -> bytes:
    """`data` with each span (in order, not overlapping) replaced by what stands beside it."""
    parts: list[bytes] = []
    at = 0
    for start, end, mark in spans:
        parts += (data[at:start], mark)
        at = end
    parts.append(data[at:])
    return b"".join(parts)
