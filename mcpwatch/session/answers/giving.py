"""From what somebody wrote as an answer to what goes out, checked against what was asked.

One answer and one question at a time; which answer it is, and what to say about one that does not fit, is for `rules`
and `python`. A `result` goes out as it stands: that is how a broken answer is sent on purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, cast

from mcpwatch.documents import schema_fault
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers.content import block_fault, call_fault, calls_so_far, load_file
from mcpwatch.session.answers.question import USER_REJECTED, Question

__all__ = ["Given", "Unfit", "accepted", "give", "listed"]

JsonObject: TypeAlias = dict[str, Any]
Given: TypeAlias = tuple[Any, JsonObject | None]
"""A result and None, or None and an error."""


class Unfit(Exception):
    """An answer that cannot go out: why, and where in what was written. `key` says that it is about the key there."""

    def __init__(self, path: Sequence[str | int], message: str, *, hint: str = "", key: bool = False) -> None:
        super().__init__(message)
        self.path = tuple(path)
        self.hint = hint
        self.key = key


def give(answer: Mapping[str, Any], question: Question, folder: Path) -> Given:
    """What the server hears. `answer` has one of the keys of `schema.ANSWERS`, and what may stand beside it; paths in
    it are relative to `folder`. Raises `Unfit`.
    """
    if "error" in answer:
        error = answer["error"]
        given = {"message": error} if isinstance(error, str) else dict(error)
        return None, {"code": USER_REJECTED, **given}
    if "result" in answer:
        return answer["result"], None
    if "folders" in answer:
        return {"roots": listed(answer["folders"], folder, ("folders",))}, None
    if "action" in answer and answer["action"] != "accept":
        return {"action": answer["action"]}, None
    if "action" in answer or "accept" in answer:
        return accepted(answer.get("accept", {}), question, ("accept",) if "accept" in answer else ("action",)), None
    return _sampled(answer, question, folder), None


def accepted(fields: Mapping[str, Any], question: Question, at: Sequence[str | int] = ()) -> JsonObject:
    """The acceptance of an elicitation: its form filled with `fields` and the schema's defaults. Raises `Unfit`."""
    if question.is_url:
        if fields:
            raise Unfit(at, "a page to visit is accepted without fields.", hint="Write action: accept.")
        return {"action": "accept"}
    schema, known = question.schema, question.fields
    for name in fields:
        if name not in known and (known or schema.get("additionalProperties") is False):
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known)}."
            raise Unfit((*at, name), f"the form has no field {name!r}.", hint=hint, key=True)
    content = {name: mapping(field)["default"] for name, field in known.items() if "default" in mapping(field)}
    content.update(fields)
    missing = [name for name in items(schema.get("required")) if isinstance(name, str) and name not in content]
    if missing:
        raise Unfit(at, f"the form needs {', '.join(missing)}, and has no default for it.", hint="Add it to accept.")
    fault = schema_fault(schema, content)
    if fault is not None:
        path, message = fault
        field = f"{path[0]}: " if path else ""
        raise Unfit((*at, *path), f"that does not fit the form: {field}{message}.")
    return {"action": "accept", "content": content}


def listed(folders: Sequence[Any], folder: Path, at: Sequence[str | int] = ()) -> list[JsonObject]:
    """Roots for a list of folders, relative to `folder`; what is a URI stands as it is. Raises `Unfit`."""
    found: list[JsonObject] = []
    for number, one in enumerate(folders):
        if isinstance(one, Mapping):
            found.append(dict(cast("Mapping[str, Any]", one)))
            continue
        if "://" in str(one):
            found.append({"uri": str(one)})
            continue
        path = folder / os.path.expanduser(one)
        if not path.is_dir():
            raise Unfit((*at, number), f"{one} is no folder.", hint=f"It is looked for at {os.path.abspath(path)}.")
        path = path.resolve()
        found.append({"uri": path.as_uri(), "name": path.name})
    return found


def _sampled(answer: Mapping[str, Any], question: Question, folder: Path) -> JsonObject:
    key = next(name for name in ("text", "content", "tool_use") if name in answer)
    written = answer[key] if isinstance(answer[key], list) else [answer[key]]
    blocks: list[JsonObject] = []
    calls = calls_so_far(question)
    for number, one in enumerate(written):
        at = (key, number) if isinstance(answer[key], list) else (key,)
        if key == "text":
            # A text that is nothing but a quotation may have become something else.
            block: JsonObject = {"type": "text", "text": one if isinstance(one, str) else json.dumps(one)}
        else:
            block = {"type": "tool_use", **one} if key == "tool_use" else dict(mapping(one))
        if block.get("type") == "tool_use":
            calls += 1
            block = {"id": f"call_{calls}", "input": {}, **block}
        if "file" in block:
            try:
                block = load_file(block, folder)
            except OSError as error:
                raise Unfit(
                    (*at, "file"), f"{mapping(one)['file']} cannot be read: {error.strerror or error}."
                ) from None
            except ValueError as error:
                raise Unfit((*at, "file"), str(error)) from None
        fault = block_fault(block)
        if fault is None and block["type"] == "tool_use":
            fault = call_fault(block, question)
        if fault is not None:
            path, message = fault
            raise Unfit((*at, *path), message)
        blocks.append(block)
    uses = any(block["type"] == "tool_use" for block in blocks)
    return {
        "role": "assistant",
        # One block goes out alone, as every version of the protocol takes it.
        "content": blocks[0] if len(blocks) == 1 else blocks,
        "model": answer.get("model", "mcpwatch"),
        "stopReason": answer.get("stopReason", "toolUse" if uses else "endTurn"),
    }
