"""Saying no: an elicitation is declined or cancelled, anything is refused with an error of one's own."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input, Label

from mcpwatch.session.answers.question import USER_REJECTED, Question, refuse

__all__ = ["Refusal"]


class Refusal(Vertical):
    """A row of buttons for what the protocol knows, and an error's code and message below."""

    DEFAULT_CSS = """
    Refusal { height: auto; border: round $warning; padding: 0 1; }
    Refusal Horizontal { height: auto; }
    Refusal Button { margin-right: 2; }
    Refusal #code { width: 14; }
    Refusal #message { width: 1fr; }
    Refusal Label { padding-right: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "press('decline')", "Decline", id="questions.decline", show=False),
        Binding("c", "press('cancel')", "Cancel", id="questions.cancel", show=False),
    ]

    class Chosen(Message):
        """The person says no: `result` goes out, or the error."""

        def __init__(self, result: Any = None, error: tuple[int, str] | None = None) -> None:
            super().__init__()
            self.result = result
            self.error = error

    class Wrong(Message):
        """Why it cannot go out yet."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._question = question

    def compose(self) -> ComposeResult:
        usual = refuse(self._question).error or {"code": USER_REJECTED, "message": "refused by the person"}
        if self._question.kind == "elicitation":
            with Horizontal():
                yield Button("Decline (d)", id="decline", compact=True)
                yield Button("Cancel (c)", id="cancel", compact=True)
                yield Label("or refuse it with an error:")
        with Horizontal():
            yield Label("code")
            yield Input(str(usual["code"]), id="code", compact=True)
            yield Label("message")
            yield Input(_message(self._question, usual), id="message", compact=True)
            yield Button("Refuse", id="refuse", compact=True)

    def enter(self) -> None:
        """The focus to the first thing that one may want."""
        if self._question.kind == "elicitation":
            self.query_one("#decline", Button).focus()
        else:
            self.query_one("#message", Input).focus()

    def action_press(self, name: str) -> None:
        if self._question.kind == "elicitation":
            self.post_message(self.Chosen({"action": name}))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id in ("decline", "cancel"):
            self.post_message(self.Chosen({"action": event.button.id}))
        else:
            self._refuse()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._refuse()

    def _refuse(self) -> None:
        typed = self.query_one("#code", Input).value.strip()
        try:
            code = int(typed)
        except ValueError:
            self.post_message(self.Wrong("an error's code is a whole number."))
            return
        message = self.query_one("#message", Input).value.strip() or "refused by the person"
        self.post_message(self.Chosen(error=(code, message)))


def _message(question: Question, usual: dict[str, Any]) -> str:
    """The protocol's words, without a method's name that may not be what it seems."""
    return "Method not found" if question.kind == "request" else str(usual["message"])
