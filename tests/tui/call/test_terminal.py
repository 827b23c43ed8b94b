"""The pane Call in a real terminal: typed at, read from the screen, with the person's own editor in between."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.real.running import command
from tests.tui.tmux import Tmux, needs_tmux, tmux

pytestmark = needs_tmux

EDITOR = """#!PYTHON
import pathlib, sys
file = pathlib.Path(sys.argv[1])
print("this is the editor: press Enter", flush=True)
sys.stdin.readline()
file.write_text(file.read_text().replace("Oslo", "Lima"))
"""


def open_offer(terminal: Tmux, name: str, field: str) -> None:
    """Search for an entry and open it, each key once the one before has done something."""
    terminal.shows("Open")
    terminal.type("/")
    terminal.lacks("Open")
    terminal.type(name)
    terminal.shows("1 of ")
    terminal.keys("Enter")
    terminal.shows("Open")
    terminal.keys("Enter")
    terminal.shows(field)


def test_a_tool_is_called_from_its_form_and_again_from_the_editor(kept_sessions: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.replace("PYTHON", sys.executable))
    editor.chmod(0o700)
    with tmux("tui", "demo", columns=100, rows=30, env={"EDITOR": str(editor), "VISUAL": ""}) as terminal:
        terminal.shows("✓ demo")
        terminal.keys("3")
        terminal.shows("log_levels", "/ search")
        open_offer(terminal, "weather", "‹ choose…")
        terminal.keys("Left")
        terminal.shows("Oslo ▾")
        terminal.keys("C-j")
        terminal.shows("Oslo: -3.0 °C, snow", "✓ fits the output schema")
        terminal.type("E")
        terminal.shows("this is the editor")
        assert "1 Traffic" not in terminal.run("capture-pane", "-p", "-t", ":0")
        terminal.keys("Enter")
        terminal.shows("1 Traffic", "Lima: 19.5 °C, mist")
        terminal.keys("q")
        assert terminal.ends() == 0


def test_server_everything_is_called_in_a_terminal(kept_sessions: Path, servers_folder: Path, tmp_path: Path) -> None:
    argv = command(servers_folder, "everything", tmp_path)
    with tmux("tui", "--root", str(tmp_path), "--", *argv, columns=100, rows=30) as terminal:
        terminal.shows("1 Traffic", "✓ ")
        terminal.keys("3")
        terminal.shows("echo", "get-sum")
        open_offer(terminal, "echo", "^j Send")
        terminal.type("hello")
        terminal.shows("hello", "✓ fits the schema")
        terminal.keys("C-j")
        terminal.shows("is done", "Echo: hello")
        terminal.keys("q")
        assert terminal.ends() == 0
