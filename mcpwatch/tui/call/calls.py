"""The calls of a link and what came of the one that is chosen, with the keys that do something with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from mcpwatch.errors import RecordingError
from mcpwatch.model import Exchange
from mcpwatch.tui.call.files import Media, NotSaved, open_file, save
from mcpwatch.tui.call.history import CallList
from mcpwatch.tui.call.outcome import Link, Outcome, Target, outcome_of
from mcpwatch.tui.detail.pane import BodyList
from mcpwatch.tui.messages import Say, Show
from mcpwatch.tui.rows import RowList
from mcpwatch.tui.source import Source
from mcpwatch.tui.traffic.repeat import command_for
from mcpwatch.view.blank.jsontext import json_text

__all__ = ["Again", "CallsView", "How"]

How: TypeAlias = Literal["resend", "edit", "fill", "cancel"]
_APART = 0.2
"""Seconds between two looks at what moves by itself: how long a call has been running."""


class Again(Message):
    """A person wants something done with a call that was made."""

    def __init__(self, call: Exchange, how: How) -> None:
        super().__init__()
        self.call = call
        self.how = how


class Follow(Message):
    """A person wants to read a resource that a result points to."""

    def __init__(self, call: Exchange, uri: str) -> None:
        super().__init__()
        self.call = call
        self.uri = uri


class OutcomeList(BodyList):
    """What came of a call. Enter reads a link, or folds and unfolds."""

    def action_fold(self) -> None:
        target = self.target
        if isinstance(target, Link):
            self.post_message(self.Led(target))
        else:
            super().action_fold()

    class Led(Message):
        """Enter on a link."""

        def __init__(self, target: Link) -> None:
            super().__init__()
            self.target = target

    @property
    def target(self) -> Target | None:
        """Where the line that the cursor is on leads."""
        return self.content.target(self.cursor) if isinstance(self.content, Outcome) else None

    def wanted(self, kind: type[Target]) -> Target | None:
        """What the cursor is on if it is of this kind, else the only one of the kind, else the first below it."""
        if isinstance(self.target, kind):
            return self.target
        found = self.content.targets if isinstance(self.content, Outcome) else []
        some = [(at, target) for at, target in found if isinstance(target, kind)]
        return next((target for at, target in some if at >= self.cursor), some[0][1] if some else None)


class CallsView(Widget):
    """A list of calls, and the outcome of one of them below it."""

    DEFAULT_CSS = """
    CallsView { height: 1fr; width: 1fr; layout: vertical; }
    CallsView CallList { height: 30%; min-height: 3; border-bottom: solid $panel; }
    CallsView OutcomeList { height: 1fr; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again('resend')", "Resend", id="call.resend"),
        Binding("E", "again('edit')", "Edit", id="call.edit"),
        Binding("e", "again('fill')", "To form", id="call.fill"),
        Binding("c", "again('cancel')", "Cancel", id="call.cancel"),
        Binding("v", "raw", "JSON", id="call.raw", show=False),
        Binding("m", "markdown", "Markdown", id="call.markdown", show=False),
        Binding("w", "save", "Save", id="call.save", show=False),
        Binding("o", "open", "Open", id="call.open-file", show=False),
        Binding("y", "copy", "Copy", id="call.copy", show=False),
        Binding("Y", "copy_command", "As command", id="call.copy-command", show=False),
        Binding("t", "traffic", "In Traffic", id="call.traffic", show=False),
    ]

    def __init__(self, source: Source, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source = source
        self._link = ""
        self._markdown = True
        self._raw = False
        self._shown: tuple[object, object] = (None, None)
        """What the lines below are of, and how it was then."""

    def compose(self) -> ComposeResult:
        yield CallList(self._source, id="call-list")
        yield OutcomeList(id="call-outcome")

    def on_mount(self) -> None:
        self.set_interval(_APART, self._tick)

    @property
    def list(self) -> CallList:
        return self.query_one(CallList)

    @property
    def outcome(self) -> OutcomeList:
        return self.query_one(OutcomeList)

    def look(self, link: str) -> None:
        """Show the calls of this link, and what became of the chosen one."""
        self._link = link
        self.list.look(link)
        self._renew()

    def _tick(self) -> None:
        if self._source.live and self.is_on_screen and any(call.running for call in self.list.calls[-100:]):
            self.list.refresh()

    @on(RowList.Chosen, "#call-list")
    def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        self._renew()

    @on(CallList.Turned)
    def _turned(self, event: CallList.Turned) -> None:
        event.stop()
        self._renew()

    @on(OutcomeList.Led)
    def _led(self, event: OutcomeList.Led) -> None:
        event.stop()
        if (call := self.list.chosen) is not None:
            self.post_message(Follow(call, event.target.uri))

    # ---- what is shown below

    def _renew(self) -> None:
        call = self.list.chosen
        if call is None:
            return
        waits = sum(question.waiting for question in call.questions)
        look = (call.seq, self._raw, self._markdown)
        shown = (look, (id(self._source.timeline), call.state, call.answered, waits))
        if shown != self._shown:
            stay, self._shown = self._shown[0] == look, shown
            self.run_worker(partial(self._fill, call, stay=stay), exclusive=True, group="outcome", exit_on_error=True)

    async def _fill(self, call: Exchange, *, stay: bool) -> None:
        tool = self._tool(call)
        body = await asyncio.to_thread(outcome_of, call, tool, markdown=self._markdown, raw=self._raw)
        self.outcome.put(body, stay=stay)

    def _tool(self, call: Exchange) -> Mapping[str, Any] | None:
        server = self._source.timeline.links.get(call.link)
        return server.tools.get(call.name or "") if server is not None and call.method == "tools/call" else None

    # ---- what a person does

    def action_again(self, how: How) -> None:
        if (call := self.list.chosen) is not None:
            self.post_message(Again(call, how))

    def action_raw(self) -> None:
        self._raw = not self._raw
        self._renew()

    def action_markdown(self) -> None:
        self._markdown = not self._markdown
        self._renew()

    def action_traffic(self) -> None:
        if (call := self.list.chosen) is not None:
            self.post_message(Show(call.answered or call.seq))

    def action_save(self) -> None:
        self._save(then_open=False)

    def action_open(self) -> None:
        self._save(then_open=True)

    def _save(self, *, then_open: bool) -> None:
        call, media = self.list.chosen, self.outcome.wanted(Media)
        if call is None or not isinstance(media, Media):
            self.post_message(Say("There is nothing in this result to save: no image, no sound, no data.", "warning"))
            return
        try:
            path = save(media, f"{call.name or 'data'}-{call.seq}")
            self.post_message(Say(f"Saved as {path}"))
            if then_open:
                open_file(path)
        except NotSaved as error:
            self.post_message(Say(str(error), "error"))

    def action_copy(self) -> None:
        call = self.list.chosen
        if call is None:
            return
        try:
            result = call.error if call.error is not None else call.result
            text = json_text(result if call.answered is not None else call.params)
        except (RecordingError, LookupError) as error:
            self.post_message(Say(f"It cannot be read back: {error}", "error"))
            return
        self.app.copy_to_clipboard(text)  # pyright: ignore[reportUnknownMemberType]
        self.post_message(Say("The result is copied, as JSON." if call.answered else "The request is copied, as JSON."))

    def action_copy_command(self) -> None:
        call = self.list.chosen
        if call is None:
            return
        server = self._source.timeline.links.get(call.link)
        try:
            command = command_for(call.request, server.target if server is not None else None)
        except (RecordingError, LookupError):
            command = None
        if command is None:
            self.post_message(Say("No command line can say this call.", "warning"))
            return
        self.app.copy_to_clipboard(command)  # pyright: ignore[reportUnknownMemberType]
        self.post_message(Say(f"Copied: {command}"))
