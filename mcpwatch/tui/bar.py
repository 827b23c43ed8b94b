"""The status line: what is connected and how, what waits for the person, how much there is, and what it comes from."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from mcpwatch.model import Server
from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.live import Live
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["StatusLine", "status"]

DOT = ("  ", "")


class StatusLine(Widget):
    """One line, drawn anew when the source grew."""

    DEFAULT_CSS = """
    StatusLine { height: 1; width: 1fr; background: $panel; color: $foreground; }
    """

    def __init__(self, source: Source, desk: Desk) -> None:
        super().__init__()
        self._source = source
        self._desk = desk

    def render_line(self, y: int) -> Strip:
        return paint.strip(status(self._source, self._desk.waiting), self.size.width, self.rich_style)


def status(source: Source, waiting: int) -> Line:
    """The line's spans: what is most urgent comes first, since the end is cut where there is no room."""
    line: Line = [_origin(source), DOT]
    if waiting:
        line += [(f"{waiting} question{'s' * (waiting != 1)} wait{'s' * (waiting == 1)} (a)", "question"), DOT]
    problem = source.problem or _failed(source)
    if problem:
        line += [(f"! {problem}", "error"), DOT]
    for link, server in list(source.timeline.links.items()):
        if link and server.followed_by is None:
            line += [*_link(server), DOT]
    if source.reading is not None and source.reading < 1:
        line += [(f"reading {source.reading:.0%}", "warning"), DOT]
    line.append((f"×{len(source.index):,}", "strong"))
    if source.until is not None:
        line += [DOT, (f"up to {duration(source.until)}", "warning")]
    return [*line, DOT, (source.path.name, "dim")]


def _origin(source: Source) -> tuple[str, str]:
    if source.session is not None:
        return ("● REC", "error") if source.live else ("■ ENDED", "dim")
    return ("▶ FOLLOW", "ok") if source.live and source.reading is None else ("FILE", "strong")


def _failed(source: Source) -> str:
    errors = source.errors if isinstance(source, Live) else {}
    return " ".join(f"{link}: {error}" if len(errors) > 1 else str(error) for link, error in errors.items())


def _link(server: Server) -> Line:
    if server.closed is not None and server.reason == "closed" and server.signal is None:
        return [("■ ", "dim"), (server.link, "name"), (" ended", "dim")]  # by us
    if server.closed is not None:
        return [("✗ ", "error"), (server.link, "name"), (f" {_end(server)}", "error")]
    if server.era is None:
        return [("… ", "warning"), (server.link, "name"), (" connecting", "warning")]
    return [("✓ ", "ok"), (server.link, "name"), (f" {server.era}", "dim")]


def _end(server: Server) -> str:
    if server.signal is not None:
        return f"ended by {server.signal}"
    return f"exited {server.code}" if server.code is not None else server.reason or "closed"
