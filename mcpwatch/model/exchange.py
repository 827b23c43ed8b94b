"""A request with all that belongs to it: response, progress, logs, questions, input rounds, cancellation.

An exchange holds where its frames are (`seq`s, a byte each) and a small running state. The messages themselves
stay in the recording and are fetched when a property is read, so a million frames fit in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from mcpwatch.events import Direction, Event, Frame, JsonId
from mcpwatch.model.progress import Bar, Progress
from mcpwatch.model.question import Question
from mcpwatch.model.rising import Rising
from mcpwatch.model.shapes import items, key, mapping, params, scalar

State: TypeAlias = Literal["running", "done", "failed", "tool_error", "input_required", "cancelled", "lost"]
"""`done` a result · `failed` an error response · `tool_error` a result with `isError` · `input_required` the server
asked back and the next round has not been sent · `cancelled` by either side · `lost` it can no longer be answered."""
Fetch: TypeAlias = Callable[[int], Event]
"""From a `seq` to its event, as the recording has it."""

CLOSED_LINK = "the link closed"


class Log(NamedTuple):
    """One `notifications/message`. Every field is what the sender wrote, whatever its type; `t` in seconds."""

    level: Any
    logger: Any
    data: Any
    t: float = 0.0
    seq: int = 0


@dataclass(slots=True)
class Round:
    """One request of a conversation. `asked` are the keys of the questions that its result carried."""

    seq: int
    id: JsonId
    started: float
    ended: float | None = None
    answered: int | None = None
    """The `seq` of its response."""
    asked: tuple[str, ...] = ()


class Cancellation(NamedTuple):
    """A `notifications/cancelled`: its `seq`, who sent it and when (seconds)."""

    seq: int
    dir: Direction
    t: float


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and everything after it. In the modern era several requests, tied by `requestState`, are one
    exchange.

    `started` and `ended` are seconds on the recording's clock. `ended` is None while it runs; an exchange that waits
    for its next round (`input_required`) has ended for the wire and runs again when that round is sent.
    """

    link: str
    dir: Direction
    method: str
    name: str | None
    """What it is about: a tool's or prompt's name, a resource's URI."""
    id: JsonId
    seq: int
    started: float
    by: str | None = None
    """Who sent it, as in `Frame.by`."""
    state: State = "running"
    ended: float | None = None
    answered: int | None = None
    """The `seq` of the (last) response."""
    reason: str | None = None
    """Why it is cancelled, lost, or stopped at a question, where something said so."""
    number: int = 0
    """Its position in `Timeline.exchanges`."""
    cancellation: Cancellation | None = None
    sent_again: tuple[int, ...] = ()
    """The `seq`s under which a request of it was sent once more, where HTTP redirected it or wanted a login first:
    what is answered is the last."""
    bars: tuple[Bar, ...] = ()
    """One per progress token that was used: one a round."""
    progress_seqs: Rising | None = field(default=None, repr=False)
    log_seqs: Rising | None = field(default=None, repr=False)
    asked: list[Question] | None = field(default=None, repr=False)
    conversation: list[Round] | None = field(default=None, repr=False)
    fetch: Fetch | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def ok(self) -> bool:
        """It ended with a result that is no tool error."""
        return self.state == "done"

    @property
    def ms(self) -> float | None:
        """Milliseconds from the (first) request to the end; None while it runs."""
        return None if self.ended is None else (self.ended - self.started) * 1000.0

    @property
    def stopped(self) -> bool:
        """It was asked for input and no further round will come: `reason` says why."""
        return self.state == "input_required" and self.reason is not None

    @property
    def long_running(self) -> bool:
        """A stream that stays open by design (`subscriptions/listen`): nothing to wait for."""
        return self.method == "subscriptions/listen"

    @property
    def bar(self) -> Bar | None:
        """The state of its (latest) progress token, None if no progress came."""
        return self.bars[-1] if self.bars else None

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the server asked during it, in order, input rounds included."""
        return tuple(self.asked or ())

    @property
    def rounds(self) -> tuple[Round, ...]:
        """Its requests in order: one, unless the server answered with `input_required`."""
        if self.conversation is not None:
            return tuple(self.conversation)
        return (Round(self.seq, self.id, self.started, self.ended, self.answered),)

    @property
    def log_count(self) -> int:
        return len(self.log_seqs) if self.log_seqs is not None else 0

    @property
    def progress_count(self) -> int:
        return sum(bar.count for bar in self.bars)

    def add_progress(self, seq: int) -> None:
        """One more progress message, in the frame `seq`: several in one batch are one frame."""
        if self.progress_seqs is None:
            self.progress_seqs = Rising()
        self.progress_seqs.add(seq)

    def add_log(self, seq: int) -> None:
        """One more log, in the frame `seq`."""
        if self.log_seqs is None:
            self.log_seqs = Rising()
        self.log_seqs.add(seq)

    def seqs(self) -> list[int]:
        """Every frame that belongs to it, in order: requests, responses, progress, logs, questions, answers,
        cancellation."""
        found = {self.seq, *self.sent_again}
        if self.answered is not None:
            found.add(self.answered)
        for one in self.conversation or ():
            found.add(one.seq)
            if one.answered is not None:
                found.add(one.answered)
        found.update(self.progress_seqs or ())
        found.update(self.log_seqs or ())
        for question in self.asked or ():
            found.add(question.seq)
            if question.answer_seq is not None:
                found.add(question.answer_seq)
        if self.cancellation is not None:
            found.add(self.cancellation.seq)
        return sorted(found)

    def may_be_answered_by(self, frame: Frame) -> bool:
        """Whether a response or error can be this one's: of its link, to its sender, and to its latest round."""
        if self.link != frame.link or self.dir == frame.dir:
            return False
        if self.conversation is not None and frame.re not in (self.conversation[-1].seq, *self.sent_again):
            return False
        return self.state in ("running", "lost", "cancelled")

    def holds(self, seq: int) -> bool:
        """Whether a notification with this `seq` is one of its progress messages, logs, or its cancellation."""
        if self.progress_seqs is None and self.log_seqs is None and self.cancellation is None:
            return False  # most of them: this is asked of many exchanges for one frame
        if self.cancellation is not None and self.cancellation.seq == seq:
            return True
        return any(seqs is not None and seq in seqs for seqs in (self.progress_seqs, self.log_seqs))

    # What follows reads messages back, and raises LookupError if the timeline was given no way to fetch them.

    @property
    def request(self) -> Frame:
        """The (first) request as it crossed the wire."""
        return self.frame(self.seq)

    @property
    def response(self) -> Frame | None:
        """The (last) response or error as it crossed the wire, None while there is none."""
        if self.answered is None:
            return None
        if self.fetch is not None and not isinstance(self.fetch(self.answered), Frame):
            return None  # a note says that this ended it, in a file that was made up
        return self.frame(self.answered)

    @property
    def params(self) -> Any:
        """The `params` of the (first) request, None if it has none."""
        return mapping(self._request_message(self.seq, self.id)).get("params")

    @property
    def result(self) -> Any:
        """The `result` member of the (last) response, None without one."""
        return mapping(self._response_message()).get("result")

    @property
    def error(self) -> Any:
        """The `error` member of the (last) response, None without one."""
        return mapping(self._response_message()).get("error")

    @property
    def progress(self) -> list[Progress]:
        """Every progress notification that belongs to it, in order."""
        tokens = {key(bar.token) for bar in self.bars}
        found: list[Progress] = []
        for frame, message in self._messages(self.progress_seqs, "notifications/progress"):
            said = params(message)
            if key(scalar(said.get("progressToken"))) in tokens:
                found.append(Progress(said.get("progress"), said.get("total"), said.get("message"), frame.t, frame.seq))
        return found

    @property
    def logs(self) -> list[Log]:
        """Every log that belongs to it, in order. Over stdio: those that came while it was the only call in flight."""
        return [
            Log(said.get("level"), said.get("logger"), said.get("data"), frame.t, frame.seq)
            for frame, message in self._messages(self.log_seqs, "notifications/message")
            for said in (params(message),)
        ]

    def frame(self, seq: int) -> Frame:
        """The frame with this `seq`. Raises `LookupError` if messages cannot be fetched, or it is no frame."""
        if self.fetch is None:
            raise LookupError("this timeline keeps no messages: make it with Timeline(fetch=…) to read them back")
        event = self.fetch(seq)
        if not isinstance(event, Frame):
            raise LookupError(f"event {seq} is no frame")
        return event

    def question_params(self, question: Question) -> Any:
        """What `question`, one of this exchange's, asked."""
        if question.key is None:
            return self.params
        frame = self.frame(question.seq)
        for message in _messages_of(frame):
            asked = mapping(mapping(mapping(message).get("result")).get("inputRequests"))
            if question.key in asked:
                return mapping(asked[question.key]).get("params")
        return None

    def question_answer(self, question: Question) -> Any:
        """What was sent as the answer to `question`, one of this exchange's."""
        if question.answer_seq is None:
            return None
        if question.key is None:
            message = mapping(self._response_message())
            return message.get("result", message.get("error"))
        for message in _messages_of(self.frame(question.answer_seq)):
            given = mapping(params(message).get("inputResponses"))
            if question.key in given:
                return given[question.key]
        return None

    def _messages(self, seqs: Rising | None, method: str) -> list[tuple[Frame, Any]]:
        return [
            (frame, message)
            for seq in seqs or ()
            for frame in (self.frame(seq),)
            for message in _messages_of(frame)
            if mapping(message).get("method") == method
        ]

    def _request_message(self, seq: int, id: JsonId) -> Any:
        return _with_id(self.frame(seq), id, request=True)

    def _response_message(self) -> Any:
        frame = self.response
        if frame is None:
            return None
        last = self.conversation[-1].id if self.conversation else self.id
        return _with_id(frame, last, request=False)


def _messages_of(frame: Frame) -> tuple[Any, ...] | list[Any]:
    """A frame's messages: its one, or a batch's many."""
    return list(items(frame.message)) if frame.type == "batch" else (frame.message,)


def _with_id(frame: Frame, id: JsonId, *, request: bool) -> Any:
    """The message of a frame; in a batch the request, or the answer, with this id."""
    if frame.type != "batch":
        return frame.message
    for message in items(frame.message):
        shape: Mapping[str, Any] = mapping(message)
        if ("method" in shape) == request and key(shape.get("id")) == key(id):
            return message
    return None
