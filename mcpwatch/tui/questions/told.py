"""The questions of a timeline as lines and rows: who asked what, who answered, and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mcpwatch.errors import McpwatchError
from mcpwatch.model import Timeline
from mcpwatch.model.question import Question, QuestionState
from mcpwatch.text import duration
from mcpwatch.tui.questions.asked import question_rows, reply_rows, word_for
from mcpwatch.view.questions import wanted
from mcpwatch.view.rows import Row, below, ident
from mcpwatch.view.style import Line, pad
from mcpwatch.view.values import members

__all__ = ["all_rows", "in_order", "one_line", "who_answered"]

_STYLES: Final[dict[QuestionState, str]] = {
    "waiting": "question",
    "answered": "ok",
    "refused": "error",
    "cancelled": "warning",
    "lost": "warning",
}


def in_order(timeline: Timeline) -> list[Question]:
    """Those that wait, the longest first, then the others, the latest first."""
    waiting = timeline.unanswered()
    still = {id(one) for one in waiting}
    return [*waiting, *(one for one in reversed(list(timeline.questions)) if id(one) not in still)]


def one_line(question: Question, now: float, many: bool) -> Line:
    """A question in one line: its state first, so that a colour is never the only sign."""
    line: Line = [(pad(question.state, 10), _STYLES[question.state])]
    if many:
        line.append((f"{question.link}  ", "dim"))
    word = word_for(question.method)
    line += [(f"{word}{' (url)' if question.mode == 'url' else ''} ", "name")]
    line.append((f"{question.key} ", "key") if question.key is not None else ident(question.id))
    if question.during is not None:
        line.append((f"  during {question.during.name or question.during.method}", "dim"))
    if question.waiting:
        return [*line, (f"  for {duration(max(now - question.asked, 0.0))}", "strong")]
    line.append((f"  {who_answered(question)}", ""))
    if question.action and question.action not in ("result", "error"):
        line.append((f"  {question.action}", "answer"))
    if question.ms is not None:
        line.append((f"  after {duration(question.ms / 1000)}", "dim"))
    if _unsent(question):
        line.append(("  never sent", "warning"))
    return line


def who_answered(question: Question) -> str:
    """Who or what answered, in words."""
    if question.state in ("cancelled", "lost"):
        return {"cancelled": "taken back by the server", "lost": "the link closed first"}[question.state]
    if question.unanswered:
        return "nobody"
    by = question.rule or question.who
    if by is None:
        return "by the client"
    return f"by {by}" if question.who in (None, by) else f"by {by} ({question.who})"


def all_rows(question: Question) -> list[Row]:
    """All that was asked and answered, read back from the recording."""
    rows = [below("method", (question.method, ""))]
    rows += _read(lambda: question_rows(question.method, question.params))
    if not question.waiting:
        rows.append(below("", ("", "")))
        rows.append(below("answered", (who_answered(question), "strong"), *_instead(question))._replace(full=True))
        rows += _read(lambda: _reply(question))
        if _unsent(question) and question.exchange.reason:
            rows.append(below("never sent", (question.exchange.reason, "warning"))._replace(full=True))
    return rows


def _instead(question: Question) -> Line:
    return wanted(question.option) if question.unanswered and question.option else []


def _unsent(question: Question) -> bool:
    """Whether it had an answer that the server never got, as another one of its round was refused."""
    left = question.key is not None and question.answer_seq is None and question.exchange.stopped
    return left and question.state == "answered"


def _reply(question: Question) -> list[Row]:
    answer: Any = question.answer
    if question.state == "refused" and "code" in members(answer):
        return reply_rows(question.method, None, answer)
    return reply_rows(question.method, answer, None)


def _read(read: Callable[[], list[Row]]) -> list[Row]:
    try:
        return read()
    except (LookupError, McpwatchError) as error:
        return [below("", (f"it cannot be read back: {error}", "warning"))]
