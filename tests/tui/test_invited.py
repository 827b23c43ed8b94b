"""The screen of a server that wants a login."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App
from textual.widgets import Static

from mcpwatch.session.auth import Access, Invitation
from mcpwatch.tui.invited import InvitedScreen, Inviter

URL = "https://auth.example.com/authorize?client_id=[bold]c[/bold]&state=s"
INVITATION = Invitation("alpha", URL, "https://example.com/mcp", opened=False)

pytestmark = pytest.mark.anyio


def invited(app: App[object]) -> bool:
    return isinstance(app.screen, InvitedScreen)


async def test_it_shows_the_host_and_the_whole_address_and_opens_it_once_asked() -> None:
    opened: list[str] = []

    def opens(url: str) -> bool:
        opened.append(url)
        return True

    app: App[object] = App()
    async with app.run_test(size=(100, 30)) as pilot:
        inviter = Inviter()
        inviter.meets(app)
        access = inviter.on_screen(Access(opens=opens))
        await asyncio.to_thread(access.show, INVITATION)
        while not invited(app):
            await pilot.pause()
        await pilot.pause()
        said = {one.id: str(one.render()) for one in app.screen.query(Static)}
        assert said["host"] == "auth.example.com" and said["address"] == URL
        assert opened == []
        await pilot.press("o")
        assert opened == [URL]
        await pilot.press("y")
        assert app.clipboard == URL
        await asyncio.to_thread(access.over)
        while invited(app):
            await pilot.pause()


async def test_it_can_be_closed_and_the_end_of_the_login_closes_nothing_else() -> None:
    app: App[object] = App()
    async with app.run_test() as pilot:
        inviter = Inviter()
        inviter.meets(app)
        access = inviter.on_screen(Access())
        access.show(INVITATION)
        while not invited(app):
            await pilot.pause()
        await pilot.press("escape")
        while invited(app):
            await pilot.pause()
        access.over()
        await pilot.pause()
        assert app.is_running and len(app.screen_stack) == 1
