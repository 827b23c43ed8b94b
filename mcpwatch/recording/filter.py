"""Which events are wanted, decided from an event, or from the bytes of a line before anything is parsed.

This module owns what the filter options of `show` mean. Three questions, the cheap ones first: `precheck` looks for
bytes that a wanted line cannot lack and may be asked about many lines at once; `decide` reads the head of a line that
is as `format.py` writes it; `accepts` knows. The first two may not know, but are never wrong: a line may have been
written by another tool, in any order of keys, spacing or escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from mcpwatch.events import Closed, Event, Frame, Http, JsonId
from mcpwatch.recording.format import encode, quoted
from mcpwatch.recording.parse import FRAME_TYPES, WITH_ID

if TYPE_CHECKING:
    from mcpwatch.recording.index import Entry

_STRING = rb'"[^"\\]*"'
_TIME = re.compile(rb'\{"seq":[0-9]+,"t":([0-9]+\.[0-9]+),')
_ANSWERED = re.compile(
    rb'\{"seq":[0-9]+,"t":[0-9.]+,"kind":"frame","link":' + _STRING + rb',"dir":' + _STRING + rb',"type":"response"'
    rb'(?:,"method":' + _STRING + rb')?(?:,"id":(?:[-+.0-9a-zA-Z]+|' + _STRING + rb'))?(?:,"name":' + _STRING
    + rb')?,"re":[0-9]+(?:,"ms":[0-9.e+-]+)?(?:,"by":' + _STRING + rb')?(?:,"xid":[0-9]+)?,"bytes":[0-9]+'
    rb'(?:,"eol":"[^"]*")?(?:,"redacted":[0-9]+)?,"msg":'
)  # fmt: skip
"""The head of a response that answers a request: almost all do, and need no parsing to be known for harmless."""
_Needles: TypeAlias = tuple[tuple[bytes, ...], tuple[bytes, ...]]
"""Bytes of which a line must have one, or else one of the escapes that may stand for them."""


class Sieve(Protocol):
    """What a pass over a file asks of each line: a `Filter`, a `Query`, several of them."""

    def precheck(self, lines: bytes) -> bool:
        """False where no line in `lines` (one or more, in order) can be wanted; True says nothing."""
        ...

    def decide(self, line: bytes) -> bool | None:
        """Whether the event of a line is wanted, or None where it must be parsed to know."""
        ...

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        """Whether the event is wanted."""
        ...


@dataclass(frozen=True, kw_only=True)
class Filter:
    """All of the given conditions have to hold; one that is empty or None always does.

    A batch is wanted where it holds a message that is. Only frames have a direction, a method and an id.
    """

    methods: Collection[str] = ()
    """Methods, also of responses; `*` stands for anything: `notifications/*`. What has no `*` may be the end of one:
    `progress` is `notifications/progress` too."""
    dirs: Collection[str] = ()
    types: Collection[str] = ()
    """Types of frames, or kinds of events (`frame`, `stderr`, `http`, `note`, `opened`, `closed`)."""
    links: Collection[str] = ()
    ids: Collection[JsonId] = ()
    """A string stands for itself and for the JSON it spells: `7` is both 7 and "7", `"7"` only the string."""
    since: float | None = None
    until: float | None = None
    """Seconds since the start, both ends included."""
    text: str | None = None
    """Somewhere in the line, as it stands there or as a JSON string would have it; upper and lower case are one."""
    errors: bool = False
    """Only what went wrong: see `is_wrong`."""

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        """Whether the event is wanted. `text` is looked for in `line`, or in the line that would be written."""
        if self.links and event.link not in self.links:
            return False
        if not self._in_time(event.t):
            return False
        if self.dirs and not (isinstance(event, Frame) and event.dir in self.dirs):
            return False
        if (self.methods or self.types or self.ids) and not self._fits(event):
            return False
        if self.errors and not is_wrong(event):
            return False
        return not self.text or self._has_text(encode(event) if line is None else line)

    def precheck(self, lines: bytes) -> bool:
        """False where no line in `lines` (one or more, in order) can be wanted; True says nothing."""
        if (self.since is not None or self.until is not None) and not self._may_be_in_time(lines):
            return False
        for needles, escapes in self._needles:
            for needle in needles:
                if needle in lines:
                    break
            else:
                if b"\\" not in lines or not any(escape in lines for escape in escapes):
                    return False
        return not self.text or self._has_text(lines)

    def decide(self, line: bytes) -> bool | None:
        """Whether the event of a line is wanted, or None where it must be parsed to know."""
        heads = self._heads
        found = None if heads is None else heads[0].match(line)
        if found is not None:
            timely = (self.since is None and self.until is None) or self._in_time(float(found[1]))
            return timely and (not self.text or self._has_text(line))
        if not self.precheck(line):
            return False
        if self.errors and _ANSWERED.match(line) and b"isError" not in line and b"\\u" not in line:
            return False
        return None if heads is None or heads[1].match(line) is None else False

    def glance(self, entry: Entry) -> bool | None:
        """Whether an event is wanted, as far as an index knows it, whatever its time; None where it cannot tell."""
        is_frame = entry.kind == "frame"
        if self.errors and not entry.wrong:
            return False
        if self.dirs and not (is_frame and entry.dir in self.dirs):
            return False
        if self.links and entry.link and entry.link not in self.links:
            return False
        unsure = bool(self.text) or (bool(self.links) and not entry.link)
        if not (self.types or self.methods or self.ids):
            return None if unsure else True
        if not is_frame:
            return False if self.methods or self.ids or entry.kind not in self.types else None if unsure else True
        if entry.type == "batch":
            return None
        if self.types and entry.type not in self.types and "frame" not in self.types:
            return False
        if self.methods and entry.method and not _matches(entry.method, self.methods):
            return False
        if self.ids and entry.type == "notification":
            return False
        return None if unsure or self.ids or (self.methods and not entry.method) else True

    def _in_time(self, t: float) -> bool:
        return (self.since is None or t >= self.since) and (self.until is None or t <= self.until)

    def _may_be_in_time(self, lines: bytes) -> bool:
        """Time never goes back from one line to the next; a line that is not as we write it says nothing."""
        if self.since is not None:
            last = _TIME.match(lines, lines.rfind(b"\n", 0, -1) + 1)
            if last is not None and float(last[1]) < self.since:
                return False
        first = None if self.until is None else _TIME.match(lines)
        return first is None or self.until is None or float(first[1]) <= self.until

    def _fits(self, event: Event) -> bool:
        if not isinstance(event, Frame):
            return not self.methods and not self.ids and type(event).__name__.lower() in self.types
        if self._fits_one(event.type, event.method, event.id, also=event.type):
            return True
        return any(self._fits_one(item.type, item.method, item.id, also=event.type) for item in event.items)

    def _fits_one(self, type_: str, method: str | None, id_: JsonId, *, also: str) -> bool:
        if self.types and not {type_, also, "frame"} & set(self.types):
            return False
        if self.methods and not (method is not None and _matches(method, self.methods)):
            return False
        if self.ids:
            has_id = type_ in WITH_ID or (id_ is not None and type_ != "notification")
            return has_id and any(_same_id(id_, wanted) for wanted in self.ids)
        return True

    def _has_text(self, lines: bytes) -> bool:
        plain, folded = self._texts
        if plain:
            lowered = lines.lower()
            if any(needle in lowered for needle in plain):
                return True
        if folded:
            text = lines.decode(errors="replace").casefold()
            return any(needle in text for needle in folded)
        return False

    @cached_property
    def _texts(self) -> tuple[list[bytes], list[str]]:
        """What to look for in lower-cased bytes, and in case-folded text."""
        text = self.text or ""
        spelled = {text, quoted(text)[1:-1], json.dumps(text)[1:-1], quoted(text)[1:-1].replace("/", "\\/")}
        plain = sorted(each.lower().encode() for each in spelled if each.isascii())
        return plain, sorted(each.casefold() for each in spelled if not each.isascii())

    @cached_property
    def _needles(self) -> list[_Needles]:
        """Of each group a wanted line has at least one. The rarest come first, as far as one can tell."""
        literals = [max(method.split("*"), key=len) for method in self.methods]
        ids = {text for wanted in self.ids for text in _spellings(wanted)}
        wrong = (b"isError", b"error", b"invalid", b"closed", b'"response"')
        groups = [(wrong, (b"\\u",))] if self.errors else []
        pieces = [_spelled(values) for values in (literals, ids) if values and all(values)]
        wholes = [_spelled(values, '"') for values in (self.links, self.types, self.dirs) if values and all(values)]
        return groups + pieces + wholes

    @cached_property
    def _heads(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes]] | None:
        """The head of a wanted line, and of any line for which not having that is enough to be unwanted.

        None where heads do not tell. A key that matters must be there: it might also stand behind the message.
        """
        spelled_ids = {text for wanted in self.ids for text in _json_ids(wanted)}
        if self.errors or "null" in spelled_ids:
            return None
        types = FRAME_TYPES - {"batch"}
        if self.types and "frame" not in self.types:
            types &= set(self.types)
        if self.ids:
            types -= {"notification"}
        method = b',"method":"(?:' + b"|".join(map(_pattern, self.methods)) + b')"'
        id_ = b',"id":' + _either(spelled_ids)
        any_method = b',"method":' + _STRING
        any_id = b',"id":(?:null|true|false|0|-?[1-9][0-9]*|' + _STRING + b")"
        if not self.methods:
            method = any_method = b"(?:" + any_method + b")?"
        if not self.ids:
            id_ = any_id = b'(?:,"id":(?:[-+.0-9a-zA-Z]+|' + _STRING + b"))?"
        wanted = _head(
            _either(map(quoted, self.links)) if self.links else _STRING,
            _either(map(quoted, self.dirs)) if self.dirs else _STRING,
            _either(map(quoted, types)) + method + id_,
        )
        # A notification has no id, whatever stands there.
        others = _either(map(quoted, FRAME_TYPES - {"batch", "notification"}))
        plain = _head(_STRING, _STRING, b'(?:"notification"' + any_method + b"|" + others + any_method + any_id + b")")
        return re.compile(wanted), re.compile(plain)


def is_wrong(event: Event) -> bool:
    """Whether the event says that something failed.

    An error, a result with `isError`, something invalid (also inside a batch); a response to nothing that was asked; a
    link that ended with a code other than 0, a signal or a reason; an HTTP exchange that broke.
    """
    if isinstance(event, Frame):
        if event.type == "response":
            return event.re is None or _is_tool_error(event.message)
        if event.type == "batch":
            message: list[Any] | None = event.message
            inside = message if isinstance(message, list) else []
            return any(item.type in ("error", "invalid") for item in event.items) or any(map(_is_tool_error, inside))
        return event.type == "error" or event.type == "invalid"
    if isinstance(event, Closed):
        return bool(event.code) or event.signal is not None or event.error is not None
    return isinstance(event, Http) and event.phase == "error"


def _is_tool_error(message: Any) -> bool:
    if not isinstance(message, dict):
        return False
    result = cast("dict[str, Any]", message).get("result")
    return isinstance(result, dict) and cast("dict[str, Any]", result).get("isError") is True


def _matches(method: str, wanted: Collection[str]) -> bool:
    return method in wanted or any(
        fnmatchcase(method, each.replace("[", "[[]").replace("?", "[?]"))
        if "*" in each
        else each and method.endswith(f"/{each}")
        for each in wanted
    )


def _same_id(id_: JsonId, wanted: JsonId) -> bool:
    if isinstance(wanted, str):
        return id_ == wanted or _spelled_out(id_) == wanted
    return type(id_) is type(wanted) and id_ == wanted


def _spelled_out(id_: JsonId) -> str:
    try:
        return json.dumps(id_, ensure_ascii=False)
    except ValueError:  # more digits than Python prints
        return ""


def _json_ids(wanted: JsonId) -> Iterator[str]:
    """The JSON that an id may be which `wanted` stands for, as it is written."""
    if not isinstance(wanted, str):
        yield _spelled_out(wanted)
        return
    yield quoted(wanted)
    try:
        value: Any = json.loads(wanted)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict | list) and _spelled_out(value) == wanted:
        yield wanted


def _spellings(wanted: JsonId) -> Iterator[str]:
    """Texts of which one is in every line with such an id; an empty one where there is no such text."""
    for text in _json_ids(wanted):
        if text.startswith('"'):
            yield json.loads(text)
        else:
            # A float can be spelled in many ways, an integer only in one.
            yield text if text in ("null", "true", "false") or text.lstrip("-").isdecimal() else ""


def _spelled(values: Collection[str], quote: str = "") -> _Needles:
    r"""What a line may have that holds one of `values` in a JSON string (as one, with `quote`): itself, or an escape
    that could spell it.
    """
    needles = tuple({f"{quote}{quoted(value)[1:-1]}{quote}".encode() for value in values})
    return needles, (b"\\u", b"\\/") if any("/" in value for value in values) else (b"\\u",)


def _pattern(method: str) -> bytes:
    pieces = [re.escape(quoted(piece)[1:-1].encode()) for piece in method.split("*")]
    before = rb"(?:[^\"\\]*/)?" if method and len(pieces) == 1 else b""
    return before + rb"[^\"\\]*".join(pieces)


def _either(spelled: Iterable[str]) -> bytes:
    return b"(?:" + b"|".join([re.escape(each.encode()) for each in sorted(spelled)]) + b")"


def _head(link: bytes, dir: bytes, rest: bytes) -> bytes:
    return (
        rb'\{"seq":[0-9]+,"t":([0-9]+\.[0-9]+),"kind":"frame","link":' + link + b',"dir":' + dir + b',"type":' + rest
        # To the end of the head, so that nothing that matters can be behind it.
        + b'(?:,"name":' + _STRING + rb')?(?:,"re":[0-9]+)?(?:,"ms":[0-9.e+-]+)?(?:,"by":' + _STRING
        + rb')?(?:,"xid":[0-9]+)?,"bytes":[0-9]+(?:,"eol":"[^"]*")?(?:,"redacted":[0-9]+)?,"msg":'
    )  # fmt: skip
