"""Answers from Python: plain values, or functions of the question, per kind of question or per method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias, cast

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers import canned
from mcpwatch.session.answers.question import Answer, Answerer, Question, Refuse, Unanswerable

__all__ = ["from_python"]

JsonObject: TypeAlias = dict[str, Any]
KINDS = ("sampling", "elicitation", "roots")


def from_python(answers: Mapping[str, Any]) -> list[Answerer]:
    """The answerers that `answers` describes, in its order.

    Keys are `sampling`, `elicitation`, `roots`, or the name of any method. Values: for sampling a text or a whole
    result; for elicitation `accept`, `decline`, `cancel` or the fields of the form; for roots a list of folders; for
    a method its result; for each of them also a function of the `Question`, sync or async, that returns such a value
    or raises to refuse. Raises `UsageError` for a value of the wrong kind, and for a key that is a slip.
    """
    made: list[Answerer] = []
    for name, value in answers.items():
        if name not in KINDS and "/" not in name and (near := get_close_matches(name, KINDS, n=1, cutoff=0.75)):
            raise UsageError(f"answers has the unknown key {name!r}.", hint=f"Did you mean {near[0]!r}?")
        if callable(value):
            made.append(_called(name, cast("Callable[[Question], Any]", value)))
        else:
            made.append(_fixed(name, value, f"answers[{name!r}]"))
    return made


def _fixed(name: str, value: Any, rule: str) -> Answerer:
    if name == "sampling" and isinstance(value, str):
        return canned.sampling(value, rule=rule)
    if name == "elicitation" and isinstance(value, str | dict) and "action" not in mapping(value):
        return canned.elicit(cast("str | JsonObject", value), rule=rule)
    if name == "roots" and isinstance(value, Sequence) and not isinstance(value, str):
        return canned.roots(cast("Sequence[str]", value), rule=rule)
    if not isinstance(value, dict):
        raise UsageError(f"{rule} is no answer: {value!r}.", hint="A result as a dict, or see watch()'s documentation.")

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result=value) if name in (question.kind, question.method) else None

    return answer


def _called(name: str, function: Callable[[Question], Any]) -> Answerer:
    rule = getattr(function, "__qualname__", "a function")

    async def answer(question: Question) -> Answer | None:
        if name not in (question.kind, question.method):
            return None
        try:
            value = function(question)
            if inspect.isawaitable(value):
                value = await value
            return None if value is None else await _fixed(name, value, rule)(question)
        except Unanswerable:
            raise
        except Refuse as refused:
            return Answer(rule, error=refused.error)
        except Exception as error:
            return Answer(rule, error={"code": -1, "message": f"{type(error).__name__}: {error}"})

    return answer
