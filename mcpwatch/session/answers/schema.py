"""What a rule and an answers file may look like, as a JSON Schema: files are checked against it, and editors complete
them by it (`docs/answers.schema.json`).

A rule has one matcher (`sampling`, `elicitation`, `roots`, `request`) and one answer that goes with it. `RULE_SCHEMA`
refers to nothing outside itself, so that the schema of scripts can hold it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mcpwatch.session.matching import OPERATORS

__all__ = ["ANSWERS", "ANSWERS_SCHEMA", "EXTRAS", "KINDS", "RULE_SCHEMA"]

Schema = dict[str, Any]


def _said(description: str, schema: Mapping[str, Any]) -> Schema:
    return {"description": description, **schema}


def _object(properties: Mapping[str, Any], **more: Any) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}


_STRING: Final[Schema] = {"type": "string"}
_NAMES: Final[Schema] = {"type": ["string", "array"], "items": _STRING}
_OBJECT: Final[Schema] = {"type": "object"}
_TEXT: Final[Schema] = {
    "type": ["string", "object"],
    "properties": dict.fromkeys(sorted(OPERATORS), _STRING),
    "additionalProperties": False,
    "minProperties": 1,
}
_COMPARISON = r"\s*(>=|<=|!=|==|=|>|<)\s*\d+\s*"
_NTH: Final = _said(
    'It is the n-th question of its kind on its link: a number from 1, or a comparison: ">=2", ">1, <=5".',
    {"type": ["integer", "string"], "minimum": 1, "pattern": f"^{_COMPARISON}(,{_COMPARISON})*$"},
)
_LINK: Final = _said("The name of the link that it came over.", _STRING)
_PARAMS: Final = _said("Parameters that it has, among others; comparisons for numbers.", _OBJECT)
_TOOL: Final = _said("The tool whose call it belongs to, where that is known.", _STRING)

_MATCHERS: Final[Mapping[str, Schema]] = {
    "sampling": _said(
        "A request for the model: a text that the last message contains, or more; empty for any.",
        _object(
            {
                "text": _said("What the last message says, leaving out what tools returned.", _TEXT),
                "any": _said("What at least one message says.", _TEXT),
                "system": _said("What the system prompt says.", _TEXT),
                "tool": _TOOL,
                "tools": _said("Tools that are offered to the model, among others.", _NAMES),
                "model": _said("What one of the model hints says.", _TEXT),
                "metadata": _said("What its metadata has, among others.", _OBJECT),
                "params": _PARAMS,
                "nth": _NTH,
                "link": _LINK,
            }
        )
        | {"type": ["string", "object", "null"]},
    ),
    "elicitation": _said(
        "A question to the person: a text that its message contains, or more; empty for any.",
        _object(
            {
                "message": _said("What it says.", _TEXT),
                "mode": _said("A form, or a page to visit.", {"enum": ["form", "url"]}),
                "fields": _said("Fields that the form has, among others.", _NAMES),
                "url": _said("The address that the person is sent to.", _TEXT),
                "tool": _TOOL,
                "params": _PARAMS,
                "nth": _NTH,
                "link": _LINK,
            }
        )
        | {"type": ["string", "object", "null"]},
    ),
    "roots": _said(
        "A request for the roots; empty for any.", _object({"nth": _NTH, "link": _LINK}) | {"type": ["object", "null"]}
    ),
    "request": _said(
        "Any request, by its method; also for those that the specification does not know.",
        _object({"method": _TEXT, "params": _PARAMS, "nth": _NTH, "link": _LINK}, required=["method"])
        | {"type": ["string", "object"]},
    ),
}
KINDS: Final = tuple(_MATCHERS)

_BLOCK: Final[Schema] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["text", "image", "audio", "tool_use"]},
        "text": _STRING,
        "data": _said("The image or sound as base64.", _STRING),
        "file": _said("The image or sound as a file, relative to this one.", _STRING),
        "mimeType": _STRING,
        "name": _said("The tool to call.", _STRING),
        "input": _said("The arguments of the call.", _OBJECT),
        "id": _said("The id of the call; default: call_1, call_2, …", _STRING),
        "annotations": _OBJECT,
        "_meta": _OBJECT,
    },
    "required": ["type"],
    "additionalProperties": False,
}
_CALL: Final[Schema] = _object(
    {name: _BLOCK["properties"][name] for name in ("name", "input", "id")}, required=["name"]
)
_ERROR: Final = _said(
    "An error as the answer: its message, or code (default: -1), message and data.",
    _object({"code": {"type": "integer"}, "message": _STRING, "data": {}}, required=["message"])
    | {"type": ["string", "object"]},
)
_RESULT: Final = _said("The whole result, sent as it stands and not checked.", {})
_TEXTS: Final = _said("What the model says; a list: one each time, and then the rule is used up.", _NAMES)

_GIVEN: Final[Mapping[str, Schema]] = {
    "text": _TEXTS,
    "content": _said("What the model says, as content blocks.", {**_BLOCK, "items": _BLOCK})
    | {"type": ["object", "array"], "minItems": 1},
    "tool_use": _said("The tools that the model calls.", {**_CALL, "items": _CALL})
    | {"type": ["object", "array"], "minItems": 1},
    "accept": _said("Accept the form with these fields; the schema's defaults fill in the others.", _OBJECT),
    "action": _said(
        "What the person does: accept takes the form's defaults; a page to visit only where the rule says mode: url.",
        {"enum": ["accept", "decline", "cancel"]},
    ),
    "folders": _said("The roots: folders relative to this file, or URIs.", {"type": "array", "items": _STRING}),
    "result": _RESULT,
    "error": _ERROR,
}
ANSWERS: Final[Mapping[str, Sequence[str]]] = {
    "sampling": ("text", "content", "tool_use", "result", "error"),
    "elicitation": ("accept", "action", "result", "error"),
    "roots": ("folders", "result", "error"),
    "request": ("result", "error"),
}
"""The answers that go with each kind of question, besides `each`, and `turns` for sampling."""
_EXTRA: Final[Mapping[str, Schema]] = {
    "model": _said("The name of the model; default: mcpwatch.", _STRING),
    "stopReason": _said("Why the model stopped; default: endTurn, with a tool call toolUse.", _STRING),
    "delay": _said(
        "How long to think first: 2s, 500ms, 1m, or plain seconds.",
        {"type": ["number", "string"], "minimum": 0, "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h)?\s*$"},
    ),
}
EXTRAS: Final[Mapping[str, Sequence[str]]] = {
    "sampling": ("model", "stopReason", "delay"),
    "elicitation": ("delay",),
    "roots": ("delay",),
    "request": ("delay",),
}
"""What may stand beside an answer."""


def _one_of(keys: Sequence[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]


def _answers(kind: str) -> Schema:
    """One of several answers to a kind of question, in `each` or `turns`."""
    own = (*ANSWERS[kind], *EXTRAS[kind])
    properties = {key: _GIVEN[key] if key in _GIVEN else _EXTRA[key] for key in own}
    return _object(properties, oneOf=_one_of(ANSWERS[kind]))


def _goes_with(kind: str) -> Schema:
    """What a rule for this kind of question has besides its matcher."""
    turns = {"sampling": ("turns",)}.get(kind, ())
    keys = (*ANSWERS[kind], "each", *turns)
    lists = {name: {"type": "array", "minItems": 1, "items": _answers(kind)} for name in ("each", *turns)}
    return {
        "if": {"type": "object", "required": [kind]},
        "then": {
            "propertyNames": {"enum": [kind, *keys, *EXTRAS[kind]], "description": f"an answer to {kind}"},
            "properties": lists,
            "oneOf": _one_of(keys),
        },
    }


RULE_SCHEMA: Final[Schema] = {
    "description": "What to answer when the server asks something: one matcher, and one answer.",
    **_object(
        {
            **_MATCHERS,
            **_GIVEN,
            "each": _said("Answers, one each time, and then the rule is used up.", {"type": "array"}),
            "turns": _said(
                "Answers for the turns of one conversation: before a tool is run, after it, …", {"type": "array"}
            ),
            **_EXTRA,
        }
    ),
    "oneOf": _one_of(KINDS),
    "allOf": [_goes_with(kind) for kind in KINDS],
}
"""The schema of one rule."""

ANSWERS_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "mcpwatch: an answers file",
    "description": "What a server hears when it asks the client something. The first rule that matches answers.",
    **_object(
        {
            "mcpwatch": _said("The version of this format.", {"const": 1}),
            "roots": _said(
                "What roots/list is answered with: folders relative to this file, or URIs.",
                {"type": "array", "items": _STRING},
            ),
            "answers": _said(
                "The rules, in the order in which they are tried.", {"type": "array", "items": RULE_SCHEMA}
            ),
        }
    ),
}
"""The schema of an answers file."""
