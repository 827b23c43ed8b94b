"""The status line: what is connected and how, what waits for the person, how much there is, and what it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from textual.strip import Strip
from textual.widget import Widget

from mcpwatch.errors import McpwatchError
from mcpwatch.model import Server
from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.live import Live
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.server.facts import ended_badly
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["StatusLine", "status"]

DOT = ("  ", "")
_FEW = 2


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
    told: Line = [(f"! {problem}", "error"), DOT] if problem else []
    links = {name: one for name, one in list(source.timeline.links.items()) if name and one.followed_by is None}
    shown = [part for name, one in links.items() for part in (*_link(one, failed=name in _errors(source)), DOT)]
    # A sentence takes all the room that there is: few links stand before it, many behind.
    line += [*shown, *told] if len(links) <= _FEW else [*told, *shown]
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
    errors = _errors(source)
    return " ".join(f"{link}: {error}" if len(errors) > 1 else str(error) for link, error in errors.items())


def _errors(source: Source) -> Mapping[str, McpwatchError]:
    return source.errors if isinstance(source, Live) else {}


def _link(server: Server, *, failed: bool) -> Line:
    if server.closed is not None and server.signal is None and not ended_badly(server):
        return [("■ ", "dim"), (server.link, "name"), (" ended", "dim")]
    if server.closed is not None:
        return [("✗ ", "error"), (server.link, "name"), (f" {_end(server)}", "error")]
    if server.unreachable is not None:
        return [("✗ ", "error"), (server.link, "name"), (" cannot be reached", "error")]
    if server.era is None and failed:
        return [("✗ ", "error"), (server.link, "name"), (" not connected", "error")]
    if server.era is None:
        return [("… ", "warning"), (server.link, "name"), (" connecting", "warning")]
    return [("✓ ", "ok"), (server.link, "name"), (f" {server.era}", "dim")]


def _end(server: Server) -> str:
    if server.signal is not None:
        return f"ended by {server.signal}"
    return f"exited {server.code}" if server.code is not None else server.reason or "closed"
