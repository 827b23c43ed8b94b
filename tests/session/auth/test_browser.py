"""A page is opened by a program that gets it as one argument, without a shell."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest

from mcpwatch.session.auth import browser
from mcpwatch.session.auth.browser import open_page

URL = "https://auth.example.com/a?b=c&d=$(id)&e=%s;f#g"
WRITE = (
    "import json, os, sys; open(sys.argv[1] + '.part', 'w').write(json.dumps(sys.argv[2:])); "
    "os.replace(sys.argv[1] + '.part', sys.argv[1])"
)


def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *more: str) -> list[str]:
    """What the browser that BROWSER names was given."""
    program, told = tmp_path / "browser.py", tmp_path / "told.json"
    program.write_text(WRITE)
    monkeypatch.setenv("BROWSER", " ".join((sys.executable, str(program), str(told), *more)))
    ended = threading.Event()

    class Waited(threading.Thread):
        def run(self) -> None:
            super().run()
            ended.set()

    monkeypatch.setattr(browser.threading, "Thread", Waited)
    assert open_page(URL)
    assert ended.wait(60)
    return json.loads(told.read_text())


def test_the_address_is_one_argument(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert opened(monkeypatch, tmp_path) == [URL]


def test_the_address_stands_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert opened(monkeypatch, tmp_path, "--new", "%s", "--url=%s") == ["--new", URL, f"--url={URL}"]


@pytest.mark.parametrize("named", ["sh -c 'firefox %s'", "lynx", "/usr/bin/w3m", "'", ""])
def test_what_would_need_a_shell_or_the_terminal_is_not_started(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", named)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(variable, raising=False)
    if sys.platform == "linux":
        assert not open_page(URL)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "-version", ""])
def test_what_is_no_page_is_not_opened(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", sys.executable)
    assert not open_page(url)
