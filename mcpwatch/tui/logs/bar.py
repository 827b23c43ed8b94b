"""The line above the logs: what is shown of what there is, whether the end is followed, and what the server sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcpwatch.model.learn import RANKS
from mcpwatch.tui.logs.entries import STDERR
from mcpwatch.view.style import Line

if TYPE_CHECKING:
    from mcpwatch.tui.logs.pane import LogsPane

__all__ = ["state_line"]

_LEVELS: Final = list(RANKS)
_DOT: Final = ("  ", "")


def state_line(pane: LogsPane) -> Line:
    """What is most needed comes first, since the end is cut where there is no room."""
    shown = pane.query_one("#logs-above")
    total, filter = len(pane.entries), pane.filter
    count = sum(one.shown for one in pane.lists)
    line: Line = [(" ", ""), (f"{count:,}", "strong"), (f" of {total:,}" if count != total else "", "dim"), _DOT]
    following = bool(getattr(shown, "following", False))
    line += [("follow" if following else "stopped", "ok" if following else "warning"), _DOT]
    if pane.behind is not None:
        line += [(f"reading {pane.behind:.0%}", "warning"), _DOT]
    if filter.least:
        line += [(f"≥ {_LEVELS[filter.least]}", f"log.{_LEVELS[filter.least]}"), _DOT]
    if filter.logger is not None:
        line += [("logger ", "dim"), (filter.logger, "name"), _DOT]
    if filter.text:
        line += [("text ", "dim"), (filter.text, "name"), _DOT]
    if pane.lanes == "without":
        line += [("no stderr", "warning"), _DOT]
    line += _asking(pane)
    for level in sorted(pane.counts, key=lambda level: (RANKS.get(level, 99), level)):
        name = "stderr" if level == STDERR else level if level in RANKS else f"{level}?"
        style = "stderr" if level == STDERR else f"log.{level}" if level in RANKS else "warning"
        line += [(f"{name} ", style), (f"{pane.counts[level]:,}", ""), ("  ", "")]
    return line


def _asking(pane: LogsPane) -> Line:
    """The level that was asked for, of each link that is open."""
    servers = [server for server in list(pane.source.timeline.links.values()) if server.open and server.log_level]
    several = len(servers) > 1
    return [(f"{server.link + ' ' if several else ''}asks ≥ {server.log_level}  ", "dim") for server in servers]
