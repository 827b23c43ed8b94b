"""What there is to open: sessions that run, the servers of clients' config files, and sessions that were kept.

Nothing is started here: what was chosen goes back to whoever put this app on the terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from mcpwatch import configs
from mcpwatch.errors import UsageError
from mcpwatch.recording import Kept
from mcpwatch.recording.kept import kept, live_elsewhere
from mcpwatch.redact import redact_argv, redact_url
from mcpwatch.text import size
from mcpwatch.tui import paint
from mcpwatch.tui.settings import Settings
from mcpwatch.tui.shell import Shell
from mcpwatch.view.style import Line, pad, plain

__all__ = ["Choice", "HomeApp", "Offer", "offers"]


class Choice(NamedTuple):
    """What to open, as it would be typed."""

    kind: Literal["target", "file"]
    text: str


class Offer(NamedTuple):
    """One line of the list, in its section."""

    section: str
    choice: Choice
    line: Line


def offers() -> list[Offer]:
    """All that can be opened here. Reads the config files and the beginnings of the kept sessions."""
    sessions = kept()
    running = [_session("Running now", one) for one in (*sessions, *live_elsewhere()) if one.live]
    done = [_session("Kept sessions", one) for one in sessions if not one.live]
    demo: Line = [(pad("demo", 24), "name"), ("  the bundled server, which uses every pattern", "dim")]
    return [*running, *_servers(), Offer("Servers", Choice("target", "demo"), demo), *done]


def _session(section: str, one: Kept) -> Offer:
    ended = ("live", "ok") if one.live else ("cut off", "warning") if one.exit is None else (f"exit {one.exit}", "dim")
    kept_here = one.id != str(one.path)
    line: Line = [
        (pad(one.id.rpartition("-")[2] if kept_here else "-", 6), "name"),
        (f"{one.started.astimezone():%b %d %H:%M:%S}  ", "time"),
        (pad(size(one.size), 9), ""),
        (pad(ended[0], 9), ended[1]),
        (", ".join(one.spoken if kept_here else (str(one.path), *one.spoken)), ""),
    ]
    return Offer(section, Choice("file", str(one.path)), line)


def _servers() -> Iterator[Offer]:
    """The servers of every config file that can be read; `mcpwatch servers` says what is wrong with the others."""
    for place in configs.places():
        try:
            entries = configs.read_servers(place.path) if place.path.is_file() else {}
        except UsageError:
            continue
        for name, entry in entries.items():
            words = "" if entry.command is None else " ".join(redact_argv([entry.command, *entry.args]))
            what = entry.wrong or (words if entry.url is None else redact_url(entry.url))
            where = f"  {place.client}" + (", of this folder" if place.scope == "project" else "")
            text = f"{place.source}:{name}"
            line: Line = [(pad(text, 24), "name"), (f"  {what}", "error" if entry.wrong else ""), (where, "dim")]
            yield Offer("Servers", Choice("target", text), line)


class HomeApp(Shell[Choice | None]):
    """A list to choose from, or a target to type. Ends with the `Choice`, or None."""

    CSS = """
    HomeApp #title { height: 1; background: $panel; }
    HomeApp OptionList { height: 1fr; border: none; padding: 0; text-wrap: nowrap; text-overflow: ellipsis; }
    HomeApp #problem { height: auto; max-height: 4; color: $text-error; }
    HomeApp Input { height: 1; border: none; padding: 0 1; background: $boost; }
    HomeApp Footer { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find", key_display="/", id="home.find"),
        Binding("o", "type", "Open…", id="home.open", tooltip="Type a target, a file or a command"),
        Binding("r", "reload", "Look again", id="home.reload"),
        Binding("escape", "clear", "Clear", id="home.clear", show=False),
        Binding("up", "move(-1)", "Up", id="home.up", show=False),
        Binding("down", "move(1)", "Down", id="home.down", show=False),
    ]

    def __init__(self, settings: Settings | None = None, problem: str = "") -> None:
        super().__init__(settings)
        self.offers: list[Offer] | None = None
        """None until they were looked for."""
        self._problem = problem
        self._typing = False

    def compose(self) -> ComposeResult:
        yield Static(
            paint.content([(" mcpwatch ", "strong"), (f" {_here()}", "dim"), ("  Enter opens", "dim")]), id="title"
        )
        yield Static(paint.content(self._problem), id="problem")
        yield OptionList()
        field = Input(compact=True)
        field.display = False
        yield field
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#problem").display = bool(self._problem)
        self.query_one(OptionList).focus()
        self.action_reload()

    def about(self) -> tuple[str, str]:
        return "What to open", (
            "Enter opens: a session that runs is followed, a server is started and watched, a kept session is shown. "
            "With o you type what you would type after `mcpwatch tui`."
        )

    def action_reload(self) -> None:
        """Look again at what there is."""
        self.run_worker(self._look, exclusive=True)

    async def _look(self) -> None:
        self.offers = await asyncio.to_thread(offers)
        self._fill()

    def _fill(self) -> None:
        wanted = "" if self._typing else self.query_one(Input).value.strip().lower()
        found = [one for one in self.offers or () if wanted in plain(one.line).lower()]
        listed = self.query_one(OptionList)
        listed.clear_options()
        section, listed_already = "", set[str]()
        for one in found:
            name = f"{one.choice.kind}:{one.choice.text}"
            if name in listed_already:
                continue  # in two files of one client: the nearer one is what its name stands for
            listed_already.add(name)
            if one.section != section:
                section = one.section
                listed.add_option(Option(paint.content([(section, "host")]), disabled=True))
            listed.add_option(Option(paint.content([("  ", ""), *one.line]), id=name))
        listed.action_first()

    # ---- choosing

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        kind, _, text = (event.option_id or "").partition(":")
        self.exit(Choice("file" if kind == "file" else "target", text))

    def _ask(self, placeholder: str, *, typing: bool) -> None:
        field = self.query_one(Input)
        self._typing = typing
        field.placeholder, field.value, field.display = placeholder, "", True
        self.screen.set_focus(field)  # at once: what is typed next is for it

    def action_find(self) -> None:
        """Show only what holds a text."""
        self._ask("what to look for", typing=False)

    def action_type(self) -> None:
        """Type what to open."""
        self._ask("a script, a URL, a command, FILE.json:NAME, a recording, or a session's id", typing=True)

    def action_clear(self) -> None:
        """Show everything again."""
        field = self.query_one(Input)
        field.value, field.display = "", False
        self._typing = False
        self.query_one(OptionList).focus()
        self._fill()

    def on_input_changed(self) -> None:
        if not self._typing:
            self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self._typing:
            self.query_one(OptionList).action_select()
        elif event.value.strip():
            self.exit(Choice("target", event.value.strip()))

    def action_move(self, by: int) -> None:
        """Up and down, while something is typed too."""
        listed = self.query_one(OptionList)
        (listed.action_cursor_up if by < 0 else listed.action_cursor_down)()


def _here() -> str:
    here, home = Path.cwd(), Path.home()
    return f"~/{here.relative_to(home)}" if here.is_relative_to(home) else str(here)
