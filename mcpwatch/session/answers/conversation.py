"""What a sampling request says, whatever shape it has: its texts, its system prompt, its tools, whose turn it is.

Content may be one block or a list of them, a message may hold the result of a tool, and a server may send the system
prompt as a message of a role that does not exist. Pure; what has the wrong shape is treated as absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcpwatch.model.shapes import items, mapping

__all__ = ["blocks", "last_text", "system_text", "texts", "tool_names", "tool_result", "turn"]


def blocks(message: Any) -> Sequence[Mapping[str, Any]]:
    """The content blocks of a message, also where it has only one."""
    content = mapping(message).get("content")
    return [mapping(block) for block in (items(content) if isinstance(content, list) else [content])]


def texts(message: Any) -> str:
    """The text blocks of a message, a line end between them. What a tool returned is none of them."""
    found = (block.get("text") for block in blocks(message))
    return "\n".join(text for text in found if isinstance(text, str))


def last_text(messages: Sequence[Any]) -> str:
    """The text of the last message that has one and is not the model's own call of a tool: what is being asked.

    It stays the same while the tools that were called for it are run.
    """
    for message in reversed(messages):
        if mapping(message).get("role") == "system" or any(
            block.get("type") == "tool_use" for block in blocks(message)
        ):
            continue
        if text := texts(message):
            return text
    return ""


def system_text(params: Mapping[str, Any]) -> str:
    """The system prompt, with the messages that wrongly carry the role `system`."""
    prompt = params.get("systemPrompt")
    found = [prompt] if isinstance(prompt, str) else []
    found += [texts(one) for one in items(params.get("messages")) if mapping(one).get("role") == "system"]
    return "\n".join(found)


def tool_names(params: Mapping[str, Any]) -> list[str]:
    """The tools that the model may call."""
    names = (mapping(tool).get("name") for tool in items(params.get("tools")))
    return [name for name in names if isinstance(name, str)]


def turn(messages: Sequence[Any]) -> int:
    """How often tools have been run so far: 0 before the first. Results that come together count once."""
    count, before = 0, False
    for message in messages:
        now = any(True for _ in _results(message))
        count += now and not before
        before = now
    return count


def tool_result(messages: Sequence[Any]) -> str:
    """What the tools returned that were run last, as text."""
    for message in reversed(messages):
        found = [text for result in _results(message) if (text := texts(result) or _structured(result))]
        if found:
            return "\n".join(found)
    return ""


def _results(message: Any) -> Iterator[Mapping[str, Any]]:
    return (block for block in blocks(message) if block.get("type") == "tool_result")


def _structured(result: Mapping[str, Any]) -> str:
    structured = result.get("structuredContent")
    return "" if structured is None else json.dumps(structured, ensure_ascii=False)
