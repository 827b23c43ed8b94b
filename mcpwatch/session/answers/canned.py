"""Answers given on the command line: one text, one action, one form, a list of folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.question import METHOD_NOT_FOUND, Answer, Answerer, Question, Unanswerable, lacking
from mcpwatch.session.arguments import read_arguments

__all__ = ["elicit", "elicit_url", "roots", "sampling", "undeclared"]

JsonObject: TypeAlias = dict[str, Any]


def sampling(text: str, *, rule: str = "--sampling") -> Answerer:
    """Every sampling request is answered with `text`."""
    result = {
        "role": "assistant",
        "content": {"type": "text", "text": text},
        "model": "mcpwatch",
        "stopReason": "endTurn",
    }

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result=result) if question.kind == "sampling" else None

    return answer


def elicit(how: str | Mapping[str, Any], *, rule: str = "--elicit") -> Answerer:
    """`accept`, `decline`, `cancel`, the fields as `k=v …`, or a mapping of them.

    Accepting takes the schema's defaults for what was not given; a required field that then lacks a value leaves the
    question unanswered and is named, and so does a word for a field that the form does not have: who wants to send
    one writes an object. A URL is never accepted by this.
    """

    async def answer(question: Question) -> Answer | None:
        if question.kind != "elicitation":
            return None
        if how in ("decline", "cancel"):
            return Answer(rule, result={"action": how})
        if question.is_url:
            return None
        try:
            given = (
                {}
                if how == "accept"
                else dict(how)
                if isinstance(how, Mapping)
                else read_arguments(how, question.schema)
            )
            if isinstance(how, str) and not how.lstrip().startswith("{"):
                _known(given, question)
            content = _filled(question.schema, given)
        except UsageError as error:
            said = f"{error} {error.hint}" if isinstance(error, _Unfit) else str(error)
            raise Unanswerable(f"{rule} does not fit this form: {said}") from None
        return Answer(rule, result={"action": "accept", "content": content})

    return answer


class _Unfit(UsageError):
    """Words that are some, for a form that is another."""


def _known(given: Mapping[str, Any], question: Question) -> None:
    """Raises `_Unfit` for the first field that the form does not have."""
    known = question.fields
    for name in given:
        if name not in known and (known or question.schema.get("additionalProperties") is False):
            near = get_close_matches(name, known, n=1)
            listed = f"It has {', '.join(known)}." if known else "It has none."
            raise _Unfit(f"it has no field {name!r}.", hint=f"Did you mean {near[0]!r}? {listed}" if near else listed)


def _filled(schema: JsonObject, given: Mapping[str, Any]) -> JsonObject:
    """`given` and the schema's defaults. Raises `_Unfit` where a required field still lacks a value."""
    fields = {name: mapping(field) for name, field in mapping(schema.get("properties")).items()}
    content: JsonObject = {name: field["default"] for name, field in fields.items() if "default" in field}
    content.update(given)
    missing = lacking(schema, content)
    if missing:
        said = f"{missing[0]} is required and has no default."
        if len(missing) > 1:
            said = f"{', '.join(missing[:-1])} and {missing[-1]} are required and have no default."
        raise _Unfit(said, hint=f"Add {' '.join(f'{name}=…' for name in missing)}")
    return content


def elicit_url(*, rule: str = "--elicit-url") -> Answerer:
    """Consent to every URL elicitation. Nothing is opened and nothing is fetched."""

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result={"action": "accept"}) if question.is_url else None

    return answer


def roots(folders: Sequence[str | Path], *, rule: str = "--root") -> Answerer:
    """`roots/list` is answered with these folders, as file URIs."""
    listed = [{"uri": path.as_uri(), "name": path.name} for path in (Path(folder).resolve() for folder in folders)]

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result={"roots": listed}) if question.kind == "roots" else None

    return answer


def undeclared(without: frozenset[str]) -> Answerer:
    """A lesser client: what `--without` left undeclared is unknown to us, and no finding of ours."""

    async def answer(question: Question) -> Answer | None:
        if question.kind not in without:
            return None
        error = {"code": METHOD_NOT_FOUND, "message": f"Method not found: {question.method}"}
        return Answer(f"--without {question.kind}", error=error)

    return answer
