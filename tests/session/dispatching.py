"""A dispatcher whose wire is a list: what it sends is looked at, what it gets is given by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import TaskGroup

from mcpwatch.events import Frame
from mcpwatch.session.dispatch import Dispatcher, Outcome, Reply
from mcpwatch.wire.framing import classify
from tests.session.conftest import settled

CONCERNS = frozenset({"notifications/tools/list_changed"})


class Wire:
    """A link without bytes. `sent` is what went out, `notes` what was noted, `heard` what the client was told."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.tasks = tasks
        self.sent: list[dict[str, Any]] = []
        self.by: list[str] = []
        self.headers: list[Mapping[str, str] | None] = []
        self.notes: list[tuple[str, int | None, dict[str, Any]]] = []
        self.heard: list[Frame] = []
        self.questions: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], Awaitable[Outcome]] = _empty
        self.server: Callable[[dict[str, Any]], Any] = _silent
        """What the other side writes for a message of ours; None for nothing."""
        self._seq = 0
        self.dispatcher = Dispatcher(
            self._send,
            serve=self._serve,
            notified=self.heard.append,
            concerns=CONCERNS,
            note=self._note,
            tasks=tasks,
        )

    def frame(self, message: Any) -> Frame:
        """A frame of the server: a message, or the bytes of a line as they are."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        frame = classify(data, link="alpha", dir="s2c")
        self._seq += 1
        object.__setattr__(frame, "seq", self._seq)
        return frame

    async def receives(self, *messages: Any) -> None:
        """Deliver what a server writes, and let everybody do what they do about it."""
        for message in messages:
            self.dispatcher.deliver(self.frame(message))
        await settled()

    async def asks(self, method: str = "tools/call", params: Any = None, **options: Any) -> Asking:
        """Send a request, and do not wait for its answer."""
        asking = Asking(self, method, params, options)
        self.tasks.start_soon(asking.run)
        await settled()
        return asking

    def last(self, method: str) -> dict[str, Any]:
        return [message for message in self.sent if message.get("method") == method][-1]

    def noted(self, what: str) -> list[dict[str, Any]]:
        return [data for name, _, data in self.notes if name == what]

    def _send(self, message: dict[str, Any], *, by: str, headers: Mapping[str, str] | None = None) -> None:
        self.sent.append(message)
        self.by.append(by)
        self.headers.append(headers)
        written = self.server(message)
        if written is not None:
            asyncio.get_running_loop().call_soon(self.dispatcher.deliver, self.frame(written))

    async def _serve(self, frame: Frame, message: dict[str, Any]) -> Outcome:
        self.questions.append(message)
        return await self.answer(message)

    def _note(self, what: str, re: int | None = None, **data: Any) -> None:
        self.notes.append((what, re, data))


class Asking:
    """A request of ours under way."""

    def __init__(self, wire: Wire, method: str, params: Any, options: dict[str, Any]) -> None:
        self._wire, self._method, self._params, self._options = wire, method, params, options
        self.scope = anyio.CancelScope()
        self.reply: Reply | None = None
        self.error: Exception | None = None
        self.over = False

    @property
    def id(self) -> Any:
        return self._wire.last(self._method)["id"]

    async def run(self) -> None:
        with self.scope:
            try:
                self.reply = await self._wire.dispatcher.request(self._method, self._params, **self._options)
            except Exception as error:
                self.error = error
        self.over = True

    @property
    def result(self) -> Any:
        assert self.reply is not None, "no answer yet"
        assert self.reply.error is None
        return self.reply.result


def _silent(message: dict[str, Any]) -> None:
    return None


async def _empty(message: dict[str, Any]) -> Outcome:
    return Outcome(result={})


@asynccontextmanager
async def wired(patience: float | None = 10) -> AsyncGenerator[Wire]:
    """A wire for one test; what still waits when it ends is cancelled. With a `Clock` there is no use for patience."""
    with anyio.fail_after(patience):
        async with anyio.create_task_group() as tasks:
            yield Wire(tasks)
            tasks.cancel_scope.cancel()
