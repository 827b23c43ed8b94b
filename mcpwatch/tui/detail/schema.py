"""The arguments of a call beside what its tool says of them: field by field what was given, what is wanted, what fits.

Takes whatever a server offers as a schema; what it says wrong is shown as it is. Judging is left to the validator, and
nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcpwatch.documents.foreign import schema_error
from mcpwatch.events import Event, Frame
from mcpwatch.model import Exchange, Timeline
from mcpwatch.view.schema import fields, type_name
from mcpwatch.view.style import Line, clean
from mcpwatch.view.values import compact, members, text_of

__all__ = ["schema_lines"]


def schema_lines(timeline: Timeline, event: Event) -> list[Line]:
    """What the tool of a call (or of its answer) takes and returns, beside what it was given. Clean."""
    return [clean(line) for line in _lines(timeline, event)]


def _lines(timeline: Timeline, event: Event) -> list[Line]:
    if not isinstance(event, Frame) or event.method != "tools/call" or not event.name:
        return [[("Only a call of a tool and its answer have a schema.", "dim")]]
    server = timeline.links.get(event.link)
    tool = server.tools.get(event.name) if server is not None else None
    if tool is None:
        return [
            [(event.name, "name"), (" is in no list of tools that was seen.", "dim")],
            [("tools/list says what a server offers.", "dim")],
        ]
    lines: list[Line] = [[(event.name, "name"), ("  ", ""), (text_of(tool.get("title")), "dim")]]
    if tool.get("description"):
        first = text_of(tool["description"]).strip().split("\n")[0]
        lines.append([(first[:400], "dim")])
    answer = event.type in ("response", "error")
    wanted = members(tool.get("outputSchema" if answer else "inputSchema"))
    given = _structured(event) if answer else event.params.get("arguments", {})
    lines += [[], [("what it returns" if answer else "what it takes", "strong")]]
    if not wanted:
        return [*lines, [("  it does not say", "dim")], *_asked(timeline, event)]
    lines += _beside(wanted, given)
    problem = None if answer and given is None else _problem(wanted, given)
    if problem:
        lines += [[], [("✗ ", "error"), (problem, "warning")]]
    elif not (answer and given is None):
        lines += [[], [("✓ ", "ok"), ("it fits the schema", "dim")]]
    return [*lines, *_asked(timeline, event)]


def _beside(schema: Mapping[str, Any], given: object) -> list[Line]:
    """A line for each field: its name, type, whether it is required, and what was given."""
    values = members(given)
    lines: list[Line] = []
    known: set[str] = set()
    for name, field, required in fields(schema):
        known.add(name)
        kind = type_name(field, schema) or "any"
        head: Line = [("  ", ""), (name, "name"), (f": {kind}", ""), (" required" if required else "", "warning")]
        if name in values:
            lines.append([*head, ("  =  ", "dim"), (compact(values[name], 400), "in")])
        elif "default" in field:
            lines.append([*head, ("  default ", "dim"), (compact(field["default"], 200), "dim")])
        else:
            lines.append([*head, ("  missing" if required else "  not given", "error" if required else "dim")])
        if field.get("description"):
            lines.append([("      ", ""), (text_of(field["description"]).strip()[:400], "dim")])
    for name, value in values.items():
        if name not in known:
            lines.append([("  ", ""), (name, "name"), ("  not in the schema", "warning"), ("  =  ", "dim"),
                          (compact(value, 400), "in")])  # fmt: skip
    if not lines:
        lines.append([("  nothing", "dim")])
    return lines


def _structured(frame: Frame) -> Any:
    return members(members(frame.message).get("result")).get("structuredContent")


def _problem(schema: Mapping[str, Any], given: object) -> str | None:
    try:
        return schema_error(schema, given)
    except Exception as error:  # a schema may be anything, and its validator raise whatever it likes
        return f"the schema itself is wrong: {error}"


def _asked(timeline: Timeline, event: Frame) -> list[Line]:
    """For an answer the arguments it was given for, as the model has them."""
    if event.type not in ("response", "error"):
        return []
    exchange: Exchange | None = timeline.exchange_of(event)
    if exchange is None:
        return []
    try:
        arguments = members(exchange.params).get("arguments")
    except LookupError:
        return []
    return [[], [("called with", "strong")], [("  ", ""), (compact(arguments, 2_000), "in")]]
