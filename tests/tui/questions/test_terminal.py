"""A question in a real terminal: it opens by itself, is put off, written in the person's own editor, and sent."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.real.running import command
from tests.tui.call.test_terminal import open_offer
from tests.tui.tmux import needs_tmux, tmux

pytestmark = needs_tmux

EDITOR = """#!PYTHON
import pathlib, sys
file = pathlib.Path(sys.argv[1])
print("this is the editor: press Enter", flush=True)
sys.stdin.readline()
file.write_text("Rayleigh did it.\\n" + file.read_text())
"""


def test_the_demo_asks_and_is_answered_from_an_editor(kept_sessions: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.replace("PYTHON", sys.executable))
    editor.chmod(0o700)
    with tmux("tui", "demo", columns=100, rows=30, env={"EDITOR": str(editor), "VISUAL": ""}) as terminal:
        terminal.shows("✓ demo")
        terminal.keys("3")
        terminal.shows("log_levels", "/ search")
        open_offer(terminal, "ask_model", "question")
        terminal.keys("C-j")
        terminal.shows("demo asks during ask_model", "Why is the sky blue?", "what the model would say")
        terminal.keys("Escape")
        terminal.shows("1 question waits (a)")
        terminal.keys("a")
        terminal.shows("what the model would say")
        terminal.keys("C-e")
        terminal.shows("this is the editor")
        terminal.keys("Enter")
        terminal.shows("Rayleigh did it.", "esc Later")
        terminal.keys("C-j")
        terminal.shows("said: Rayleigh did it.")
        terminal.keys("A")
        terminal.shows("0 wait", "by person")
        terminal.keys("Escape")
        terminal.lacks("0 wait")
        terminal.keys("2")
        terminal.shows("Ended", "ask_model #")
        terminal.keys("q")
        assert terminal.ends() == 0


def test_server_everything_asks_in_a_terminal(kept_sessions: Path, servers_folder: Path, tmp_path: Path) -> None:
    argv = command(servers_folder, "everything", tmp_path)
    with tmux("tui", "--", *argv, columns=100, rows=30) as terminal:
        terminal.shows("? roots", "which folders may it use?")
        terminal.keys("Enter")
        terminal.type("file:///there")
        terminal.shows("file:///there")
        terminal.keys("C-j")
        terminal.lacks("? roots")
        terminal.keys("3")
        open_offer(terminal, "get-roots-list", "Send")
        terminal.keys("C-j")
        terminal.shows("file:///there")
        terminal.keys("q")
        assert terminal.ends() == 0
