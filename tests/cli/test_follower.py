from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcpwatch.cli.follower import Follower
from mcpwatch.events import Event, Note, Stderr
from mcpwatch.hub import Hub
from mcpwatch.recording import Writer


class Lines:
    """A stream that keeps what it was fed; with `fails` it breaks at the first event."""

    def __init__(self, *, fails: bool = False) -> None:
        self.seen: list[int] = []
        self.paused = self.closed = 0
        self.fails = fails

    def feed(self, events: Sequence[Event]) -> None:
        if self.fails:
            raise OSError("no paper")
        self.seen += [event.seq for event in events]

    def tick(self) -> None: ...

    def close(self) -> None:
        self.closed += 1

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.paused -= 1


@contextmanager
def following(folder: Path, lines: Lines) -> Generator[tuple[Hub, Follower]]:
    hub = Hub()
    writer = Writer(folder / "t.mcpw.jsonl", started=hub.started)
    hub.record(writer.write)
    follower = Follower(writer.path, lines, hub)
    try:
        yield hub, follower
    finally:
        follower.close()
        writer.close(0)


def test_all_of_a_flood_is_shown_once_and_in_order(tmp_path: Path) -> None:
    lines = Lines()
    with following(tmp_path, lines) as (hub, follower):
        for _ in range(5000):
            hub.publish(Stderr(link="a", data=b"x\n"))
        follower.close()
        assert lines.seen == list(range(1, 5001))
        follower.close()
    assert lines.closed == 1


def test_flush_shows_what_was_published_before_it_without_waiting_for_the_next_look(tmp_path: Path) -> None:
    lines = Lines()
    with following(tmp_path, lines) as (hub, follower):
        for count in range(1, 50):
            hub.publish(Stderr(link="a", data=b"x\n"))
            follower.flush()
            assert lines.seen == list(range(1, count + 1))


def test_nothing_is_shown_while_somebody_else_writes(tmp_path: Path) -> None:
    lines = Lines()
    with following(tmp_path, lines) as (hub, follower):
        hub.publish(Stderr(link="a", data=b"x\n"))
        with follower.paused():
            assert lines.paused == 1
            hub.publish(Stderr(link="a", data=b"y\n"))
            assert lines.seen == [1]
        assert lines.paused == 0
        follower.flush()
        assert lines.seen == [1, 2]


def test_a_stream_that_fails_is_dropped_with_a_note_and_the_traffic_goes_on(tmp_path: Path) -> None:
    lines = Lines(fails=True)
    notes: list[Event] = []
    with following(tmp_path, lines) as (hub, follower):
        hub.attach(notes.append)
        hub.publish(Stderr(link="a", data=b"x\n"))
        follower.flush()
        assert follower.failure == "OSError: no paper"
        hub.publish(Stderr(link="a", data=b"y\n"))
    assert [event.what for event in notes if isinstance(event, Note)] == ["view-dropped"]
    assert lines.closed == 0


def test_no_event_is_shown_before_the_model_knows_of_it(tmp_path: Path) -> None:
    folded, early = [0], list[int]()

    class Watching(Lines):
        def feed(self, events: Sequence[Event]) -> None:
            super().feed(events)
            early.extend(event.seq for event in events if event.seq > folded[0])

    def slow_model(event: Event) -> None:
        threading.Event().wait(0.0005)  # the line is in the file, and other threads get their turn
        folded[0] = event.seq

    lines = Watching()
    with following(tmp_path, lines) as (hub, _):
        hub.attach(slow_model)
        for _ in range(500):
            hub.publish(Stderr(link="a", data=b"x\n"))
    assert lines.seen == list(range(1, 501))
    assert early == []
