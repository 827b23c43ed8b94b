"""A recorded server, without a wire: messages of a client in, messages with the time at which they are due out.

Owns one conversation with one client: which cue is being played how far, under which ids and tokens, and what was not
as recorded. Sans-IO: no clock (`now` is given, in seconds of any origin), no thread, no file but the recording's
frames. Where the messages come from and go to is `stdio`'s and `http`'s.

A server's message leaves as its recorded bytes; only what belongs to the live session is put in: the caller's id and
progress token, a fresh id for each request of the server, the id of the stream that a notification names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Literal, TypeAlias

from mcpwatch.check.mock.judge import Judge, in_short
from mcpwatch.check.mock.picking import Miss, Mode, Picker
from mcpwatch.check.mock.play import Out, Play
from mcpwatch.check.mock.rewriting import Path, replaced
from mcpwatch.check.mock.story import LISTEN, META, QUIET, Await, Cancelled, Cue, Gone, Question, Say, Story
from mcpwatch.check.normalize import Normalizer
from mcpwatch.events import Frame
from mcpwatch.model.shapes import items, key, mapping, params
from mcpwatch.wire.framing import classify

__all__ = ["PACES", "Mock", "Pace"]

Pace: TypeAlias = Literal["recorded", "none"]
PACES: tuple[Pace, ...] = ("recorded", "none")
AT_ONCE = 256
"""Messages that leave before the client is listened to again."""
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


class Mock:
    """One client's recorded server. `tell` gets each problem as a sentence, at once; `problems` keeps them all.

    `open` first, then `receive` for each message; whatever they caused comes from `due(now)`, and `next_due` says when
    to look again. `ended` is true once the recorded server was gone.
    """

    def __init__(
        self,
        story: Story,
        *,
        match: Mode = "strict",
        pace: Pace = "recorded",
        junk: bool = False,
        normalizer: Normalizer | None = None,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.story = story
        self.ended = False
        self.served = 0
        """Requests that were answered from the recording."""
        self._match: Mode = match
        self._pace, self._junk = pace, junk
        normalizer = normalizer or Normalizer()
        self._judge = Judge(story, normalizer, tell, lenient=match == "loose")
        self._picker = Picker(story, match, normalizer)
        self._plays: list[Play] = []
        self._ready: list[Out] = []
        self._numbers = self._ids = 0
        self._live: dict[int, Play] = {}  # the latest play of each cue that is a request, by the cue's seq
        self._asked: dict[Question, int] = {}  # our latest id for each
        self._stream: Hashable | None = None  # of what is being received
        self._taken_back: set[Hashable] = set()  # our ids of questions that need no answer any more
        self._level: str | None = None

    # What a front does

    def open(self, now: float) -> None:
        """The client is there: what the server says by itself begins."""
        self._play(self.story.start, now)

    def receive(self, data: bytes, now: float, stream: Hashable | None = None) -> Frame:
        """Take one message of the client, without its line end. Returns what it is.

        `stream` names where it came from: what belongs to it leaves as `Out.to` that.
        """
        self._stream = stream
        frame = classify(data, link=self.story.link.name, dir="c2s")
        if frame.type == "batch":
            for item, message in zip(frame.items, items(frame.message), strict=True):
                self._take(item.type, message, now)
        else:
            self._take(frame.type, frame.message, now, frame.error)
        return frame

    def due(self, now: float) -> list[Out]:
        """What is due by now, in order; of a flood the first part, so that the client is heard in between."""
        found, self._ready = self._ready, []
        while len(found) < AT_ONCE and not self.ended:
            play = self._first()
            if play is None or self._when(play) > now:
                break
            self._go(play, found)
        return found

    def next_due(self) -> float | None:
        """When something is due next; None while all waits for the client."""
        if self._ready:
            return float("-inf")
        play = None if self.ended else self._first()
        return None if play is None else self._when(play)

    def dropped(self, stream: Hashable, now: float) -> None:
        """The client gave up a stream: in the modern era that is how it cancels."""
        for play in [play for play in self._plays if play.stream == stream and not play.over]:
            self._cancel(play, now)

    def waits_for(self, asked: Hashable) -> bool:
        """Whether something goes on only with the answer to the question that `Out.asks` names."""
        return any(
            play.waits and (question := play.asked.get(asked)) is not None and play.step == Await(question)
            for play in self._plays
        )

    def unheard(self, asked: Hashable, now: float) -> None:
        """There is nowhere to ask this client: go on as if it had answered, and tell so. It owes no answer."""
        for play in self._plays:
            question = play.asked.pop(asked, None)
            if question is not None:
                self._judge.unheard(question)
                self._taken_back.add(asked)
                self._has_answer(play, question, now)
                return

    @property
    def problems(self) -> list[str]:
        """What was not as recorded, so far."""
        return self._judge.problems

    @property
    def left(self) -> list[Cue]:
        """The recorded requests that have not come, in their order."""
        return self._picker.left

    def finish(self) -> None:
        """The client is gone: what it owes is a problem now."""
        for play in self._plays:
            self._judge.owed(question for id, question in play.asked.items() if id not in self._taken_back)
        if self._match == "sequence" and self.served and self.left:
            self._judge.problem(f"Of the recorded sequence never came: {in_short(self.left)}.")

    # What the client sent

    def _take(self, kind: str, message: Any, now: float, error: str | None = None) -> None:
        shape = mapping(message)
        method = shape.get("method")
        if kind == "request" and isinstance(method, str):
            self._request(method, shape, now)
        elif kind == "notification" and isinstance(method, str):
            self._notification(method, params(message), now)
        elif kind in ("response", "error"):
            self._answer(shape, now)
        else:
            self._judge.problem(f"The client sent what is no message: {error or 'no object'}.")
            self._ready.append(Out(_failure(None, -32700, "This is no JSON-RPC message.", {}), None))

    def _request(self, method: str, message: Mapping[str, Any], now: float) -> None:
        said, id = params(message), message.get("id")
        if method == "logging/setLevel":
            self._level = _level(said.get("level"))
        if method == "ping":
            self._reply(id, {})
            return
        found = self._picker.request(method, said)
        if isinstance(found, Miss):
            self._refuse(method, id, found)
            return
        if method == "initialize":
            self._judge.greeted(found, said)
        if "inputResponses" in said or "inputResponses" in found.params:
            self._judge.resumed(found, said)
        self.served += 1
        self._play(found, now, message)

    def _refuse(self, method: str, id: Any, miss: Miss) -> None:
        """Nothing that was recorded fits a request."""
        if method == "logging/setLevel" and "logging" in mapping(self.story.discovered.get("capabilities")):
            self._reply(id, {})
            return
        # Whether there is the modern era is what `server/discover` asks, so a no is a good answer.
        if method != "server/discover" or self.story.era != "legacy":
            self._judge.problem(miss.message)
        self._ready.append(Out(_failure(id, miss.code, miss.message, miss.data), self._stream, True))

    def _notification(self, method: str, said: Mapping[str, Any], now: float) -> None:
        if method == "notifications/cancelled":
            named_id = key(said.get("requestId"))
            for play in self._plays:
                if play.cue.kind == "request" and key(play.id) == named_id:
                    self._cancel(play, now)
                    return
        elif (cue := self._picker.notification(method, said)) is not None:
            self._play(cue, now)

    def _answer(self, message: Mapping[str, Any], now: float) -> None:
        id = key(message.get("id"))
        for play in self._plays:
            question = play.asked.pop(id, None)
            if question is None:
                continue
            self._judge.answered(question, message)
            self._has_answer(play, question, now)
            return
        if id in self._taken_back:
            return  # of a call that has ended: it crossed the end on its way
        self._judge.problem(f"The client answered {json.dumps(message.get('id'))}, which was not asked.")

    def _has_answer(self, play: Play, question: Question, now: float) -> None:
        play.answered.add(question)
        if play.waits and play.step == Await(question):
            play.waits, play.at = False, now
            play.place += 1
        self._done_if_over(play)

    def _cancel(self, play: Play, now: float) -> None:
        """The client gave a request up: go on where the recorded server knew it, else no further."""
        steps = play.cue.steps
        place = next((at for at in range(play.place, len(steps)) if steps[at] == Cancelled()), len(steps))
        play.place, play.at, play.waits, play.over = place + 1, now, False, True
        self._taken_back.update(play.asked)
        self._done_if_over(play)

    # Playing

    def _play(self, cue: Cue, now: float, message: Mapping[str, Any] | None = None) -> None:
        """Begin with a cue; `message` is the live request that it is."""
        self._numbers += 1
        play = Play(cue, self._numbers, now)
        if message is not None:
            meta = mapping(params(message).get("_meta"))
            play.id, play.stream = message.get("id"), self._stream
            play.token, play.level = meta.get("progressToken"), _level(meta.get(META + "logLevel"))
        self._plays.append(play)
        if cue.kind == "request":
            self._live[cue.seq] = play
        self._reach(cue, cue.seq)
        self._done_if_over(play)

    def _reach(self, cue: Cue, seq: int) -> None:
        if cue.method not in QUIET:
            self._picker.position = max(self._picker.position, seq)

    def _first(self) -> Play | None:
        return min(
            (play for play in self._plays if not play.waits and play.step is not None),
            key=lambda play: (self._when(play), play.number),
            default=None,
        )

    def _when(self, play: Play) -> float:
        step = play.step
        return play.at + (step.after if self._pace == "recorded" and isinstance(step, Say | Gone) else 0.0)

    def _go(self, play: Play, found: list[Out]) -> None:
        """Take the next step of a play."""
        step = play.step
        if isinstance(step, Await):
            if step.question not in play.answered:
                play.waits = True
                return
        elif isinstance(step, Cancelled):
            play.waits = True
            return
        elif isinstance(step, Gone):
            self.ended = True
            return
        elif step is not None:
            play.at = self._when(play)
            self._say(play, step, found)
        play.place += 1
        self._done_if_over(play)

    def _done_if_over(self, play: Play) -> None:
        if play.step is None and play in self._plays and not play.asked.keys() - self._taken_back:
            self._plays.remove(play)

    def _say(self, play: Play, step: Say, found: list[Out]) -> None:
        frame = self.story.frame(step.seq)
        self._reach(play.cue, step.seq)
        if step.role == "junk":
            if self._junk:
                found.append(Out(frame.data, self._to(play, step), eol=frame.eol or "\n"))
            return
        message = frame.message if step.item is None else items(frame.message)[step.item]
        shape = mapping(message)
        data = frame.data if step.item is None else json.dumps(message, ensure_ascii=False).encode()
        data = data.translate(_ONE_LINE)
        method = shape.get("method")
        if method is None:
            self._respond(play, step, data, found)
        elif "id" in shape:
            self._ids += 1
            question = step.seq, key(shape.get("id"))
            play.asked[self._ids] = question
            self._asked[question] = self._ids
            found.append(Out(replaced(data, {("id",): self._ids}), self._to(play, step), asks=self._ids))
        elif (edits := self._edits(play, step, method, params(message))) is not None:
            found.append(Out(replaced(data, edits), self._to(play, step)))

    def _respond(self, play: Play, step: Say, data: bytes, found: list[Out]) -> None:
        """A response: of this play's request, or of a stream that ends here, or one that answers nothing."""
        if step.role != "response":
            found.append(Out(data, self._to(play, step)))
            return
        owner = self._at(play, step)
        if owner is None:
            return  # of a stream that this client did not open
        edits: dict[Path, Any] = {("id",): owner.id}
        if owner.cue.method == LISTEN:
            edits["result", "_meta", META + "subscriptionId"] = owner.id
        data, cue = replaced(data, edits), owner.cue
        found.append(Out(data) if owner.over else Out(data, owner.stream, True, cue.status, cue.streamed))
        owner.over = True

    def _edits(self, play: Play, step: Say, method: str, said: Mapping[str, Any]) -> dict[Path, Any] | None:
        """What is to be put into a notification; None if it is not for this client."""
        if method == "notifications/progress":
            if key(said.get("progressToken")) != key(play.cue.token):
                return {}  # of nothing that was asked for, then as now
            return None if play.token is None else {("params", "progressToken"): play.token}
        if method == "notifications/message" and not self._is_wanted(play, said):
            return None
        if method == "notifications/cancelled":
            ours = self._ours(play, said.get("requestId"))
            return {} if ours is None else {("params", "requestId"): ours}
        edits: dict[Path, Any] = {}
        if META + "subscriptionId" in mapping(said.get("_meta")):
            listening = self._at(play, step)
            if listening is None or listening.over:
                return None  # this client does not listen
            edits["params", "_meta", META + "subscriptionId"] = listening.id
        return edits

    def _ours(self, play: Play, recorded: Any) -> Any:
        """The live id of what the recorded server cancels: its own question, or a stream of the client."""
        for (_, id), live in self._asked.items():
            if id == key(recorded):
                for one in self._plays:
                    one.asked.pop(live, None)
                self._taken_back.add(live)
                return live
        streams = (one for one in self._live.values() if not one.over and key(one.cue.id) == key(recorded))
        listening = next(streams, None)
        return None if listening is None else listening.id

    def _is_wanted(self, play: Play, said: Mapping[str, Any]) -> bool:
        """Whether the client asked for logs of this level: in the modern era it has to, with each request."""
        floor = play.level if self.story.era == "modern" and play.cue.kind == "request" else self._level
        if floor is None:
            return self.story.era != "modern" or META + "logLevel" not in mapping(play.cue.params.get("_meta"))
        level = said.get("level")
        return level not in LEVELS or LEVELS.index(level) >= LEVELS.index(floor)

    def _at(self, play: Play, step: Say) -> Play | None:
        """The live request that a step names."""
        return None if step.to is None else play if step.to == play.cue.seq else self._live.get(step.to)

    def _to(self, play: Play, step: Say) -> Hashable | None:
        """The live request on whose stream a message goes."""
        owner = self._at(play, step)
        return None if owner is None or owner.over else owner.stream

    def _reply(self, id: Any, result: Mapping[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", "id": id, "result": result}).encode()
        self._ready.append(Out(data, self._stream, True))


_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


def _failure(id: Any, code: int, message: str, data: Mapping[str, Any]) -> bytes:
    error = {"code": code, "message": message, **({"data": data} if data else {})}
    return json.dumps({"jsonrpc": "2.0", "id": id, "error": error}).encode()


def _level(value: Any) -> str | None:
    return value if value in LEVELS else None
