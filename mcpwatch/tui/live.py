"""A session of ours as a source: it runs on the loop of the app, in a task of its own, beside the screens.

The screens are there before the servers are. A server that cannot be started or that dies leaves them with the history
and says why; a recording that cannot be written ends the session and not the app. Whatever happens, `close` ends every
process and completes the recording.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import anyio

from mcpwatch.api import Session, Settings
from mcpwatch.errors import ExitCode, McpwatchError, worst
from mcpwatch.events import Event
from mcpwatch.session.client import Client
from mcpwatch.session.target import Target
from mcpwatch.tui.server.reload import Watched
from mcpwatch.tui.source import Source

__all__ = ["Live"]


class Live(Source):
    """Servers being watched. Makes the recording at once (raises RecordingError), connects when it is started.

    `errors` says of each link that has no connection why.
    """

    def __init__(self, targets: Sequence[Target], settings: Settings) -> None:
        session = Session(targets, settings, indexed=True)
        super().__init__(session.writer.path, session.writer.index, session.timeline)
        self.session = session
        self.live = self.written = True
        self.settings = settings
        self.connecting = False
        self.connected = False
        """Whether every link was tried: each is connected and listed, or is among `errors`."""
        self.errors: dict[str, McpwatchError] = {}
        self.why = "the session was ending"
        """What the servers are told of what is given up from now on."""
        self.reload: dict[str, Watched] = {}
        """The links to begin anew when these files change."""
        self.failure: McpwatchError | None = None
        """What ended the session as a whole: a recording that could not be written."""
        self._leave = session.hub.on_wake(self.grew)
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        super().start()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="mcpwatch-session")

    async def close(self) -> None:
        self._ending.set()
        if self._task is not None:
            await asyncio.shield(self._task)
        self._leave()
        await super().close()

    def hurry(self) -> None:
        """End the servers at once, without waiting for what they still want to do."""
        assert self.session is not None
        for client in self.session.clients.values():
            client.kill()

    def now(self) -> float:
        assert self.session is not None
        return self.session.hub.now() if self.live else super().now()

    def bytes_at(self, offset: int, size: int) -> bytes:
        assert self.session is not None
        return self.session.writer.bytes_at(offset, size)

    def _read(self, row: int) -> Event:
        assert self.session is not None
        return self.session.writer.read(self.index.entry(row).seq)

    def _settle(self) -> None:
        assert self.session is not None
        self.session.hub.settle()

    async def _run(self) -> None:
        assert self.session is not None
        session = self.session
        try:
            async with session:
                for client in session.clients.values():
                    client.because(lambda: self.why)
                await self._until_ending(session)
                given_up = sum(client.stop_answering() for client in session.clients.values())
                self.code = session.exit_code = worst(self.code, self._code(session, given_up))
        except McpwatchError as error:
            self.problem, self.failure = str(error), error
            self.code = worst(self.code, error.exit_code)
        finally:
            self.live = self.connecting = False
            self.path = session.writer.path
            self.grew()

    async def _until_ending(self, session: Session) -> None:
        self.connecting = True
        self.grew()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._connect_all, session)
            await self._ending.wait()
            tasks.cancel_scope.cancel()

    async def _connect_all(self, session: Session) -> None:
        async with anyio.create_task_group() as tasks:
            for client in session.clients.values():
                tasks.start_soon(partial(self._connect, client))
        self.connecting, self.connected = False, True
        self.grew()

    async def _connect(self, client: Client) -> None:
        try:
            await client.connect()
            await client.catalogue.fetch_all(client.negotiated.server_capabilities)
        except McpwatchError as error:
            if self.session is not None and client.link in self.session.current:
                self.errors[client.link] = error
        self.grew()

    def replaced(self, session: Session, error: McpwatchError | None, link: str) -> None:
        """`link` has taken the place of another, or could not; what was wrong with those before it is history."""
        self.errors = {one: wrong for one, wrong in self.errors.items() if one in session.current}
        if error is not None:
            self.errors[link] = error
        self.grew()

    def _code(self, session: Session, given_up: int) -> ExitCode:
        codes = [error.exit_code for error in self.errors.values()]
        codes += [problem.exit_code for problem in session.settings.answers.problems]
        for link, client in session.clients.items():
            closed = client.closed if link in session.current else None
            if closed is not None and (closed.code or closed.signal or closed.reason == "lost"):
                codes.append(ExitCode.CONNECT)
            if any(not asked.answer.answered for asked in client.asked):
                codes.append(ExitCode.UNANSWERED)
        if given_up:
            codes.append(ExitCode.UNANSWERED)
        return worst(*codes)
