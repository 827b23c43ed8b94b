"""One place of a blank: what may stand there, what does, and why that does not fit.

A place takes any JSON value and gives the same one back: what does not fit its kind is kept as JSON text, told, and
edited as such. So nothing that somebody typed is lost because a schema has no word for it. Kinds with a life of their
own (`Group`, `Rows`, `Variant`) are in `nodes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, TypeAlias, cast

from mcpwatch.text import sanitize
from mcpwatch.view.blank.jsontext import BadJson, json_text, read_json
from mcpwatch.view.form import Field, Mistyped, wants
from mcpwatch.view.schema import Schema
from mcpwatch.view.values import text_of

__all__ = ["ABSENT", "Absent", "Leaf", "Node", "Path", "same"]

Path: TypeAlias = tuple[str | int, ...]
REQUIRED: Final = "required"
_EMPTY: Final = '""'
"""What is typed for an empty text: nothing typed is nothing given."""


class Absent(Enum):
    """No value at all, which JSON has no word for."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Node:
    """A place in a blank. `name` is its key, or its number in a list, and a server's text where it is a key."""

    def __init__(
        self, name: str | int, schema: Schema, root: Schema, *, required: bool = False, nullable: bool = False
    ) -> None:
        self.name = name
        self.schema = schema
        self.root = root
        self.required = required
        self.nullable = nullable
        self.own = False
        """It is no part of the schema: a person put it there, and may take it away."""
        self._json: str | None = None
        self._raw: Any = ABSENT
        self._broken = ""

    # ---- what it is

    @property
    def title(self) -> str:
        return text_of(self.schema.get("title"))

    @property
    def description(self) -> str:
        return text_of(self.schema.get("description"))

    @property
    def wants(self) -> str:
        """What belongs here, in a few words: `integer, 1 to 5`."""
        field = Field(str(self.name), self.schema, self.required, "json")
        return wants(field, self.root).removesuffix(", optional").removesuffix(", required")

    # ---- what it holds

    @property
    def value(self) -> Any:
        """The JSON value, or `ABSENT`."""
        return self._raw if self._json is not None else self._value()

    def put(self, value: Any) -> None:
        """Take a JSON value as it is, or `ABSENT`. Afterwards `value` is the same."""
        if value is not ABSENT and not (self._take(value) and same(self._value(), value)):
            self._json, self._raw, self._broken = json_text(value), value, ""
            return
        self._json, self._raw, self._broken = None, ABSENT, ""
        if value is ABSENT:
            self._clear()

    def begin(self) -> None:
        """Be there, before anybody typed anything: with what can be nothing else."""

    def clear(self) -> None:
        """Give nothing here."""
        self.put(ABSENT)

    @property
    def json(self) -> str | None:
        """The text of the value where it is edited as JSON, else None."""
        return self._json

    def type_json(self, text: str) -> None:
        """Somebody typed JSON here. What is no JSON counts as a text, and is told."""
        self._json = text
        try:
            self._raw, self._broken = (read_json(text), "") if text.strip() else (ABSENT, "")
        except BadJson as error:
            self._raw, self._broken = text, str(error)

    def as_json(self) -> None:
        """Edit the value as JSON from now on."""
        if self._json is None:
            value = self.value
            self._json, self._raw = ("" if value is ABSENT else json_text(value)), value

    def as_form(self) -> bool:
        """Edit the value in its own kind again, if it is one of that kind."""
        if self._json is not None and not self._broken:
            self.put(self._raw)
        return self._json is None

    def faults(self) -> Iterator[tuple[Path, str]]:
        """What is wrong, by the place below this one. Whether it fits the schema is asked elsewhere."""
        if self._broken:
            yield (), self._broken
        elif self._json is not None:
            if self._raw is ABSENT and self.required:
                yield (), REQUIRED
        else:
            yield from self._faults()

    def misfits(self) -> Iterator[tuple[Path, str]]:
        """What does not fit of the alternatives that were chosen, which the whole schema cannot know."""
        return iter(()) if self._json is not None else self._misfits()

    # ---- for the kinds

    def _value(self) -> Any:
        raise NotImplementedError

    def _take(self, value: Any) -> bool:
        """Take it, if it is of the right kind. What was there before counts no more either way."""
        raise NotImplementedError

    def _clear(self) -> None:
        raise NotImplementedError

    def _faults(self) -> Iterator[tuple[Path, str]]:
        raise NotImplementedError

    def _misfits(self) -> Iterator[tuple[Path, str]]:
        return iter(())


class Leaf(Node):
    """A place with one value in it. `field.kind` says how it is typed; `choice` and `json` too."""

    def __init__(self, name: str | int, schema: Schema, root: Schema, field: Field, *, nullable: bool = False) -> None:
        super().__init__(name, schema, root, required=field.required, nullable=nullable)
        self.field = field
        self._typed = ""
        self._held: Any = ABSENT
        self._fault = ""
        if field.kind == "json":
            self._json = ""

    @property
    def wants(self) -> str:
        return wants(self.field, self.root).removesuffix(", optional").removesuffix(", required")

    @property
    def typed(self) -> str:
        """The value as it is typed, whether it can be read or not."""
        return self._typed

    def type(self, text: str) -> None:
        """Somebody typed this. Nothing is nothing given, `""` an empty text, `null` null where that may be."""
        self._json, self._typed, self._fault = None, text, ""
        if not text.strip() and not (self.field.kind == "string" and text):
            self._held = ABSENT
        elif self.nullable and text.strip() == "null" and self.field.kind != "string":
            self._held = None
        else:
            try:
                self._held = self._read(text)
            except Mistyped as error:
                self._held, self._fault = text, str(error)

    def put(self, value: Any) -> None:
        super().put(value)
        if self.field.kind == "json" and self._json is None:
            self._json = ""

    def as_form(self) -> bool:
        return self.field.kind != "json" and super().as_form()

    def begin(self) -> None:
        if "const" in self.schema:
            self.put(self.schema["const"])

    def _read(self, text: str) -> Any:
        return self.field.read("" if self.field.kind == "string" and text == _EMPTY else text)

    def _value(self) -> Any:
        return self._held

    def _take(self, value: Any) -> bool:
        kind = self.field.kind
        if kind == "json":
            return False
        if kind == "choice":
            return self._choose(value)
        if value is None:
            typed = "null"
            if not self.nullable or kind == "string":
                return False
        elif isinstance(value, bool):
            typed = "yes" if value else "no"
            if kind != "boolean":
                return False
        elif isinstance(value, str):
            typed = value or _EMPTY
            if kind != "string" or value == _EMPTY or sanitize(value, lines=True) != value or not value.strip():
                if value or kind != "string":
                    return False  # it could be seen, or typed, only as JSON
        elif isinstance(value, (int, float)):
            try:
                typed = str(value)
            except ValueError:  # more digits than Python writes
                return False
            if kind not in ("integer", "number"):
                return False
        else:
            return False
        self._fault = ""
        try:
            self._held = self._read(typed) if value is not None else None
        except Mistyped as error:
            self._held, self._fault = value, str(error)
        self._typed = typed
        return True

    def _choose(self, value: Any) -> bool:
        known = [option for option, _ in self.field.options]
        chosen: list[Any] = (
            list(cast("list[Any]", value)) if self.field.many and isinstance(value, (list, tuple)) else [value]
        )
        if self.field.many and not isinstance(value, (list, tuple)):
            return False
        if not all(any(same(one, option) for option in known) for one in chosen):
            return False
        self._held, self._fault = value, ""
        return True

    def _clear(self) -> None:
        self._typed, self._held, self._fault = "", ABSENT, ""

    def _faults(self) -> Iterator[tuple[Path, str]]:
        if self._fault:
            yield (), self._fault
        elif self.required and self._held is ABSENT:
            yield (), REQUIRED


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same one: `1`, `1.0`, `true` and `"1"` are four."""
    if type(one) is not type(other):
        return False
    try:
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)  # pyright: ignore
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same, one, other))  # pyright: ignore
        return bool(one == other)
    except RecursionError:
        return False
