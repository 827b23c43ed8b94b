"""`mcpwatch demo`: every pattern, in both eras and at a terminal, without a question. The three run side by side."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcpwatch.events import Event, Frame, Note, Stderr
from tests.cli.running import Ran, events, exit_of, mcpwatch, running
from tests.cli.terminal import Terminal, terminal

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


@dataclass
class Tour:
    ran: Ran
    file: Path
    events: list[Event]

    @property
    def frames(self) -> list[Frame]:
        return [event for event in self.events if isinstance(event, Frame)]

    def notifications(self, method: str) -> list[Frame]:
        return [frame for frame in self.frames if frame.type == "notification" and frame.method == method]


@dataclass
class Tours:
    legacy: Tour
    modern: Tour
    screen: Terminal
    code: int

    def __getitem__(self, era: str) -> Tour:
        return self.legacy if era == "legacy" else self.modern


@pytest.fixture(scope="module")
def tours(tmp_path_factory: pytest.TempPathFactory) -> Generator[Tours]:
    folder = tmp_path_factory.mktemp("tours")
    files = {era: folder / f"{era}.mcpw.jsonl" for era in ("legacy", "modern")}
    with ExitStack() as stack:
        runs = {era: stack.enter_context(running("demo", "--era", era, "-o", str(file))) for era, file in files.items()}
        # One that keeps its session, in a folder of its own.
        env = {"MCPWATCH_SESSIONS": str(folder / "sessions")}
        screen = stack.enter_context(terminal("demo", env=env))
        code = screen.end()
        made = {era: Tour(run.end(), files[era], events(files[era])) for era, run in runs.items()}
        yield Tours(made["legacy"], made["modern"], screen, code)


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_it_ends_well_without_a_terminal_and_without_a_question(tours: Tours, era: str) -> None:
    tour = tours[era]
    assert tour.ran.code == 0
    assert exit_of(tour.file) == 0
    assert not [event for event in tour.events if isinstance(event, Note) and event.what == "unanswered"]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_all_eight_levels_come_with_loggers_and_structured_data(tours: Tours, era: str) -> None:
    logs = [frame.params for frame in tours[era].notifications("notifications/message")]
    assert [params["level"] for params in logs] == LEVELS
    assert {params.get("logger") for params in logs} > {None, "demo.cache"}
    assert {type(params["data"]) for params in logs} >= {dict, list, str, int, type(None)}
    for level in LEVELS:
        assert f"← log {level}" in tours[era].ran.out


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_progress_comes_with_and_without_a_total_in_fractions_and_three_at_once(tours: Tours, era: str) -> None:
    progress = [frame.params for frame in tours[era].notifications("notifications/progress")]
    assert len(progress) == 3 * 8 + 4 + 10 + 24
    assert [one for one in progress if "total" not in one]
    assert [one for one in progress if isinstance(one["progress"], float) and one["progress"] % 1]
    assert [one for one in progress if one.get("message", "").startswith("page ")]
    tokens = [one["progressToken"] for one in progress]
    three = tokens[24:]
    assert len(set(tokens)) == 6
    assert any(three[at] != three[at + 1] for at in range(3)), "they come between each other"


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_every_question_is_asked_and_answered(tours: Tours, era: str) -> None:
    answered = [event for event in tours[era].events if isinstance(event, Note) and event.what == "answered"]
    found = {event.data["method"]: event.data["rule"] for event in answered}
    assert found == {
        "sampling/createMessage": "--sampling",
        "elicitation/create": "--elicit",
        "roots/list": "--root",
    }
    said = tours[era].ran.out
    for what in (
        *("You explain science to a curious child.", "Gladly. What is the question?", "haiku, small", '"THE END"'),
        *("thisServer", '"trace"', "max 120 tokens", "temperature 0.3", "Because air scatters blue light"),
        *("Who travels, and how?", "Fish of the day", 'name="Ada Lovelace"', "meal=vegan"),
    ):
        assert what in said, what


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_rest_is_there_too(tours: Tours, era: str) -> None:
    tour = tours[era]
    methods = {frame.method for frame in tour.frames if frame.dir == "s2c" and frame.type == "notification"}
    assert methods >= {
        "notifications/chat.message_received",
        "chat.message_received",
        "chat.quiet",
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
    }
    assert [event for event in tour.events if isinstance(event, Stderr)]
    assert [frame for frame in tour.frames if frame.type == "invalid"]
    for what in (
        *("+ grown", "- grown", "demo: this went to stderr", "not protocol: Debug: somebody left a print()"),
        *("tool error", "The shelf is empty", '"celsius": 24.0', "4 of 4: Lagos, Lima, Lisbon, London"),
    ):
        assert what in tour.ran.out, what


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_it_ends_with_what_was_used_and_what_to_try_next(tours: Tours, era: str) -> None:
    tour = tours[era]
    used = next(line for line in tour.ran.err.splitlines() if line.startswith("used: "))
    assert "logging 8 · progress 6 · sampling 1 · elicitation 1 · roots 1" in used
    assert used.endswith("— a client needs: elicitation, roots, sampling")
    following = tour.ran.err.partition("\nnext:\n")[2].splitlines()
    assert len(following) == 3
    program, *words = shlex.split(following[0])
    assert (program, words[:2]) == ("mcpwatch", ["show", str(tour.file)])
    assert "Why is the sky blue?" in mcpwatch(*words).out
    assert mcpwatch(*shlex.split(following[1])[1:], "-q").json["celsius"] == 24.0


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_recording_shows_what_was_seen(tours: Tours, era: str) -> None:
    live, shown = tours[era].ran.out.splitlines(), mcpwatch("show", str(tours[era].file)).out.splitlines()
    offers = next(at for at, line in enumerate(live) if line.startswith("offers "))
    resumes = next(at for at, line in enumerate(live) if at > offers and re.match(r" +\d+\.\d{3}  ", line))
    assert shown == live[:offers] + live[resumes:]


def test_at_a_terminal_bars_stand_for_progress_and_are_gone_at_the_end(tours: Tours) -> None:
    assert tours.code == 0
    bars = re.findall(r"(?:work|progress) \x1b\[0m\x1b\[2m#\d+\x1b\[0m +\x1b\[3[26]m[━╸]", tours.screen.written)
    assert len(bars) > 20
    lines = tours.screen.screen.lines
    assert max(map(len, lines)) < 80
    assert not [line for line in lines if "━" in line]
    assert sum("progress ×" in line for line in lines) == 6
    assert [line for line in lines if line.startswith("used: logging 8")]
    assert "next:" in lines
    assert "  mcpwatch show last --method sampling/createMessage" in lines
    assert not lines[-1]


def test_three_bars_are_on_the_screen_at_once(tours: Tours) -> None:
    drawn = tours.screen.written.split("\x1b[J")
    assert [part for part in drawn if all(f"{name}: " in part for name in ("alpha", "beta", "gamma"))]
