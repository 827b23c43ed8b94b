"""`?`: what the focused pane is for and which keys it has, with the id by which each is given another key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static, TextArea

from mcpwatch.text import width
from mcpwatch.tui import paint
from mcpwatch.tui.settings import config_file
from mcpwatch.view.style import Line, pad

__all__ = ["HelpScreen", "help_lines"]

EVERYWHERE = "app"
TYPING = "typing"
_TITLES = {EVERYWHERE: "Everywhere", TYPING: "In a field", "rows": "In the list"}


def help_lines(screen: Screen[object], about: str) -> list[Line]:
    """The keys that work on this screen now: those of the focused place first, those that work everywhere last."""
    groups: dict[str, dict[str, tuple[list[str], Binding]]] = {}
    for active in _described(screen.active_bindings.values()):
        one = active.binding
        group = one.id.partition(".")[0] if one.id else _place(active.node)
        keys, _ = groups.setdefault(group, {}).setdefault(one.id or f"{group} {one.action}", ([], one))
        keys.append(screen.app.get_key_display(one))  # pyright: ignore[reportUnknownMemberType]
    rows = [(keys, one) for group in groups.values() for keys, one in group.values()]
    wide = max((width(" ".join(keys)) for keys, _ in rows), default=0)
    widest = max((width(one.description) for _, one in rows), default=0)
    lines: list[Line] = [[(part, "")] for part in about.strip().splitlines()]
    for group in sorted(groups, key=lambda name: (name == EVERYWHERE, name in ("rows", TYPING))):
        title = _TITLES.get(group, group.capitalize())
        lines += [[], [(title, "host")]]
        for keys, one in sorted(groups[group].values(), key=lambda row: row[1].id is None):
            what = one.tooltip or one.description
            lines.append(
                [
                    (pad(" ".join(keys), wide), "command"),
                    ("  ", ""),
                    (pad(what, widest), ""),
                    (f"  {one.id or ''}", "dim"),
                ]
            )
    return [*lines, [], [("Other keys, by the names on the right: ", "dim"), (str(config_file()), "dim")]]


def _place(node: DOMNode) -> str:
    return EVERYWHERE if isinstance(node, App | Screen) else TYPING


def _described(bindings: Iterable[ActiveBinding]) -> list[ActiveBinding]:
    """What is told: what has a name of ours, and the keys of a field in which one types. A widget that scrolls has keys
    of the library's besides, which do nothing here that ours do not.
    """
    return [
        one
        for one in bindings
        if one.binding.description
        and not one.binding.system
        and (one.binding.id or isinstance(one.node, App | Screen | Input | TextArea))
    ]


class HelpScreen(ModalScreen[None]):
    """The lines, over what they speak of."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 100; max-width: 95%; height: auto; max-height: 90%; padding: 0 1; border: round $primary;
        background: $surface;
    }
    HelpScreen Static { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "app.pop_screen", "Close", id="help.close"),
    ]

    def __init__(self, lines: list[Line], title: str) -> None:
        super().__init__()
        self._lines = lines
        self._title = title

    def compose(self) -> ComposeResult:
        with VerticalScroll() as around:
            around.border_title = self._title
            yield Static(paint.lines_content(self._lines))
