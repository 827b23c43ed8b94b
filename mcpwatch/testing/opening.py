"""A session for as long as an async test runs, whoever runs it: pytest-asyncio, anyio, or another plugin.

A session has to be entered and left in one task, and no two plugins agree on the task of an async fixture. So the test
itself is wrapped: its session opens as its first and closes as its last line would. Where a fixture needs a session,
one gets a task of its own.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from mcpwatch.errors import ExitCode, McpwatchError, UsageError
from mcpwatch.testing.takes import Take, fail

if TYPE_CHECKING:
    from mcpwatch.api import Session

__all__ = ["Awaited", "hosted", "opened", "refuse_sync"]


class Awaited:
    """Stands for the session until the test begins, and says so to who uses it before."""

    def __init__(self, take: Take) -> None:
        self._mcpwatch_take = take

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UsageError(
            "mcpwatch_session opens as the test begins: no fixture can use it.",
            hint="In a fixture: async with mcpwatch_open(…) as session: yield session",
        )


def refuse_sync(item: pytest.Item) -> None:
    """Fail a test for which nothing can be awaited."""
    function = getattr(item, "obj", None)
    if hasattr(function, "hypothesis"):
        fail(UsageError("mcpwatch_session is one session, and hypothesis runs a test many times.", hint="Use watch()."))
    if not inspect.iscoroutinefunction(function):
        fail(UsageError("mcpwatch_session is for async tests.", hint="A test without async has mcpwatch_blocking."))


@contextmanager
def opened(item: pytest.Item) -> Generator[None]:
    """While a test runs: what it awaits is inside of its session."""
    given: dict[str, Any] = getattr(item, "funcargs", {})
    awaited = given.get("mcpwatch_session")
    if not isinstance(awaited, Awaited) or not isinstance(item, pytest.Function):
        yield
        return
    take, body = awaited._mcpwatch_take, item.obj  # pyright: ignore[reportPrivateUsage]

    @functools.wraps(body)
    async def inside(**arguments: Any) -> Any:
        _refuse_other_loop()
        async with _told(take) as session:
            replaced = {name: session if value is awaited else value for name, value in arguments.items()}
            return await body(**replaced)

    item.obj = inside
    try:
        yield
    finally:
        item.obj = body


@asynccontextmanager
async def hosted(take: Take) -> AsyncGenerator[Session]:
    """A session in a task of its own, to be entered in one task and left in another."""
    _refuse_other_loop()
    ready: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with take.open() as session:
            if not ready.done():
                ready.set_result(session)
            await over.wait()

    task = asyncio.create_task(live())
    try:
        await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await task  # raises why
        session = ready.result()
        try:
            yield session
        except BaseException:
            session.exit_code = session.exit_code or ExitCode.FINDING
            raise
    except McpwatchError as error:
        if take.session is None:
            fail(error)
        raise
    finally:
        over.set()
        if take.session is None:
            task.cancel()
        await asyncio.wait([task])
        if take.session is not None:
            await task


@asynccontextmanager
async def _told(take: Take) -> AsyncGenerator[Session]:
    """The session of a take. That it cannot be connected is told without our own frames."""
    try:
        async with take.open() as session:
            yield session
    except McpwatchError as error:
        if take.session is None:
            fail(error)
        if error.hint:
            error.add_note(error.hint)
        raise


def _refuse_other_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        fail(
            UsageError(
                "A watched session lives on asyncio.",
                hint='With anyio define the fixture: def anyio_backend(): return "asyncio"',
            )
        )
