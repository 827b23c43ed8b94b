"""Beginning a link anew: because somebody asked for it, or because its files have changed.

The old link ends, and its place is taken by a new one in the same recording (`Session.restart`). What can go wrong is
said and nothing else: the history stays on the screens.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.widget import Widget

from mcpwatch.api.session import Superseded
from mcpwatch.errors import McpwatchError
from mcpwatch.tui.live import Live
from mcpwatch.tui.messages import Say
from mcpwatch.tui.pick import Pick, ask
from mcpwatch.tui.server.reload import Watched, changes
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["Again"]


class Again:
    """Restarts for one source, as work of `pane`."""

    def __init__(self, pane: Widget, source: Source) -> None:
        self._pane = pane
        self._source = source

    def ask(self, link: str | None) -> None:
        """Begin `link` anew; without a name the only one, or the one that the person then chooses."""
        session = self._source.session
        if session is None or not self._source.live:
            self._say("Only a server that runs can be restarted.", "warning")
            return
        if link is not None and session.latest(link) in session.current:
            self.begin([session.latest(link)])
        elif len(session.current) == 1:
            self.begin(session.current)
        else:
            offered: list[tuple[Sequence[str], Line]] = [([link], [(link, "name")]) for link in session.current]
            offered.append((session.current, [("every link", "")]))
            ask(self._pane, Pick("Restart", offered), self.begin)

    def begin(self, links: Sequence[str], why: str = "asked") -> None:
        """Begin these anew, all at once."""
        for link in links:
            self._pane.run_worker(
                partial(self._begin, link, why), name=f"restart {link}", group="restart", exit_on_error=False
            )

    def watch(self) -> None:
        """Begin links anew whenever the files change that the source was told to watch."""
        if isinstance(self._source, Live):
            for link, watched in self._source.reload.items():
                self._pane.run_worker(partial(self._reload, link, watched), group="reload", exit_on_error=False)

    async def _begin(self, link: str, why: str) -> None:
        source, session = self._source, self._source.session
        if session is None or not source.live:
            return
        failed: McpwatchError | None = None
        try:
            client = await session.restart(link, why=why)
            client.because(lambda: source.why if isinstance(source, Live) else "the session was ending")
            await client.catalogue.fetch_all(client.negotiated.server_capabilities)
        except Superseded:
            return
        except McpwatchError as error:
            failed = error
        new = session.latest(link)
        self._say(f"{link} goes on as {new}." if failed is None else f"{new}: {failed}", "error" if failed else "")
        if isinstance(source, Live):
            source.replaced(session, failed, new)

    async def _reload(self, link: str, watched: Watched) -> None:
        async for changed in changes(watched):
            session = self._source.session
            if session is None or not self._source.live:
                return
            names = ", ".join(sorted({path.name for path in changed})[:3])
            self._say(f"{names} changed: {session.latest(link)} is restarted.")
            # Not waited for: a server that hangs as it starts is ended by the next change.
            self.begin([session.latest(link)], f"changed: {names}")

    def _say(self, text: str, severity: str = "") -> None:
        self._pane.post_message(Say(text, severity or "information"))  # pyright: ignore[reportArgumentType]
