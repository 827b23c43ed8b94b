"""Servers that are objects in a file, for targets of the form `object_server.py:NAME`; running the file runs none.

`mcp` is an `MCPServer`, `app` a low-level `Server`, `make` returns a server when called, `nothing` is none at all.
"""

from __future__ import annotations

from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer

mcp = MCPServer("object")


@mcp.tool()
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


async def list_tools(context: ServerRequestContext[Any, Any], params: object) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[types.Tool(name="whisper", input_schema={"type": "object"})])


async def call_tool(
    context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text="psst")])


app = Server("object-lowlevel", on_list_tools=list_tools, on_call_tool=call_tool)


def make() -> MCPServer:
    made = MCPServer("object-made")
    made.tool()(shout)
    return made


nothing = {"not": "a server"}
