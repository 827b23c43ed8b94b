"""What a tool of the demo server is: a listing and a function, joined by the decorator `tool`."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import mcp_types as types

from mcpwatch.demo.talk import Call, Refused

Outcome: TypeAlias = types.CallToolResult | str
Run: TypeAlias = Callable[[Call], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class DemoTool:
    """A tool as listed, and what it does. A text that `run` returns stands for a result of just that text."""

    listed: types.Tool
    run: Run

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """`given` with the schema's defaults. Raises Refused for what is missing; what is there, `run` converts."""
        properties: dict[str, dict[str, Any]] = self.listed.input_schema["properties"]
        if missing := [name for name, schema in properties.items() if name not in given and "default" not in schema]:
            raise Refused(f"{self.listed.name} needs {', '.join(missing)}")
        return {name: schema["default"] for name, schema in properties.items() if "default" in schema} | given


def tool(
    title: str,
    *,
    output: dict[str, Any] | None = None,
    icon: str | None = None,
    hints: types.ToolAnnotations | None = None,
    **properties: dict[str, Any],
) -> Callable[[Run], DemoTool]:
    """List a function under its own name, described by its docstring; a property without a default is required."""

    def listing(run: Run) -> DemoTool:
        required = [name for name, schema in properties.items() if "default" not in schema]
        schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        listed = types.Tool(
            name=run.__name__,
            title=title,
            description=run.__doc__,
            input_schema=schema,
            output_schema=output,
            icons=[drawn(icon)] if icon else None,
            annotations=hints,
        )
        return DemoTool(listed, run)

    return listing


def drawn(sign: str) -> types.Icon:
    """An icon of one character."""
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><text y='13' font-size='13'>{sign}</text></svg>"
    data = base64.b64encode(svg.encode()).decode()
    return types.Icon(src=f"data:image/svg+xml;base64,{data}", mime_type="image/svg+xml", sizes=["any"])
