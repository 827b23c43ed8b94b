"""A FastMCP 3.4 server: its `Context` asks, logs and reports for a tool. Needs the environment `fastmcp3`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from fastmcp import Context, FastMCP
from mcp.types import ImageContent, SamplingMessage

mcp = FastMCP("fastmcp3", instructions="FastMCP 3.4")


@mcp.tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@mcp.tool
async def count(n: int, ctx: Context, pause: float = 0.0) -> str:
    """Count to n, with a log and a progress report for each."""
    for number in range(1, n + 1):
        await ctx.info(f"at {number}", logger_name="count", extra={"number": number})
        await ctx.report_progress(number, n, f"{number} of {n}")
        await asyncio.sleep(pause)
    return f"counted to {n}"


@mcp.tool
async def ask(question: str, ctx: Context) -> str:
    """Ask the client's model."""
    answer = await ctx.sample(question, system_prompt="Be brief.", temperature=0.2, max_tokens=50)
    return answer.text or ""


def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@mcp.tool
async def travel(ctx: Context) -> str:
    """Let the client's model use a tool, for as many turns as it likes."""
    return (await ctx.sample("Rome or Oslo?", tools=[weather])).text or ""


@mcp.tool
async def look(ctx: Context) -> str:
    """Show the client's model a picture."""
    picture = ImageContent(type="image", data="aGk=", mimeType="image/png")
    return (await ctx.sample([SamplingMessage(role="user", content=picture)])).text or ""


def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


@mcp.tool
async def ask_with_tools(question: str, ctx: Context) -> str:
    """Ask the client's model, which may call a tool of ours for it."""
    answer = await ctx.sample(question, tools=[multiply], max_tokens=50)
    return answer.text or ""


@dataclass
class Booking:
    name: str
    seats: int = 2
    meal: Literal["none", "vegan"] = "none"


@mcp.tool
async def form(ctx: Context) -> str:
    """Have the person fill in a form."""
    answer = await ctx.elicit("Who travels?", response_type=Booking)
    return f"{answer.action}: {answer.data}" if answer.action == "accept" else answer.action


@mcp.tool
async def roots(ctx: Context) -> list[str]:
    """List the client's roots."""
    return [str(root.uri) for root in await ctx.list_roots()]


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
