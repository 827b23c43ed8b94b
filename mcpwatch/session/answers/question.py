"""What a question and an answer are, and the order in which answerers are asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import conversation

__all__ = [
    "Answer",
    "Answerer",
    "Answers",
    "Kind",
    "Question",
    "Refuse",
    "Unanswerable",
    "WrongRule",
    "kind_of",
    "refuse",
]

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
    during: str | None = None
    """The tool whose call it belongs to, where that is known: by its HTTP stream or its input round, over pipes only
    while one call is in flight."""
    nth: int = 1
    """It is the n-th of its kind (for other requests: of its method) on its link."""

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

    # ---- for those who write answers

    @property
    def messages(self) -> Sequence[Any]:
        """The messages of a sampling request, as they came."""
        return items(self.params.get("messages"))

    @property
    def text(self) -> str:
        """What is being asked: the text of the last message, which stays while tools are run for it; of an elicitation
        its message.
        """
        return conversation.last_text(self.messages) or self.message

    @property
    def system(self) -> str:
        """The system prompt of a sampling request; empty where there is none."""
        return conversation.system_text(self.params)

    @property
    def tools(self) -> list[str]:
        """The names of the tools that a sampling request offers to the model."""
        return conversation.tool_names(self.params)

    @property
    def turn(self) -> int:
        """How often the tools of a sampling request have been run so far: 0 before the first."""
        return conversation.turn(self.messages)

    @property
    def tool_result(self) -> str:
        """What the tools that were run last returned, as text; empty where none was."""
        return conversation.tool_result(self.messages)

    @property
    def message(self) -> str:
        """What an elicitation says; empty where it says nothing."""
        message = self.params.get("message")
        return message if isinstance(message, str) else ""

    @property
    def fields(self) -> JsonObject:
        """The fields of an elicitation's form: each name, and what the schema says about it."""
        return dict(mapping(self.schema.get("properties")))

    @property
    def url(self) -> str:
        """The address that a URL elicitation sends the person to; empty for a form."""
        url = self.params.get("url")
        return url if self.is_url and isinstance(url, str) else ""


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
    """The answerers of a session, in order; the first answer counts.

    Those `ahead` come before everything else, whatever is put first for a while: the options of the command line.
    """

    def __init__(self, answerers: Sequence[Answerer] = (), *, ahead: Sequence[Answerer] = ()) -> None:
        self._ahead = tuple(ahead)
        self._answerers = tuple(answerers)
        self._first: list[Sequence[Answerer]] = []
        self.problems: list[UsageError] = []
        """What was wrong about a rule or a function that was to answer: each ends in exit code 2."""

    @contextmanager
    def first(self, answerers: Sequence[Answerer]) -> Generator[None]:
        """Ask these before the others, for as long as the block lasts; the innermost block first."""
        entry = list(answerers)  # a list of its own: it is taken out again by identity
        self._first.insert(0, entry)
        try:
            yield
        finally:
            self._first = [one for one in self._first if one is not entry]

    async def answer(self, question: Question) -> Answer:
        """Never raises and never returns nothing: what no answerer takes is refused as the protocol has it."""
        reason = ""
        for answerer in (*self._ahead, *(one for some in self._first for one in some), *self._answerers):
            try:
                answer = await answerer(question)
            except Unanswerable as why:
                reason = reason or str(why)
                continue
            except WrongRule as wrong:
                # It was meant for this question, and nobody else is: an answer of another rule would hide it.
                self.problems.append(wrong)
                return replace(refuse(question, str(wrong)), rule=wrong.rule, auto=False, answered=False)
            except Exception as error:  # ours to survive: the server still has to hear something
                reason = reason or f"an answer that does not fail ({type(error).__name__}: {error})"
                continue
            if answer is not None:
                return answer
        return refuse(question, reason)


class Refuse(Exception):
    """Raised by a function that answers, to refuse on purpose: the server hears this error, and that is an answer."""

    def __init__(self, message: str = "refused", code: int = USER_REJECTED, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data

    @property
    def error(self) -> JsonObject:
        """The JSON-RPC error that the server hears."""
        error: JsonObject = {"code": self.code, "message": str(self)}
        return error if self.data is None else {**error, "data": self.data}


class WrongRule(UsageError):
    """A rule that matched cannot be what the question needs. The sentence begins with its place in the file; `rule` is
    what a Note calls it (`answers.yaml:12`).
    """

    def __init__(self, message: str, rule: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rule = rule


class Unanswerable(Exception):
    """An answerer was meant for this question but cannot answer it; the text says what it lacks."""


def lacking(schema: JsonObject, given: Collection[str] = ()) -> list[str]:
    """The required fields of a form that are not among `given` and have no default."""
    fields = mapping(schema.get("properties"))
    return [
        name
        for name in items(schema.get("required"))
        if isinstance(name, str) and name not in given and "default" not in mapping(fields.get(name))
    ]


def elicit_option(schema: JsonObject) -> str:
    """The option that answers a form: its defaults where they do, else its required fields that have none."""
    missing = lacking(schema)
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
            return Answer("default", result={"roots": []}, auto=True, wanted=reason)
        case "ping":
            return Answer("default", result={}, auto=True, wanted=reason)
        case "request":
            error = {"code": METHOD_NOT_FOUND, "message": f"Method not found: {question.method}"}
            return Answer("nobody", error=error, answered=False, wanted=reason or "--ask")
