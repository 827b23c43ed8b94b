"""A FastMCP 4 server, where `ctx.sample` and its like are gone. Needs the environment `fastmcp4`.

`ask_push` and `turns_push` ask through the SDK's session, which works in the handshake era; `ask_round` and
`turns_round` return an `InputRequiredResult`, which works in 2026-07-28.
"""

from __future__ import annotations

import asyncio
import json

import mcp_types as types
from fastmcp import Context, FastMCP

mcp = FastMCP("fastmcp4", instructions="FastMCP 4")


@mcp.tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@mcp.tool
async def count(n: int, ctx: Context, pause: float = 0.0) -> str:
    """Count to n, with a log and a progress report for each."""
    for number in range(1, n + 1):
        await ctx.info(f"at {number}", logger_name="count")
        await ctx.report_progress(number, n, f"{number} of {n}")
        await asyncio.sleep(pause)
    return f"counted to {n}"


def _question(text: str) -> types.SamplingMessage:
    return types.SamplingMessage(role="user", content=types.TextContent(text=text))


@mcp.tool
async def ask_push(question: str, ctx: Context) -> str:
    """Ask the client's model with a request to it (up to 2025-11-25)."""
    answer = await ctx.session.create_message([_question(question)], max_tokens=50, system_prompt="Be brief.")
    return answer.content.text


@mcp.tool
async def ask_form(ctx: Context) -> str:
    """Ask the person with a request to the client (up to 2025-11-25)."""
    answer = await ctx.elicit("Who travels?", response_type=str)
    return answer.action


@mcp.tool
async def ask_round(question: str, ctx: Context) -> str | types.InputRequiredResult:
    """Ask the client's model with a result that wants input (2026-07-28)."""
    answer = (ctx.input_responses or {}).get("answer")
    if answer is None:
        params = types.CreateMessageRequestParams(messages=[_question(question)], max_tokens=50)
        request = types.CreateMessageRequest(params=params)
        return types.InputRequiredResult(input_requests={"answer": request}, request_state="round-1")
    return answer.content.text


MULTIPLY = types.Tool(name="multiply", input_schema={"type": "object", "properties": {"a": {}, "b": {}}})


def _went(answer: types.CreateMessageResultWithTools, messages: list[types.SamplingMessage]) -> str | None:
    """What the model said at last; None where it used the tool, whose result is then the next message."""
    blocks = answer.content if isinstance(answer.content, list) else [answer.content]
    uses = [block for block in blocks if block.type == "tool_use"]
    if not uses:
        return " ".join(block.text if block.type == "text" else f"{block.type}:{block.mime_type}" for block in blocks)
    messages.append(types.SamplingMessage(role="assistant", content=uses))
    results = [
        types.ToolResultContent(
            tool_use_id=use.id, content=[types.TextContent(text=str(use.input["a"] * use.input["b"]))]
        )
        for use in uses
    ]
    messages.append(types.SamplingMessage(role="user", content=results))
    return None


@mcp.tool
async def turns_push(question: str, ctx: Context) -> str:
    """Ask the client's model, which may use a tool of ours (up to 2025-11-25)."""
    messages = [_question(question)]
    while True:
        answer = await ctx.session.create_message(messages, max_tokens=50, tools=[MULTIPLY])
        if (said := _went(answer, messages)) is not None:
            return said


@mcp.tool
async def turns_round(question: str, ctx: Context) -> str | types.InputRequiredResult:
    """The same in results that want input, as many as it takes (2026-07-28)."""
    state = ctx.request_state
    stored = json.loads(state) if state else [_question(question).model_dump(mode="json", by_alias=True)]
    messages = [types.SamplingMessage.model_validate(one) for one in stored]
    answer = (ctx.input_responses or {}).get("turn")
    if answer is not None:
        raw = answer.model_dump(mode="json", by_alias=True)
        if (said := _went(types.CreateMessageResultWithTools.model_validate(raw), messages)) is not None:
            return said
    params = types.CreateMessageRequestParams(messages=messages, max_tokens=50, tools=[MULTIPLY])
    kept = json.dumps([one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in messages])
    request = types.CreateMessageRequest(params=params)
    return types.InputRequiredResult(input_requests={"turn": request}, request_state=kept)


@mcp.tool
def broken() -> str:
    """Raise."""
    raise ValueError("this tool always fails")


@mcp.resource("fastmcp://motd")
def motd() -> str:
    """The message of the day."""
    return "Nothing to see."


@mcp.prompt
def review(code: str) -> str:
    """Have a piece of code reviewed."""
    return f"Review this: {code}"


if __name__ == "__main__":
    mcp.run(show_banner=False)
