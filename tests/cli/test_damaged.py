"""Whatever happened to a recording, whoever reads it says what is wrong with it, or reads it: nobody falls over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcpwatch.check.checked import Checked
from mcpwatch.check.diff import compare
from mcpwatch.check.diff_report import diff_document, ran_of
from mcpwatch.check.draft import draft
from mcpwatch.check.mock.core import Mock
from mcpwatch.check.mock.story import story_of
from mcpwatch.check.normalize import Normalizer
from mcpwatch.check.recorded import read_recorded
from mcpwatch.check.replay.baseline import failed_calls
from mcpwatch.check.replay.moves import moves_of
from mcpwatch.check.replay.player import imitating
from mcpwatch.check.replay.targets import recorded_target
from mcpwatch.check.report import github_lines
from mcpwatch.check.rules import Checker, Tally
from mcpwatch.cli.context import selected
from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.model import Timeline
from mcpwatch.recording import Filter, Recording
from mcpwatch.recording.rewrite import rewritten
from mcpwatch.redact import Redactor
from mcpwatch.session.options import ClientOptions
from mcpwatch.view.differences import diff_lines, diff_markdown
from mcpwatch.view.exchanges import exchange_trees
from mcpwatch.view.findings import finding_lines, verdict_line
from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from mcpwatch.view.style import Line
from tests.recording.damaged import damaged
from tests.recording.samples import GOLDEN

SOURCES = [GOLDEN / name for name in ("v1-every-kind.mcpw.jsonl", "v1-session.mcpw.jsonl", "v1-foreign.mcpw.jsonl")]


def show(path: Path, _: Path) -> None:
    for width, verbose in ((None, False), (60, True)):
        with Recording.open(path) as recording:
            timeline, shown = Timeline(fetch=recording.read), list[str]()
            stream = PlainStream(shown.append, timeline, colour=True, look=Look(width=width, verbose=verbose))
            for event in recording.events():
                timeline.apply(event)
                stream.feed([event])
            "".join(shown).encode()


def choose(path: Path, _: Path) -> None:
    filters = (Filter(methods=("tools/*",)), Filter(errors=True), Filter(ids=("1",)), Filter(text="a"))
    with Recording.open(path) as recording:
        for filter in filters:
            assert all(event.seq for event, _ in selected(recording, filter))
        assert sum(1 for _ in recording.lines()) == len(recording.index)


def check(path: Path, _: Path) -> None:
    checker, tally = Checker(), Tally()
    with Recording.open(path) as recording:
        for event in recording.events():
            tally.add(checker.feed(event))
        checked = Checked("x", tally, events=checker.events)
        _told(finding_lines(checked, 60, verbose=True))
        _told([verdict_line(checked)])
        json.dumps(checked.document())
        ran = checked.ran(1)
        "".join(github_lines(ran)).encode()
        exchange_trees(recording, [one.seq for one in ran.verdicts if one.seq])


def diff(path: Path, source: Path) -> None:
    one, other = read_recorded(source, allow_incomplete=True), read_recorded(path, allow_incomplete=True)
    with one.recording, other.recording:
        for a, b in ((one, other), (other, one), (other, other)):
            found = compare(a, b, names=("a", "b"), ignore=(), latency=2.0)
            _told(diff_lines(found, 60))
            diff_markdown(found).encode()
            json.dumps(diff_document(found))
            "".join(github_lines(ran_of(found))).encode()
            assert found.same or a is not b


def init_script(path: Path, _: Path) -> None:
    with Recording.open(path) as recording:
        draft(recording.events(), recording.read, source="x", folder=Path.cwd()).encode()


def mock(path: Path, _: Path) -> None:
    recorded = read_recorded(path, allow_incomplete=True)
    with recorded.recording:
        for link in recorded.links:
            for match in ("strict", "sequence", "loose"):
                mock = Mock(story_of(link), match=match, pace="none", junk=True, normalizer=Normalizer(()))
                mock.open(0.0)
                for at, message in enumerate(one for one in link.messages if one.dir == "c2s"):
                    mock.receive(link.frame(message.seq).data, float(at))
                    mock.due(1e9)
                mock.finish()
                assert all(isinstance(problem, str) for problem in mock.problems)


def replay(path: Path, _: Path) -> None:
    recorded = read_recorded(path, allow_incomplete=True)
    with recorded.recording:
        failed_calls(recorded.links)
        moves_of(recorded.links)
        for link in recorded.links:
            imitating(link, ClientOptions())
            recorded_target(link, {}, {}, lambda _: None)


def redact(path: Path, _: Path) -> None:
    redactor = Redactor()
    with Recording.open(path) as recording:
        assert all(line.endswith(b"\n") for line in rewritten(recording, redactor, policy=redactor.policy))


def _told(lines: Sequence[Line]) -> None:
    "".join(text for line in lines for text, _ in line).encode()


READERS = (show, choose, check, diff, init_script, mock, replay, redact)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
@example(seed=2427)
def test_a_recording_with_lines_and_values_that_nobody_expects_is_read_or_refused(
    read: Callable[[Path, Path], None], tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    source = random.choice(SOURCES)
    path = tmp_path / "t.mcpw.jsonl"
    path.write_bytes(damaged(source.read_bytes().splitlines(), random))
    try:
        read(path, source)
    except (RecordingError, UsageError) as error:
        assert str(error).isprintable()
