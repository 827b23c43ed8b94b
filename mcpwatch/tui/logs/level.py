"""Asking servers for logs of another level, from inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.widget import Widget

from mcpwatch.errors import McpwatchError
from mcpwatch.model.learn import RANKS
from mcpwatch.session.client import Client
from mcpwatch.session.log_level import set_log_level
from mcpwatch.tui.messages import Say
from mcpwatch.tui.pick import Pick, ask
from mcpwatch.tui.source import Source
from mcpwatch.view.style import Line

__all__ = ["ask_for_level"]


def ask_for_level(pane: Widget, source: Source) -> None:
    """Let the person choose a level (and a link, where there are several), and ask the server for it."""
    session = source.session
    if session is None or not source.live:
        pane.post_message(Say("Only a server that runs can be asked for another level.", "warning"))
        return
    open_ = [session.clients[link] for link in session.current if session.clients[link].closed is None]
    if not open_:
        pane.post_message(Say("No link is open: R starts one anew.", "warning"))
    elif len(open_) == 1:
        _choose_level(pane, open_)
    else:
        offered: list[tuple[Sequence[Client], Line]] = [(open_, [("every link", "")])]
        offered += [([client], [(client.link, "name")]) for client in open_]
        ask(pane, Pick("Set the level of", offered), lambda clients: _choose_level(pane, clients))


def _choose_level(pane: Widget, clients: Sequence[Client]) -> None:
    offered: list[tuple[str, Line]] = [(level, [(level, f"log.{level}")]) for level in RANKS]

    def chosen(level: str) -> None:
        for client in clients:
            pane.run_worker(partial(_ask, pane, client, level), group="log-level", exit_on_error=False)

    ask(pane, Pick("Ask for logs from this level on", offered, clients[0].options.log_level), chosen)


async def _ask(pane: Widget, client: Client, level: str) -> None:
    try:
        reply = await set_log_level(client, level)
    except McpwatchError as error:
        pane.post_message(Say(str(error), "error"))
        return
    if reply is None:
        pane.post_message(Say(f"{client.link}: requests ask for logs from {level} on, from the next one."))
    elif reply.error is not None:
        pane.post_message(Say(f"{client.link} refused the level: {reply.error.get('message')}", "error"))
    else:
        pane.post_message(Say(f"{client.link} was asked for logs from {level} on."))
