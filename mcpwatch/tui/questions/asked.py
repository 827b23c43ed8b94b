"""A question as lines, with nothing left out: what everybody sees who has to answer it, or looks at it afterwards.

`view.questions` says what the protocol's questions mean; what it leaves aside (a form's schema as such, members that no
version of the protocol knows) is added here, because a person who answers should have seen all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from mcpwatch.text import size
from mcpwatch.view.blank.jsontext import json_text
from mcpwatch.view.questions import ASKED, answered, asked
from mcpwatch.view.rows import Row, below, lines_below
from mcpwatch.view.style import Line, clean, pad, wrap
from mcpwatch.view.values import compact, entries, members, text_of

__all__ = ["as_it_came", "is_url", "laid_out", "question_rows", "reply_rows", "word_for"]

LABEL: Final = 11
_ELICITATION: Final = frozenset({"message", "mode", "url", "requestedSchema"})
_SCHEMA: Final = frozenset({"type", "properties", "required", "$schema", "title", "description"})
_BLOB: Final = 200
"""Characters of base64 that are still shown as they are."""


def word_for(method: str) -> str:
    """What a question of this method is called: `sampling`, or the method itself."""
    return ASKED.get(method, method)


def is_url(method: str, params: object) -> bool:
    """Whether it sends the person to an address."""
    said = members(params)
    wants_url = said.get("mode") == "url" or ("url" in said and "requestedSchema" not in said)
    return method == "elicitation/create" and wants_url


def question_rows(method: str, params: object, *, fields: bool = True) -> list[Row]:
    """Everything that was asked, under its labels; `fields` are those of a form, unless it is there to be filled in."""
    said = members(params)
    spans, rows = asked(method, params, whole=True)
    if method == "sampling/createMessage":
        return [below("asks for", *spans), *rows]
    if method == "elicitation/create":
        schema = members(said.get("requestedSchema"))
        if not fields and not is_url(method, params):
            rows = lines_below("", text_of(said.get("message")).partition("\n")[2], full=True)
        found = [below("says", *spans)._replace(full=True), *rows]
        about = [text_of(schema.get("title")), text_of(schema.get("description"))]
        found += [row for text in about if text for row in lines_below("form", text, full=True)]
        left = {key: value for key, value in schema.items() if key not in _SCHEMA}
        found += [below("schema", (f"{key}  ", "key"), (compact(value, 2_000), "")) for key, value in left.items()]
        return [*found, *_others(said, _ELICITATION)]
    if method == "roots/list":
        return [below("asks", *spans), *_others(said, frozenset())]
    shown = _pretty(params)
    return [below("asks for", (method, "strong")), *lines_below("params", shown, full=True)]


def reply_rows(method: str, answer: object, error: object) -> list[Row]:
    """What was replied: a result, or an error."""
    if error is not None:
        said = members(error)
        code = f" ({compact(said['code'])})" if "code" in said else ""
        message = text_of(said.get("message")) or compact(error)
        rows = [below("error", (message, "error"), (code, "dim"))._replace(full=True)]
        return [*rows, *([] if "data" not in said else [below("data", (compact(said["data"]), ""))])]
    if answer is None:
        return []
    word, spans = answered(method, answer)
    rows = [below("answer", (f"{word}  " if word != "ok" else "", "answer"), *spans)._replace(full=True)]
    shown = _pretty(answer)
    return [*rows, *(lines_below("as sent", shown, "dim", full=True) if "\n" in shown or not spans else [])]


def as_it_came(params: object) -> list[Row]:
    """The question's params as JSON."""
    return lines_below("params", _pretty(params), full=True)


def laid_out(rows: list[Row], width: int) -> list[Line]:
    """Rows as lines of this width, each as many as it takes: nothing is cut."""
    lines: list[Line] = []
    room = max(width, LABEL + 10)
    for row in rows:
        label = pad(clean([(row.what, "")])[0][0][: LABEL - 1], LABEL)
        lines += wrap([(label, "key"), *clean(row.spans)], room, LABEL)
    return lines


def _others(said: Mapping[str, Any], known: frozenset[str]) -> list[Row]:
    return [
        below("", (f"{key}  ", "key"), (compact(value, 2_000), ""))._replace(full=True)
        for key, value in said.items()
        if key not in known
    ]


def _pretty(value: object) -> str:
    return json_text(_without_blobs(value))


def _without_blobs(value: object) -> object:
    """The same with long base64 data named by its size."""
    if isinstance(value, Mapping):
        kept = members(cast("object", value))
        return {
            key: f"({size(len(item))} of base64)"
            if key in ("data", "blob") and isinstance(item, str) and len(item) > _BLOB
            else _without_blobs(item)
            for key, item in kept.items()
        }
    items = entries(value)
    return [_without_blobs(item) for item in items] if items else value
