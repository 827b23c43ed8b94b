"""Restarting, reloading and saving in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from mcpwatch.recording import Recording
from tests.tui.tmux import needs_tmux, tmux

pytestmark = needs_tmux
QUICK = Path(__file__).parents[2] / "servers" / "good" / "quick.py"


def test_a_server_is_restarted_by_key_and_by_its_file_and_the_session_saved(
    tmp_path: Path, kept_sessions: Path
) -> None:
    script = tmp_path / "srv.py"
    script.write_text(QUICK.read_text())
    words = ("tui", "--reload", "--era", "legacy", "--python", sys.executable, str(script))
    with tmux(*words, cwd=tmp_path) as terminal:
        terminal.shows("✓ srv legacy")
        terminal.keys("5", "R")
        terminal.shows("✓ srv#2 legacy", "goes on as srv#2")
        script.write_text(QUICK.read_text() + "\n")
        terminal.shows("✓ srv#3 legacy", "goes on as srv#3")
        terminal.keys("C-s")
        terminal.shows("Save this recording as")
        terminal.keys("Enter")
        terminal.shows("Saved so far as")
        terminal.keys("q")
        assert terminal.ends() == 0
    with Recording.open(tmp_path / "srv.mcpw.jsonl") as recording:
        assert recording.complete
        links = {event.link for event in recording.events()}
    assert links == {"srv", "srv#2", "srv#3"}
    (kept,) = kept_sessions.glob("*.mcpw.jsonl")
    assert kept.read_bytes() == (tmp_path / "srv.mcpw.jsonl").read_bytes()


def test_files_that_cannot_be_told_are_asked_for_before_the_screen_is_taken() -> None:
    with tmux("tui", "demo", "--reload") as terminal:
        assert terminal.ends() == 2
        terminal.shows("Which files demo is made of", "--reload-on PATH")
