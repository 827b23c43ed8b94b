"""The SDK's client as a program: `python sdk_client.py TARGET CALLS`; what the calls came to goes to stdout as JSON.

TARGET is a URL or a command, CALLS are pairs of a tool and its arguments; both are JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import mcp_types as types
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client


async def sample(context: Any, params: Any) -> types.CreateMessageResult:
    return types.CreateMessageResult(role="assistant", content=types.TextContent(text="Paris"), model="mcpwatch")


async def elicit(context: Any, params: Any) -> types.ElicitResult:
    return types.ElicitResult(action="decline")


async def roots(context: Any) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[])


async def main(target: Any, calls: list[tuple[str, dict[str, Any]]]) -> None:
    if isinstance(target, list):
        target = stdio_client(StdioServerParameters(command=target[0], args=target[1:]))
    found: list[Any] = []
    steps: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append(done)

    async with Client(
        target, mode="auto", sampling_callback=sample, elicitation_callback=elicit, list_roots_callback=roots
    ) as client:
        await client.list_tools()
        for name, arguments in calls:
            result = await client.call_tool(name, arguments, progress_callback=progress)
            found.append("".join(getattr(block, "text", "") for block in result.content))
    print(json.dumps({"texts": found, "progress": steps}))  # noqa: T201


asyncio.run(main(json.loads(sys.argv[1]), json.loads(sys.argv[2])))
