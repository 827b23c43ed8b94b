"""What a server offers, and the commands that use it.

Tools with their signatures, prompts, resources and templates, each with one line of what it is, then one pasteable
`mcpwatch call …` a tool with its required arguments filled in from the schema. Takes the lists as the server sent them
and returns lines; who fetched them, and where the lines go, is left to others.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mcpwatch.text import width
from mcpwatch.view.schema import example, fields, signature
from mcpwatch.view.style import Line, clean, clip_line
from mcpwatch.view.values import entries, members, text_of

__all__ = ["call_command", "catalogue", "counts", "offer"]

_COLUMN: Final = 34
"""Cells for a name with its arguments before the description starts; a longer one has its description on the next
line."""
_FORBIDDEN: Final = frozenset("=.:@ \t\n\"'")
"""What the name of an argument must not hold to stand before `=` on the command line."""


def counts(*, tools: int, prompts: int = 0, resources: int = 0, templates: int = 0) -> str:
    """`3 tools · 2 prompts · 1 template`; `nothing` for none of any."""
    named = (("tool", tools), ("prompt", prompts), ("resource", resources), ("template", templates))
    return " · ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for word, n in named if n) or "nothing"


def offer(*, tools: int = 0, prompts: int = 0, resources: int = 0, templates: int = 0, link: str | None = None) -> Line:
    """What is offered in one line, for whoever knows what to call. `link` names the server where there are several."""
    total = counts(tools=tools, prompts=prompts, resources=resources, templates=templates)
    return [*_heading(link), (total, "strong"), ("  (--list names them)", "dim")]


def _heading(link: str | None) -> Line:
    return [("offers ", "dim")] if link is None else [*clean([(link, "strong")]), (" offers ", "dim")]


def catalogue(
    *,
    tools: Sequence[object] = (),
    prompts: Sequence[object] = (),
    resources: Sequence[object] = (),
    templates: Sequence[object] = (),
    target: Sequence[str] = (),
    command: Sequence[str] = (),
    link: str | None = None,
    limit: int | None = None,
) -> list[Line]:
    """The whole catalogue, with an empty line around it: counts, what is offered, and how to call it.

    The lists hold the objects of `tools/list` and so on, as they came. `target` and `command` are the words of the
    command line that name the server (see `call_command`); without either no calls are suggested. `link` names the
    server where there are several. `limit` is the width in cells, None for no limit.
    """
    total = counts(tools=len(tools), prompts=len(prompts), resources=len(resources), templates=len(templates))
    lines: list[Line] = [[], [*_heading(link), (total, "strong")]]
    lines += _section("tools", [_tool(members(tool)) for tool in tools], limit)
    lines += _section("prompts", [_prompt(members(prompt)) for prompt in prompts], limit)
    lines += _section("resources", [_resource(members(item), "uri") for item in resources], limit)
    lines += _section("templates", [_resource(members(item), "uriTemplate") for item in templates], limit)
    if tools and (target or command):
        lines += [[], [("call one", "strong")]]
        for tool in tools:
            line = call_command(members(tool), target=target, command=command)
            if line is None:
                # A line that cannot be pasted would be worse than none, and a name like `--record=x` would be an
                # option.
                lines.append(
                    [("  # ", "dim"), (_name(members(tool)), "name"), (" has no name for a command line", "dim")]
                )
            else:
                lines.append([("  ", ""), (line, "command")])
    lines.append([])
    # Commands are never cut: half of one is no command.
    return [line if _is_command(line) or limit is None else clip_line(line, limit) for line in map(clean, lines)]


def _is_command(line: Line) -> bool:
    return len(line) == 2 and line[1][1] == "command"


def _name(item: Mapping[str, Any]) -> str:
    return text_of(item.get("name"))


def _tool(tool: Mapping[str, Any]) -> tuple[Line, str]:
    arguments = signature(tool.get("inputSchema"))
    return [(_name(tool), "name"), (f"({arguments})", "")], _sentence(tool)


def _prompt(prompt: Mapping[str, Any]) -> tuple[Line, str]:
    named = [members(argument) for argument in entries(prompt.get("arguments"))]
    required = [text_of(argument.get("name")) for argument in named if argument.get("required") is True]
    optional = [text_of(argument.get("name")) for argument in named if argument.get("required") is not True]
    parts = [*required, *(["*"] if optional else []), *optional]
    return [(_name(prompt), "name"), (f"({', '.join(parts)})", "")], _sentence(prompt)


def _resource(item: Mapping[str, Any], key: str) -> tuple[Line, str]:
    about = [text_of(item.get("title") or item.get("name")), text_of(item.get("mimeType")), _sentence(item)]
    return [(text_of(item.get(key)), "name")], " · ".join(dict.fromkeys(part for part in about if part))


def _sentence(item: Mapping[str, Any]) -> str:
    """The first line of a description that has anything in it; else the title."""
    text = text_of(item.get("description"))
    first = next((line.strip() for line in text[:2_000].splitlines() if line.strip()), "")
    return first or text_of(item.get("title") or members(item.get("annotations")).get("title"))


def _section(title: str, rows: Sequence[tuple[Line, str]], limit: int | None) -> list[Line]:
    """One kind of thing: names in a column, what they are beside them, or below where a name is too long for the
    column."""
    if not rows:
        return []
    most = _COLUMN if limit is None else max(min(_COLUMN, limit // 2 - 6), 12)
    cells = [sum(width(text) for text, _ in clean(name)) for name, _ in rows]
    column = max([n for n in cells if n <= most], default=most)
    lines: list[Line] = [[], [(title, "strong")]]
    for (name, about), taken in zip(rows, cells, strict=True):
        if not about:
            lines.append([("  ", ""), *name])
        elif taken <= column:
            lines.append([("  ", ""), *name, (" " * (column - taken + 2), ""), (about, "dim")])
        else:
            lines += [[("  ", ""), *name], [(" " * (column + 4), ""), (about, "dim")]]
    return lines


def call_command(tool: Mapping[str, Any], *, target: Sequence[str] = (), command: Sequence[str] = ()) -> str | None:
    """`mcpwatch call TARGET TOOL k=v …`, quoted for a shell, with a value for every required argument.

    `target` are the words before the tool's name (`["server.py"]`, or options too), `command` the words that come
    after `--`. None when the tool's name cannot be told from an option or an argument.
    """
    name = _name(tool)
    if not name or name.startswith("-") or "=" in name or not name.isprintable():
        return None
    words = ["mcpwatch", "call", *target, name, *_arguments(members(tool.get("inputSchema")))]
    if command:
        words += ["--", *command]
    return shlex.join(words)


def _arguments(schema: Mapping[str, Any]) -> list[str]:
    values = {field: example(item, schema) for field, item, required in fields(schema) if required}
    if any(not name or name.startswith("-") or _FORBIDDEN.intersection(name) for name in values):
        return [json.dumps(values, ensure_ascii=False)]
    return [_argument(name, value) for name, value in values.items()]


def _argument(name: str, value: object) -> str:
    if isinstance(value, str) and not value.startswith("@"):
        return f"{name}={value}"
    if isinstance(value, (bool, int, float)):
        return f"{name}={json.dumps(value)}"
    return f"{name}:={json.dumps(value, ensure_ascii=False)}"
