"""The links of a run: connected together, each step to the one that it is for, watched until the last has ended.

With one link nothing is different: what goes wrong with it ends the run. With several, one that cannot be reached or
that dies is told, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

import anyio

from mcpwatch.errors import McpwatchError, UsageError
from mcpwatch.session.catalogue import ListKind
from mcpwatch.session.client import Client
from mcpwatch.session.steps import Step, did_you_mean, names

__all__ = ["Links"]

_OFFERED: Final[Mapping[str, tuple[ListKind, str]]] = {
    "call": ("tools", "name"),
    "prompt": ("prompts", "name"),
    "complete": ("prompts", "name"),
    "read": ("resources", "uri"),
    "subscribe": ("resources", "uri"),
}
"""Which list says that a link can do a step, and by which member."""


class Links:
    """The clients of a session by their links' names; `lost` says of each that was never connected why."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self.clients = clients
        self.lost: dict[str, McpwatchError] = {}

    @property
    def connected(self) -> list[Client]:
        """Those that could be reached, in order."""
        return [client for link, client in self.clients.items() if link not in self.lost]

    def untold(self, told: McpwatchError | None) -> list[McpwatchError]:
        """Why the links were lost, where none is left and so nobody has said it; without the one that is `told`."""
        return [] if self.connected else [error for error in self.lost.values() if error is not told]

    async def connect(self) -> None:
        """Connect all at once. Raises the error of the first where none can be reached."""
        await _each(self._connect, list(self.clients.values()))
        if not self.connected:
            raise next(error for link in self.clients if (error := self.lost.get(link)) is not None)

    async def list_all(self) -> None:
        """List what every link offers. With one link raises as a request does; of several the others go on."""
        failures: list[McpwatchError] = []

        async def fetch(client: Client) -> None:
            try:
                await client.catalogue.fetch_all(client.negotiated.server_capabilities)
            except McpwatchError as error:
                failures.append(error)

        await _each(fetch, self.connected)
        if failures and len(self.clients) == 1:
            raise failures[0]

    def of(self, step: Step) -> list[Client]:
        """Whom a step is for: the link that it names, all for a list, else the only one that offers what it is about.

        Raises `UsageError` where that is none or several.
        """
        if step.link is not None:
            if step.link in self.lost:
                raise UsageError(f"{step}: the link {step.link} is not connected.")
            return [self.clients[step.link]]
        here = self.connected
        if step.kind == "list" or len(here) == 1:
            return here
        if step.kind not in _OFFERED:
            raise UsageError(f"{step} names no link.", hint=_named(step, [client.link for client in here]))
        kind, member = _OFFERED[step.kind]
        able = [client for client in here if client.catalogue.find(kind, step.subject) is not None]
        if len(able) == 1:
            return able
        if able:
            said = f"{step} is offered by {', '.join(client.link for client in able)}."
            raise UsageError(said, hint=_named(step, [client.link for client in able]))
        if kind == "resources":
            raise UsageError(f"{step} names no link.", hint=_named(step, [client.link for client in here]))
        offered = [row for client in here for row in client.catalogue.rows.get(kind, ())]
        raise did_you_mean(kind.removesuffix("s"), step.subject, names(offered, member))

    async def ended(self) -> None:
        """Wait until the last one has ended."""
        for client in self.connected:
            await client.wait_closed()

    @property
    def open(self) -> bool:
        """Whether one is left that goes on."""
        return any(client.closed is None for client in self.connected)

    async def _connect(self, client: Client) -> None:
        try:
            await client.connect()
        except McpwatchError as error:
            self.lost[client.link] = error


async def _each(do: Callable[[Client], Coroutine[Any, Any, None]], clients: Sequence[Client]) -> None:
    """Do it for all of them at the same time."""
    async with anyio.create_task_group() as tasks:
        for client in clients:
            tasks.start_soon(do, client)


def _named(step: Step, links: Sequence[str]) -> str:
    return f"Put the link before it: --{step.kind} '{links[0]}:{step.subject} …'; there are {', '.join(links)}."
