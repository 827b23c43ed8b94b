"""What a script may look like, as a JSON Schema: the program checks files against it, and editors complete them by it.

It is published as `docs/script.schema.json`. What a schema says badly (which keys go with which kind of step) is
checked in `script.py`, in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.session.answers.schema import KINDS, RULE_SCHEMA
from mcpwatch.session.matching import OPERATORS
from mcpwatch.session.options import ERAS, LOG_LEVELS, WITHOUT

__all__ = ["KINDS", "LISTS", "SCRIPT_SCHEMA"]

LISTS: Final = ("tools", "prompts", "resources", "templates")
ERA = {"enum": list(ERAS), "description": "legacy is initialize, up to 2025-11-25; modern is 2026-07-28."}


def _object(properties: Mapping[str, Any], description: str = "", **more: Any) -> dict[str, Any]:
    said = {"description": description} if description else {}
    return {**said, "type": "object", "properties": dict(properties), "additionalProperties": False, **more}


def _said(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


TEXT = {"$ref": "#/$defs/text"}
NUMBER = {"$ref": "#/$defs/number"}
TIME = {"$ref": "#/$defs/time"}
STRING = {"type": "string", "minLength": 1}
STRINGS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
ANY_OBJECT = {"type": "object"}

VARIABLE = r"\$\{[^{}]+\}"
ONE = rf"\s*(>=|<=|!=|==|=|>|<)\s*([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|{VARIABLE})\s*"
COMPARED = rf"^({ONE}(,{ONE})*|\s*{VARIABLE}\s*)$"

DEFS: dict[str, Any] = {
    "text": {
        "description": "A text that is contained; or equals, contains, regex, or several of them.",
        "type": ["string", "object"],
        "properties": {name: {"type": "string"} for name in sorted(OPERATORS)},
        "additionalProperties": False,
        "minProperties": 1,
        "minLength": 1,
    },
    "number": {
        "description": 'A number, or comparisons: ">=3", "<= 5", "!=2", ">1, <=5".',
        "type": ["number", "string"],
        "pattern": COMPARED,
    },
    "time": {
        "description": "2s, 500ms, 1m, or plain seconds.",
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h)?\s*$",
    },
    "rule": RULE_SCHEMA,
    "target": {
        "description": "What to start or to open. Paths are relative to the script.",
        "type": ["string", "object"],
        "minLength": 1,
        **_object(
            {
                "target": _said(
                    STRING, "As on the command line: a script, file.py:object, mcp.json:NAME, demo, a URL."
                ),
                "command": {
                    "description": "A command: its words, or one text that is split like a shell would.",
                    "type": ["string", "array"],
                    "items": {"type": "string"},
                    "minLength": 1,
                    "minItems": 1,
                },
                "args": {"description": "Words after the command.", "type": "array", "items": {"type": "string"}},
                "env": _said(STRINGS, "Added to the environment of the process."),
                "cwd": _said(STRING, "Where the process runs; default: the script's folder."),
                "python": _said(STRING, "The interpreter for a .py file."),
                "url": _said(STRING, "An address instead of a process."),
                "headers": _said(STRINGS, "HTTP headers for the URL."),
                "transport": {"enum": ["auto", "stdio", "http", "sse"], "description": "How a URL is spoken to."},
                "era": ERA,
            }
        )
        | {"type": ["string", "object"]},
    },
    "logs": _object(
        {
            "level": {
                "description": 'A level, or a bound on it: warning, ">=warning".',
                "type": "string",
                "pattern": rf"^\s*(>=|<=|==|!=|>|<)?\s*({'|'.join(LOG_LEVELS)})\s*$",
            },
            "logger": TEXT,
            "data": _said({}, "What is in its data: a subset; a string where the data is a text."),
            "count": _said(NUMBER, 'How many of them; default: ">=1".'),
        },
        "Logs of this kind, and how many of them.",
    ),
    "notifications": _object(
        {
            "method": _said(STRING, "The method; * stands for anything."),
            "params": _said(ANY_OBJECT, "A subset of its parameters."),
            "count": _said(NUMBER, 'How many of them; default: ">=1".'),
        },
        "Notifications of the server, and how many of them.",
        required=["method"],
    ),
    "progress": _object(
        {
            "count": _said(NUMBER, "How many progress messages came."),
            "complete": {"type": "boolean", "description": "Whether the last one reached its total."},
            "total": _said(NUMBER, "The total that was named last."),
            "last": _said(NUMBER, "The last value."),
            "rising": {"type": "boolean", "description": "Whether each value was above the one before."},
            "message": _said(TEXT, "What at least one of them said."),
        },
        "The progress that was reported.",
        minProperties=1,
    ),
    "question": {
        "description": "A question that the server asked, by its kind; other keys are compared with its parameters.",
        "type": "object",
        "properties": {
            **{
                kind: {
                    **RULE_SCHEMA["properties"][kind],
                    "description": said,
                    "additionalProperties": kind in ("sampling", "elicitation"),
                    "minLength": 1,
                }
                for kind, said in (
                    ("sampling", "A text that it contains, or what it holds: as in rules, and every other parameter."),
                    ("elicitation", "A text that it contains, or what it holds: as in rules, and every parameter."),
                    ("roots", "That it asked for the roots."),
                    ("request", "Any method: its name, or method and params."),
                )
            },
            "answer": _said(ANY_OBJECT, "A subset of the answer that was given: the result, or the error."),
            "rule": _said(TEXT, "Which rule, option or person answered."),
            "link": _said(STRING, "On which link."),
            "count": _said(NUMBER, "How many of these; default: one each."),
        },
        "additionalProperties": False,
        "minProperties": 1,
    },
    "asked": {
        "description": "Each of these was asked; a number says how many questions there were (pings left out).",
        "type": ["array", "number", "string"],
        "items": {"$ref": "#/$defs/question"},
        "pattern": COMPARED,
    },
    "entry": {
        "description": "A name (for resources a URI), or a subset of the entry.",
        "type": ["string", "object"],
    },
}


def _several(name: str) -> dict[str, Any]:
    """One of a kind, or a list of them."""
    one = DEFS[name]
    return {
        **one,
        "type": ["object", "array"],
        "items": {"$ref": f"#/$defs/{name}"},
        "minItems": 1,
    }


HAPPENED: dict[str, Any] = {
    "progress": {"$ref": "#/$defs/progress"},
    "logs": _several("logs"),
    "notifications": _several("notifications"),
    "asked": {"$ref": "#/$defs/asked"},
    "within": _said(TIME, "It took no longer."),
}
EXPECT = _object(
    {
        "ok": {"type": "boolean", "description": "false: the step has to end in an error or in isError."},
        "error": _object(
            {"code": NUMBER, "message": TEXT, "data": {}},
            "The JSON-RPC error that has to come back; implies ok: false.",
        ),
        "text": _said(TEXT, "The text of the result."),
        "data": _said(
            {},
            "A subset of the data: structuredContent of a call, the JSON of a resource, else the result as a whole.",
        ),
        "result": _said({}, "A subset of the result as the server sent it."),
        "includes": {
            "description": "What a list or a completion has.",
            "type": "array",
            "items": {"$ref": "#/$defs/entry"},
        },
        "excludes": {
            "description": "What a list or a completion has not.",
            "type": "array",
            "items": {"$ref": "#/$defs/entry"},
        },
        "equals": {
            "description": "All that a list or a completion has, in any order.",
            "type": "array",
            "items": {"$ref": "#/$defs/entry"},
        },
        "count": _said(NUMBER, "How much a list or a completion has."),
        **HAPPENED,
    },
    "What has to be so afterwards. Without it a step fails only when it ends in an error.",
)
STEP = _object(
    {
        "name": _said(STRING, "What the step is called in reports."),
        "call": _said(STRING, "A tool; `link:tool` where there are several links."),
        "read": _said(STRING, "The URI of a resource."),
        "prompt": _said(STRING, "A prompt."),
        "complete": _said(STRING, "A prompt, or the URI of a resource template, to complete an argument of."),
        "subscribe": _said(STRING, "The URI of a resource whose updates to ask for."),
        "request": _said(STRING, "Any method."),
        "notify": _said(STRING, "Any notification."),
        "list": {"description": "tools, prompts, resources, templates; `link:tools` where there are several links.",
                 "type": "string", "pattern": rf"^(.+:)?({'|'.join(LISTS)})$"},
        "wait": _said(STRING, "A request or notification of the server, by its method; * stands for anything."),
        "pause": _said(TIME, "Do nothing for a while."),
        "together": {
            "description": "Steps that are done at the same time.",
            "type": "array",
            "items": {"$ref": "#/$defs/step"},
            "minItems": 1,
        },
        "link": _said(STRING, "The link that it is for, where there are several; default: the first, for a wait any."),
        "args": _said(ANY_OBJECT, "Arguments of a tool or prompt."),
        "argument": _said(
            STRINGS | {"minProperties": 1, "maxProperties": 1}, "The argument to complete, and its prefix."
        ),
        "params": _said(ANY_OBJECT, "Parameters of a request or notification; for a wait a subset of them."),
        "within": _said(TIME, "How long to wait; default: the timeout."),
        "answers": {
            "description": "Rules that come before the script's own while the step runs.",
            "type": "array",
            "items": {"$ref": "#/$defs/rule"},
        },
        "cancel": _object(
            {
                "after": _said(TIME, "Cancel so long after it was sent."),
                "at_progress": {"type": "integer", "minimum": 1, "description": "Cancel at the n-th progress message."},
            },
            "Cancel the request while it runs.",
            minProperties=1,
            maxProperties=1,
        ),
        "save": {
            "description": "Keep what came back under this name, for ${NAME.data.…} in later steps.",
            "type": "string",
            "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$",
        },
        "expect": {"$ref": "#/$defs/expect"},
        "continue": {"type": "boolean", "description": "Go on with the script when this step fails."},
    }
)  # fmt: skip
SCRIPT_SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A script of mcpwatch",
    **_object(
        {
            "mcpwatch": {"const": 1, "description": "The version of this format."},
            "name": _said(STRING, "What the script is called in reports."),
            "target": {"$ref": "#/$defs/target"},
            "targets": {
                "description": "Several servers, by the name of their link.",
                "type": "object",
                "propertyNames": {"pattern": r"^[A-Za-z0-9_.-]+$"},
                "additionalProperties": {"$ref": "#/$defs/target"},
                "minProperties": 1,
            },
            "era": ERA,
            "eras": {
                "description": "Run it once in each of these eras.",
                "type": "array",
                "items": {"enum": ["legacy", "modern"]},
                "minItems": 1,
                "uniqueItems": True,
            },
            "timeout": _said(TIME, "For each request; started anew by progress."),
            "log_level": {"enum": list(LOG_LEVELS), "description": "The least level to ask for; default: debug."},
            "without": {
                "description": "Be a lesser client.",
                "type": "array",
                "items": {"enum": list(WITHOUT)},
                "uniqueItems": True,
            },
            "roots": {"description": "Folders to offer.", "type": "array", "items": STRING},
            "answers": {
                "description": "Rules for what the server asks; the first that matches answers.",
                "type": "array",
                "items": {"$ref": "#/$defs/rule"},
            },
            "steps": {"description": "What to do, in order.", "type": "array", "items": {"$ref": "#/$defs/step"}},
            "expect": {"$ref": "#/$defs/expectAtEnd"},
        },
        required=["mcpwatch", "steps"],
    ),
    "$defs": {
        **DEFS,
        "step": STEP,
        "expect": EXPECT,
        "expectAtEnd": _object(
            {
                **{key: schema for key, schema in HAPPENED.items() if key != "progress"},
                "unanswered": _said(NUMBER, "How many questions had no answer; default: none."),
                "stderr": _said(TEXT, "What the servers wrote to their standard error."),
                "findings": _object(
                    {
                        "fail_on": {
                            "enum": ["error", "warning", "info"],
                            "description": "The least severity that fails the script; default: error.",
                        },
                        "ignore": {
                            "description": "Rules that may be broken, by their ids.",
                            "type": "array",
                            "items": {"type": "string"},
                        },
                    },
                    "Rules of the protocol that must not be broken.",
                ),
            },
            "What has to be so in the whole session.",
        ),
    },
}
