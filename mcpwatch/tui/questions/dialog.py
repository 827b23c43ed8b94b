"""One question on the screen: all of it above, the answer below. It can be put off at any time, and nothing is lost.

What an answer is made of belongs to the ways, what a no is to `Refusal`. Here is what they have in common: sending,
saving as a rule, the editor, the draft, and the question's end by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, Static

from mcpwatch.session.answers.over import Over
from mcpwatch.text import duration
from mcpwatch.tui import paint
from mcpwatch.tui.call.form import FormWidget
from mcpwatch.tui.editing import edit
from mcpwatch.tui.questions.address import AddressWay
from mcpwatch.tui.questions.asked import as_it_came, question_rows, word_for
from mcpwatch.tui.questions.desk import Desk, Pending
from mcpwatch.tui.questions.forms import FormWay, ToolWay
from mcpwatch.tui.questions.reader import Reader
from mcpwatch.tui.questions.refusal import Refusal
from mcpwatch.tui.questions.way import NotYet, Way
from mcpwatch.tui.questions.ways import ways_for
from mcpwatch.view.dialogue import RULES_FILE
from mcpwatch.view.editor import EditorFailed
from mcpwatch.view.rows import Row
from mcpwatch.view.style import Line

__all__ = ["QuestionDialog"]

APART = 1.0
"""Seconds between two looks at how long it waits."""


class QuestionDialog(ModalScreen[None]):
    """Asks the person.

    `waited` says for how many seconds it waits, None where that is not known; `ended` in what words its call has ended,
    empty while it runs. `closed` hears of the dialog's end: True when the question has ended, False when it was put
    off, and then the same dialog is shown again with all that was typed.
    """

    DEFAULT_CSS = """
    QuestionDialog { align: center middle; }
    QuestionDialog #box {
        width: 100%; max-width: 112; height: auto; max-height: 100%; background: $surface; border: round $accent;
        padding: 0 1; layout: vertical;
    }
    QuestionDialog #head { height: 1; width: 1fr; }
    QuestionDialog #asked { height: auto; max-height: 60vh; }
    QuestionDialog #note { height: auto; width: 1fr; }
    QuestionDialog #ways { height: auto; }
    QuestionDialog.-form #box { height: 100%; }
    QuestionDialog.-form #ways { height: 1fr; min-height: 7; }
    QuestionDialog.-form #asked, QuestionDialog.-more #asked { max-height: 40vh; }
    QuestionDialog.-form.-more #asked { max-height: 20vh; }
    QuestionDialog #rule { height: auto; display: none; }
    QuestionDialog #file { width: 1fr; }
    QuestionDialog #no { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "send", "Send", key_display="^j", id="questions.send"),
        Binding("escape", "later", "Later", id="questions.later"),
        Binding("ctrl+n", "no", "No…", priority=True, id="questions.no"),
        Binding("f3", "way", "Other way", priority=True, id="questions.way"),
        Binding("ctrl+e", "edit", "Editor", priority=True, id="questions.edit"),
        Binding("ctrl+r", "rule", "Rule", priority=True, id="questions.rule"),
        Binding("f5", "raw", "As it came", priority=True, id="questions.raw"),
        Binding("ctrl+up", "scroll_asked(-3)", "Up", priority=True, show=False, id="questions.up"),
        Binding("ctrl+down", "scroll_asked(3)", "Down", priority=True, show=False, id="questions.down"),
    ]

    def __init__(
        self,
        desk: Desk,
        pending: Pending,
        *,
        waited: Callable[[], float | None] = lambda: None,
        ended: Callable[[], str] = lambda: "",
        closed: Callable[[bool], object] = lambda ended: None,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.pending = pending
        self._waited = waited
        self._call_ended = ended
        self._gone = closed
        self._ways = ways_for(pending.question)
        self.way = self._ways[0]
        """The one that is on the screen."""
        self._said: Line = []
        self._doubted: Any = None
        self._drafted = False
        self._raw = False
        self._over = Over()
        self._editing = False

    def compose(self) -> ComposeResult:
        question = self.pending.question
        with Vertical(id="box"):
            yield Static(id="head")
            yield Reader(self._rows(), id="asked")
            yield Static(id="note")
            with Vertical(id="ways"):
                yield from self._ways
            yield Refusal(question, id="no")
            with Horizontal(id="rule"):
                yield Label("save as a rule in ")
                yield Input(str(self.desk.save_to or RULES_FILE), id="file", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._show(self._ways[0])
        self.set_interval(APART, self.look)
        self.look()
        self.way.enter()

    @property
    def touched(self) -> bool:
        """Whether the person has typed something that would be lost."""
        return any(way.touched for way in self._ways)

    def look(self) -> None:
        """See what has become of the question: its time, its draft, its end."""
        if not self.query("#rule"):
            return  # not there yet, or no more
        if self.pending.over is not None:
            self._is_over(self.pending.over)
        draft = self.pending.draft
        if draft is not None and not self._drafted and not self.touched:
            self._drafted = True
            self._fill(draft.result)
        self.query_one("#head", Static).update(paint.content(self._head()))
        note = self._note()
        self.query_one("#note", Static).update(paint.content(note))
        self.query_one("#note").display = bool(note)

    # ---- what is said

    def _head(self) -> Line:
        question = self.pending.question
        line: Line = [("? ", "question"), (word_for(question.method), "question"), (f"  {question.link} asks", "dim")]
        if question.during:
            line.append((f" during {question.during}", "dim"))
        if (waited := self._waited()) is not None and self.pending.waiting:
            line.append((f" · waits for {duration(max(waited, 0.0))}", "dim"))
        others = sum(1 for one in self.desk.pending if one is not self.pending)
        if others:
            line.append((f" · {others} more wait{'s' * (others == 1)}", "warning"))
        return line

    def _note(self) -> Line:
        pending = self.pending
        if pending.over is not None:
            over = f"no longer asked: {pending.over}. What you typed is still here; esc closes."
            return [("! ", "warning"), (over, "warning")]
        if self._said:
            return self._said
        if ended := self._call_ended():
            return [("! ", "warning"), (f"the call that it belongs to has ended ({ended})", "warning")]
        if pending.drafting:
            return [("… ", "dim"), ("a draft is being written; you need not wait for it", "dim")]
        if pending.draft_problem:
            return [("no draft: ", "warning"), (pending.draft_problem, "")]
        if pending.draft is not None and self._drafted:
            return [("draft by ", "dim"), (pending.draft.rule, "name"), (": send it, or change it", "dim")]
        if pending.draft is not None:
            return [
                ("a draft by ", "dim"),
                (pending.draft.rule, "name"),
                (" is there: empty the text to see it", "dim"),
            ]
        return []

    def _wrong(self, sentence: str) -> None:
        self._said = [("! ", "warning"), (sentence, "warning")]
        self.look()

    # ---- answering

    def action_send(self) -> None:
        """Send what is typed, if it is an answer."""
        if not self.pending.waiting:
            return
        try:
            result = self.way.result()
        except NotYet as why:
            self._wrong(str(why))
            return
        doubt = self.way.doubt(result)
        if doubt and result != self._doubted:
            self._doubted = result
            self._wrong(f"{doubt}. Send it again to send it all the same.")
            return
        self._give(result)

    def _give(self, result: Any) -> None:
        self._keep()
        self.pending.give(result)
        self._close(True)

    def _keep(self) -> None:
        if self.query_one("#rule").display:
            self.pending.save = self.query_one("#file", Input).value.strip() or RULES_FILE

    @on(FormWidget.Submitted)
    def _submitted(self) -> None:
        self.action_send()

    @on(AddressWay.Agreed)
    def _agreed(self, message: AddressWay.Agreed) -> None:
        if not self.pending.waiting:
            return
        way = self.way
        if message.open and isinstance(way, AddressWay):
            self.desk.visit(way.url)
        self._give({"action": "accept"})

    def action_no(self) -> None:
        """Show or hide the ways of saying no."""
        no = self.query_one("#no", Refusal)
        no.display = not no.display
        self._make_room()
        if no.display:
            no.enter()
        else:
            self.way.enter()

    def _make_room(self) -> None:
        self.set_class(self.query_one("#no").display or self.query_one("#rule").display, "-more")

    @on(Refusal.Chosen)
    def _refused(self, message: Refusal.Chosen) -> None:
        if not self.pending.waiting:
            return
        if message.error is None:
            self._give(message.result)
            return
        self._keep()
        self.pending.fail(*message.error)
        self._close(True)

    @on(Refusal.Wrong)
    def _refusal_wrong(self, message: Refusal.Wrong) -> None:
        self._wrong(message.why)

    def action_rule(self) -> None:
        """Keep the answer as a rule, or do not."""
        row = self.query_one("#rule")
        row.display = not row.display
        self._make_room()
        if row.display:
            self.query_one("#file", Input).focus()
        else:
            self.way.enter()

    @on(Input.Submitted, "#file")
    def _named(self) -> None:
        self.way.enter()

    # ---- how it is shown, and typed

    def action_way(self) -> None:
        """The next way of answering, which starts from what this one would send."""
        before = self.way
        at = self._ways.index(before)
        following = self._ways[(at + 1) % len(self._ways)]
        if following is before:
            return
        if before.touched and not following.touched:
            try:
                following.fill(before.result())
            except NotYet:
                pass  # there is nothing to start from
        self._show(following)
        following.enter()

    def _show(self, way: Way) -> None:
        self.way = way
        for one in self._ways:
            one.display = one is way
        self.set_class(isinstance(way, FormWay | ToolWay), "-form")
        self.refresh_bindings()

    def _fill(self, result: Any) -> None:
        """Start from a draft, in the first way that can show it."""
        for way in self._ways:
            if way.fill(result):
                self._show(way)
                return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "way":
            return len(self._ways) > 1
        if action == "edit":
            return bool(self.way.SUFFIX)
        return True

    def action_raw(self) -> None:
        """The question as it came, or as it is told."""
        self._raw = not self._raw
        self.query_one(Reader).rows = self._rows()

    def _rows(self) -> list[Row]:
        question = self.pending.question
        return (
            as_it_came(question.params) if self._raw else question_rows(question.method, question.params, fields=False)
        )

    def action_scroll_asked(self, lines: int) -> None:
        self.query_one(Reader).scroll_relative(y=lines, animate=False)

    def action_edit(self) -> None:
        """Write the answer in an editor."""
        if self.pending.waiting and not self._editing:
            self._editing = True
            self.run_worker(self._edit(self.way), exit_on_error=False)

    async def _edit(self, way: Way) -> None:
        try:
            way.take(await edit(self, way.edited(), way.SUFFIX, self._over))
            self._said = []
        except (EditorFailed, NotYet) as failed:
            self._said = [("! ", "warning"), (str(failed), "warning")]
        finally:
            self._editing = False
        if self.is_attached:
            self.look()

    # ---- the end

    def action_later(self) -> None:
        """Put it off, or close what is over."""
        if self.query_one("#no").display:
            self.action_no()
            return
        self.pending.postponed = True
        self._close(self.pending.over is not None)

    def _close(self, ended: bool) -> None:
        if self.is_current:
            self.dismiss()
            self._gone(ended)

    def _is_over(self, why: str) -> None:
        if not self._over.is_set:
            self._over.set(why)
        if not self.touched and not self._editing and self.is_current:
            self.desk.tell(f"no longer asked: {why}")
            self._close(True)
