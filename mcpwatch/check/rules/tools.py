"""Rules about calls: the tool is one that was listed, and arguments and result are what its schemas say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import items, mapping, number

_CALL: Final = "request tools/call"


@rule(
    "warning",
    "A call of a tool that was not listed",
    why="A tool that is not in the list cannot be found by a client, and its arguments cannot be checked.",
    do="List it, or send notifications/tools/list_changed when it appears. Clients: list again before you call.",
    on=_CALL,
    spec={LEGACY: "server/tools#listing-tools", MODERN: "server/tools#listing-tools"},
    by="client",
)
def tool_not_listed(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "c2s" and link.tools_known and message.name is not None and message.name not in link.tools:
        yield f"{message.name} is not in the list of tools"


@rule(
    "warning",
    "Arguments that do not fit the tool's input schema",
    why="The server may refuse them, or take them for something else.",
    do="Clients: follow the schema. Servers: if these arguments are right, the schema is not.",
    on=_CALL,
    spec={LEGACY: "server/tools#calling-tools", MODERN: "server/tools#calling-tools"},
    by="client",
)
def input_schema(link: Link, message: Message) -> Iterator[str]:
    tool = link.tools.get(message.name or "")
    if tool is None or message.dir == "s2c" or message.frame.redacted:
        return
    arguments = message.params.get("arguments")
    fault = _fault(link, message.name or "", "inputSchema", tool, {} if arguments is None else arguments)
    if fault is not None:
        yield f"{message.name}: {fault}"


@rule(
    "error",
    "A result that does not fit the tool's output schema",
    why="Whoever declared a schema promised the shape: typed clients refuse the whole result, and others break later.",
    do="Return structuredContent that fits, or change the outputSchema. What went wrong is returned with isError.",
    on="response tools/call",
    spec={LEGACY: "server/tools#output-schema", MODERN: "server/tools#output-schema"},
    by="server",
)
def output_schema(link: Link, message: Message) -> Iterator[str]:
    name = message.request.name if message.request is not None else None
    tool = link.tools.get(name or "")
    result = mapping(message.result)
    if tool is None or not isinstance(tool.get("outputSchema"), dict) or result.get("isError") is True:
        return
    if result.get("resultType", "complete") != "complete":
        return
    if "structuredContent" not in result:
        yield f"{name} has an outputSchema, and its result no structuredContent"
        return
    if not message.frame.redacted:
        fault = _fault(link, name or "", "outputSchema", tool, result["structuredContent"])
        if fault is not None:
            yield f"{name}: {fault}"


# ---- schemas


_SIMPLE: Final = frozenset(
    {
        *("$schema", "title", "description", "default", "examples", "format", "x-fastmcp-wrap-result", "x-mcp-header"),
        *("type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum"),
    }
)
"""The keywords of which `plainly_fits` knows enough."""
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def _fault(link: Link, name: str, member: str, tool: Mapping[str, Any], value: Any) -> str | None:
    """Why `value` does not fit one of a tool's schemas. Most are simple and fit, and then no validator is imported."""
    schema = mapping(tool.get(member))
    if not schema or plainly_fits(schema, value):
        return None
    check = link.checks.get((name, member))
    if check is None:
        from mcpwatch.documents import schema_checker  # 0.1 s that only a doubtful value pays

        check = link.checks[name, member] = schema_checker(schema)
    return check(value)


def plainly_fits(schema: Any, value: Any, depth: int = 0) -> bool:
    """Whether `value` fits, as far as that can be seen without a validator; False where there is any doubt."""
    if schema is True:
        return True
    if not isinstance(schema, dict) or depth > 20:
        return False
    said = cast("Mapping[str, Any]", schema)
    if not _SIMPLE.issuperset(said):
        return False
    if "type" in said:
        wanted = said["type"]
        types = _TYPES.get(wanted) if isinstance(wanted, str) else None
        if types is None or type(value) not in types:
            return False
    if "enum" in said and not (isinstance(value, str) and value in items(said["enum"])):
        return False
    if not _in_range(said, value):
        return False
    if isinstance(value, dict):
        return _object_fits(said, cast("Mapping[str, Any]", value), depth)
    if isinstance(value, list) and "items" in said:
        return all(plainly_fits(said["items"], one, depth + 1) for one in cast("list[Any]", value))
    return True


def _in_range(schema: Mapping[str, Any], value: Any) -> bool:
    if "minimum" not in schema and "maximum" not in schema:
        return True
    least, most = number(schema.get("minimum", value)), number(schema.get("maximum", value))
    return least is not None and most is not None and number(value) is not None and least <= value <= most


def _object_fits(schema: Mapping[str, Any], value: Mapping[str, Any], depth: int) -> bool:
    properties = mapping(schema.get("properties"))
    if any(name not in value for name in items(schema.get("required"))):
        return False
    more = schema.get("additionalProperties", True)
    return all(plainly_fits(properties.get(name, more), one, depth + 1) for name, one in value.items())
