"""What of a live client is not as it was recorded: its answers, what it can be asked, requests that nothing fits.

Owns the sentences, and which of them are problems: those end in exit code 1, the others are only told. Which recorded
request a live one is, is `picking`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from mcpwatch.check.change import changes_in, sentence, shown
from mcpwatch.check.mock.story import Cue, Question, Story
from mcpwatch.check.normalize import Normalizer
from mcpwatch.model.shapes import mapping

__all__ = ["Judge", "in_short", "in_words", "named"]

FEW: Final = 3
"""Differences that a sentence names."""
MOST: Final = 5
"""Requests that a sentence names."""
NEEDED: Final[Mapping[str, str]] = {
    "sampling/createMessage": "sampling",
    "elicitation/create": "elicitation",
    "roots/list": "roots",
}
"""The capability that a client declares to be asked."""


class Judge:
    """Tells what is not as it was, as it comes; `problems` keeps what counts. `lenient`: of answers nothing counts."""

    def __init__(self, story: Story, normalizer: Normalizer, tell: Callable[[str], None], *, lenient: bool) -> None:
        self.problems: list[str] = []
        self._story, self._normal, self._tell, self._lenient = story, normalizer, tell, lenient

    def problem(self, text: str) -> None:
        """Something that counts."""
        self.problems.append(text)
        self._tell(text)

    def greeted(self, cue: Cue, said: Mapping[str, Any]) -> None:
        """The client initializes: it may be another, and less able."""
        asked, was = said.get("protocolVersion"), self._story.discovered.get("protocolVersion")
        if asked != was:
            self._tell(f"The client asks for version {asked}; the recorded server speaks {was}.")
        declared, known = mapping(said.get("capabilities")), mapping(cue.params.get("capabilities"))
        for method, capability in NEEDED.items():
            if method in self._story.asked and capability in known and capability not in declared:
                self._tell(f"The client does not declare {capability}, which the recorded server asked for.")

    def answered(self, question: Question, message: Mapping[str, Any]) -> None:
        """The client answered a question of the server."""
        if question not in self._story.answers:
            return
        recorded = mapping(self._story.answers[question])
        if "error" in recorded or "error" in message:
            was, now = _outcome(recorded), _outcome(message)
            if was != now:
                self._differs(f"The answer to {self._asked(question)} was {was}, now it is {now}.")
            return
        at = ("result",)
        normal = self._normal.value(recorded.get("result"), at), self._normal.value(message.get("result"), at)
        if said := in_words(*normal, at):
            self._differs(f"The answer to {self._asked(question)} differs: {said}.")

    def resumed(self, cue: Cue, said: Mapping[str, Any]) -> None:
        """The client goes on with a conversation: it answers what a result asked for."""
        at = ("params", "inputResponses")
        recorded, given = self._normal.value(cue.params.get(at[1]), at), self._normal.value(said.get(at[1]), at)
        if different := in_words(recorded, given, at):
            self._differs(f"The answers in {named(cue.method, cue.name)} (event {cue.seq}) differ: {different}.")

    def owed(self, questions: Iterable[Question]) -> None:
        """The client is gone, and has not answered these."""
        for question in questions:
            if question in self._story.answers:
                self.problem(f"{self._asked(question)} was never answered; the recorded client did.")

    def unheard(self, question: Question) -> None:
        """The client listens to no stream on which a question could reach it: that is its right."""
        self._tell(
            f"{self._asked(question)} was not asked: the client has opened no stream for what belongs to no call."
        )

    def _differs(self, text: str) -> None:
        if self._lenient:
            self._tell(text)
        else:
            self.problem(text)

    def _asked(self, question: Question) -> str:
        return f"{self._story.asked_by[question]} (event {question[0]})"


def named(method: str, name: str | None) -> str:
    """A request in a sentence."""
    return method if name is None else f"{method} {shown(name)}"


def in_short(cues: Sequence[Cue]) -> str:
    """Some requests in a sentence."""
    few = ", ".join(named(cue.method, cue.name) for cue in cues[:MOST])
    return few if len(cues) <= MOST else f"{few}, and {len(cues) - MOST} more"


def in_words(recorded: Any, given: Any, at: tuple[str, ...]) -> str:
    """The first few differences of two normalised values; empty where there are none."""
    found = changes_in(recorded, given, at)
    more = f"; and {len(found) - FEW} more" if len(found) > FEW else ""
    return "; ".join(map(sentence, found[:FEW])) + more


def _outcome(message: Mapping[str, Any]) -> str:
    return f"error {mapping(message['error']).get('code')}" if "error" in message else "a result"
