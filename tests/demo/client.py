"""The SDK's own client, connected to the demo server as a real process, with all that the server sends written down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.context import ClientRequestContext
from mcp.shared.message import SessionMessage
from pydantic import FileUrl

from mcpwatch.demo import SAMPLING

Era = Literal["legacy", "auto"]
ERAS: tuple[Era, ...] = ("legacy", "auto")
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


@dataclass
class Wire:
    """What came from the server: messages as they were, in order, and lines that were none."""

    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    junk: list[Exception] = field(default_factory=list[Exception])
    came: anyio.Event = field(default_factory=anyio.Event)

    def take(self, item: SessionMessage | Exception) -> None:
        if isinstance(item, Exception):
            self.junk.append(item)
        else:
            self.messages.append(item.message.model_dump(mode="json", by_alias=True, exclude_unset=True))
        self.came.set()
        self.came = anyio.Event()

    def params(self, method: str) -> list[Any]:
        return [message.get("params") for message in self.messages if message.get("method") == method]

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            await self.came.wait()


@dataclass
class Demo:
    client: Client
    wire: Wire
    era: Era
    asked: list[Any] = field(default_factory=list[Any])
    errors: Path | None = None

    async def call(self, name: str, **arguments: Any) -> types.CallToolResult:
        async def token_please(progress: float, total: float | None, message: str | None) -> None: ...

        return await self.client.call_tool(name, arguments, progress_callback=token_please)

    async def said(self, name: str, **arguments: Any) -> str:
        result = await self.call(name, **arguments)
        assert not result.is_error
        return text_of(result)


def text_of(result: types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    return block.text


@asynccontextmanager
async def tapped(inner: Any, wire: Wire) -> AsyncGenerator[Any]:
    """The transport `inner`, with all that the server sends copied into `wire` before the client sees it."""
    async with inner as (read, write), anyio.create_task_group() as tasks:
        into, out = anyio.create_memory_object_stream[SessionMessage | Exception](0)

        async def copy() -> None:
            async with into:
                async for item in read:
                    wire.take(item)
                    await into.send(item)

        tasks.start_soon(copy)
        yield out, write
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def connected(inner: Any, era: Era, *, able: bool = True) -> AsyncGenerator[Demo]:
    """A client that answers everything, or, not `able`, one that declares nothing."""
    wire, asked = Wire(), list[Any]()

    async def sample(
        context: ClientRequestContext, params: types.CreateMessageRequestParams
    ) -> types.CreateMessageResult:
        asked.append(params)
        return types.CreateMessageResult(role="assistant", content=types.TextContent(text=SAMPLING), model="canned")

    async def elicit(context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        form = isinstance(params, types.ElicitRequestFormParams)
        return types.ElicitResult(action="accept", content={"name": "Ada", "seats": 2} if form else None)

    async def roots(context: ClientRequestContext) -> types.ListRootsResult:
        asked.append("roots")
        return types.ListRootsResult(roots=[types.Root(uri=FileUrl("file:///somewhere"))])

    client = Client(
        tapped(inner, wire),
        mode=era,
        cache=None,
        log_level="debug",
        sampling_callback=sample if able else None,
        elicitation_callback=elicit if able else None,
        list_roots_callback=roots if able else None,
    )
    async with client:
        yield Demo(client, wire, era, asked)


@asynccontextmanager
async def stdio(errors: Path) -> AsyncGenerator[Any]:
    """The demo server as a child, without its pauses; `errors` gets its stderr."""
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "mcpwatch.demo", "--pace", "0"])
    with errors.open("w") as errlog:
        async with stdio_client(parameters, errlog=errlog) as streams:
            yield streams


@asynccontextmanager
async def hearing(demo: Demo, uri: str) -> AsyncGenerator[None]:
    """List changes and updates of `uri` are sent: on a stream of their own, or after a request of the older era."""
    if demo.era == "legacy":
        subscribe = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=uri))
        await demo.client.session.send_request(subscribe, types.EmptyResult)
        yield
        unsubscribe = types.UnsubscribeRequest(params=types.UnsubscribeRequestParams(uri=uri))
        await demo.client.session.send_request(unsubscribe, types.EmptyResult)
    else:
        async with demo.client.listen(
            tools_list_changed=True,
            prompts_list_changed=True,
            resources_list_changed=True,
            resource_subscriptions=[uri],
        ):
            yield


@asynccontextmanager
async def over_http() -> AsyncGenerator[str]:
    """The demo server on a free port of loopback, and its URL."""
    command = [sys.executable, "-m", "mcpwatch.demo", "--http", "0", "--pace", "0"]
    process = await anyio.open_process(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    async with process:
        try:
            assert process.stderr is not None
            said = b""
            while b"\n" not in said:
                said += await process.stderr.receive()
            yield said.split(b"\n")[0].decode().removeprefix("listening on ").strip()
        finally:
            process.kill()
