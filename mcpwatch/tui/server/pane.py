"""The pane Server: what is known of every link, one below the other or one alone, and how a link is begun anew.

It composes: the lines are `facts`', restarting is `again`'s, keeping the session under a name is `saving`'s.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from mcpwatch.errors import RecordingError
from mcpwatch.model import Server
from mcpwatch.model.question import Question
from mcpwatch.tui import paint
from mcpwatch.tui.live import Live
from mcpwatch.tui.pane import Pane
from mcpwatch.tui.server.again import Again
from mcpwatch.tui.server.facts import INDENT, facts, headline, in_short, roots_in
from mcpwatch.tui.server.saving import save
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line, clean, wrap

__all__ = ["ServerPane"]


class Facts(VerticalScroll, can_focus=True, inherit_bindings=False):
    """What scrolls, and leaves the keys for left and right to the pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", id="server.up", show=False),
        Binding("down,j", "scroll_down", "Down", id="server.down", show=False),
        Binding("pageup", "page_up", "Page up", id="server.page-up", show=False),
        Binding("pagedown,space", "page_down", "Page down", id="server.page-down", show=False),
        Binding("home", "scroll_home", "First", id="server.first", show=False),
        Binding("end,G", "scroll_end", "Last", id="server.last", show=False),
    ]


class ServerPane(Pane):
    """All links, or the chosen one. Restarting and saving work from every screen, so they are here to be called."""

    DEFAULT_CSS = """
    ServerPane #server-links { height: 1; width: 1fr; background: $boost; }
    ServerPane VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    ServerPane #server-facts { width: 1fr; height: auto; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,left_square_bracket", "choose(-1)", "Link before", key_display="←", id="server.before"),
        Binding("right,right_square_bracket", "choose(1)", "Next link", key_display="→", id="server.next"),
        Binding("R", "app.restart", "Restart", id="app.restart"),
    ]
    HELP: ClassVar[str | None] = (
        "What the server says of itself, what it offers and what it did, with times since the recording began. Several "
        "links stand one below the other; left and right choose one alone.\n"
        "R ends the server and starts it anew, or makes a new connection to a URL: that is a new link in the same "
        "recording, and what was before stays."
    )

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(source, id=id)
        self.chosen: str | None = None
        """The link that is shown alone; None shows all."""
        self._again = Again(self, source)
        self._roots: dict[str, tuple[Question, str, Any]] = {}
        self._shown: list[Line] = []

    def compose(self) -> ComposeResult:
        yield Static(id="server-links")
        with Facts():
            yield Static(id="server-facts")

    def on_mount(self) -> None:
        self.watch_files()
        self.set_interval(1.0, self._tick)

    def grew(self) -> None:
        self.query_one("#server-links", Static).update(paint.content(self._links()))
        width = max(self.query_one(Facts).scrollable_content_region.width - 2, 40)
        lines = [part for line in self._lines() for part in wrap(clean(line), width, INDENT)]
        if lines != self._shown:
            self._shown = lines
            self.query_one("#server-facts", Static).update(paint.lines_content(lines))

    def on_resize(self) -> None:
        self.grew()

    def watch_files(self) -> None:
        """Begin links anew when the files change that the source names for them."""
        self._again.watch()

    def restart(self) -> None:
        """Start the server of the chosen link anew (`R`, from every screen)."""
        self._again.ask(self.chosen)

    def save(self) -> None:
        """Keep the session under a name (`ctrl+s`, from every screen)."""
        save(self, self.source)

    def action_choose(self, by: int) -> None:
        """Show the next link alone, or all of them again."""
        stops: list[str | None] = [None, *self._servers()]
        at = stops.index(self.chosen) if self.chosen in stops else 0
        self.chosen = stops[(at + by) % len(stops)]
        self.query_one(Facts).scroll_home(animate=False)
        self.grew()

    # ---- what is shown

    def _tick(self) -> None:
        """How long a link has been open grows by itself."""
        if self.source.live and self.is_on_screen:
            self.grew()

    def _servers(self) -> dict[str, Server]:
        """Those that are there now first, then what a restart has ended, the latest first."""
        servers = {link: one for link, one in list(self.source.timeline.links.items()) if link}
        current = {link: one for link, one in servers.items() if one.followed_by is None}
        return current | {link: one for link, one in reversed(servers.items()) if one.followed_by is not None}

    def _links(self) -> Line:
        line: Line = [(" ", "")]
        for link in [None, *self._servers()]:
            chosen = link == self.chosen
            line.append((f"[{link or 'all'}]" if chosen else f" {link or 'all'} ", "strong" if chosen else "dim"))
        return line

    def _lines(self) -> list[Line]:
        servers, now = self._servers(), self.source.now()
        failed = self.source.errors if isinstance(self.source, Live) else {}
        if self.chosen is not None and self.chosen in servers:
            servers = {self.chosen: servers[self.chosen]}
        if not servers:
            return [[("Nothing was opened yet.", "dim")]]
        lines: list[Line] = []
        for server in servers.values():
            if lines:
                lines.append([])
            if server.followed_by is not None and self.chosen is None:
                lines += in_short(server, now)
            else:
                lines += [
                    headline(server, now, failed=server.link in failed),
                    *facts(server, now, roots=self._roots_of(server.link)),
                ]
        return lines

    def _roots_of(self, link: str) -> Any:
        """What the server was told of the roots last; read back from the recording once."""
        asked = (one for one in reversed(self.source.timeline.questions) if one.link == link and one.kind == "roots")
        question = next(asked, None)
        if question is None:
            return None
        known = self._roots.get(link)
        if known is None or known[0] is not question or known[1] != question.state:
            try:
                roots = roots_in(question.answer)
            except (LookupError, RecordingError):
                roots = None
            known = self._roots[link] = (question, question.state, roots)
        return known[2]
