"""One question on the screen: all of it above, the answer below. It can be put off at any time, and nothing is lost.

What an answer is made of belongs to the ways, what a no is to `Refusal`. Here is what they have in common: sending,
saving as a rule, the editor, the draft, and the question's end by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static, TextArea

from mcpwatch.session.answers.over import Over
from mcpwatch.tui import paint
from mcpwatch.tui.call.form import FormWidget
from mcpwatch.tui.editing import edit
from mcpwatch.tui.everywhere import HELP, PALETTE, PANES, QUIT
from mcpwatch.tui.questions.address import AddressWay
from mcpwatch.tui.questions.asked import as_it_came, question_rows
from mcpwatch.tui.questions.desk import Desk, Pending
from mcpwatch.tui.questions.keeping import Keeping
from mcpwatch.tui.questions.reader import Reader
from mcpwatch.tui.questions.refusal import Refusal
from mcpwatch.tui.questions.saying import Notice, head
from mcpwatch.tui.questions.way import NotYet, Way
from mcpwatch.tui.questions.ways import Ways
from mcpwatch.view.dialogue import RULES_FILE
from mcpwatch.view.editor import EditorFailed
from mcpwatch.view.rows import Row

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
    QuestionDialog #ways { height: auto; }
    QuestionDialog.-form #box { height: 100%; }
    QuestionDialog.-form #ways { height: 1fr; min-height: 7; }
    QuestionDialog.-form #asked, QuestionDialog.-more #asked { max-height: 40vh; }
    QuestionDialog.-form.-more #asked { max-height: 20vh; }
    QuestionDialog #no { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Answer", id="questions.take"),
        Binding("ctrl+j", "send", "Send", key_display="^j", id="questions.send"),
        Binding("escape", "later", "Later", id="questions.later"),
        Binding("ctrl+n", "no", "No…", priority=True, id="questions.no"),
        Binding("f3", "way", "Other way", priority=True, id="questions.way"),
        Binding("ctrl+e", "edit", "Editor", priority=True, id="questions.edit"),
        Binding("ctrl+r", "rule", "Rule", priority=True, id="questions.rule"),
        Binding("f5", "raw", "As it came", priority=True, id="questions.raw"),
        Binding("ctrl+up", "scroll_asked(-3)", "Up", priority=True, show=False, id="questions.up"),
        Binding("ctrl+down", "scroll_asked(3)", "Down", priority=True, show=False, id="questions.down"),
        *PANES,
        HELP,
        PALETTE,
        QUIT,
    ]
    HELP = (
        "A server asks. All of the question stands above, your answer below it; where the dialog has opened by itself"
        " Enter goes there, and until then the keys of the screens work as everywhere. ^j sends, ^n says no.\n\n"
        "Escape puts it off with all that you have typed; the status line counts it, and a opens it again. ^r keeps the"
        " answer as a rule in a file, and Enter there sends it."
    )

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
        self.ways = Ways(pending.question, id="ways")
        self.taken = True
        """Whether what is typed is meant for it: not before Enter, where it has opened by itself."""
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
            yield Notice(self.pending, self, id="note")
            yield self.ways
            yield Refusal(question, id="no")
            yield Keeping(str(self.desk.save_to or RULES_FILE), id="rule")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.set_interval(APART, self.look)
        self.look()
        if self.taken:
            self.way.enter()
        else:
            self.query_one(Reader).focus()

    @property
    def way(self) -> Way:
        """The way of answering that is on the screen."""
        return self.ways.now

    @property
    def notice(self) -> Notice:
        return self.query_one(Notice)

    @property
    def keeping(self) -> Keeping:
        return self.query_one(Keeping)

    @property
    def touched(self) -> bool:
        """Whether the person has typed something that would be lost."""
        return self.ways.touched

    def look(self) -> None:
        """See what has become of the question: its time, its draft, its end."""
        if not self.query("#rule"):
            return  # not there yet, or no more
        if self.pending.over is not None:
            self._is_over(self.pending.over)
        elif not self.pending.waiting and self.is_current:
            self._close(True)  # answered, and not from here
            return
        draft = self.pending.draft
        if draft is not None and not self._drafted and not self.touched:
            self._drafted = True
            self.ways.start(draft.result)
        others = sum(1 for one in self.desk.pending if one is not self.pending)
        self.query_one("#head", Static).update(paint.content(head(self.pending, self._waited(), others)))
        self.notice.look(taken=self.taken, drafted=self._drafted, ended=self._call_ended())

    # ---- what is said

    def _wrong(self, sentence: str) -> None:
        self.notice.wrong(sentence)
        self.look()

    @on(FormWidget.Changed)
    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self) -> None:
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
        self.pending.save = self.keeping.file
        self.pending.give(result)
        self._close(True)

    @on(Keeping.Named)
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
        self.set_class(self.query_one("#no").display or self.keeping.display, "-more")

    @on(Refusal.Chosen)
    def _refused(self, message: Refusal.Chosen) -> None:
        if not self.pending.waiting:
            return
        if message.error is None:
            self._give(message.result)
            return
        self.pending.save = self.keeping.file
        self.pending.fail(*message.error)
        self._close(True)

    @on(Refusal.Wrong)
    def _refusal_wrong(self, message: Refusal.Wrong) -> None:
        self._wrong(message.why)

    def action_rule(self) -> None:
        """Keep the answer as a rule, or do not."""
        self.keeping.display = not self.keeping.display
        self._make_room()
        if self.keeping.display:
            self.keeping.field.focus()
        else:
            self.way.enter()

    # ---- how it is shown, and typed

    def action_way(self) -> None:
        """The next way of answering, which starts from what this one would send."""
        self.ways.turn()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "way":
            return self.ways.many
        if action == "edit":
            return bool(self.way.SUFFIX)
        if action == "take":
            return not self.taken
        return True

    def action_take(self) -> None:
        """What is typed from now on is for it."""
        self.taken = True
        self.way.enter()
        self.refresh_bindings()
        self.look()

    @on(events.DescendantFocus)
    def _entered(self, event: events.DescendantFocus) -> None:
        if not self.taken and isinstance(event.widget, Input | TextArea):
            self.taken = True  # by a click, or with Tab
            self.refresh_bindings()
            self.look()

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
            self.run_worker(partial(self._edit, self.way), exit_on_error=False)

    async def _edit(self, way: Way) -> None:
        try:
            way.take(await edit(self, way.edited(), way.SUFFIX, self._over))
            self.notice.wrong("")
        except (EditorFailed, NotYet) as failed:
            self.notice.wrong(str(failed))
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
        if self.keeping.display and self.keeping.field.has_focus:
            self.action_rule()
            return
        self.put_off()

    def put_off(self) -> None:
        """Away with it, with all that is typed in it, until it is asked for."""
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
