"""A server written with the SDK 2.3's `MCPServer`, as its documentation has it: `python sdk_server.py` speaks stdio.

`ask_push` asks with a request of its own, which only a connection of the handshake era can carry; `ask_round` asks with
a result, which only 2026-07-28 knows. Both are in use, so both are here.
"""

from __future__ import annotations

import anyio
import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("sdk", title="A plain SDK server", version="2.3", instructions="Add things up.")


class Sum(BaseModel):
    total: int
    of: list[int]


@server.tool()
def add(a: int, b: int = 1) -> Sum:
    """Add two numbers."""
    return Sum(total=a + b, of=[a, b])


@server.tool()
async def count(n: int, ctx: Context, pause: float = 0.0) -> str:
    """Count to n, with a log and a progress report for each."""
    for number in range(1, n + 1):
        await ctx.info(f"at {number}", logger_name="count")
        await ctx.report_progress(number, n, f"{number} of {n}")
        await anyio.sleep(pause)
    return f"counted to {n}"


@server.tool()
async def ask_push(question: str, ctx: Context) -> str:
    """Ask the client's model with a request to it (up to 2025-11-25)."""
    answer = await ctx.session.create_message(
        [types.SamplingMessage(role="user", content=types.TextContent(text=question))],
        max_tokens=50,
        system_prompt="Be brief.",
        related_request_id=ctx.request_id,
    )
    return answer.content.text if isinstance(answer.content, types.TextContent) else answer.content.type


@server.tool()
async def ask_round(question: str, ctx: Context) -> str | types.InputRequiredResult:
    """Ask the client's model with a result that wants input (2026-07-28)."""
    answer = (ctx.input_responses or {}).get("answer")
    if answer is None:
        params = types.CreateMessageRequestParams(
            messages=[types.SamplingMessage(role="user", content=types.TextContent(text=question))], max_tokens=50
        )
        request = types.CreateMessageRequest(params=params)
        return types.InputRequiredResult(input_requests={"answer": request}, request_state="round-1")
    assert isinstance(answer, types.CreateMessageResult) and isinstance(answer.content, types.TextContent)
    return answer.content.text


class Booking(BaseModel):
    name: str
    seats: int = 2


@server.tool()
async def ask_form(ctx: Context) -> str:
    """Have the person fill in a form, with a request to the client (up to 2025-11-25)."""
    answer = await ctx.elicit("Who travels?", Booking)
    return f"{answer.action}: {answer.data}" if answer.action == "accept" else answer.action


@server.tool()
def broken() -> str:
    """Raise."""
    raise ValueError("this tool always fails")


@server.resource("sdk://motd")
def motd() -> str:
    """The message of the day."""
    return "Nothing to see."


@server.resource("sdk://square/{n}")
def square(n: int) -> str:
    """The square of n."""
    return str(int(n) ** 2)


@server.prompt()
def review(code: str) -> str:
    """Have a piece of code reviewed."""
    return f"Review this: {code}"


if __name__ == "__main__":
    server.run()
