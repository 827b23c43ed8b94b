from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from mcpwatch.errors import RecordingError
from mcpwatch.events import Brief, Event, Note, Stderr
from mcpwatch.hub import Hub


def note(link: str = "a", what: str = "junk") -> Note:
    return Note(link=link, what=what)


def test_events_from_many_threads_get_one_order_and_one_numbering() -> None:
    hub, seen = Hub(), list[Event]()
    hub.attach(seen.append)
    threads = [threading.Thread(target=lambda: [hub.publish(note()) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in seen] == list(range(1, 2001))
    assert all(a.t <= b.t for a, b in zip(seen, seen[1:], strict=False))


def test_time_never_goes_back() -> None:
    hub = Hub()
    first = hub.publish(note())
    late = hub.publish(note(), at=0.0)
    assert late.t == first.t


def test_the_recorder_comes_before_every_other_sink() -> None:
    hub, order = Hub(), list[str]()
    hub.attach(lambda _: order.append("model"))
    hub.record(lambda _: order.append("recorder"))
    hub.publish(note())
    assert order == ["recorder", "model"]


def test_a_sink_that_raises_is_dropped_with_a_note_and_the_others_go_on() -> None:
    hub, seen = Hub(), list[Event]()

    def breaks(_: Event) -> None:
        raise ValueError("boom")

    hub.attach(breaks)
    hub.attach(seen.append)
    hub.publish(note())
    hub.publish(note())
    assert [event.what for event in seen if isinstance(event, Note)] == ["junk", "view-dropped", "junk"]


def test_a_recorder_that_fails_is_said_once_and_the_traffic_goes_on() -> None:
    hub, seen, told = Hub(), list[Event](), list[RecordingError]()

    def full(_: Event) -> None:
        raise RecordingError("disk full")

    hub.record(full)
    hub.on_failure(told.append)
    hub.attach(seen.append)
    hub.publish(note())
    hub.publish(note())
    assert [str(error) for error in told] == ["disk full"]
    assert hub.failure is told[0]
    assert len(seen) == 2


def test_redaction_touches_what_is_recorded_and_shown_but_not_what_is_returned() -> None:
    def redact(event: Event) -> Event:
        return replace(event, data=b"[redacted]") if isinstance(event, Stderr) else event

    hub, shown, clear = Hub(redact=redact), list[Event](), list[Event]()
    hub.attach(shown.append)
    hub.attach(clear.append, clear=True)
    returned = hub.publish(Stderr(link="a", data=b"hunter2"))
    assert returned.data == b"hunter2"
    assert [event.data for event in shown + clear if isinstance(event, Stderr)] == [b"[redacted]", b"hunter2"]


def test_whoever_shows_is_woken_outside_the_lock_until_it_leaves() -> None:
    hub, woken = Hub(), list[int]()

    def wake() -> None:
        woken.append(len(woken))
        if len(woken) == 1:
            hub.publish(note())  # would wait for ever if the lock were held

    leave = hub.on_wake(wake)
    hub.publish(note())
    leave()
    hub.publish(note())
    assert woken == [0, 1]


def test_events_that_came_together_are_recorded_at_once_and_shown_one_by_one() -> None:
    hub, seen, recorded = Hub(), list[Event](), list[list[int]]()
    hub.attach(seen.append)
    hub.record(lambda event: recorded.append([event.seq]), lambda events: recorded.append([one.seq for one in events]))
    hub.publish(note())
    hub.publish_all([note(), note(), note()], at=0.0)
    hub.publish_all([])
    assert recorded == [[1], [2, 3, 4]]
    assert [event.seq for event in seen] == [1, 2, 3, 4]
    assert {event.t for event in seen} == {seen[0].t}


def test_a_recorder_that_takes_one_at_a_time_gets_what_came_together_so() -> None:
    hub, recorded = Hub(), list[int]()
    hub.record(lambda event: recorded.append(event.seq))
    hub.publish_all([note(), note()])
    assert recorded == [1, 2]


def test_a_recorder_that_fails_on_what_came_together_is_said_once() -> None:
    hub, told = Hub(), list[RecordingError]()

    def full(_: object) -> None:
        raise RecordingError("disk full")

    hub.record(full, full)
    hub.on_failure(told.append)
    hub.publish_all([note(), note()])
    hub.publish_all([note()])
    assert [str(error) for error in told] == ["disk full"]
    assert hub.seq == 3


BRIEF: Brief = ("c2s", 0.0, "notification", b"{}", "m", None, None)


def test_frames_in_brief_are_taken_while_nobody_wants_them_whole() -> None:
    hub, entries = Hub(), list[int]()
    assert not hub.in_brief
    assert hub.publish_in_brief("x", [BRIEF], b"") is None
    hub.record(lambda event: None, None, lambda link, them: entries.extend(entry[0] for entry in them))
    assert hub.publish_in_brief("x", [BRIEF, BRIEF], b"") == 1
    sink: Callable[[Event], None] = lambda event: None  # noqa: E731
    hub.attach(sink)
    assert hub.publish_in_brief("x", [BRIEF], b"") is None
    hub.detach(sink)
    assert hub.publish_in_brief("x", [BRIEF], b"") == 3
    assert (entries, hub.seq) == ([1, 2, 3], 3)


def test_a_hub_that_redacts_takes_frames_in_brief_only_where_it_can_tell_what_passes() -> None:
    hub = Hub(redact=lambda event: event)
    hub.record(lambda event: None, None, lambda link, them: None)
    assert not hub.in_brief


def test_a_recorder_that_fails_on_frames_in_brief_is_said_once() -> None:
    hub, told = Hub(), list[RecordingError]()

    def full(*_: object) -> None:
        raise RecordingError("disk full")

    hub.record(full, full, full)
    hub.on_failure(told.append)
    assert hub.publish_in_brief("x", [BRIEF], b"") == 1
    assert hub.publish_in_brief("x", [BRIEF], b"") is None
    assert [str(error) for error in told] == ["disk full"]
