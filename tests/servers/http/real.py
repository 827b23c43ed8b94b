"""The official SDK's server over real HTTP, in a thread, with a witness: what it received and sent, byte for byte.

The witness stands at the ASGI door, so nothing it says went through the code under test.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import BaseModel


@dataclass
class Exchange:
    verb: str
    path: str
    received: bytes = b""
    status: int = 0
    content_type: str = ""
    sent: bytes = b""


@dataclass
class Served:
    url: str
    exchanges: list[Exchange] = field(default_factory=list)


class City(BaseModel):
    name: str


def server() -> MCPServer:
    """One tool for each kind of traffic."""
    mcp = MCPServer("real")

    @mcp.tool()
    def echo(text: str) -> str:
        return text

    @mcp.tool()
    async def work(steps: int, ctx: Context) -> str:
        for step in range(steps):
            await ctx.report_progress(step + 1, steps, f"step {step + 1} \u2713")
        return "done"

    @mcp.tool()
    async def ask(ctx: Context) -> str:
        answer = await ctx.elicit("capital of France?", City)
        return answer.data.name if answer.action == "accept" else answer.action

    @mcp.tool()
    async def hang(ctx: Context) -> str:
        await ctx.report_progress(1, 2)
        await anyio.sleep_forever()
        return "never"

    return mcp


@contextlib.contextmanager
def serve(app: Any, path: str) -> Iterator[Served]:
    """Run an ASGI application until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}{path}")
    config = uvicorn.Config(
        _witnessed(app, served),
        log_level="critical",
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=60,  # a connection that is closed while its client sends is for other tests
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield served
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


def _witnessed(app: Any, served: Served) -> Any:
    async def witness(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"])
        served.exchanges.append(exchange)

        async def receiving() -> Any:
            message = await receive()
            exchange.received += message.get("body", b"")
            return message

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start" and exchange.status:
                pass  # the old transport's application answers again when the client has gone; nothing of it goes out
            elif message["type"] == "http.response.start":
                exchange.status = message["status"]
                headers = {name.lower(): value for name, value in message["headers"]}
                exchange.content_type = headers.get(b"content-type", b"").decode()
            else:
                exchange.sent += message.get("body", b"")
            await send(message)

        await app(scope, receiving, sending)

    return witness
