"""YAML 1.2's core schema, and JSON, read with PyYAML's scanner: values with the place of each.

PyYAML alone reads YAML 1.1 and keeps the last of two equal keys silently. So only its events are used, and what they
mean is decided here: `no` is a string, `0o7` a number, `1:30` and `2026-11-21` strings. Whatever would make a file say
something else than what one sees at its place is an error: a key that is there twice, a merge, an alias, a tag.

Importing this module imports `yaml`: `read` does so when there is a file to read, and nobody else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any, cast

from yaml.error import Mark as YamlMark
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from mcpwatch.documents.document import Document, Mark, Node
from mcpwatch.documents.faults import fault
from mcpwatch.errors import UsageError

__all__ = ["MOST_NESTED", "parse"]

MOST_NESTED = 100
"""Levels of lists and mappings in each other. A recording's own limit is 128, and a rule adds some."""

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BREAKS = "\x85\u2028\u2029"
"""Line breaks in YAML 1.1, characters like others in 1.2 and in JSON."""


class _Loader(Reader, Scanner, Parser):
    """PyYAML's events, with tabs between the tokens of JSON, which YAML 1.2 allows and PyYAML does not."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        scanner: Any = self
        Scanner.scan_to_next_token(self)
        while scanner.flow_level and scanner.peek() == "\t":
            scanner.forward()
            Scanner.scan_to_next_token(self)


def _start(event: Event) -> YamlMark:
    """Where an event begins. The stubs allow for events that nobody read from a text."""
    return cast("YamlMark", event.start_mark)


def _end(event: Event) -> YamlMark:
    return cast("YamlMark", event.end_mark)


def _mark(event: Event) -> Mark:
    return Mark(_start(event).line + 1, _start(event).column + 1)


class _Reading:
    """One document on its way from events to values."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._text = text
        self._unbroken: dict[int, str] = {}
        for char in _BREAKS:
            if char in text:
                stand_in = next(c for c in map(chr, range(0xE000, 0xF900)) if c not in text)
                self._unbroken[ord(stand_in)] = char
                text = text.replace(char, stand_in)
        self._events = self._parsed(text)

    def document(self) -> Document:
        value: Any = None
        node = Node(Mark(1, 1), 0, 0)
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(event, "a second document starts here; a file is one.")
            elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent):
                value, node = self._value(event, 0)
        return Document(self._name, self._text, value, node)

    def _parsed(self, text: str) -> Iterator[Event]:
        loader: Any = None
        try:
            loader = _Loader(text)
            while loader.check_event():
                yield cast("Event", loader.get_event())
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            column = error.position - text.rfind("\n", 0, error.position)
            character = f"U+{error.character:04X}"
            raise UsageError(
                f"{self._name}:{line}:{column}: the character {character} cannot stand in YAML as it is.",
                hint='Write it as an escape between double quotes: "\\u0007".',
            ) from None
        except MarkedYAMLError as error:
            mark, said, hint = fault(error, text)
            place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
            raise UsageError(f"{self._name}{place}: not YAML: {said}", hint=hint) from None
        except (ValueError, OverflowError):  # PyYAML's own slip
            mark = loader.get_mark()
            place = f"{self._name}:{mark.line + 1}:{mark.column + 1}"
            raise UsageError(f"{place}: there is no such character: \\U goes up to 0010FFFF.") from None

    def _value(self, event: Event, depth: int) -> tuple[Any, Node]:
        self._refuse(event)
        if depth > MOST_NESTED:
            raise self._error(event, f"nested deeper than {MOST_NESTED} levels.")
        node = Node(_mark(event), _start(event).index, _end(event).index)
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
            node.end = node.start + len(self._text[node.start : node.end].rstrip())
        elif isinstance(event, SequenceStartEvent):
            value = self._list(node, event, depth)
        else:
            value = self._mapping(node, event, depth)
        return value, node

    def _list(self, node: Node, event: Event, depth: int) -> list[Any]:
        found: list[Any] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            value, child = self._value(event, depth + 1)
            node.children[len(found)] = child
            found.append(value)
        self._close(node, event)
        return found

    def _mapping(self, node: Node, event: Event, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            self._refuse(event)
            if not isinstance(event, ScalarEvent):
                raise self._error(event, "a key is a text, not a list or a mapping.")
            key, mark = self._text_of(event), _mark(event)
            if key == "<<" and event.style is None:
                raise self._error(event, "'<<' merges are not read here.", "Write the keys out.")
            if key in found:
                first = node.children[key].key
                raise self._error(event, f"the key {key!r} is there twice, first in line {first and first.line}.")
            value, child = self._value(next(self._events), depth + 1)
            child.key, child.key_start = mark, _start(event).index
            node.children[key] = child
            found[key] = value
        self._close(node, event)
        return found

    def _close(self, node: Node, event: Event) -> None:
        """A block's end mark stands where the next thing begins: its last value's end is what one sees."""
        if _end(event).index > _start(event).index:
            node.end = _end(event).index
        else:
            node.end = max((child.end for child in node.children.values()), default=node.end)

    def _scalar(self, event: ScalarEvent) -> Any:
        text = self._text_of(event)
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        try:
            if _INT.fullmatch(text):
                return int(text)
            if _BASED.fullmatch(text):
                return int(text, 0)
        except ValueError:
            raise self._error(event, "an integer of more digits than can be read.", "Quote it.") from None
        if _FLOAT.fullmatch(text):
            value = float(text)
            if isfinite(value):
                return value
        elif not _NO_NUMBER.fullmatch(text):
            return text
        raise self._error(event, f"{text[:40]} is a number that JSON does not have.", "Quote it if it is a text.")

    def _text_of(self, event: ScalarEvent) -> str:
        text = event.value.translate(self._unbroken) if self._unbroken else event.value
        # JSON writes characters beyond U+FFFF as two escapes, and YAML reads each by itself.
        return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)

    def _refuse(self, event: Event) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._error(event, "anchors and aliases (& and *) are not read here.", "Write it out, or quote it.")
        if getattr(event, "tag", None) is not None:
            raise self._error(event, f"tags ({event.tag}) are not read here.", "Quote a text that starts with '!'.")  # pyright: ignore

    def _error(self, event: Event, message: str, hint: str = "") -> UsageError:
        mark = _mark(event)
        return UsageError(f"{self._name}:{mark.line}:{mark.column}: {message}", hint=hint)


def parse(text: str, name: str) -> Document:
    """The document that `text` is. Raises `UsageError` with line and column where it is none."""
    return _Reading(text, name).document()
