"""A place with one value: a line, several lines, a choice, ticks; and what could stand there, as it is typed."""

from __future__ import annotations

from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static, TextArea

from mcpwatch.tui import paint
from mcpwatch.tui.call.choice import Choice, Ticks
from mcpwatch.tui.call.entry import JsonEntry, LinesEntry, TextEntry
from mcpwatch.tui.call.place import Place, put_lines
from mcpwatch.view.blank import ABSENT, Leaf, Node
from mcpwatch.view.blank.node import same
from mcpwatch.view.style import Line
from mcpwatch.view.values import compact

__all__ = ["LeafPlace"]

_MOST_SUGGESTED = 8


class LeafPlace(Place):
    """A place with one value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "lines", "More lines", id="form.lines", show=False)]

    def __init__(self, node: Node, bare: bool = False) -> None:
        super().__init__(node, bare)
        self.leaf = cast("Leaf", node)
        self._lines = False

    def shape(self) -> object:
        return self.node.json is not None, self._lines or "\n" in self.leaf.typed

    def _parts(self) -> ComposeResult:
        leaf, field = self.leaf, self.leaf.field
        if field.many:
            yield from self._head(Ticks([title for _, title in field.options], self._ticked()))
        elif field.kind == "choice" and len(field.options) == 1 and leaf.required:
            yield from self._head(Static(paint.content(field.options[0][1])))
        elif field.kind in ("choice", "boolean"):
            yield from self._head(Choice(self._titles(), self._chosen(), optional=not leaf.required))
        elif field.kind == "string" and (self._lines or "\n" in leaf.typed):
            yield from self._head(LinesEntry(leaf.typed))
        else:
            yield from self._head(TextEntry(leaf.typed, password=field.schema.get("format") == "password"))
            suggested = Static(classes="suggested")
            suggested.display = False
            yield suggested

    def _wants(self) -> str:
        only = self.leaf.field.kind == "choice" and len(self.leaf.field.options) == 1 and self.leaf.required
        return "" if only else super()._wants()

    def _sync(self) -> None:
        leaf = self.leaf
        for entry in self.query(TextEntry):
            if entry.value != leaf.typed:
                with entry.prevent(Input.Changed):
                    entry.value = leaf.typed
        for lines in self.query(LinesEntry):
            put_lines(lines, leaf.typed)
        for choice in self.query(Choice):
            choice.chosen = self._chosen()
        for ticks in self.query(Ticks):
            ticks.ticked = set(self._ticked())
            ticks.refresh()

    def _titles(self) -> list[str]:
        if self.leaf.field.kind == "boolean":
            return ["yes", "no"]
        return [
            title
            if isinstance(value, str) and value == title
            else f"{title}  ({compact(value, 40)})"
            if compact(value) != title
            else title
            for value, title in self.leaf.field.options
        ]

    def _values(self) -> list[object]:
        return [True, False] if self.leaf.field.kind == "boolean" else [value for value, _ in self.leaf.field.options]

    def _chosen(self) -> int | None:
        value = self.node.value
        return next((at for at, option in enumerate(self._values()) if same(option, value)), None)

    def _ticked(self) -> list[int]:
        value = self.node.value
        given = cast("list[object]", value) if isinstance(value, list) else []
        return [at for at, option in enumerate(self._values()) if any(same(option, one) for one in given)]

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.leaf.typed and self.node.json is None:
            self.leaf.type(event.value)
            self.changed()

    @on(TextArea.Changed)
    def _lines_typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not isinstance(event.text_area, JsonEntry) and event.text_area.text != self.leaf.typed:
            self.leaf.type(event.text_area.text)
            self._lines = True
            self.changed()

    @on(Choice.Chosen)
    def _chose(self, event: Choice.Chosen) -> None:
        event.stop()
        self.node.put(ABSENT if event.choice.chosen is None else self._values()[event.choice.chosen])
        self.changed()

    @on(Ticks.Ticked)
    def _ticks(self, event: Ticks.Ticked) -> None:
        event.stop()
        values = self._values()
        self.node.put([values[at] for at in sorted(event.ticks.ticked)])
        self.changed()

    @on(TextEntry.Suggesting)
    def _suggesting(self, event: TextEntry.Suggesting) -> None:
        event.stop()
        entry = event.entry
        first = max(0, min((entry.chosen or 0) - _MOST_SUGGESTED // 2, len(entry.suggested) - _MOST_SUGGESTED))
        lines: list[Line] = []
        for at, value in list(enumerate(entry.suggested))[first : first + _MOST_SUGGESTED]:
            lines.append(
                [("› " if at == entry.chosen else "  ", "hint"), (value, "strong" if at == entry.chosen else "")]
            )
        if len(entry.suggested) > _MOST_SUGGESTED:
            lines.append([(f"  {len(entry.suggested):,} suggestions", "dim")])
        for shown in self.query(Static).filter(".suggested"):
            shown.update(paint.lines_content(lines))
            shown.display = bool(lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "lines":
            return self.node.json is None and self.leaf.field.kind == "string"
        return super().check_action(action, parameters)

    def action_lines(self) -> None:
        self._lines = not self._lines and "\n" not in self.leaf.typed
        self.refocus()
