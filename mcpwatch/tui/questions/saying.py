"""What a dialog says of its question beside what was asked: who asks and for how long, what is wrong with the answer,
and what has become of it all.
"""

from __future__ import annotations

from textual.dom import DOMNode
from textual.widgets import Input, Static, TextArea

from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.questions.asked import word_for
from mcpwatch.tui.questions.desk import Pending
from mcpwatch.view.style import Line

__all__ = ["Notice", "head"]


def head(pending: Pending, waited: float | None, others: int) -> Line:
    """What is asked by whom; `others` wait too."""
    question = pending.question
    line: Line = [("? ", "question"), (word_for(question.method), "question"), (f"  {question.link} asks", "dim")]
    if question.during:
        line.append((f" during {question.during}", "dim"))
    if waited is not None and pending.waiting:
        line.append((f" · waits for {duration(max(waited, 0.0))}", "dim"))
    if others:
        line.append((f" · {others} more wait{'s' * (others == 1)}", "warning"))
    return line


class Notice(Static):
    """One line of news, or what is wrong with what is typed: that goes as soon as something else is typed in `form`."""

    DEFAULT_CSS = """
    Notice { height: auto; width: 1fr; }
    """

    def __init__(self, pending: Pending, form: DOMNode, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pending = pending
        self._form = form
        self._wrong = ""
        self._wrong_of: tuple[str, ...] = ()
        """All that was typed when that was said."""

    def wrong(self, sentence: str) -> None:
        """Say what is wrong with what is typed; empty where nothing is."""
        self._wrong, self._wrong_of = sentence, self._typed()

    def look(self, *, taken: bool, drafted: bool, ended: str) -> None:
        """Say what there is to say. `taken`: keys are for the dialog; `drafted`: the draft is in the form; `ended`: how
        the question's call has.
        """
        if self._wrong and self._wrong_of != self._typed():
            self._wrong = ""
        line = self._line(taken, drafted, ended)
        self.update(paint.content(line))
        self.display = bool(line)

    def _typed(self) -> tuple[str, ...]:
        fields, areas = self._form.query(Input), self._form.query(TextArea)
        return (*(one.value for one in fields), *(one.text for one in areas))

    def _line(self, taken: bool, drafted: bool, ended: str) -> Line:
        pending = self._pending
        if pending.over is not None:
            over = f"no longer asked: {pending.over}. What you typed is still here; esc closes."
            return [("! ", "warning"), (over, "warning")]
        if self._wrong:
            return [("! ", "warning"), (self._wrong, "warning")]
        if not taken:
            keys: Line = [("enter", "command"), (" answers it · ", "dim"), ("esc", "command"), (" later · ", "dim")]
            return [*keys, ("1-6 ? q ^p", "command"), (" do what they do everywhere", "dim")]
        if ended:
            return [("! ", "warning"), (f"the call that it belongs to has ended ({ended})", "warning")]
        if pending.drafting:
            return [("… ", "dim"), ("a draft is being written; you need not wait for it", "dim")]
        if pending.draft_problem:
            return [("no draft: ", "warning"), (pending.draft_problem, "")]
        if pending.draft is not None and drafted:
            return [("draft by ", "dim"), (pending.draft.rule, "name"), (": send it, or change it", "dim")]
        if pending.draft is not None:
            said: Line = [("a draft by ", "dim"), (pending.draft.rule, "name")]
            return [*said, (" is there: empty the text to see it", "dim")]
        return []
