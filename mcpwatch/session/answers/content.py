"""What a sampling answer is made of: content blocks, checked before they go out.

A block that is not well-formed breaks the server's side in ways that say nothing about the rule that wrote it. Which
kinds there are is the specification's (2025-11-25, sampling with tools).
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from mcpwatch.documents import schema_error
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers.question import Question

__all__ = ["Fault", "block_fault", "call_fault", "calls_so_far", "load_file"]

JsonObject: TypeAlias = dict[str, Any]
Fault: TypeAlias = tuple[Sequence[str | int], str]
"""What is wrong with a value, and where in it."""

_TAKES: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "image": ("data", "mimeType"),
    "audio": ("data", "mimeType"),
    "tool_use": ("id", "name", "input"),
}
_ALL = ("type", "annotations", "_meta")


def block_fault(block: Mapping[str, Any]) -> Fault | None:
    """What is wrong with a content block that is to go out; None for a good one."""
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _TAKES:
        return ("type",), f"there is no content of type {kind!r}; there is {', '.join(_TAKES)}."
    for key in _TAKES[kind]:
        if key not in block:
            return (), f"a block of type {kind} needs {key}."
        wanted = dict if key == "input" else str
        if not isinstance(block[key], wanted):
            return (key,), f"{key} of a {kind} block is {'an object' if key == 'input' else 'a text'}."
    extra = [key for key in block if key not in (*_TAKES[kind], *_ALL)]
    if extra:
        return (extra[0],), f"a block of type {kind} has no {extra[0]}."
    if kind in ("image", "audio"):
        try:
            base64.b64decode(block["data"], validate=True)
        except (binascii.Error, ValueError):
            return ("data",), "data is not base64."
    return None


def call_fault(block: Mapping[str, Any], question: Question) -> Fault | None:
    """What is wrong with a call of a tool, held against the tools that the question offers; None for a good one."""
    name, offered = block["name"], question.tools
    if name not in offered:
        near = get_close_matches(str(name), offered, n=1)
        there = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(offered)}." if offered else "none is."
        return ("name",), f"the tool {name!r} is not offered to the model: {there}"
    tool = next(one for one in map(mapping, items(question.params.get("tools"))) if one.get("name") == name)
    wrong = schema_error(mapping(tool.get("inputSchema")), block["input"])
    return None if wrong is None else (("input",), f"the input does not fit the tool {name!r}: {wrong}")


def calls_so_far(question: Question) -> int:
    """How many calls of tools the conversation holds already."""
    found = 0
    for message in question.messages:
        content = mapping(message).get("content")
        blocks = items(content) if isinstance(content, list) else (content,)
        found += sum(mapping(block).get("type") == "tool_use" for block in blocks)
    return found


def load_file(block: Mapping[str, Any], folder: Path) -> JsonObject:
    """An image or sound block with `file` replaced by what is in it. Raises `OSError`, and `ValueError` where the type
    of the file cannot be told.
    """
    made = dict(block)
    path = folder / os.path.expanduser(str(made.pop("file")))
    made["data"] = base64.b64encode(path.read_bytes()).decode("ascii")
    if "mimeType" not in made:
        guessed, _ = mimetypes.guess_type(path.name)
        if guessed is None:
            raise ValueError(f"what is in {path.name} cannot be told by its name: add mimeType.")
        made["mimeType"] = guessed
    return made
