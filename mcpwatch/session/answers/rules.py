"""Answers files: rules that say what the server hears when it asks, read, checked, and tried in their order.

A rule that is written wrongly is told when the file is read, with line and column. What can only be seen with the
question at hand (a form's fields, the tools on offer) is told then, as a `WrongRule`: the server hears a refusal, never
a broken answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import anyio

from mcpwatch.documents import Document, check_document, read_document
from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers.giving import Given, Unfit, give, listed
from mcpwatch.session.answers.matchers import described, is_for, regexes, takes_urls
from mcpwatch.session.answers.question import Answer, Answerer, Question, Unanswerable, WrongRule
from mcpwatch.session.answers.schema import ANSWERS, ANSWERS_SCHEMA, EXTRAS, KINDS, RULE_SCHEMA
from mcpwatch.session.matching import regex_error
from mcpwatch.session.templates import Unresolved, environment, expand, places_in, reach

__all__ = ["ANSWERS_SCHEMA", "RULE_SCHEMA", "AnswersFile", "Rules", "read_answers", "rules_from"]

JsonObject: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[str | int, ...]
LookUp: TypeAlias = Callable[[str], Any]
SUFFIXES: Final = (".yaml", ".yml", ".json")
QUOTABLE: Final = (
    *("text", "system", "tools", "turn", "tool_result", "messages"),
    *("message", "fields", "url", "params", "method", "link", "during", "nth"),
)
"""What `${question.…}` may name."""
_SECONDS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class AnswersFile(Protocol):
    """A file that answers: rules, or functions."""

    def answerers(self) -> list[Answerer]:
        """Those who answer, in the order in which they are to be asked."""
        ...

    def unused(self) -> list[str]:
        """What was never needed, a sentence each that begins with its place."""
        ...


class Rules:
    """The rules of one file, or of one step of a script. How often each has answered is kept here."""

    def __init__(self, rules: Sequence[_Rule], roots: Answerer | None = None) -> None:
        self._rules = rules
        self._roots = roots

    def answerers(self) -> list[Answerer]:
        """One for each rule, in order, and the file's roots last."""
        return [*(rule.answer for rule in self._rules), *([self._roots] if self._roots else ())]

    def unused(self) -> list[str]:
        """The rules that never matched, and those that have answers left, a sentence each."""
        return [left for rule in self._rules if (left := rule.left()) is not None]


def read_answers(path: Path) -> AnswersFile:
    """The answers in a file: rules (`.yaml`, `.yml`, `.json`) or Python functions (`.py`).

    Raises `UsageError` where it cannot be read or is none, with line and column.
    """
    if path.suffix == ".py":
        from mcpwatch.session.answers.functions import read_functions

        return read_functions(path)
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path} is no answers file.", hint=f"It ends in .py, {', '.join(SUFFIXES)}.")
    document = read_document(path)
    given = mapping(document.value)
    if "steps" in given or "target" in given or "targets" in given:
        raise UsageError(f"{path} is a script, not an answers file.", hint=f"Run it: mcpwatch test {path}")
    check_document(document, ANSWERS_SCHEMA)
    folder = path.parent
    roots = None if "roots" not in given else _roots(document, folder)
    rules = rules_from(document, folder=folder)
    return Rules(rules._rules, roots)  # pyright: ignore[reportPrivateUsage]


def rules_from(
    document: Document, path: Sequence[str | int] = ("answers",), *, folder: Path, look_up: LookUp | None = None
) -> Rules:
    """The rules at `path`, whose shape has been checked by `RULE_SCHEMA`. Folders and files are relative to `folder`.

    `look_up` resolves the `${…}` that are not the question's, when a rule answers; without it they are environment
    variables, which have to be set now. Raises `UsageError` with line and column.
    """
    rules = items(document.get(path))
    return Rules([_Rule(document, (*path, number), folder, look_up) for number in range(len(rules))])


def _roots(document: Document, folder: Path) -> Answerer:
    rule = document.line(("roots",))
    try:
        folders = expand(mapping(document.value)["roots"], environment)
        found = listed(folders, folder)
    except Unresolved as error:
        raise document.error(("roots", *error.path), str(error), error.hint) from None
    except Unfit as unfit:
        raise document.error(("roots", *unfit.path), str(unfit), unfit.hint) from None

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result={"roots": found}) if question.kind == "roots" else None

    return answer


class _Rule:
    """One rule: its matcher, its answers, and how many of them were given."""

    def __init__(self, document: Document, place: Place, folder: Path, look_up: LookUp | None) -> None:
        self._document, self._place, self._folder, self._look_up = document, place, folder, look_up
        written: Mapping[str, Any] = document.get(place)
        self.name = document.line(place)
        self._kind = next(kind for kind in KINDS if kind in written)
        self._wanted: Any = written[self._kind]
        self._extra = {key: written[key] for key in EXTRAS[self._kind] if key in written}
        key = next(key for key in (*ANSWERS[self._kind], "each", "turns") if key in written)
        self._by_turn = key == "turns"
        self._runs_out = key == "each" or (key == "text" and isinstance(written[key], list))
        self._answers: list[tuple[Place, JsonObject]] = []
        """Each answer with the place where it is written, relative to the rule."""
        if key in ("each", "turns"):
            self._answers = [((key, number), dict(one)) for number, one in enumerate(written[key])]
        elif self._runs_out:
            self._answers = [((key, number), {key: one}) for number, one in enumerate(written[key])]
        else:
            self._answers = [((), {key: written[key]})]
        self._given = 0
        self._check(written)

    async def answer(self, question: Question) -> Answer | None:
        """Answer a question that the rule is for, in its turn. Raises `WrongRule`, and `Unanswerable` after its last
        answer.
        """
        if not is_for(self._kind, self._wanted, question):
            return None
        number = self._number(question)
        place, answer = self._answers[number]
        if (
            question.is_url
            and ("accept" in answer or answer.get("action") == "accept")
            and not takes_urls(self._wanted)
        ):
            return None
        self._given += 1
        await anyio.sleep(_seconds(answer.get("delay", self._extra.get("delay", 0))))
        result, error = self._make(place, answer, question)
        return Answer(self.name, result=result, error=error)

    def left(self) -> str | None:
        """What to say of a rule that was not needed, or not all of it; None for others."""
        what = f"{self.name}: {described(self._kind, self._wanted)}"
        if not self._given:
            return f"{what} never matched"
        if self._runs_out and self._given < len(self._answers):
            return f"{what} gave {self._given} of its {len(self._answers)} answers"
        return None

    def _number(self, question: Question) -> int:
        """Which of the answers is next. Raises `Unanswerable` where they are used up."""
        if self._by_turn:
            turn = question.turn
            if turn >= len(self._answers):
                raise Unanswerable(f"{self.name} has {len(self._answers)} turns, and this is turn {turn + 1}")
            return turn
        if self._runs_out:
            if self._given == len(self._answers):
                raise Unanswerable(f"{self.name} has {len(self._answers)} answers, and they are used up")
            return self._given
        return 0

    def _make(self, place: Place, answer: JsonObject, question: Question) -> Given:
        at = (*self._place, *place)
        try:
            filled = expand(self._extra | answer, lambda name: self._resolve(name, question))
            return give(filled, question, self._folder)
        except Unresolved as error:
            raise self._wrong((*at, *error.path), str(error), error.hint) from None
        except Unfit as unfit:
            # A list of texts is one answer each, so what it holds is where the list is.
            raise self._wrong((*at, *unfit.path), str(unfit), unfit.hint, key=unfit.key) from None

    def _wrong(self, path: Place, message: str, hint: str, *, key: bool = False) -> WrongRule:
        return WrongRule(f"{self._document.at(path, key=key)}: {message}", self.name, hint=hint)

    def _resolve(self, name: str, question: Question) -> Any:
        if name == "question" or name.startswith(("question.", "question[")):
            return reach({"question": _Quoted(question)}, name)
        return (self._look_up or environment)(name)

    def _check(self, written: Mapping[str, Any]) -> None:
        """Tell now what can be told without a question."""
        if not self._answers:
            raise self._document.error((*self._place, "text"), "text: it must not be empty.")
        for where, pattern in regexes(self._wanted):
            wrong = regex_error(pattern)
            if wrong is not None:
                raise self._document.error((*self._place, self._kind, *where), wrong)
        for path, name in places_in({key: value for key, value in written.items() if key != self._kind}):
            at = (*self._place, *path)
            head = name.replace("[", ".").split(".")
            if head[0] == "question":
                if len(head) < 2 or head[1] not in QUOTABLE:
                    known = f"There is {', '.join(QUOTABLE)}."
                    said = f"a question has no {head[1]!r}." if len(head) > 1 else "what of the question?"
                    raise self._document.error(at, f"${{{name}}}: {said}", known)
            elif self._look_up is None:
                try:
                    environment(name)
                except LookupError as error:
                    hint = "Write $${ for a ${ that is meant as it stands."
                    raise self._document.error(at, f"${{{name}}}: {error.args[0]}", hint) from None
        if self._kind == "elicitation" and takes_urls(self._wanted):
            for place, answer in self._answers:
                if answer.get("accept"):
                    at = (*self._place, *place, "accept")
                    raise self._document.error(at, "a page to visit takes no fields.", "Write action: accept.")


class _Quoted(dict[str, Any]):
    """A question as a mapping, each part of it looked up when it is quoted."""

    def __init__(self, question: Question) -> None:
        super().__init__(dict.fromkeys(QUOTABLE))
        self._question = question

    def __getitem__(self, key: str) -> Any:
        return getattr(self._question, key)


def _seconds(delay: Any) -> float:
    if isinstance(delay, int | float):
        return float(delay)
    text = str(delay).strip()
    unit = next((unit for unit in _SECONDS if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * _SECONDS.get(unit, 1.0)
