"""What a filtered view folds is enough: its lines are those of a view that has folded everything."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from mcpwatch import Recording
from mcpwatch.cli.context import selected
from mcpwatch.cli.printing import show_events
from mcpwatch.recording import Filter
from tests.cli.running import DEMO, QUICK, mcpwatch

FILTERS: list[dict[str, Any]] = [
    {"methods": ["progress"]},
    {"methods": ["tools/call"]},
    {"methods": ["tools/*", "cancelled"]},
    {"methods": ["sampling/createMessage"]},
    {"methods": ["elicitation/create"], "dirs": ["c2s"]},
    {"methods": ["tools/list"], "types": ["response"]},
    {"methods": ["list_changed"]},
    {"links": ["demo", "quick"]},
    {"dirs": ["s2c"]},
    {"dirs": ["c2s"]},
    {"types": ["response"]},
    {"types": ["notification"]},
    {"types": ["note"]},
    {"types": ["note", "error"]},
    {"types": ["stderr", "closed"]},
    {"ids": ["7"]},
    {"ids": ["1", "3"], "dirs": ["s2c"]},
    {"errors": True},
    {"text": "progress"},
    {"text": "lisbon"},
    {"since": 0.1, "until": 0.4},
    {"since": 0.3},
]


@pytest.fixture(scope="module", params=["legacy", "modern", "dead"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sessions in which everything happens, recorded once."""
    file = tmp_path_factory.mktemp("recording") / "t.mcpw.jsonl"
    if request.param == "dead":
        calls = ("count n=30", "sample", "refuse", "fail", "chatter", "crash")
        target: tuple[str, ...] = QUICK
    else:
        names = "progress kind=open,work n=3 seconds=0,ask_model,ask_person,look_around,plan_trip,chat,grow,noisy,fail"
        calls, target = tuple(names.split(",")), ("--era", request.param, *DEMO)
    steps = [word for call in calls for word in ("--call", call)]
    answers = ("--sampling", "Paris", "--elicit", "name=Ada", "--root", str(file.parent))
    mcpwatch("run", *steps, "--list", "--timeout", "5s", *answers, "-q", "-o", str(file), *target)
    return file


def lines(batch: Iterator[tuple[Any, bool]], *, verbose: bool) -> str:
    out = StringIO()
    show_events([list(batch)], out, verbose=verbose)
    return out.getvalue()


@pytest.mark.parametrize("verbose", [False, True], ids=["", "verbose"])
@pytest.mark.parametrize("options", FILTERS, ids=str)
def test_the_lines_are_those_of_a_view_that_knows_everything(
    options: dict[str, Any], verbose: bool, recording: Path
) -> None:
    wanted = Filter(**options)
    with Recording.open(recording) as file:
        everything = lines(((event, wanted.accepts(event)) for event in file.events()), verbose=verbose)
        assert lines(selected(file, wanted), verbose=verbose) == everything


def test_most_of_a_recording_is_not_even_read(recording: Path) -> None:
    with Recording.open(recording) as file:
        seen = [event for event, _ in selected(file, Filter(methods=["resources/read"]))]
        assert len(seen) < sum(1 for _ in file.events()) / 2
