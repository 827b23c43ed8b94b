"""Traffic in a real terminal, typed at as fast as keys come."""

from __future__ import annotations

from pathlib import Path

from mcpwatch.recording import Recording
from tests.tui.tmux import needs_tmux, tmux
from tests.tui.traffic.talk import HOSTILE, Talk, everyday

pytestmark = needs_tmux


def test_what_is_typed_at_once_goes_into_the_filter(tmp_path: Path) -> None:
    path = everyday().save(tmp_path)
    with tmux("tui", str(path), columns=120, rows=40) as terminal:
        terminal.shows("opened  python srv.py", "×21")
        terminal.type("/method:tools/call err")
        terminal.shows("1 of 21", "n is no number")
        terminal.keys("Enter", "p")
        terminal.shows("n=seven")
        terminal.keys("Escape")
        terminal.lacks("filter /")
        terminal.type("t")
        terminal.shows("▸ → request nope/nope")
        terminal.type("Gk ")
        terminal.shows("▾ → request nope/nope")
        terminal.type("q")
        assert terminal.ends() == 0


def test_a_live_server_is_watched_and_its_calls_are_written_to_a_file(tmp_path: Path, kept_sessions: Path) -> None:
    target = tmp_path / "few.mcpw.jsonl"
    with tmux("tui", "demo", columns=160, rows=40) as terminal:
        terminal.shows("✓ demo", "FOLLOW", "→ request tools/list")
        terminal.type("/kind:request dir:c2s")
        terminal.shows(" of ")
        terminal.keys("Enter", "w")
        terminal.shows("write to")
        terminal.keys("C-u")
        terminal.lacks("selection.mcpw")
        terminal.type(str(target))
        terminal.keys("Enter")
        terminal.shows("events written")
        terminal.type("q")
        assert terminal.ends() == 0
    with Recording.open(target) as recording:
        assert {getattr(event, "type", None) for event in recording.events()} == {"request"}
    assert list(kept_sessions.glob("*.mcpw.jsonl"))


def test_hostile_text_reaches_no_terminal(tmp_path: Path) -> None:
    talk = Talk()
    for text in HOSTILE:
        said = text.encode("utf-8", "replace").decode()
        talk.log(said)
        talk.stderr(said)
        talk.call(said, {said: said})
    with tmux("tui", str(talk.save(tmp_path)), columns=160, rows=60) as terminal:
        screen = terminal.shows(
            "esc␛[31mred", "[bold red]markup[/bold red]", "[/nope]", "[@click=app.quit]press[/]", "‹U+202E›"
        )
        assert "\x1b" not in screen
        terminal.type("GGkvvvvvt+")
        terminal.shows("tree")
        terminal.type("q")
        assert terminal.ends() == 0
