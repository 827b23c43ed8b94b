"""The keys of the pane Traffic, each with an id by which people give it another one."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

__all__ = ["KEYS"]

KEYS: Final[list[BindingType]] = [
    Binding("slash", "ask('filter')", "Filter", key_display="/", id="traffic.filter"),
    Binding("s", "ask('search')", "Search", id="traffic.search"),
    Binding("n", "next(False)", "Next", id="traffic.next", show=False),
    Binding("N", "next(True)", "Previous", id="traffic.previous", show=False),
    Binding("e", "errors", "Errors", id="traffic.errors"),
    Binding("f", "follow", "Follow", id="traffic.follow"),
    Binding("t", "tree", "Tree", id="traffic.tree"),
    Binding("space", "fold", "Fold", id="traffic.fold", show=False),
    Binding("plus", "fold_all(True)", "Unfold all", key_display="+", id="traffic.unfold-all", show=False),
    Binding("minus", "fold_all(False)", "Fold all", key_display="-", id="traffic.fold-all", show=False),
    Binding("p", "pair", "Pair", id="traffic.pair"),
    Binding("m", "mark", "Mark", id="traffic.mark"),
    Binding("d", "difference", "Diff", id="traffic.difference", show=False),
    Binding("y", "copy", "Copy", id="traffic.copy", show=False),
    Binding("Y", "copy_command", "Copy as a command", id="traffic.copy-command", show=False),
    Binding("w", "ask('write')", "Write", id="traffic.write", show=False),
    Binding("H", "everything", "All of HTTP", id="traffic.everything", show=False),
    Binding("v", "view(1)", "View", id="traffic.next-view", show=False),
    Binding("V", "view(-1)", "Previous view", id="traffic.previous-view", show=False),
    Binding("z", "zoom", "Zoom", id="traffic.zoom", show=False),
    Binding("enter", "detail", "Details", id="traffic.detail", show=False),
    Binding("escape", "back", "Back", id="traffic.back", show=False),
    Binding("left_square_bracket", "scrub(-1)", "Earlier", key_display="[", id="traffic.earlier", show=False),
    Binding("right_square_bracket", "scrub(1)", "Later", key_display="]", id="traffic.later", show=False),
    Binding("left_curly_bracket", "step(-1)", "An event back", key_display="{", id="traffic.back-one", show=False),
    Binding("right_curly_bracket", "step(1)", "An event on", key_display="}", id="traffic.on-one", show=False),
]
