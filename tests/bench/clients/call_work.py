"""What a bare client without any handler does to call one tool: `python call_work.py COMMAND [ARGS …]`."""

from __future__ import annotations

import asyncio
import sys

from mcp import StdioServerParameters
from mcp.client import Client
from mcp_types import TextContent


async def main(command: str, args: list[str]) -> None:
    async with Client(StdioServerParameters(command=command, args=args), cache=None) as client:
        result = await client.call_tool("work", {})
        for block in result.content:
            if isinstance(block, TextContent):
                sys.stdout.write(f"{block.text[:100]} {len(block.text)}\n")


asyncio.run(main(sys.argv[1], sys.argv[2:]))
