"""Who gave an answer: the line of the answer says it, or a line of its own, never both and never neither.

The note about an answer comes before the answer itself or after it, and the timeline may be ahead of either, so what
has been said is remembered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.events import Frame, Note
from mcpwatch.model.timeline import Timeline
from mcpwatch.view.questions import ASKED, wanted
from mcpwatch.view.rows import Row
from mcpwatch.view.style import Line
from mcpwatch.view.values import text_of

__all__ = ["Signatures"]

_KEPT: Final = 4_096


class Signatures:
    """The answers of one stream of lines, and who gave them."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._signed: dict[int, None] = {}

    def of(self, frame: Frame) -> Line:
        """Who gave this answer of ours, as far as it is known already."""
        if frame.dir != "c2s" or frame.re is None:
            return []
        for question in self._timeline.questions_at(frame.re):
            if question.key is None and question.rule is not None and not question.unanswered:
                if len(self._signed) >= _KEPT:
                    del self._signed[next(iter(self._signed))]
                self._signed[frame.re] = None
                return [(f"{_by({'rule': question.rule, 'who': question.who})}  ", "answer")]
        return []

    def row(self, note: Note, *, verbose: bool) -> Row | None:
        """The row of an `answered` or `unanswered` note, None where the answer's own line says it all."""
        seq, key = note.re or 0, note.data.get("key")
        question = self._timeline.question(seq, key if isinstance(key, str) else None)
        method = question.method if question is not None else text_of(note.data.get("method"))
        named: Line = [(f"{key}  ", "key")] if isinstance(key, str) else []
        if note.what == "unanswered":
            return _unanswered(note, named, method)
        if key is None:
            if seq in self._signed:
                del self._signed[seq]
                return None
            if question is not None and (question.answer_seq is None or question.answer_seq > note.seq):
                return None  # the answer itself comes next, and is signed
        if method == "ping" and not verbose:
            return None
        action = text_of(note.data.get("action"))
        said = [(f"{action} ", "answer")] if action and action != "result" else []
        return Row("↳", "answered", [*named, *said, (_by(note.data), "answer")], "answer")


def _unanswered(note: Note, named: Line, method: str) -> Row:
    """What had no answer, and the option that would have been one."""
    refused = "declined" if note.data.get("action") == "decline" else "refused"
    word = ASKED.get(method, method) or "question"
    option = text_of(note.data.get("wanted", note.data.get("option")))
    return Row("!", "unanswered", [*named, (f"{word} {refused}", "warning"), *wanted(option)], "warning", full=True)


def _by(data: Mapping[str, Any]) -> str:
    """`by --sampling (auto)`, `by answers.yaml:12 (auto)`, `by a person`, `auto`: whatever nobody typed is `auto`."""
    rule, who = text_of(data.get("rule")), text_of(data.get("who"))
    if "person" in (rule, who):
        return "by a person"
    return f"by {rule} (auto)" if rule and rule != "default" else "auto"
