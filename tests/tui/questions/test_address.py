"""Pages that a server sends the person to: what is seen of the address, and that nothing opens by itself."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mcpwatch.session.answers import Question
from mcpwatch.session.auth.consent import is_web
from mcpwatch.tui.questions.address import opened
from tests.tui.questions.asking import HOSTILE, Person, asked, at_desk

pytestmark = pytest.mark.anyio

PAGE = "https://example.com/sign-in?next=%2Fhome"


class Browser:
    """Stands for the programs that the system starts. Calls are what the browser was opened with."""

    def __init__(self) -> None:
        self.works = True
        self.calls: list[tuple[Any, ...]] = []

    def start(self, words: list[str], **how: Any) -> Browser:
        assert words[0] == "firefox" and not how.get("shell")
        self.calls.append(tuple(words[1:]))
        if not self.works:
            raise FileNotFoundError(words[0])
        return self

    def wait(self) -> int:
        return 0


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    found = Browser()
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BROWSER", "firefox")
    monkeypatch.setattr(subprocess, "Popen", found.start)
    return found


def page(url: Any = PAGE) -> Question:
    return asked("elicitation/create", {"mode": "url", "message": "Sign in.", "url": url, "elicitationId": "e-1"})


async def press_open(person: Person) -> None:
    await person.press("tab", "tab", "enter")


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        (PAGE, ["https://example.com/sign-in?next=%2Fhome", "host       example.com"]),
        ("https://xn--80ak6aa92e.com/", ["xn--80ak6aa92e.com", "reads"]),
        ("https://аpple.com/", ["really xn--pple-43d.com"]),
        ("https://bank.example@evil.example/", ["bank.example@", "host       evil.example", "is not the host"]),
        ("http://example.com:8080/", ["example.com:8080", "not encrypted"]),
        ("javascript:alert(1)", ["none to be seen: this is no web address"]),
        ("file:///etc/passwd", ["none to be seen: this is no web address"]),
        ("https://a.example\\\\@b.example/", ["backslash"]),
    ],
)
async def test_the_address_is_seen_in_full_with_its_host_and_what_may_deceive(url: str, seen: list[str]) -> None:
    async with at_desk() as person:
        await person.is_asked(page(url))
        await person.shows(*seen)


async def test_a_long_address_is_wrapped_and_never_cut() -> None:
    url = "https://example.com/" + "a" * 150 + "/the-end"
    async with at_desk() as person:
        await person.is_asked(page(url))
        await person.until(lambda: url in "".join(line.strip("│ ") for line in person.text.splitlines()))


async def test_agreeing_opens_nothing(browser: Browser) -> None:
    async with at_desk() as person:
        await person.is_asked(page())
        await person.press("ctrl+j")
        assert (await person.heard()).result == {"action": "accept"}
        await person.pilot.pause()
    assert browser.calls == []


async def test_agreeing_and_opening_gives_the_browser_the_address_and_nothing_else(browser: Browser) -> None:
    async with at_desk() as person:
        await person.is_asked(page())
        await press_open(person)
        assert (await person.heard()).result == {"action": "accept"}
        await person.until(lambda: browser.calls)
    assert browser.calls == [(PAGE,)]


async def test_no_stray_key_agrees(browser: Browser) -> None:
    async with at_desk() as person:
        await person.is_asked(page())
        await person.press("enter", "space", "y", "o", "a", "q")
        assert person.desk.waiting == 1
        await person.press("escape")
    assert browser.calls == []
    assert person.answers == []


async def test_a_browser_that_does_not_start_is_said(browser: Browser) -> None:
    browser.works = False
    async with at_desk() as person:
        await person.is_asked(page())
        await press_open(person)
        await person.heard()
        await person.shows("No browser")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "ftp://a.b/", "mailto:a@b.c", "", None])
async def test_what_is_no_web_address_can_be_agreed_to_and_not_opened(browser: Browser, url: Any) -> None:
    async with at_desk() as person:
        await person.is_asked(page(url))
        await press_open(person)
        await person.pilot.pause()
        await person.press("ctrl+j")
        await person.heard()
    assert browser.calls == []


@pytest.mark.parametrize(
    ("url", "may"),
    [
        (PAGE, True),
        ("HTTP://example.com", True),
        ("https://", False),
        ("https://bank.example@evil.example/", False),
        ("https://\u0430pple.com/", False),
        ("https://a.example/`touch x`", False),
        ("https:///path", False),
        ("https://a b.example/", False),
        ("https://a.example/\x00", False),
        ("https://a.example/\u202e", False),
        ("https://a.example/" + HOSTILE, False),
        ("https://[::1", False),
        ("-https://a.example", False),
        ("data:text/html,x", False),
    ],
)
def test_only_plain_web_addresses_may_be_opened(browser: Browser, url: str, may: bool) -> None:
    assert is_web(url) is may
    assert opened(url) is may
    assert browser.calls == ([(url,)] if may else [])


@pytest.mark.parametrize("name", ["lynx", "w3m", "/usr/bin/www-browser", "sh -c 'firefox %s'", ""])
def test_what_would_take_the_terminal_or_is_a_shell_is_not_started(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("BROWSER", name)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not opened(PAGE)
    assert browser.calls == []
