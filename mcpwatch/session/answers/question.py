"""What a question and an answer are, and the order in which answerers are asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mcpwatch.model.shapes import items, mapping

__all__ = ["Answer", "Answerer", "Answers", "Kind", "Question", "Unanswerable", "kind_of", "refuse"]

Kind: TypeAlias = Literal["sampling", "elicitation", "roots", "ping", "request"]
JsonObject: TypeAlias = dict[str, Any]
_KINDS: Mapping[str, Kind] = {
    "sampling/createMessage": "sampling",
    "elicitation/create": "elicitation",
    "roots/list": "roots",
    "ping": "ping",
}
METHOD_NOT_FOUND = -32601
USER_REJECTED = -1
"""The code that the specification's example uses for a sampling request that the user turned down."""


def kind_of(method: str) -> Kind:
    """The kind of question that a request of this method is."""
    return _KINDS.get(method, "request")


@dataclass(frozen=True, slots=True)
class Question:
    """One request of the server. `seq` is the frame that asked it; `key` names it inside an input round."""

    link: str
    method: str
    params: JsonObject
    seq: int
    key: str | None = None

    @property
    def kind(self) -> Kind:
        return kind_of(self.method)

    @property
    def is_url(self) -> bool:
        return self.kind == "elicitation" and self.params.get("mode") == "url"

    @property
    def schema(self) -> JsonObject:
        """The schema of the form that an elicitation asks for; empty where there is none."""
        return dict(mapping(self.params.get("requestedSchema")))


@dataclass(frozen=True, slots=True)
class Answer:
    """What we reply: a `result`, or an `error` with code and message.

    `rule` says what chose it: the option, the rule's file and line, `person`. `auto` is an answer that nobody asked
    for. `answered` is False where nothing matched and the protocol's refusal went out; `wanted` then names an option
    that would have answered.
    """

    rule: str
    result: Any = None
    error: JsonObject | None = None
    auto: bool = False
    answered: bool = True
    wanted: str = ""

    @property
    def action(self) -> str:
        """One word for it: `error`, an elicitation's action, or `result`."""
        if self.error is not None:
            return "error"
        action = mapping(self.result).get("action")
        return action if isinstance(action, str) else "result"


Answerer: TypeAlias = Callable[[Question], Awaitable[Answer | None]]


class Answers:
    """The answerers of a session, in order; the first answer counts."""

    def __init__(self, answerers: Sequence[Answerer] = ()) -> None:
        self._answerers = tuple(answerers)

    async def answer(self, question: Question) -> Answer:
        """Never raises and never returns nothing: what no answerer takes is refused as the protocol has it."""
        reason = ""
        for answerer in self._answerers:
            try:
                answer = await answerer(question)
            except Unanswerable as why:
                reason = reason or str(why)
                continue
            except Exception as error:  # ours to survive: the server still has to hear something
                reason = reason or f"an answer that does not fail ({type(error).__name__}: {error})"
                continue
            if answer is not None:
                return answer
        return refuse(question, reason)


class Unanswerable(Exception):
    """An answerer was meant for this question but cannot answer it; the text says what it lacks."""


def elicit_option(schema: JsonObject, given: Collection[str] = ()) -> str:
    """The option that answers a form: its defaults where they do, else its required fields that have none."""
    fields = mapping(schema.get("properties"))
    missing = [
        name
        for name in items(schema.get("required"))
        if isinstance(name, str) and name not in given and "default" not in mapping(fields.get(name))
    ]
    return "--elicit '" + " ".join(f"{name}=…" for name in missing) + "'" if missing else "--elicit accept"


def refuse(question: Question, reason: str = "") -> Answer:
    """The protocol's own no: elicitation is declined, sampling is an error -1, what we do not know is -32601."""
    match question.kind:
        case "elicitation":
            wanted = "--elicit-url" if question.is_url else elicit_option(question.schema)
            return Answer("nobody", result={"action": "decline"}, answered=False, wanted=reason or wanted)
        case "sampling":
            error = {"code": USER_REJECTED, "message": "User rejected sampling request"}
            return Answer("nobody", error=error, answered=False, wanted=reason or "--sampling TEXT")
        case "roots":
            return Answer("default", result={"roots": []}, auto=True)
        case "ping":
            return Answer("default", result={}, auto=True)
        case "request":
            error = {"code": METHOD_NOT_FOUND, "message": f"Method not found: {question.method}"}
            return Answer("nobody", error=error, answered=False, wanted=reason or "--ask")
