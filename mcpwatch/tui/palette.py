"""The command palette: everything that a key does here, and every tool, prompt and resource that can be opened.

What comes from a server is sanitised and shown as it is, never as markup: so the hits are made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mcpwatch.text import clip, sanitize
from mcpwatch.tui import paint
from mcpwatch.tui.messages import Call

__all__ = ["Commands"]

_KINDS = {"tools": ("tool", "name"), "prompts": ("prompt", "name"), "resources": ("resource", "uri")}
LONGEST = 100


class _Command(NamedTuple):
    text: str
    help: str
    run: Callable[[], object]


class Commands(Provider):
    """Found by typing a part of their names."""

    async def discover(self) -> Hits:
        for one in self._keys():
            yield DiscoveryHit(paint.content(one.text), one.run, text=one.text, help=one.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for one in (*self._keys(), *self._offered()):
            score, at = matcher.fuzzy_search.match(query, one.text)
            if score > 0:
                shown = paint.content(one.text)
                for offset in at:
                    shown = shown.stylize("reverse", offset, offset + 1)
                yield Hit(score, shown, one.run, text=one.text, help=one.help)

    def _keys(self) -> Iterator[_Command]:
        """What has a key on the screen below, and a name."""
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            one = active.binding
            if one.id is None or one.id in seen or not one.description or not active.enabled:
                continue
            seen.add(one.id)
            key = self.app.get_key_display(one)
            run = partial(self.app.run_action, one.action, active.node)
            yield _Command(one.tooltip or one.description, f"{key}  {one.id}", run)
        yield _Command("Choose a theme", "kept for the next session", self.app.action_change_theme)

    def _offered(self) -> Iterator[_Command]:
        """What the servers offer, by name."""
        session = getattr(self.app, "source").session  # noqa: B009 - any app of ours
        clients = {} if session is None else cast("dict[str, Any]", session.clients)
        for link, client in clients.items():
            for rows, (kind, key) in _KINDS.items():
                for row in client.catalogue.rows.get(rows, ()):
                    name = row.get(key)
                    if isinstance(name, str):
                        text = clip(sanitize(f"{kind} {name}" + (f" ({link})" if len(clients) > 1 else "")), LONGEST)
                        call = Call(name, cast("Any", kind), {}, link)
                        yield _Command(text, "opens its form in Call", partial(self.app.post_message, call))
