"""What a person says in a model's place: a text, a call of one of the offered tools, or any content as JSON.

A text ends with an empty line, unless that is one inside a text that was pasted. A draft is there to be sent, changed
or thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, cast

from mcpwatch.view.dialogue import Command, Dialogue, Validate
from mcpwatch.view.editor import CUT, EditorFailed, kept
from mcpwatch.view.filling import GoneBack, fill_in
from mcpwatch.view.rows import below, lines_below
from mcpwatch.view.schema import fields, signature
from mcpwatch.view.values import blocks, compact, entries, members, text_of

__all__ = ["Sampled"]

Result = dict[str, Any]
_MODEL: Final = "a person"
_CONTENT_TYPES: Final = frozenset({"text", "image", "audio", "tool_use", "tool_result", "resource", "resource_link"})


class Sampled:
    """One sampling request while it is answered. `about` is the request as text, to be read beside it in an editor."""

    def __init__(
        self,
        dialogue: Dialogue,
        params: Mapping[str, Any],
        edit: Callable[[str, str], str],
        validate: Validate | None,
        about: str,
    ) -> None:
        self._dialogue = dialogue
        self._params = params
        self._edit = edit
        self._validate = validate
        self._about = about
        self._tools = {text_of(members(tool).get("name")): members(tool) for tool in entries(params.get("tools"))}
        self._draft: Any = None
        self._own = "ejt" if self._tools else "ej"

    def ask(self, draft: Any, by: str) -> Result:
        """The result for the wire. `draft` is such a result, or None; `by` says who wrote it."""
        self._draft = draft
        self._hint(by)
        lines: list[str] = []
        while True:
            try:
                typed = self._dialogue.read([("answer" if not lines else "      ", "key")], self._own)
            except EOFError:
                if not lines:
                    raise
                self._dialogue.end_line()
                return _text("\n".join(lines))
            if isinstance(typed, Command):
                found = self._command(typed, lines)
                if found is not None:
                    return found
            elif typed.strip() == '""' and not lines:
                return _text("")
            elif typed.strip():
                lines.append(typed)
            elif lines and not self._dialogue.lines.more():
                return _text("\n".join(lines))
            elif lines:
                lines.append("")
            elif self._draft is not None:
                return self._draft
            else:
                self._dialogue.wrong('nothing there yet: type an answer ("" is an empty one), or :d to decline.')

    def _hint(self, by: str) -> None:
        mode = text_of(members(self._params.get("toolChoice")).get("mode"))
        if self._tools and mode in ("required", "none"):
            words = "wants a tool to be called" if mode == "required" else "wants no tool to be called"
            self._dialogue.say([(f"the server {words}", "warning")])
        if self._draft is not None:
            content = members(self._draft).get("content")
            text = _plain_text(content)
            shown = lines_below("draft", text, "answer", full=True) if text else [below("draft", (blocks(content), ""))]
            for row in shown:
                self._dialogue.row(row)
            if by:
                self._dialogue.row(below("", (f"by {by}", "dim")))
            self._dialogue.hint("Enter sends the draft, or type another", "etdr" if self._tools else "edr")
        else:
            self._dialogue.hint("an empty line sends it", "etdrs" if self._tools else "edrs")

    def _command(self, command: Command, lines: list[str]) -> Result | None:
        """What a command makes the answer, None where the question stays open."""
        try:
            match command:
                case Command("t", rest):
                    return self._tool(rest)
                case Command("j", ""):
                    return self._json(self._edited_json())
                case Command("j", rest):
                    return self._json(rest)
                case _:
                    return self._edited(lines)
        except EditorFailed as failed:
            self._dialogue.wrong(str(failed))
        except GoneBack:
            pass
        return None

    # In an editor

    def _edited(self, lines: list[str]) -> Result | None:
        content = members(self._draft).get("content")
        text = _plain_text(content)
        if self._draft is not None and not text and not lines:
            return self._json(self._edited_json())
        about = "".join(f"# {line}\n" for line in self._about.split("\n"))
        written = "\n".join(lines) or text
        made = kept(self._edit(f"{written}\n\n{CUT}\n{about}", ".md"))
        if made.strip():
            # What was typed before is in what was made of it.
            return _text(made) if made != text else self._draft
        self._dialogue.wrong("nothing was written, so the question is still open.")
        return None

    def _edited_json(self) -> str:
        return self._edit(json.dumps(self._draft or _text(""), indent=2, ensure_ascii=False) + "\n", ".json")

    def _json(self, typed: str) -> Result | None:
        """A whole result, content, or one block."""
        try:
            value = json.loads(kept(typed))
        except (ValueError, RecursionError) as error:
            self._dialogue.wrong(f"that is not JSON: {error}.")
            return None
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, list):
            return _content(cast("list[Any]", value))
        given = members(value)
        if given.get("type") in _CONTENT_TYPES:
            return _content(given)
        if "content" in given:
            return {**_text(""), **given}
        self._dialogue.wrong("neither a result with content nor a content block with its type.")
        return None

    # Tools

    def _tool(self, typed: str) -> Result | None:
        name, _, rest = typed.partition(" ")
        tool = self._tools.get(name)
        if tool is None:
            for each, about in self._tools.items():
                self._dialogue.say([(f"{each}(", "name"), (signature(about.get("inputSchema")), ""), (")", "name")])
            near = get_close_matches(name, self._tools, 1)
            if name:
                meant = f" Did you mean {near[0]}?" if near else ""
                self._dialogue.wrong(f"there is no tool {compact(name)}.{meant}")
            return None
        schema = members(tool.get("inputSchema"))
        if rest.strip() or not fields(schema):
            given = self._arguments(rest, schema)
            if given is None:
                return None
        else:
            given = fill_in(self._dialogue, schema, validate=self._validate, edit=self._edit, about=self._about)
        use = {"type": "tool_use", "id": self._new_id(), "name": name, "input": given}
        return {**_content(use), "stopReason": "toolUse"}

    def _arguments(self, typed: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        from mcpwatch.errors import UsageError
        from mcpwatch.session.arguments import read_arguments

        try:
            given = read_arguments(typed, schema)
        except UsageError as error:
            self._dialogue.wrong(str(error))
            return None
        wrong = self._validate(schema, given) if self._validate is not None else None
        if wrong is not None:
            self._dialogue.wrong(f"the arguments do not fit: {wrong}")
            return None
        return given

    def _new_id(self) -> str:
        """An id that this conversation has not used."""
        used = {text_of(part.get("id")) for part in _parts(self._params) if part.get("type") == "tool_use"}
        return next(id for id in (f"call_{number}" for number in range(1, len(used) + 2)) if id not in used)


def _parts(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All content blocks of a conversation."""
    found: list[Mapping[str, Any]] = []
    for message in entries(params.get("messages")):
        content = members(message).get("content")
        parts: Sequence[Any] = entries(content) or (content,)
        found += [members(part) for part in parts]
    return found


def _plain_text(content: object) -> str:
    """The text of content that is nothing but one text."""
    parts: Sequence[Any] = entries(content) or (content,)
    one = members(parts[0])
    return text_of(one.get("text")) if len(parts) == 1 and one.get("type") == "text" else ""


def _text(text: str) -> Result:
    return _content({"type": "text", "text": text})


def _content(content: object) -> Result:
    return {"role": "assistant", "content": content, "model": _MODEL, "stopReason": "endTurn"}
