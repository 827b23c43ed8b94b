"""Waits for what a server says by itself: from when on it counts, and that no message answers two waits."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from mcpwatch.check.finding import Finding
from mcpwatch.check.heard import Heard, Message
from mcpwatch.check.script import Step
from mcpwatch.errors import ConnectError
from mcpwatch.session.client import Client
from mcpwatch.session.matching import mismatch

__all__ = ["Waits"]


class Waits:
    """The waits of one script."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._since = 0
        self._taken: set[int] = set()

    def begin(self) -> None:
        """Waits look from here on: before the step that asks for something, since a server may be quicker than what
        comes after it.
        """
        self._since = self._heard.seq

    async def find(
        self, step: Step, clients: Sequence[Client], method: str, wanted: Any, within: float | None
    ) -> Message | list[Finding]:
        """The first message of `method` (which may hold `*`) that no wait has taken, on one of `clients`; what is wrong
        where none comes within so many seconds. `wanted` is a subset of its parameters, None for any. Raises
        `ConnectError` where nobody is left who could say it.
        """
        links = [client.link for client in clients]
        near: list[Message] = []

        def look() -> Message | None:
            near.clear()
            for number, message in enumerate(self._heard.messages):
                if message.seq <= self._since or number in self._taken or message.link not in links:
                    continue
                if not fnmatchcase(message.method, method):
                    continue
                if wanted is None or mismatch(wanted, dict(message.params)) is None:
                    self._taken.add(number)
                    return message
                near.append(message)
            if all(client.closed is not None for client in clients):
                raise ConnectError(f"{', '.join(links)} ended while {method} was waited for.")
            return None

        found = await self._heard.until(look, within)
        if found is not None:
            return found
        said = f"{method} did not come" + ("" if within is None else f" within {within:g} s")
        if near:
            said += f"; {len(near)} came with other parameters: {mismatch(wanted, dict(near[-1].params), 'params')}"
        return [Finding(said, step.place)]
