"""The result of a call on stdout: the data, and nothing around it.

Structured content as JSON, else the text, else what there is by name, type and size. A pipe gets the data as it is;
what goes to a terminal is cleaned first, because there it could do more than be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, TextIO

from mcpwatch.text import sanitize
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import ansi
from mcpwatch.view.values import block, entries, members

__all__ = ["result_text", "write_result"]

_JSON: Final = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*')


def result_text(result: object) -> tuple[str, bool]:
    """What of a result is data, and whether that is JSON.

    For a tool's result its structured content, else its content blocks; for a resource its contents, for a prompt its
    messages; anything else as it is.
    """
    said = members(result)
    if said.get("structuredContent") is not None:
        return _pretty(said["structuredContent"]), True
    for member in ("content", "contents"):
        if isinstance(said.get(member), (list, tuple)):
            return "\n".join(_part(item) for item in entries(said[member])), False
    if isinstance(said.get("messages"), (list, tuple)):
        messages = [members(message) for message in entries(said["messages"])]
        return "\n".join(f"{message.get('role')}: {_part(message.get('content'))}" for message in messages), False
    return _pretty(result), True


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _part(content: object) -> str:
    """A content block: text as it is, everything else named with its type and size."""
    item: Mapping[str, Any] = members(content)
    text = item.get("text")
    if isinstance(text, str) and item.get("type", "text") == "text":
        return text
    if "uri" in item and "type" not in item:
        return block({"type": "resource", "resource": item})
    return block(content)


def write_result(result: object, file: TextIO, screen: Screen | None = None) -> None:
    """Write the data of a result and a line end, if it has none. On a terminal it is cleaned, and JSON is coloured.

    A lone surrogate, which no encoding has, is written as its escape, which in JSON is the same value.
    """
    screen = Screen.of(file) if screen is None else screen
    text, is_json = result_text(result)
    if screen.terminal:
        text = sanitize(text, lines=True)
        if is_json and screen.colour:
            text = _JSON.sub(_coloured, text)
    if not text.endswith("\n"):
        text += "\n"
    if screen.terminal:
        screen.write(text)
        return
    buffer = getattr(file, "buffer", None)
    if buffer is None:
        screen.write(text)
    else:
        # Not through the text layer: it would turn line ends into others on some systems.
        file.flush()
        buffer.write(text.encode("utf-8", "backslashreplace"))
        buffer.flush()


def _coloured(match: re.Match[str]) -> str:
    text, colon = match[1], match[2]
    if text is None:
        return ansi([(match[0], "link.2")])
    return ansi([(text, "out"), (colon, "")]) if colon else ansi([(text, "ok")])
