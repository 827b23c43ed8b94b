from __future__ import annotations

import threading

import pytest

from mcpwatch.view.lines import Look
from mcpwatch.view.screen import Screen
from mcpwatch.view.terminal import TerminalStream
from tests.view.emulator import Emulator
from tests.view.scene import HOSTILE, Scene


class Live:
    """A scene, the stream that shows it, and a clock that only this moves."""

    def __init__(
        self, *, out: Screen | None = None, colour: bool = False, width: int = 80, look: Look | None = None
    ) -> None:
        self.scene, self.terminal = Scene(), Emulator()
        self.now = 100.0
        self.columns = width
        err = Screen(self.terminal.write, True, colour, lambda: (self.columns, 24))
        self.stream = TerminalStream(out or err, self.scene.timeline, err=err, look=look, clock=lambda: self.now)
        self._fed = 0

    def show(self, *, after: float = 0.2) -> list[str]:
        """Feed what is new, let time pass, and look at the screen."""
        self.stream.feed(self.scene.events[self._fed :])
        self._fed = len(self.scene.events)
        self.now += after
        self.stream.tick()
        return self.terminal.lines


def test_lines_scroll_above_and_the_region_stays_below() -> None:
    live = Live()
    live.scene.call(3, "work", 0.0)
    live.scene.progress(3, 1, 4, t=1.0)

    assert live.show(after=0.0) == [
        "   0.000  → tools/call    work #3",
        "",
        "  work #3       ━━━─────────  25%  1/4",
        "  1.0 s · → 1  ← 1 · progress 1",
    ]
    live.scene.log("info", "half way", 2.0)
    live.scene.progress(3, 2, 4, "reading", t=2.0)
    assert live.show() == [
        "   0.000  → tools/call    work #3",
        "   2.000  ← log info      half way",
        "",
        "  work #3       ━━━━━━──────  50%  2/4  1.0/s  1.8 s left  reading",
        "  2.2 s · → 1  ← 3 · logging 1 · progress 1",
    ]
    live.scene.reply(3, {"content": [{"type": "text", "text": "done"}]}, 4.0)
    assert live.show()[2:] == [
        '   4.000  ← tools/call    work #3  ok 4.0 s · progress ×2  "done"',
        "",
        "  4.2 s · → 1  ← 4 · logging 1 · progress 1",
    ]
    live.stream.close()
    assert live.terminal.lines == [
        "   0.000  → tools/call    work #3",
        "   2.000  ← log info      half way",
        '   4.000  ← tools/call    work #3  ok 4.0 s · progress ×2  "done"',
    ]
    assert (live.terminal.row, live.terminal.column) == (3, 0)


def test_time_moves_on_although_nothing_comes() -> None:
    live = Live()
    live.scene.call(4, "slow", 0.0)
    live.show()

    assert live.show(after=3.0)[2:] == [
        "  waiting for tools/call slow #4 · 3.2 s — the server has not answered",
        "  3.2 s · → 1  ← 0",
    ]


def test_two_refreshes_are_a_tenth_of_a_second_apart_and_one_write_each() -> None:
    live = Live()
    live.scene.log("info", "first")
    live.stream.feed(live.scene.events)
    for n in range(50):
        live.scene.log("info", f"message {n}")
        live.stream.feed(live.scene.events[-1:])
        live.stream.tick()
    assert len(live.terminal.writes) == 1

    live.now += 0.11
    live.stream.tick()
    assert len(live.terminal.writes) == 2
    assert len(live.terminal.lines) == 51 + 2


def test_nothing_is_written_when_nothing_changed() -> None:
    live = Live()
    live.show(after=0.2)
    count = len(live.terminal.writes)

    for _ in range(10):
        live.now += 0.0001
        live.stream.tick()
    assert len(live.terminal.writes) == count


def test_a_flood_between_two_refreshes_is_folded() -> None:
    live = Live()
    live.scene.call(3, "work")
    live.show()
    for n in range(4_512):
        live.scene.notify("x/tick", {"n": n}, 1.0)
    live.scene.reply(3, {}, 1.0)

    assert live.show()[1:3] == [
        "   1.000  ← x/tick        ×4,512 · 241 KiB  (all in the recording)",
        "   1.000  ← tools/call    work #3  ok 1.0 s  {}",
    ]


def test_progress_never_counts_as_a_flood_because_it_is_a_bar() -> None:
    live = Live()
    live.scene.call(3, "work")
    for n in range(2_000):
        live.scene.progress(3, n, 2_000)
    live.scene.log("info", "the only line")

    assert [line[10:] for line in live.show()[:2]] == ["→ tools/call    work #3", "← log info      the only line"]


def test_a_question_has_the_terminal_to_itself_and_nothing_is_lost_meanwhile() -> None:
    live = Live()
    live.scene.call(3, "ask", 0.0)
    live.show()
    live.scene.log("info", "before the question", 0.5)
    live.stream.feed(live.scene.events[1:])
    live._fed = 2  # pyright: ignore[reportPrivateUsage]

    with live.stream.paused():
        assert live.terminal.lines[-1] == "   0.500  ← log info      before the question"
        live.terminal.write("? your name › Ada\n")
        for n in range(5_000):
            live.scene.log("debug", f"{n}", 1.0)
        before = list(live.terminal.lines)
        assert live.show(after=60.0) == before
    assert live.terminal.lines[2:] == [
        "? your name › Ada",
        "   1.000  ← log debug     ×5,000 · 443 KiB  (all in the recording)",
        "",
        "  waiting for tools/call ask #3 · 1 m 01 s — the server has not answered",
        "  1 m 01 s · → 1  ← 5,001 · logging 5,001",
    ]


def test_pauses_nest_and_may_come_from_another_thread() -> None:
    live = Live()
    live.scene.log("info", "x")
    live.stream.pause()
    thread = threading.Thread(target=live.stream.pause)
    thread.start()
    thread.join()
    live.show()
    live.stream.resume()
    assert live.show() == []
    live.stream.resume()
    assert live.show()[0] == "   0.000  ← log info      x"


def test_closing_while_paused_shows_the_rest() -> None:
    live = Live()
    live.stream.pause()
    live.scene.log("info", "x")
    live.show()
    live.stream.close()
    live.stream.resume()

    assert live.terminal.lines == ["   0.000  ← log info      x"]


def test_lines_follow_the_width_when_it_changes() -> None:
    live = Live()
    for columns in (40, 120):
        live.columns = columns
        live.scene.log("info", "x" * 200)
        assert len(live.show()[-3]) == columns - 1


def test_a_narrowed_terminal_keeps_nothing_of_the_old_region() -> None:
    live = Live(width=100)
    live.scene.call(3, "work")
    live.scene.progress(3, 1, 4, "m" * 100)
    live.show()
    # What a terminal does that is made narrower: lines below the cursor take more rows, the cursor stays in its line.
    terminal = live.terminal
    wrapped = [row[at : at + 50] for row in terminal.rows[terminal.row :] for at in range(0, max(len(row), 1), 50)]
    terminal.rows[terminal.row :] = wrapped
    live.columns = 50

    assert [line[:12] for line in live.show()] == ["   0.000  → ", "", "  work #3   ", "  400 ms · →"]


def test_lines_in_a_pipe_are_complete_while_the_region_is_on_the_terminal() -> None:
    piped: list[str] = []
    live = Live(out=Screen(piped.append, False, False, lambda: (80, 24), terminal=False))
    live.scene.call(3, "work")
    for n in range(1_000):
        live.scene.progress(3, n, 1_000, "m" * 200, t=1.0)
    live.show()

    lines = "".join(piped).splitlines()
    assert len(lines) == 1_001
    assert lines[-1].endswith("m" * 200)
    assert [line[:12] for line in live.terminal.lines] == ["", "  work #3   ", "  1.2 s · → "]


def test_two_screens_on_one_terminal_do_not_tear_each_other() -> None:
    live = Live()
    out = Screen(live.terminal.write, True, False, lambda: (80, 24))
    live.stream = TerminalStream(out, live.scene.timeline, err=live.stream._err, clock=lambda: live.now)  # pyright: ignore[reportPrivateUsage]
    live.scene.log("info", "one")
    live.show()
    live.scene.log("info", "two")

    assert [line[10:] for line in live.show()[:2]] == ["← log info      one", "← log info      two"]
    assert len(live.terminal.lines) == 2 + 2


def test_hints_stand_above_the_region_once() -> None:
    live = Live()
    live.scene.opened()
    live.scene.junk(b"print()")
    live.show()
    live.scene.junk(b"print()")

    lines = live.show()
    assert sum(line.startswith("hint: ") for line in lines) == 1
    assert lines[-3].endswith("! not protocol: print()")


def test_whoever_was_asked_here_needs_no_hint_that_somebody_was_waited_for() -> None:
    for asks in (False, True):
        live = Live(look=Look(asks=asks))
        asked = live.scene.ask(0, "sampling/createMessage", {"messages": []}, 0.0, dir="s2c")
        live.scene.note("waiting", 60.0, re=asked.seq)
        lines = live.show()
        assert [hint.id for hint in live.scene.timeline.hints] == ["waits-sampling"]
        assert any(line.startswith("hint: ") for line in lines) is not asks


@pytest.mark.parametrize("colour", [True, False])
def test_hostile_text_moves_no_cursor_and_no_colour_means_none(colour: bool) -> None:
    live = Live(colour=colour)
    live.scene.call(3, HOSTILE)
    live.scene.progress(3, 1, None, HOSTILE)
    live.scene.log(HOSTILE, HOSTILE, logger=HOSTILE)
    live.scene.stderr(HOSTILE.encode("utf-8", "surrogatepass"))

    assert all(line.isprintable() for line in live.show())  # and the emulator knows every escape that was written
    assert (live.terminal.colours > 0) is colour


def test_verbose_shows_progress_as_lines_too() -> None:
    live = Live(look=Look(verbose=True))
    live.scene.call(3, "work")
    live.scene.progress(3, 1, 2)

    assert live.show()[1] == "   0.000  ← progress      work #3  1/2 50%"
