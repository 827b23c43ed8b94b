"""The demo server's tools that only tell: logs, progress, changes, noise, results. Slow enough to be watched."""

from __future__ import annotations

import sys
from typing import Any

import anyio.to_thread
import mcp_types as types
from mcp.server.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated, ToolsListChanged
from mcp.shared.exceptions import MCPError

from mcpwatch.demo.offer import Outcome, tool
from mcpwatch.demo.talk import LEVELS, Call, Refused

COUNTER = "demo://counter"
CITIES: dict[str, tuple[float, str]] = {
    "Lagos": (31.0, "thunder"),
    "Lima": (19.5, "mist"),
    "Lisbon": (24.0, "sunny"),
    "London": (14.5, "rain"),
    "Oslo": (-3.0, "snow"),
}


@tool("Log at every level", icon="≡")
async def log_levels(call: Call) -> Outcome:
    """Logs once at each of the eight levels: several loggers, and every shape that JSON data has."""
    said: tuple[tuple[str | None, Any], ...] = (
        ("demo.cache", {"hit": False, "key": "city/lisbon", "age": None}),
        (None, "a plain line, from no logger in particular"),
        ("demo.config", ["reloaded", "3 settings", {"changed": ["units"]}]),
        ("demo.disk", {"free": "1.2 GiB", "used": 0.93}),
        ("demo.http", {"status": 502, "url": "https://weather.example/lisbon", "retry": {"in": 2, "left": 3}}),
        ("demo.db", 42),
        ("demo.db", None),
        ("demo", "two lines of text\n\tand they are the last"),
    )
    for level, (logger, data) in zip(LEVELS, said, strict=True):
        await call.log(level, data, logger)
        await call.pause(0.25)
    return "Logged at eight levels."


@tool(
    "Report progress",
    kind={"type": "string", "enum": ["total", "open", "fraction"], "default": "total"},
    seconds={"type": "number", "minimum": 0, "default": 2},
)
async def progress(call: Call) -> Outcome:
    """Reports progress in eight steps: against a total and with messages, with no total, or in fractions of 1."""
    steps, kind = 8, call.arguments["kind"]
    for step in range(1, steps + 1):
        if kind == "total":
            await call.progress(step, steps, f"page {step} of {steps}")
        elif kind == "open":
            await call.progress(step * 137, message=f"{step * 137} rows so far")
        else:
            await call.progress(step / steps, 1.0)
        await call.pause(float(call.arguments["seconds"]) / steps)
    return f"Reported {steps} steps."


@tool(
    "Do some work",
    label={"type": "string", "description": "What the work is called in its messages"},
    n={"type": "integer", "minimum": 1, "default": 5, "description": "How many steps"},
    seconds={"type": "number", "minimum": 0, "default": 2},
)
async def work(call: Call) -> Outcome:
    """Works in n steps and reports each; call it several times at once to see their bars side by side."""
    label, steps = str(call.arguments["label"]), int(call.arguments["n"])
    for step in range(1, steps + 1):
        await call.pause(float(call.arguments["seconds"]) / steps)
        await call.progress(step, steps, f"{label}: {step}/{steps}")
    return f"{label} is done."


@tool("Chat", room={"type": "string", "default": "lobby"})
async def chat(call: Call) -> Outcome:
    """Sends notifications that the specification does not know, under a proper name and under a bare one."""
    room = str(call.arguments["room"])
    await call.notify("notifications/chat.message_received", {"room": room, "from": "ada", "text": "hello"})
    await call.pause(0.5)
    await call.notify("chat.message_received", {"room": room, "from": "grace", "text": "and hello again", "edits": []})
    await call.pause(0.5)
    await call.notify("chat.quiet")
    return "Two messages came in, and then it was quiet."


@tool("Grow, or shrink again")
async def grow(call: Call) -> Outcome:
    """Adds a tool, a prompt and a resource, or takes them away again, and says that the three lists have changed."""
    call.stage.grown = not call.stage.grown
    for event in (ToolsListChanged(), PromptsListChanged(), ResourcesListChanged()):
        await call.changed(event)
        await call.pause(0.25)
    return "One more of each." if call.stage.grown else "They are gone again."


@tool("Touch the counter", hints=types.ToolAnnotations(idempotent_hint=False, destructive_hint=False))
async def touch(call: Call) -> Outcome:
    """Counts demo://counter up, and tells those who subscribed to it."""
    call.stage.touched += 1
    await call.changed(ResourceUpdated(uri=COUNTER))
    await call.pause(0.5)
    return f"The counter is at {call.stage.touched}."


@tool("Make noise")
async def noisy(call: Call) -> Outcome:
    """Writes to stderr, as a server may, and a line to stdout, as a server must not."""
    sys.stderr.write("demo: this went to stderr\n")
    sys.stderr.flush()
    await call.pause(0.4)
    await anyio.to_thread.run_sync(_junk)
    await call.pause(0.4)
    sys.stderr.write("demo: a warning, in two lines\ndemo:   and this is the second\n")
    sys.stderr.flush()
    return "Did you hear that?"


def _junk() -> None:
    # Below the text layer, whose buffer holds half a message at times: the binary one takes a line or a message whole.
    sys.stdout.buffer.write(b"Debug: somebody left a print() in here\n")
    sys.stdout.buffer.flush()


@tool(
    "Look up the weather",
    icon="☀",
    hints=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    city={"type": "string", "enum": list(CITIES), "description": "One of the cities it knows"},
    output={
        "type": "object",
        "properties": {"city": {"type": "string"}, "celsius": {"type": "number"}, "sky": {"type": "string"}},
        "required": ["city", "celsius", "sky"],
    },
)
async def weather(call: Call) -> Outcome:
    """Returns structured data that follows an output schema, the same as text, and a link to more."""
    city = str(call.arguments["city"])
    if city not in CITIES:
        raise Refused(f"unknown city {city!r}; it knows {', '.join(CITIES)}")
    celsius, sky = CITIES[city]
    await call.pause(0.4)
    return types.CallToolResult(
        content=[
            types.TextContent(text=f"{city}: {celsius} °C, {sky}", annotations=types.Annotations(audience=["user"])),
            types.ResourceLink(name=city, uri=f"demo://cities/{city.lower()}", mime_type="application/json"),
        ],
        structured_content={"city": city, "celsius": celsius, "sky": sky},
    )


@tool("Fail", how={"type": "string", "enum": ["result", "error", "crash"], "default": "result"})
async def fail(call: Call) -> Outcome:
    """Fails: in a result marked as an error, in an error of the protocol, or by crashing."""
    await call.pause(0.3)
    match call.arguments["how"]:
        case "error":
            raise MCPError(-32099, "The shelf is empty", {"shelf": 3, "since": "yesterday"})
        case "crash":
            raise RuntimeError("the demo server was told to crash here")
        case _:
            raise Refused("It did not work, and this says why.")


@tool("Grown")
async def grown(call: Call) -> Outcome:
    """Was not there before; there only after `grow`."""
    return "It works as well."


TELLING = (log_levels, progress, work, chat, grow, touch, noisy, weather, fail)
