"""Consent to a page that a server sends the person to: seen in full, opened only on request, never fetched.

Nothing here happens by a key that somebody meant for something else: the buttons have no focus at first, and opening is
one act with agreeing, with an address of its own that a browser takes and nothing else can.
"""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button

from mcpwatch.session.answers.question import Question
from mcpwatch.session.auth.browser import open_page as opened
from mcpwatch.session.auth.consent import is_web
from mcpwatch.tui.questions.way import Way

__all__ = ["AddressWay", "opened"]


class AddressWay(Way):
    """Agree to visit the page, or agree and have it opened."""

    NAME = "consent"
    DEFAULT_CSS = """
    AddressWay Horizontal { height: auto; }
    AddressWay Button { margin-right: 2; }
    """

    class Agreed(Message):
        """The person agrees; `open` where the page is to be opened."""

        def __init__(self, open: bool) -> None:
            super().__init__()
            self.open = open

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(question, id=id)
        said = question.params.get("url")
        self.url = said if isinstance(said, str) else ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Button("I agree", id="agree", compact=True)
            yield Button("Agree, and open it in my browser", id="open", compact=True, disabled=not is_web(self.url))

    def result(self) -> Any:
        return {"action": "accept"}

    def enter(self) -> None:
        """Nowhere: consent is an act, and not what a key does that was meant for something else."""

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Agreed(event.button.id == "open"))
