"""A form that a person fills in: field by field, back to one that was wrong, or all of it in an editor.

A slip of the fingers costs a line, never the call: what does not fit is explained and asked again. Before a form of
several fields goes out it is shown as it would, because the last field is where one notices what the first should
have said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mcpwatch.view.dialogue import Command, Dialogue, Validate
from mcpwatch.view.editor import CUT, EditorFailed, kept
from mcpwatch.view.form import Field, Mistyped, form, wants
from mcpwatch.view.style import Line
from mcpwatch.view.values import arguments, compact, members, text_of

__all__ = ["GoneBack", "fill_in"]

_OWN: Final = "ebx"
_UNSET: Final = object()


class GoneBack(Exception):
    """The person left the form by going back from its first field."""


def fill_in(
    dialogue: Dialogue,
    schema: Mapping[str, Any],
    *,
    validate: Validate | None,
    edit: Callable[[str, str], str],
    first: Mapping[str, Any] | None = None,
    about: str = "",
) -> dict[str, Any]:
    """The values of the form, `{}` where it has no fields. `first` are those that are there already.

    Raises `GoneBack`, and what `Dialogue.read` raises.
    """
    fields = form(schema)
    if not fields:
        return dict(first or {})
    dialogue.hint("Enter: default or skip", "ebdcs")
    return _Filling(dialogue, fields, schema, validate, edit, about).run(dict(first or {}))


class _Filling:
    """One form on its way. `_given` has the values so far; a field that was left out is in `_left`."""

    def __init__(
        self,
        dialogue: Dialogue,
        fields: Sequence[Field],
        schema: Mapping[str, Any],
        validate: Validate | None,
        edit: Callable[[str, str], str],
        about: str,
    ) -> None:
        self._dialogue = dialogue
        self._fields = fields
        self._schema = schema
        self._validate = validate
        self._edit = edit
        self._about = about
        self._given: dict[str, Any] = {}
        self._left: set[str] = set()
        self._text = ""
        """What the editor was left with when it did not fit."""
        self._mending = False
        """One field is to change, and then it goes out."""

    def run(self, first: dict[str, Any]) -> dict[str, Any]:
        self._given = first
        at = 0
        while True:
            if at < len(self._fields):
                at = self._next(at, self._field(self._fields[at]))
                continue
            content = {field.name: self._given[field.name] for field in self._fields if field.name in self._given}
            wrong = self._validate(self._schema, content) if self._validate is not None else None
            if wrong is not None:
                self._dialogue.wrong(f"the form does not fit yet: {wrong}")
            elif len(self._fields) == 1 and not self._text:
                return content
            spans: Line = [(arguments(content) or "nothing", "value")]
            if wrong is None:
                self._dialogue.say([("the form: ", "dim"), *spans])
            label = "Enter sends it" if wrong is None else "Enter goes through it again"
            typed = self._dialogue.read([(label, "key")], "eb")
            if isinstance(typed, Command):
                at, self._mending = self._next(at, typed), True
            elif typed.strip():
                self._dialogue.wrong("Enter alone goes on; :b FIELD goes to a field that is to change.")
            elif wrong is None:
                return content
            else:
                at, self._mending = 0, False

    def _next(self, at: int, done: Command | None) -> int:
        """The field to go to after field `at`, which is done or answered with a command."""
        match done:
            case None:
                return len(self._fields) if self._mending else at + 1
            case Command("e"):
                return len(self._fields) if self._edited() else at
            case Command("b", ""):
                if at == 0:
                    raise GoneBack
                return at - 1
            case Command(_, name):
                low = name.lower()
                found = [i for i, each in enumerate(self._fields) if low in (each.name.lower(), str(i + 1))]
                if found:
                    return found[0]
                self._dialogue.wrong(f"there is no field {compact(name)}: {', '.join(f.name for f in self._fields)}.")
                return at

    def _field(self, field: Field) -> Command | None:
        """Ask for one field; a command that leads away from it, or None when it is done."""
        self._introduce(field)
        name = field.name
        if name in self._given:
            kept_value = self._given[name]
        else:
            kept_value = field.default if field.has_default and name not in self._left else _UNSET
        hint = "" if kept_value is _UNSET else f" [{compact(kept_value, 60)}]"
        if field.kind == "boolean":
            hint = " Y/n" if kept_value is True else " y/N" if kept_value is False else " y/n"
        while True:
            typed = self._dialogue.read([(name, "name"), (hint, "dim")], _OWN)
            if isinstance(typed, Command):
                if typed.letter != "x":
                    return typed
                if field.required:
                    self._dialogue.wrong("this one is required.")
                    continue
                self._given.pop(name, None)
                self._left.add(name)
                return None
            if not typed.strip():
                if kept_value is not _UNSET:
                    self._given[name] = kept_value
                    return None
                if not field.required:
                    return None
                empty = ', type "" for an empty text.' if field.kind == "string" else "."
                self._dialogue.wrong("this one is required" + empty)
                continue
            try:
                value = field.read("" if field.kind == "string" and typed.strip() == '""' else typed)
            except Mistyped as error:
                self._dialogue.wrong(str(error))
                continue
            wrong = self._misfit(field, value)
            if wrong is None:
                self._given[name] = value
                return None
            self._dialogue.wrong(wrong)

    def _misfit(self, field: Field, value: Any) -> str | None:
        # A reference leads into the whole schema, which is looked at in the end.
        return None if self._validate is None or "$ref" in field.schema else self._validate(field.schema, value)

    def _introduce(self, field: Field) -> None:
        """What the field is, and its options by number."""
        about = text_of(field.schema.get("description") or field.schema.get("title"))
        number = f"{self._fields.index(field) + 1}/{len(self._fields)} " if len(self._fields) > 1 else ""
        line: Line = [(number, "dim"), (field.name, "name"), ("  ", ""), (wants(field, self._schema), "dim")]
        self._dialogue.say([*line, (f"  {about}", "")] if about and about != field.name else line)
        for index, (value, title) in enumerate(field.options, 1):
            name = text_of(value)
            also = f"  ({name})" if name != title else ""
            self._dialogue.say([(f"  {index:2}  ", "key"), (title, ""), (also, "dim")])
        if field.many:
            self._dialogue.say([("  several: numbers or names with commas between", "dim")])

    # In an editor

    def _edited(self) -> bool:
        """Have the whole form edited as YAML; whether it fits then. What does not is there again next time."""
        from mcpwatch.documents import parse_document
        from mcpwatch.errors import UsageError

        try:
            made = kept(self._edit(self._text or self._file(), ".yaml"))
        except EditorFailed as failed:
            self._dialogue.wrong(str(failed))
            return False
        try:
            content = members(parse_document(made + "\n", "the form").value)
            given = {name: value for name, value in content.items() if value is not None}
            self._check(given)
        except (UsageError, Mistyped) as error:
            self._dialogue.wrong(f"{error} (:e opens it again as you left it)")
            self._text = made
            return False
        self._given, self._text = given, ""
        self._left = {field.name for field in self._fields if field.name not in given}
        return True

    def _check(self, given: Mapping[str, Any]) -> None:
        """Raises `Mistyped` for the first thing that does not fit."""
        known = {field.name: field for field in self._fields}
        for name, value in given.items():
            field = known.get(name)
            if field is None:
                raise Mistyped(f"the form has no field {compact(name)}")
            if field.kind == "string" and isinstance(value, str):
                field.read(value)
            if (wrong := self._misfit(field, value)) is not None:
                raise Mistyped(f"{name}: {wrong}")
        for field in self._fields:
            if field.required and field.name not in given:
                raise Mistyped(f"{field.name} is required")

    def _file(self) -> str:
        """The form as YAML: each field below what it is."""
        from mcpwatch.documents.write import yaml_lines
        from mcpwatch.text import sanitize

        lines: list[str] = []
        for field in self._fields:
            about = text_of(field.schema.get("description") or field.schema.get("title"))
            for said in (wants(field, self._schema), about):
                said_lines = [f"# {sanitize(part)}" for part in said.splitlines() if part]
                lines += [line for line in said_lines if line.rstrip() != CUT]  # which ends what counts
            for choice, title in field.options:
                if text_of(choice) != title:
                    lines.append(f"#   {sanitize(compact(choice))}: {sanitize(title)}")
            value = self._given.get(field.name, None if field.name in self._left else field.default)
            found = yaml_lines(value, name=field.name)
            lines += found if value is not None else [found[0].removesuffix(" null")]
            lines.append("")
        return "\n".join([*lines, CUT, *(f"# {line}" for line in sanitize(self._about, lines=True).split("\n")), ""])
