"""The line at the foot of the list in which something is typed: a filter, a search, a file to write.

Owns the line, what is told beside it when it is wrong, and the words of help above it while it is empty. What is typed
is understood by whoever opened it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from mcpwatch.recording.query import EXAMPLES, KEYS
from mcpwatch.tui import paint
from mcpwatch.view.style import Line

__all__ = ["LABELS", "Prompt"]

LABELS: Final = {"filter": "filter /", "search": "search", "write": "write to"}
_HELP: Final = ("filter", "search")


class Prompt(Widget):
    """Hidden until `ask`. Posts `Typed` while somebody types, and `Done` or `Left` at the end."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; }
    Prompt.-open, Prompt.-kept { display: block; }
    Prompt #prompt-line { height: 1; background: $panel; }
    Prompt #prompt-label { width: auto; padding: 0 1; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    Prompt Input:focus { border: none; background: $boost; }
    Prompt #prompt-problem { width: auto; max-width: 60%; padding: 0 1; }
    Prompt #prompt-help { height: auto; background: $panel; padding: 0 1; display: none; max-height: 15; }
    Prompt.-open.-help #prompt-help { display: block; }
    Prompt #prompt-wrong { height: auto; max-height: 3; background: $panel; padding: 0 1; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="traffic.prompt-leave", show=False),
    ]

    class Typed(Message):
        """What stands in the line now."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode, self.text = mode, text

    class Done(Message):
        """Enter was pressed."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode, self.text = mode, text

    class Left(Message):
        """Escape was pressed."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.mode = "filter"
        self._before: Widget | None = None
        """What had the focus."""

    def compose(self) -> ComposeResult:
        yield Static(paint.lines_content(help_lines()), id="prompt-help")
        yield Static("", id="prompt-wrong")
        with Horizontal(id="prompt-line"):
            yield Static("", id="prompt-label")
            yield Field(select_on_focus=False, id="prompt-input")
            yield Static("", id="prompt-problem")

    @property
    def text(self) -> str:
        return self.query_one(Input).value

    def ask(self, mode: str, text: str) -> None:
        """Open the line, with a text in it."""
        if not isinstance(self.screen.focused, Field):
            self._before = self.screen.focused
        field = self._put(mode, text)
        self.add_class("-open")
        self._help()
        # At once, and not by `focus`: whoever types fast has typed the next letters already.
        self.screen.set_focus(field, scroll_visible=False)

    @property
    def is_open(self) -> bool:
        """Whether somebody types into it."""
        return self.has_class("-open")

    def close(self) -> None:
        """Close the line."""
        self.remove_class("-open", "-kept")
        self.complain("")

    def keep(self, mode: str, text: str) -> None:
        """Close the line, and leave it in sight with a text in it."""
        self._put(mode, text)
        self.remove_class("-open")
        self.add_class("-kept")

    def _put(self, mode: str, text: str) -> Input:
        self.mode = mode
        self.query_one("#prompt-label", Static).update(paint.content(LABELS[mode], "strong"))
        self.say("")
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        return field

    def say(self, text: str | Line, style: str = "dim") -> None:
        """A few words beside the line: what is wrong, or how much there is."""
        self.query_one("#prompt-problem", Static).update(paint.content(text, style if isinstance(text, str) else ""))

    def complain(self, text: str) -> None:
        """Say above the line what is wrong with what is in it; empty where nothing is."""
        wrong = self.query_one("#prompt-wrong", Static)
        wrong.update(paint.content([("! ", "warning"), (text, "warning")]))
        wrong.display = bool(text)
        if text:
            self.say("")

    def give_back(self) -> None:
        """Let the focus go where it was: at once, since what is typed from now on is not for this line."""
        self.screen.set_focus(self._before, scroll_visible=False)

    def action_leave(self) -> None:
        self.give_back()
        self.post_message(self.Left(self.mode))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._help()
        self.post_message(self.Typed(self.mode, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done(self.mode, event.value))

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self.add_class("-open")
        self._help()

    def _help(self) -> None:
        self.set_class(self.mode in _HELP and not self.text, "-help")


class Field(Input):
    """The line itself. What comes to it after it was left was typed behind Enter, and belongs elsewhere."""

    async def _on_key(self, event: events.Key) -> None:
        if self.screen.focused is not self:
            event.stop()
            event.prevent_default()
            self.app.post_message(events.Key(event.key, event.character))  # pyright: ignore[reportUnknownMemberType]
            return
        if event.key in ("enter", "escape"):
            # Here and not by a binding, which would take so long that the next key is typed into the line.
            event.stop()
            event.prevent_default()
            prompt = next(one for one in self.ancestors if isinstance(one, Prompt))
            if event.key == "escape":
                prompt.action_leave()
            else:
                prompt.give_back()
                await self.action_submit()
            return
        await super()._on_key(event)


def help_lines() -> list[Line]:
    """The language in a few lines: examples first, then every word."""
    wide = max(len(example) for example, _ in EXAMPLES) + 2
    lines: list[Line] = [[(f"{example:<{wide}}", "strong"), (what, "dim")] for example, what in EXAMPLES]
    for key, what in KEYS.items():
        about, colon, examples = what.partition(": ")
        lines.append([(f"{key:<8}", "name"), (f"{about}: " if colon else "", "dim"), (examples if colon else what, "")])
    more: Line = [("err     ", "name"), ("what went wrong  ", "dim"), ("-word ", "name"), ("without it  ", "dim")]
    lines.append([*more, ('"two words"', "name"), (" anywhere", "dim")])
    return lines
