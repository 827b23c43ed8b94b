"""Answers given on the command line: one text, one action, one form, a list of folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.question import METHOD_NOT_FOUND, Answer, Answerer, Question, Unanswerable, elicit_option
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
    question unanswered and is named. A URL is never accepted by this.
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
        except UsageError as error:
            raise Unanswerable(f"--elicit does not fit this form: {error}") from None
        return Answer(rule, result={"action": "accept", "content": fill(question.schema, given)})

    return answer


def fill(schema: JsonObject, given: Mapping[str, Any]) -> JsonObject:
    """`given` and the schema's defaults. Raises `Unanswerable` where a required field still lacks a value."""
    fields = {name: mapping(field) for name, field in mapping(schema.get("properties")).items()}
    content: JsonObject = {name: field["default"] for name, field in fields.items() if "default" in field}
    content.update(given)
    wanted = elicit_option(schema, content)
    if wanted != "--elicit accept":
        raise Unanswerable(wanted)
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
