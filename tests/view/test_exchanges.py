"""The exchange around an event, as lines."""

from __future__ import annotations

from pathlib import Path

from mcpwatch.recording import Recording
from mcpwatch.view.exchanges import MOST_LINES, exchange_trees
from tests.check.rules.told import Told
from tests.cli.test_check import recorded


def test_an_event_brings_its_whole_exchange_and_nothing_around_it(tmp_path: Path) -> None:
    told = Told().legacy().calls(meta={"progressToken": "t"})
    first = len(told.events)
    for value in (1, 2):
        told.tells("notifications/progress", {"progressToken": "t", "progress": value})
    told.done().closed(code=0)
    with Recording.open(recorded(told, tmp_path / "t.mcpw.jsonl")) as recording:
        found = exchange_trees(recording, [first, first + 1, 999])
    assert list(found) == [first, first + 1]
    assert found[first] == found[first + 1]
    assert "tools/call" in found[first][0] and "→" in found[first][0]
    assert "←" in found[first][-1]
    assert not any("initialize" in line or "ended" in line for line in found[first])


def test_an_event_of_no_exchange_comes_alone(tmp_path: Path) -> None:
    told = Told().line(b"hello").closed(code=0)
    with Recording.open(recorded(told, tmp_path / "t.mcpw.jsonl")) as recording:
        (lines,) = exchange_trees(recording, [len(told.events) - 1]).values()
    assert len(lines) == 1 and "hello" in lines[0]


def test_of_a_long_exchange_the_first_and_the_last_lines_are_shown(tmp_path: Path) -> None:
    told = Told().legacy().calls(meta={"progressToken": "t"})
    at = len(told.events)
    for value in range(500):
        told.tells("notifications/progress", {"progressToken": "t", "progress": value})
    with Recording.open(recorded(told.done(), tmp_path / "t.mcpw.jsonl")) as recording:
        (lines,) = exchange_trees(recording, [at]).values()
    assert len(lines) == MOST_LINES + 1
    assert sum(line.startswith("… ") for line in lines) == 1
    assert "←" in lines[-1]
