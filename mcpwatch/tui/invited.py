"""A server that wants a login: which page it is at, in full, to be opened or copied.

The screen is there as long as nobody has logged in, or until it is closed; the wait goes on without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from mcpwatch.session.auth import Access, Invitation
from mcpwatch.tui import paint

__all__ = ["InvitedScreen", "Inviter"]


class InvitedScreen(ModalScreen[None]):
    """Where to log in. `opens` hands an address to a browser, and says whether there was one."""

    DEFAULT_CSS = """
    InvitedScreen { align: center middle; }
    InvitedScreen > Vertical {
        width: 90; max-width: 95%; height: auto; max-height: 90%; padding: 1 2; border: round $primary;
        background: $surface;
    }
    InvitedScreen Static { height: auto; margin-bottom: 1; }
    InvitedScreen Horizontal { height: auto; align-horizontal: right; }
    InvitedScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open it", id="login.open"),
        Binding("y", "copy", "Copy it", id="login.copy"),
        Binding("escape", "dismiss", "Close", id="login.close"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, invitation: Invitation, opens: Callable[[str], bool]) -> None:
        super().__init__()
        self.invitation = invitation
        self._opens = opens

    def compose(self) -> ComposeResult:
        invitation = self.invitation
        did = "It was opened in your browser:" if invitation.opened else "Open it in a browser:"
        with Vertical():
            yield Static(paint.content([(invitation.server, "name"), (" wants a login at ", "")]), id="server")
            yield Static(paint.content([(invitation.host, "strong")]), id="host")
            yield Static(paint.content([(did, "")]))
            yield Static(paint.content([(invitation.url, "dim")]), id="address")
            with Horizontal():
                yield Button("Close (esc)", id="close", compact=True)
                yield Button("Copy (y)", id="copy", compact=True)
                yield Button("Open (o)", id="open", compact=True)

    def on_mount(self, event: events.Mount) -> None:
        self.query_one("#close", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "open":
                self.action_open()
            case "copy":
                self.action_copy()
            case _:
                self.dismiss()

    def action_open(self) -> None:
        if not self._opens(self.invitation.url):
            self.notify("There is no browser that could be opened; copy the address.", severity="warning")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.invitation.url)  # pyright: ignore[reportUnknownMemberType]
        self.notify("Copied.")


class Inviter:
    """Shows invitations on the screens of an app that is made later. Its methods are called by any thread."""

    def __init__(self) -> None:
        self._app: App[object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shown: InvitedScreen | None = None

    def meets(self, app: App[object]) -> None:
        """The app is there, and runs on this loop."""
        self._app, self._loop = app, asyncio.get_running_loop()

    def on_screen(self, access: Access) -> Access:
        """The same access, whose invitations are shown here."""
        from dataclasses import replace

        from mcpwatch.session.auth.browser import open_page

        opens = access.opens or open_page

        def show(invitation: Invitation) -> None:
            self._soon(lambda: self._show(InvitedScreen(invitation, opens)))

        return replace(access, show=show, over=lambda: self._soon(self._hide))

    def _soon(self, act: Callable[[], None]) -> None:
        if self._app is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._app.call_later, act)

    def _show(self, screen: InvitedScreen) -> None:
        assert self._app is not None
        self._hide()
        self._shown = screen
        self._app.push_screen(screen)

    def _hide(self) -> None:
        shown, self._shown = self._shown, None
        if shown is not None and shown.is_current:
            shown.dismiss()
