"""Whether a rule is meant for a question: the matcher of the rule held against what was asked. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers.conversation import texts
from mcpwatch.session.answers.question import Question
from mcpwatch.session.matching import OPERATORS, mismatch, number_matches, text_matches

__all__ = ["described", "is_for", "regexes", "takes_urls"]

_PLAIN: Mapping[str, str] = {"sampling": "text", "elicitation": "message", "request": "method"}
"""What a matcher that is only a text is about."""


def is_for(kind: str, wanted: Any, question: Question) -> bool:
    """Whether a matcher of this kind takes the question. It has the shape that the schema of rules gives it."""
    if kind != "request" and question.kind != kind:
        return False
    if isinstance(wanted, str):
        wanted = {_PLAIN[kind]: wanted}
    return all(_fits(kind, key, value, question) for key, value in mapping(wanted).items())


def takes_urls(wanted: Any) -> bool:
    """Whether an elicitation's matcher names pages to visit: only then does an acceptance go to one."""
    return mapping(wanted).get("mode") == "url" or "url" in mapping(wanted)


def described(kind: str, wanted: Any) -> str:
    """A matcher in a few words: `sampling 'capital of France'`."""
    if not wanted:
        return kind
    if isinstance(wanted, str):
        return f"{kind} {wanted!r}"
    return f"{kind} ({', '.join(f'{key}: {_short(value)}' for key, value in mapping(wanted).items())})"


def regexes(wanted: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The regular expressions of a matcher, each with its place, also those in `params` and `metadata`."""
    if isinstance(wanted, list):
        for number, one in enumerate(cast("list[Any]", wanted)):
            yield from regexes(one, (*path, number))
    for key, value in mapping(wanted).items():
        if key == "regex" and isinstance(value, str) and mapping(wanted).keys() <= OPERATORS:
            yield (*path, key), value
        else:
            yield from regexes(value, (*path, key))


def _fits(kind: str, key: str, wanted: Any, question: Question) -> bool:
    params = question.params
    match key:
        case "nth":
            return number_matches(wanted, question.nth)
        case "link":
            return wanted == question.link
        case "tool":
            return wanted == question.during
        case "params":
            return mismatch(wanted, params) is None
        case "method":
            return question.method == wanted if isinstance(wanted, str) else text_matches(wanted, question.method)
        case "text":
            return text_matches(wanted, question.text)
        case "any":
            return any(text_matches(wanted, texts(message)) for message in question.messages)
        case "system":
            return text_matches(wanted, question.system)
        case "tools":
            return ({wanted} if isinstance(wanted, str) else set(wanted)) <= set(question.tools)
        case "model":
            hints = items(mapping(params.get("modelPreferences")).get("hints"))
            names = (mapping(hint).get("name") for hint in hints)
            return any(text_matches(wanted, name) for name in names if isinstance(name, str))
        case "metadata":
            return mismatch(wanted, params.get("metadata")) is None
        case "message":
            return text_matches(wanted, question.message)
        case "mode":
            return (wanted == "url") == question.is_url
        case "fields":
            return ({wanted} if isinstance(wanted, str) else set(wanted)) <= question.fields.keys()
        case "url":
            return question.is_url and text_matches(wanted, question.url)
        case _:
            raise AssertionError(f"{kind} has no {key}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:39] + "…"
