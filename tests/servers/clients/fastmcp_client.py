"""FastMCP's client as a program, versions 3 and 4: as `sdk_client.py`. Needs an environment with FastMCP."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def sample(messages: Any, params: Any, context: Any) -> str:
    return "Paris"


async def elicit(message: Any, response_type: Any, params: Any, context: Any) -> Any:
    from fastmcp.client.elicitation import ElicitResult

    return ElicitResult(action="decline")


async def main(target: Any, calls: list[tuple[str, dict[str, Any]]]) -> None:
    if isinstance(target, list):
        # Kept alive, the server is killed at the end, and a proxy with it before it has written the last answer.
        target = StdioTransport(target[0], target[1:], keep_alive=False)
    found: list[Any] = []
    steps: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append(done)

    async with Client(
        target, sampling_handler=sample, elicitation_handler=elicit, roots=[], progress_handler=progress
    ) as client:
        await client.list_tools()
        for name, arguments in calls:
            result = await client.call_tool(name, arguments, raise_on_error=False)
            found.append("".join(getattr(block, "text", "") for block in result.content))
    print(json.dumps({"texts": found, "progress": steps}))  # noqa: T201


asyncio.run(main(json.loads(sys.argv[1]), json.loads(sys.argv[2])))
