"""What a server asked of the client, and how it was answered.

A question is a request from server to client, or one entry of `inputRequests` in an `input_required` result: the two
eras' ways of asking the same thing. The wire says what was asked and answered; a `Note` says which rule or person
chose it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from mcpwatch.events import Frame, JsonId, Note
from mcpwatch.model.server import Server, tally
from mcpwatch.model.shapes import mapping, text

if TYPE_CHECKING:
    from mcpwatch.model.exchange import Exchange

Kind: TypeAlias = Literal["sampling", "elicitation", "roots", "ping", "other"]
QuestionState: TypeAlias = Literal["waiting", "answered", "refused", "cancelled", "lost"]

KINDS: Final[dict[str, Kind]] = {
    "sampling/createMessage": "sampling",
    "elicitation/create": "elicitation",
    "roots/list": "roots",
    "ping": "ping",
}


@dataclass(slots=True, eq=False)
class Question:
    """One question. `seq` is the frame that carries it: the request, or the `input_required` result (then `key` names
    it).

    Times are seconds on the recording's clock. State: `waiting`; `answered` (also by an elicitation's decline or
    cancel); `refused` (the answer is an error); `cancelled` (the server took it back); `lost` (the link closed
    first).
    """

    link: str
    method: str
    kind: Kind
    seq: int
    asked: float
    exchange: Exchange
    """The request itself as an exchange; for an input round the call whose result asked."""
    key: str | None = None
    id: JsonId = None
    mode: Literal["form", "url"] | None = None
    """What kind of elicitation; None for everything else."""
    during: Exchange | None = None
    """The client's call that was being served, where that is known."""
    state: QuestionState = "waiting"
    answered: float | None = None
    answer_seq: int | None = None
    """The frame that carries the answer: the response, or the next round's request."""
    rule: str | None = None
    who: str | None = None
    """Who answered, as the session said it: `auto` if nobody typed it. None in a proxy."""
    action: str | None = None
    """`accept`, `decline` or `cancel` for an elicitation; else what the session called it."""
    unanswered: bool = False
    """Nothing had an answer, so the protocol's refusal was given: an error, or an elicitation's decline."""
    option: str | None = None
    """The option that would have answered it."""
    number: int = 0
    """Its position in `Timeline.questions`."""
    kept: Any = field(default=None, repr=False)
    """The params while it waits; afterwards they are read back."""
    error: Mapping[str, Any] | None = None
    """What one of several in an input round was refused with, which no frame carries."""

    @property
    def waiting(self) -> bool:
        return self.state == "waiting"

    @property
    def ms(self) -> float | None:
        """Milliseconds from question to answer."""
        return None if self.answered is None else (self.answered - self.asked) * 1000.0

    @property
    def params(self) -> Any:
        """What was asked, as it stood on the wire. Raises `LookupError` once answered if the timeline cannot fetch."""
        if self.kept is not None:
            return self.kept
        return self.exchange.question_params(self)

    @property
    def answer(self) -> Any:
        """The result (or the error object) that was sent, None if there is none. Raises `LookupError` like `params`."""
        return self.error if self.error is not None else self.exchange.question_answer(self)


class Questions:
    """All questions of all links, and what is written to them. Owned by the fold."""

    def __init__(self) -> None:
        self.all: list[Question] = []
        self._seqs = array("Q")
        self._waiting: dict[int, Question] = {}

    def ask(
        self,
        server: Server,
        frame: Frame,
        method: str,
        said: Mapping[str, Any],
        exchange: Exchange,
        *,
        during: Exchange | None,
        key: str | None = None,
    ) -> None:
        """The server asks: `said` are the params, `key` the entry's in an `input_required` result."""
        kind = KINDS.get(method, "other")
        question = Question(frame.link, method, kind, frame.seq, frame.t, exchange, key, during=during, kept=said)
        question.id = exchange.id if key is None else None
        used: str = kind
        if kind == "elicitation":
            question.mode = "url" if said.get("mode") == "url" else "form"
            used = "elicitation.url" if question.mode == "url" else kind
        tally(server.asked, used)
        if kind not in ("ping", "other"):
            server.needs.add(used)
            if kind == "sampling" and "tools" in said:
                server.needs.add("sampling.tools")
        question.number = len(self.all)
        self.all.append(question)
        self._seqs.append(frame.seq)
        self._waiting[question.number] = question
        if during is not None:
            if during.asked is None:
                during.asked = []
            during.asked.append(question)

    def answered(self, question: Question, answer: Any, frame: Frame) -> None:
        """The wire carries an answer: a response, an error, or an entry in the next round's request."""
        question.answer_seq = frame.seq
        if question.answered is None:
            question.answered = frame.t
        if question.kind == "elicitation":
            question.action = text(mapping(answer).get("action")) or question.action
        if question.state != "cancelled":
            question.state = "refused" if frame.type == "error" else "answered"
        question.kept = None
        self._waiting.pop(question.number, None)

    def answered_by_round(self, exchange: Exchange, said: Mapping[str, Any], frame: Frame) -> None:
        """The next round's request carries answers under the keys of the questions."""
        given = mapping(said.get("inputResponses"))
        for question in exchange.asked or ():
            if question.key is not None and question.key in given and question.answer_seq is None:
                self.answered(question, given[question.key], frame)

    def chosen(self, note: Note) -> None:
        """A note says who or what answered the questions that the frame `note.re` carries, or that nothing did."""
        key = note.data.get("key")
        for question in [] if note.re is None else self.at(note.re):
            if question.link != note.link or (key is not None and question.key != key):
                continue
            if note.what == "unanswered":
                question.unanswered = True
                question.option = text(note.data.get("wanted")) or text(note.data.get("option"))
            else:
                question.rule = text(note.data.get("rule"))
                question.who = text(note.data.get("who")) or ("auto" if note.data.get("auto") is True else None)
                question.action = text(note.data.get("action")) or question.action
            if question.key is not None and question.state == "waiting":
                # What goes into the next round has no frame of its own: the note is when it was given.
                question.answered = note.t
                error = note.data.get("error")
                question.error = cast("Mapping[str, Any]", error) if isinstance(error, Mapping) else None
                refused = note.what == "unanswered" or question.error is not None
                self.close(question, "refused" if refused else "answered")

    def close(self, question: Question, state: QuestionState) -> None:
        """It waits no longer."""
        if question.state == "waiting":
            question.state, question.kept = state, None
        self._waiting.pop(question.number, None)

    def waiting(self, link: str | None = None) -> list[Question]:
        """Those without an answer, in order."""
        return [one for one in list(self._waiting.values()) if link in (None, one.link)]

    def at(self, seq: int) -> list[Question]:
        """Those that the frame with this `seq` carries."""
        start = bisect_left(self._seqs, seq)
        found: list[Question] = []
        while start < len(self._seqs) and self._seqs[start] == seq:
            found.append(self.all[start])
            start += 1
        return found

    def of(self, exchange: Exchange) -> list[Question]:
        """The question that an exchange of the server is."""
        return [one for one in self.at(exchange.seq) if one.exchange is exchange]
