"""The client that the official suite drives: mcpwatch's own connection, tap and answers, with recording on.

    python -m tests.conformance.client URL

The suite appends the URL and says in MCP_CONFORMANCE_SCENARIO and MCP_CONFORMANCE_CONTEXT what it is about. Every tool
that the server offers is called once, which is what all scenarios want. At the end the recording is read again and
has to hold as many messages as crossed the wire below the tap (`Counted`); if it does not, this ends in exit code 9.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import anyio
import httpx2

from mcpwatch.api import Session, Settings
from mcpwatch.errors import McpwatchError
from mcpwatch.events import Frame
from mcpwatch.model.shapes import items, mapping
from mcpwatch.recording import Recording
from mcpwatch.session.answers import Answers
from mcpwatch.session.answers.python import from_python
from mcpwatch.session.auth import Access
from mcpwatch.session.client import Client
from mcpwatch.session.handshake import unusable
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import parse_target
from tests.conformance.suite import NOT_EQUAL

DOCUMENT = "https://conformance-test.local/client-metadata.json"
"""The client's document that the suite knows."""
VALUES: Mapping[str, Any] = {"string": "text", "number": 5, "integer": 5, "boolean": True, "array": [], "object": {}}

crossed: Counter[str] = Counter()
"""Messages that crossed the wire, by direction, as they are seen below the tap."""


class Counted(httpx2.AsyncHTTPTransport):
    """The real transport, which counts messages by means of its own."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = b"".join([chunk async for chunk in cast("httpx2.AsyncByteStream", request.stream)])
        crossed["c2s"] += _is_message(body)
        request = httpx2.Request(
            request.method, request.url, headers=request.headers, content=body, extensions=request.extensions
        )
        response = await super().handle_async_request(request)
        kind = response.headers.get("content-type", "").partition(";")[0]
        stream = _Counting(cast("httpx2.AsyncByteStream", response.stream), kind == "text/event-stream")
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )


class _Counting(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, events: bool) -> None:
        self._stream, self._events = stream, events
        self._rest = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._rest += chunk
            if self._events:
                *whole, self._rest = self._rest.replace(b"\r\n", b"\n").split(b"\n\n")
                for event in whole:
                    lines = [line[5:] for line in event.split(b"\n") if line.startswith(b"data:")]
                    crossed["s2c"] += _is_message(b"\n".join(lines))
            yield chunk

    async def aclose(self) -> None:
        if not self._events:
            crossed["s2c"] += _is_message(self._rest)
        await self._stream.aclose()


def _is_message(body: bytes) -> bool:
    try:
        return "jsonrpc" in mapping(json.loads(body or b"null"))
    except ValueError:
        return False


def visit(url: str) -> bool:
    """The browser of the suite: it asks for the page, and goes where that sends it."""
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.status == 200


def arguments(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Something for each argument, by its type."""
    schema = mapping(tool.get("inputSchema"))
    made: dict[str, Any] = {}
    for name, said in mapping(schema.get("properties")).items():
        kind = mapping(said).get("type")
        if isinstance(kind, str) and (name in items(schema.get("required")) or "default" not in mapping(said)):
            made[name] = VALUES.get(kind)
    return made


async def call_all(client: Client, context: Mapping[str, Any]) -> None:
    tools = [mapping(tool) for tool in await client.catalogue.fetch("tools", by="user") or ()]
    planned = [mapping(one) for one in items(context.get("toolCalls"))]
    planned = planned or [{"name": tool["name"], "arguments": arguments(tool)} for tool in tools]
    usable = {tool["name"] for tool in tools if not unusable(tool.get("inputSchema"))}
    for one in planned:
        if one["name"] in usable:
            await client.call(one["name"], one["arguments"])


async def run(url: str, record: Path) -> None:
    context = mapping(json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}"))
    scenario = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    version = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", "")
    client = str(context.get("client_id") or "")
    access = Access(
        "client" if "client-credentials" in scenario else "browser",
        client=client or (DOCUMENT if scenario == "auth/basic-cimd" else ""),
        secret=str(context.get("client_secret") or ""),
        servers=("http://localhost:*",),
        show=lambda invitation: None,
        opens=visit,
    )
    era = "modern" if version >= "2026" else "legacy" if version else "auto"
    settings = Settings(
        options=ClientOptions(era=era, access=access if scenario.startswith("auth/") else None, within=20.0),
        answers=Answers(from_python({"sampling": "text", "elicitation": "accept"})),
        record=record,
    )
    async with Session([parse_target([url])], settings) as session:
        await session.connect()
        await call_all(session.client(), context)


def main() -> int:
    httpx2.AsyncHTTPTransport = Counted
    with tempfile.TemporaryDirectory(prefix="conformance-client-") as folder:
        os.environ["MCPWATCH_LOGINS"] = str(Path(folder) / "logins")
        record = Path(folder) / "t.mcpw.jsonl"
        code = 0
        try:
            anyio.run(run, sys.argv[-1], record)
        except McpwatchError as error:
            sys.stderr.write(f"{error} {error.hint}\n")
            code = int(error.exit_code)
        kept = Counter(event.dir for event in Recording.open(record).events() if isinstance(event, Frame))
        sys.stderr.write(f"recorded {kept.total()} messages, {crossed.total()} crossed the wire\n")
        if kept != crossed:
            sys.stderr.write(f"{NOT_EQUAL}: {dict(kept)}, {dict(crossed)}\n")
        return code if kept == crossed else 9


if __name__ == "__main__":
    sys.exit(main())
