"""The filter language: a line of words that says which events are wanted, as one types it above a list.

This module owns the words and what is told about a wrong one. What most of them mean is `Filter`'s; a query is several
of those at once, some of them turned round, and a few comparisons. It is asked the same questions as a filter, and one
more: `glance` decides what can be decided from the index alone, without reading a line.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from mcpwatch.errors import UsageError
from mcpwatch.events import Event, Frame, Http, Stderr
from mcpwatch.recording.filter import Filter
from mcpwatch.recording.format import quoted
from mcpwatch.recording.index import Entry

__all__ = ["EXAMPLES", "KEYS", "KINDS", "Query", "parse_query"]

KEYS: Final[dict[str, str]] = {
    "method": "a method, `*` stands for anything: method:tools/* method:progress",
    "name": "what it is about, a tool or a URI: name:add name:file://*",
    "id": 'a request and its answer: id:7 id:"7"',
    "kind": "kind:request kind:stderr kind:junk kind:http kind:note",
    "dir": "dir:s2c (from the server) or dir:c2s",
    "link": "one server of several: link:alpha",
    "by": "who sent it: by:user by:sdk by:answer",
    "ms": "latency: ms>100 ms<=2s",
    "size": "size on the wire: size>10k size<=1m",
    "t": "time since the start: t>12.5 t<2m",
}
"""The words that take a value, each with an example."""
EXAMPLES: Final[tuple[tuple[str, str], ...]] = (
    ("method:tools/call dir:s2c err", "answers to calls that went wrong"),
    ("ms>100 -method:ping", "what took long, without pings"),
    ("kind:stderr,junk", "what came beside the protocol"),
    ('link:alpha name:add "out of range"', "all of these at once"),
)
KINDS: Final[tuple[str, ...]] = (
    *("request", "response", "error", "notification", "batch", "junk"),
    *("frame", "stderr", "http", "note", "opened", "closed"),
)
_TYPES: Final = {kind: kind for kind in KINDS} | {"junk": "invalid", "invalid": "invalid", "log": "notification"}
_DIRS: Final = {"c2s": "c2s", "s2c": "s2c", "out": "c2s", "in": "s2c", "→": "c2s", "←": "s2c"}
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_MILLISECONDS: Final = {"": 1.0, "us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_SECONDS: Final = {"": 1.0, "us": 1e-6, "µs": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES: Final = {"": 1.0, "b": 1.0} | {
    unit + end: 1024.0**power for power, unit in enumerate("kmg", 1) for end in ("", "b", "ib")
}
_UNITS: Final = {"ms": _MILLISECONDS, "size": _BYTES, "t": _SECONDS}
_UNANSWERING: Final = ("request", "notification")
"""Types of frames that have no latency, whatever a file says."""
_WORD: Final = re.compile(r'\s*(-?)((?:"(?:[^"\\]|\\.)*"?|[^\s"])+)')
_PIECE: Final = re.compile(r'"((?:[^"\\]|\\.)*)("?)|([^"]+)')
_KEYED: Final = re.compile(r"([A-Za-z]+)(:|>=|<=|!=|=|>|<)(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-zµ]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A number of an event against one that was typed."""

    key: str
    operator: str
    value: float

    def accepts(self, event: Event) -> bool:
        found = _measure(self.key, event)
        return found is not None and _OPERATORS[self.operator](found, self.value)


@dataclass(frozen=True, slots=True)
class _Named:
    """A text of a frame's envelope: one of `values`, in which `*` stands for anything."""

    key: str
    values: tuple[str, ...]

    def accepts(self, event: Event) -> bool:
        if not isinstance(event, Frame):
            return False
        found = [event.by] if self.key == "by" else [event.name, *(item.name for item in event.items)]
        return any(self._is(text) for text in found if text is not None)

    def may_be_in(self, lines: bytes) -> bool:
        """False where no line of `lines` can have it."""
        if b"\\u" in lines:
            return True
        pieces = [max(value.split("*"), key=len) for value in self.values]
        return any(quoted(piece)[1:-1].encode() in lines for piece in pieces)

    def _is(self, text: str) -> bool:
        return text in self.values or any(
            fnmatchcase(text, value.replace("[", "[[]").replace("?", "[?]")) for value in self.values if "*" in value
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, understood. All of it has to hold for an event to be wanted; an empty one wants everything."""

    source: str = ""
    wanted: tuple[Filter, ...] = ()
    unwanted: tuple[Filter, ...] = ()
    _named: tuple[tuple[bool, _Named], ...] = ()
    _compared: tuple[tuple[bool, _Compared], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted or self._named or self._compared)

    @property
    def texts(self) -> tuple[str, ...]:
        """The words that are looked for anywhere: what a list may point out."""
        return tuple(one.text for one in self.wanted if one.text)

    def also(self, other: Query) -> Query:
        """Both of them at once."""
        return Query(
            f"{self.source} {other.source}".strip(),
            self.wanted + other.wanted,
            self.unwanted + other.unwanted,
            self._named + other._named,
            self._compared + other._compared,
        )

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        """Whether the event is wanted. Texts are looked for in `line`, or in the line that would be written."""
        return (
            all(one.accepts(event, line) for one in self.wanted)
            and not any(one.accepts(event, line) for one in self.unwanted)
            and all(one.accepts(event) == sense for sense, one in (*self._named, *self._compared))
        )

    @property
    def searches(self) -> bool:
        """Whether it has a text that may be anywhere in a line."""
        return any(one.text for one in (*self.wanted, *self.unwanted))

    @property
    def timed(self) -> bool:
        """Whether `timely` may say no."""
        return any(one.key == "t" for _, one in self._compared)

    def timely(self, t: float) -> bool:
        """Whether an event at `t` seconds is when the query says."""
        return all(_OPERATORS[one.operator](t, one.value) == sense for sense, one in self._compared if one.key == "t")

    def precheck(self, lines: bytes) -> bool:
        """False where no line in `lines` (one or more, in order) can be wanted; True says nothing."""
        return all(one.precheck(lines) for one in self.wanted) and all(
            one.may_be_in(lines) for sense, one in self._named if sense
        )

    def decide(self, line: bytes) -> bool | None:
        """Whether the event of a line is wanted, or None where it must be parsed to know."""
        unsure = bool(self._compared or self._named)
        if any(sense and not one.may_be_in(line) for sense, one in self._named):
            return False
        return self._verdict(lambda one: one.decide(line), unsure)

    def glance(self, entry: Entry) -> bool | None:
        """What the index alone says of an event, but for its time (see `timely`). None where it cannot tell."""
        unsure = bool(self._named) or any(one.key != "t" for _, one in self._compared)
        for sense, one in (*self._named, *self._compared):
            # Only a frame has a name or a sender, and only an answer a latency.
            if sense and one.key in ("name", "by", "ms") and entry.kind != "frame":
                return False
            if sense and one.key == "ms" and entry.type in _UNANSWERING:
                return False
        return self._verdict(lambda one: one.glance(entry), unsure)

    def _verdict(self, ask: Callable[[Filter], bool | None], unsure: bool) -> bool | None:
        """False where one filter says no, True where all are sure of a yes and nothing else is left to be asked."""
        for sense, filters in ((True, self.wanted), (False, self.unwanted)):
            for one in filters:
                verdict = ask(one)
                if verdict is (not sense):
                    return False
                unsure = unsure or verdict is None
        return None if unsure else True


def parse_query(text: str) -> Query:
    """Understand what was typed. Raises UsageError, with one sentence about the first thing that is wrong."""
    return _Reading().read(text)


@dataclass(slots=True)
class _Reading:
    """The words of one query, put together: those of one key are alternatives, all else has to hold at once."""

    given: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    wanted: list[Filter] = field(default_factory=list[Filter])
    unwanted: list[Filter] = field(default_factory=list[Filter])
    named: list[tuple[bool, _Named]] = field(default_factory=list[tuple[bool, _Named]])
    compared: list[tuple[bool, _Compared]] = field(default_factory=list[tuple[bool, _Compared]])

    def read(self, text: str) -> Query:
        for minus, word in _words(text):
            self._word(word, positive=not minus)
        whole = Filter()
        for key, values in self.given.items():
            if key in ("name", "by"):
                self.named.append((True, _Named(key, tuple(values))))
            else:
                whole = _with(whole, key, values)
        if whole != Filter():
            self.wanted.insert(0, whole)
        return Query(text.strip(), tuple(self.wanted), tuple(self.unwanted), tuple(self.named), tuple(self.compared))

    def _word(self, word: str, *, positive: bool) -> None:
        keyed = _KEYED.fullmatch(word)
        if keyed is None or keyed[3].startswith("//"):
            self._text(word, positive=positive)
            return
        key, sign, rest = keyed[1].lower(), keyed[2], keyed[3]
        key = {"type": "kind", "time": "t", "text": "text"}.get(key, key)
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            meant = f"did you mean {near[0]}:?" if near else f"one of {', '.join(KEYS)}; or put it into quotes"
            raise UsageError(f"there is no {key}{sign}", hint=meant)
        if (key in _UNITS) != (sign != ":"):
            example = KEYS[key].partition(": ")[2].split(" ")[0] if key in _UNITS else f"{key}:…"
            raise UsageError(f"{key}{sign} is not how it is asked: {example}")
        if not rest:
            raise UsageError(f"{key}{sign} what? {KEYS[key]}")
        if key in _UNITS:
            self.compared.append((positive, _Compared(key, sign, _number(key, sign, rest))))
            return
        # An id keeps its quotes: "7" is only the string.
        values = [rest] if key == "id" else [_unquoted(value) for value in _alternatives(rest)]
        values = [_known(key, value) for value in values if value]
        if positive:
            self.given.setdefault(key, []).extend(values)
        elif key in ("name", "by"):
            self.named.append((False, _Named(key, tuple(values))))
        else:
            self.unwanted.append(_with(Filter(), key, values))

    def _text(self, word: str, *, positive: bool) -> None:
        if word == "err":
            found = Filter(errors=True)
        else:
            text = _unquoted(word)
            if not text:
                return
            found = Filter(text=text)
        (self.wanted if positive else self.unwanted).append(found)


def _words(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while found := _WORD.match(text, at):
        at = found.end()
        if len(re.findall(r'(?<!\\)"', found[2])) % 2:
            raise UsageError("a quote is not closed", hint='"quoted text" is one word')
        if found[2] == "-":
            raise UsageError("- what? -word leaves out what has it")
        yield found[1], found[2]


def _alternatives(text: str) -> list[str]:
    """What stands between commas that are in no quotes."""
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', text)


def _unquoted(text: str) -> str:
    parts = [re.sub(r"\\(.)", r"\1", inside) if quote else plain for inside, quote, plain in _PIECE.findall(text)]
    return "".join(parts)


def _known(key: str, value: str) -> str:
    """The value as a filter has it. Raises UsageError where it is none that there is."""
    allowed = {"kind": _TYPES, "dir": _DIRS}.get(key)
    if allowed is None:
        return value
    found = allowed.get(value.lower()) or allowed.get(value.lower().removesuffix("s"))
    if found is None:
        near = get_close_matches(value.lower(), allowed, n=1)
        names = KINDS if key == "kind" else ("c2s", "s2c")
        raise UsageError(
            f"there is no {key}:{value}", hint=f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"
        )
    return found


def _with(filter: Filter, key: str, values: Sequence[str]) -> Filter:
    match key:
        case "method":
            return replace(filter, methods=(*filter.methods, *values))
        case "dir":
            return replace(filter, dirs=(*filter.dirs, *values))
        case "kind":
            return replace(filter, types=(*filter.types, *values))
        case "link":
            return replace(filter, links=(*filter.links, *values))
        case _:
            return replace(filter, ids=(*filter.ids, *values))


def _number(key: str, sign: str, text: str) -> float:
    found = _NUMBER.fullmatch(_unquoted(text))
    unit = _UNITS[key].get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise UsageError(f"{key}{sign}{text} is no number", hint=KEYS[key])
    return float(found[1]) * unit


def _measure(key: str, event: Event) -> float | None:
    if key == "t":
        return event.t
    if key == "ms":
        return event.ms if isinstance(event, Frame) and event.type not in _UNANSWERING else None
    if isinstance(event, Stderr):
        return len(event.data)
    return event.size if isinstance(event, Frame | Http) else None
