"""A blank: a form of any depth, made from a JSON Schema that somebody else wrote, before and while it is filled in.

Plain values and no screen: the same blank is asked line by line, or drawn in a window. Its value can be edited in two
ways that show the same thing, place by place and as JSON; both take whatever is typed, and tell what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.documents import schema_faults
from mcpwatch.view.blank.jsontext import BadJson, json_text, read_json
from mcpwatch.view.blank.node import ABSENT, Absent, Leaf, Node, Path
from mcpwatch.view.blank.nodes import Group, Rows, Variant, place

__all__ = ["ABSENT", "Absent", "BadJson", "Blank", "Group", "Leaf", "Node", "Path", "Rows", "Variant"]

_WHOLE: Final = 300
"""Characters of a fault that are told."""


class Blank:
    """A form for `schema`, with `value` in it where that is given, else with the schema's defaults.

    `root` is its outermost place. A schema of no use makes one place for any JSON. With an `object` nothing else than
    an object is asked for, also where the schema names no type.
    """

    def __init__(self, schema: Mapping[str, Any], value: Any = ABSENT) -> None:
        self.schema = schema
        self.root: Node = place("", schema, schema, required=True)
        self._check = schema_faults(schema)
        self._text: str | None = None
        self._bad: BadJson | None = None
        if value is not ABSENT:
            self.put(value)
        elif self.root.value is ABSENT and self._takes_object():
            self.put({})

    @property
    def value(self) -> Any:
        """What is there, also where it does not fit yet; `ABSENT` where nothing is."""
        return self.root.value

    def put(self, value: Any) -> None:
        """Fill in `value`, whatever it is."""
        self._text, self._bad = None, None
        self.root.put(value)

    # ---- as JSON

    @property
    def text(self) -> str:
        """The value as JSON, or what was typed as such and is none."""
        if self._text is not None:
            return self._text
        value = self.value
        return "" if value is ABSENT else json_text(value)

    @property
    def bad(self) -> BadJson | None:
        """Why the text is no JSON, where it is none. Until it is again, the places keep what was there before."""
        return self._bad

    def type_text(self, text: str) -> bool:
        """Somebody typed all of it as JSON; whether it can be read, and stands in the places."""
        try:
            value = read_json(text) if text.strip() else ABSENT
        except BadJson as error:
            self._text, self._bad = text, error
            return False
        self._text, self._bad = None, None
        self.root.put(value)
        return True

    def drop_text(self) -> None:
        """Give up a text that is no JSON, for what stands in the places."""
        self._text, self._bad = None, None

    # ---- what is wrong

    @property
    def errors(self) -> dict[Path, str]:
        """What is wrong and where, empty where all of it may be sent. Sentences may hold a server's text."""
        if self._bad is not None:
            return {(): str(self._bad)}
        found: dict[Path, str] = {}
        for path, why in self.root.faults():
            found.setdefault(path, why)
        value = self.value
        for path, why in [*self.root.misfits(), *(self._check(value) if value is not ABSENT else ())]:
            # What has a fault of its own, or in something below it, has been told in better words.
            if not any(told[: len(path)] == path for told in found):
                found[path] = why[:_WHOLE]
        return found

    def error(self) -> str | None:
        """The first thing that is wrong, as one sentence that begins with the place."""
        for path, why in self.errors.items():
            where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
            return f"{where}: {why}" if where else why
        return None

    def _takes_object(self) -> bool:
        kind = self.schema.get("type", "object")
        return kind == "object"
