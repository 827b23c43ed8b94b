"""The fixture server's tools that only tell: contents of every type, errors, logs, progress, changes of its lists.

What the suite asks of each stands in its scenarios. The bricks are the demo server's: a tool is a function whose
docstring describes it, and `Call` speaks both eras of the protocol.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import mcp_types as types
from mcp.server.subscriptions import PromptsListChanged, ResourceUpdated, ToolsListChanged

from mcpwatch.demo.offer import DemoTool, Outcome, tool
from mcpwatch.demo.talk import Call, Refused

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="  # one red pixel
)
WAV = base64.b64encode(
    b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\0\0"
).decode()  # one sample of silence
WATCHED = "test://watched-resource"


def text(said: str) -> types.TextContent:
    return types.TextContent(text=said)


def image() -> types.ImageContent:
    return types.ImageContent(data=PNG, mime_type="image/png")


def embedded(uri: str, said: str, kind: str = "text/plain") -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=kind, text=said))


@tool("Simple text")
async def test_simple_text(call: Call) -> Outcome:
    """Returns a text."""
    return "This is a simple text response for testing."


@tool("An image")
async def test_image_content(call: Call) -> Outcome:
    """Returns an image."""
    return types.CallToolResult(content=[image()])


@tool("A sound")
async def test_audio_content(call: Call) -> Outcome:
    """Returns a sound."""
    return types.CallToolResult(content=[types.AudioContent(data=WAV, mime_type="audio/wav")])


@tool("An embedded resource")
async def test_embedded_resource(call: Call) -> Outcome:
    """Returns a resource in place."""
    content = embedded("test://embedded-resource", "This is an embedded resource content.")
    return types.CallToolResult(content=[content])


@tool("Several contents")
async def test_multiple_content_types(call: Call) -> Outcome:
    """Returns a text, an image and a resource."""
    data = embedded("test://mixed-content-resource", json.dumps({"test": "data", "value": 123}), "application/json")
    return types.CallToolResult(content=[text("Multiple content types test:"), image(), data])


@tool("An error")
async def test_error_handling(call: Call) -> Outcome:
    """Fails, always."""
    raise Refused("This tool intentionally returns an error for testing")


@tool("Logs")
async def test_tool_with_logging(call: Call) -> Outcome:
    """Logs three times while it runs."""
    await call.log("info", "Tool execution started", "conformance")
    await call.pause(0.05)
    await call.log("info", "Tool processing data", "conformance")
    await call.pause(0.05)
    await call.log("info", "Tool execution completed", "conformance")
    return "Logged three times."


@tool("Logs if wanted")
async def test_logging_tool(call: Call) -> Outcome:
    """Logs at two levels, if the request asked for logs."""
    await call.log("info", {"message": "This is for who asked for it."}, "conformance")
    await call.log("error", {"message": "And so is this."}, "conformance")
    return "Logged, or not."


@tool("Progress")
async def test_tool_with_progress(call: Call) -> Outcome:
    """Reports its progress, in hundredths."""
    for progress in (0, 50, 100):
        await call.progress(progress, 100, f"Completed step {progress} of 100")
        await call.pause(0.05 if progress < 100 else 0)
    return "Reported its progress."


@tool("A change of the tools")
async def test_trigger_tool_change(call: Call) -> Outcome:
    """Adds a tool to the list, or takes it away again."""
    call.stage.grown = not call.stage.grown
    await call.changed(ToolsListChanged())
    return "The list of tools has changed."


@tool("A change of the prompts")
async def test_trigger_prompt_change(call: Call) -> Outcome:
    """Adds a prompt to the list, or takes it away again."""
    call.stage.touched += 1
    await call.changed(PromptsListChanged())
    return "The list of prompts has changed."


@tool("A change of a resource")
async def test_trigger_resource_update(call: Call) -> Outcome:
    """Changes the watched resource, and tells who watches."""
    await call.changed(ResourceUpdated(uri=WATCHED))
    return "The resource has changed."


@tool("A stream that ends early")
async def test_reconnection(call: Call) -> Outcome:
    """Ends its own stream where the transport has one, so that the result is fetched by coming back."""
    if call.context.close_sse_stream is not None:
        await call.context.close_sse_stream()
        await call.pause(0.1)
    return "Reconnection test completed successfully."


async def _greeted(call: Call) -> Outcome:
    return f"Hello from {call.arguments['region']}."


IN_A_HEADER = DemoTool(
    types.Tool(
        name="test_header_parameter",
        title="A parameter in a header",
        description="Has a parameter that Streamable HTTP repeats in a header of its own.",
        input_schema={
            "type": "object",
            "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
            "required": ["region"],
        },
    ),
    _greeted,
)


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


async def _taken(call: Call) -> Outcome:
    taken = {"taken": len(call.arguments)}
    return types.CallToolResult(content=[text(json.dumps(taken))], structured_content=taken)


class AnySchema(DemoTool):
    """A tool whose schema says more than which properties it requires."""

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        return given


WITH_SCHEMA = AnySchema(
    types.Tool(
        name="json_schema_2020_12_tool",
        description="Tool with JSON Schema 2020-12 features",
        input_schema=SCHEMA,
        output_schema={"type": "object", "properties": {"taken": {"type": "integer"}}, "required": ["taken"]},
    ),
    _taken,
)


@tool("Was added")
async def test_added(call: Call) -> Outcome:
    """Was not there before; there only after `test_trigger_tool_change`."""
    return "It works as well."


TELLING = (
    *(test_simple_text, test_image_content, test_audio_content, test_embedded_resource, test_multiple_content_types),
    *(test_error_handling, test_tool_with_logging, test_logging_tool, test_tool_with_progress),
    *(test_trigger_tool_change, test_trigger_prompt_change, test_trigger_resource_update, test_reconnection),
    *(IN_A_HEADER, WITH_SCHEMA),
)
