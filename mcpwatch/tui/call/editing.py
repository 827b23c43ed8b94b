"""The arguments of a call in the person's own editor, on their way to being sent once more."""

from __future__ import annotations

from typing import Any, cast

from textual.dom import DOMNode

from mcpwatch.model import Exchange
from mcpwatch.tui.editing import edit
from mcpwatch.view.blank.jsontext import BadJson, json_text, read_json
from mcpwatch.view.editor import EditorFailed

__all__ = ["edited"]


async def edited(
    node: DOMNode, call: Exchange, params: dict[str, Any], unsaved: dict[int, str]
) -> tuple[dict[str, Any] | None, str]:
    """The parameters with what the person made of them, None where nothing is to be sent, and a sentence for them.

    For a tool and a prompt the arguments are edited, for anything else all parameters. What was left behind as no JSON
    is in `unsaved`, by the call's number, and there again the next time.
    """
    inner = call.method in ("tools/call", "prompts/get")
    before = params.get("arguments", {}) if inner else params
    text = unsaved.get(call.number, json_text(before) + "\n")
    try:
        made = await edit(node, text, ".json")
    except EditorFailed as failed:
        return None, str(failed)
    try:
        value = read_json(made)
    except BadJson as error:
        unsaved[call.number] = made
        return None, f"{error}. E opens it again as you left it."
    unsaved.pop(call.number, None)
    if value == before:
        return None, "Nothing was changed, so nothing is sent; r sends it again as it is."
    if inner:
        return {**params, "arguments": value}, ""
    if not isinstance(value, dict):
        return None, "The parameters of a request are an object, so nothing is sent."
    return cast("dict[str, Any]", value), ""
