from __future__ import annotations

import asyncio
import threading
from typing import Any

import anyio
import pytest

from mcpwatch.events import Event, Frame, Note
from mcpwatch.hub import Hub
from mcpwatch.session import handlers as module
from mcpwatch.session.handlers import Handlers
from mcpwatch.wire.framing import classify

pytestmark = pytest.mark.anyio


def progress(number: int, link: str = "alpha") -> Frame:
    data = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":%d}}' % number
    return classify(data, link=link, dir="s2c")


class Watched:
    """A hub with handlers, and all that the hub published."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.hub = Hub()
        self.events: list[Event] = []
        self.hub.attach(self.events.append)
        self.handlers = Handlers(self.hub)

    def notes(self, what: str) -> list[Note]:
        return [event for event in self.events if isinstance(event, Note) and event.what == what]

    async def drained(self) -> None:
        with anyio.fail_after(10):
            await self.handlers.drained()


async def test_a_handler_of_a_method_gets_its_frames_in_order() -> None:
    watched, got = Watched(), list[Any]()
    watched.handlers.on("notifications/progress", lambda frame: got.append(frame.params["progress"]))
    for number in range(100):
        watched.hub.publish(progress(number))
        watched.hub.publish(Note(link="alpha", what="other"))
    await watched.drained()
    assert got == list(range(100))


async def test_a_handler_of_everything_gets_every_event_in_the_order_of_the_recording() -> None:
    watched, got = Watched(), list[Event]()
    watched.handlers.on(None, got.append)
    barrier = threading.Barrier(4)

    def read(link: str) -> None:
        barrier.wait()
        for number in range(200):
            watched.hub.publish(progress(number, link))

    threads = [threading.Thread(target=read, args=(link,)) for link in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    barrier.wait()
    for thread in threads:
        await anyio.to_thread.run_sync(thread.join)
    await watched.drained()
    assert [event.seq for event in got] == list(range(1, 601))


async def test_a_handler_of_one_link_hears_nothing_of_the_others() -> None:
    watched, got = Watched(), list[str]()
    watched.handlers.on("notifications/progress", lambda frame: got.append(frame.link), link="beta")
    for link in ("alpha", "beta", "alpha#2"):
        watched.hub.publish(progress(1, link))
    await watched.drained()
    assert got == ["beta"]


async def test_each_handler_gets_one_event_after_the_other_and_waits_for_no_other_handler() -> None:
    watched, slow_one, quick_one = Watched(), list[str](), list[int]()
    gate = anyio.Event()

    async def slow(frame: Frame) -> None:
        slow_one.append(f"begins {frame.params['progress']}")
        await gate.wait()
        slow_one.append(f"ends {frame.params['progress']}")

    async def quick(frame: Frame) -> None:
        quick_one.append(frame.params["progress"])
        if len(quick_one) == 3:
            gate.set()

    watched.handlers.on("notifications/progress", slow)
    watched.handlers.on("notifications/progress", quick)
    for number in (1, 2, 3):
        watched.hub.publish(progress(number))
    await watched.drained()
    assert quick_one == [1, 2, 3]
    assert slow_one == ["begins 1", "ends 1", "begins 2", "ends 2", "begins 3", "ends 3"]


async def test_a_handler_that_takes_its_time_over_one_link_delays_no_other() -> None:
    watched, got = Watched(), list[str]()
    gate = anyio.Event()

    async def handle(frame: Frame) -> None:
        if frame.link == "stuck":
            await gate.wait()
        got.append(f"{frame.link} {frame.params['progress']}")
        if got == ["free 1", "free 2"]:
            gate.set()

    watched.handlers.on("notifications/progress", handle)
    for link, number in (("stuck", 1), ("free", 1), ("stuck", 2), ("free", 2)):
        watched.hub.publish(progress(number, link))
    await watched.drained()
    assert got == ["free 1", "free 2", "stuck 1", "stuck 2"]


async def test_a_flood_leaves_the_loop_free_for_others() -> None:
    watched, got, turns = Watched(), list[Event](), list[int]()
    watched.handlers.on(None, got.append)
    for number in range(5 * module.AT_ONCE):
        watched.hub.publish(progress(number))
    while len(got) < 5 * module.AT_ONCE:
        turns.append(len(got))
        await anyio.lowlevel.checkpoint()
    assert len(turns) > 4


async def test_a_handler_that_raises_is_a_note_and_the_others_still_run() -> None:
    watched, got = Watched(), list[Any]()

    def broken(frame: Frame) -> None:
        raise KeyError("mine")

    async def broken_later(frame: Frame) -> None:
        await anyio.lowlevel.checkpoint()
        raise ValueError("too")

    for handler in (broken, broken_later, got.append):
        watched.handlers.on("notifications/progress", handler)
    for number in (1, 2):
        watched.hub.publish(progress(number))
    await watched.drained()
    assert len(got) == 2
    notes = watched.notes("handler-failed")
    assert sorted(note.re or 0 for note in notes) == [1, 1, 2, 2]
    assert [note.data["error"] for note in notes if note.data["handler"].endswith("broken")] == ["KeyError: 'mine'"] * 2
    later = [note for note in notes if note.data["handler"].endswith("broken_later")]
    assert [(note.re, note.data["error"]) for note in later] == [(1, "ValueError: too"), (2, "ValueError: too")]


async def test_a_handler_of_everything_that_raises_is_not_called_with_its_own_failure() -> None:
    watched, calls = Watched(), list[Event]()

    def broken(event: Event) -> None:
        calls.append(event)
        raise RuntimeError

    watched.handlers.on(None, broken)
    watched.hub.publish(progress(1))
    await watched.drained()
    assert len(calls) == 1
    assert len(watched.notes("handler-failed")) == 1


async def test_a_handler_that_was_taken_off_is_called_no_more_and_may_come_back() -> None:
    watched, one, two = Watched(), list[Any](), list[Any]()
    first, second = one.append, two.append
    watched.handlers.on(None, first)
    watched.handlers.on("notifications/progress", second)
    watched.hub.publish(progress(1))
    await watched.drained()
    watched.handlers.off(first)
    watched.handlers.off(print)
    watched.hub.publish(progress(2))
    await watched.drained()
    watched.handlers.off(second)
    watched.hub.publish(progress(3))
    await watched.drained()
    watched.handlers.on(None, first)
    watched.hub.publish(progress(4))
    await watched.drained()
    assert [event.seq for event in one] == [1, 4]
    assert [event.seq for event in two] == [1, 2]


async def test_a_method_of_an_object_can_be_taken_off_like_any_other_handler() -> None:
    class Mine:
        def __init__(self) -> None:
            self.got: list[Event] = []

        def handle(self, event: Event) -> None:
            self.got.append(event)

    watched, mine = Watched(), Mine()
    watched.handlers.on(None, mine.handle)
    watched.handlers.off(mine.handle)
    watched.hub.publish(progress(1))
    await watched.drained()
    assert mine.got == []


async def test_a_handler_may_publish_and_take_itself_off() -> None:
    watched, got = Watched(), list[Any]()

    def once(frame: Frame) -> None:
        got.append(frame)
        watched.handlers.off(once)
        watched.hub.publish(progress(2))

    watched.handlers.on("notifications/progress", once)
    watched.hub.publish(progress(1))
    await watched.drained()
    assert len(got) == 1


async def test_what_handlers_get_is_not_redacted() -> None:
    shown: list[Event] = []
    hub = Hub(redact=lambda event: Note(link=event.link, what="hidden"))
    hub.attach(shown.append)
    handlers, got = Handlers(hub), list[Event]()
    handlers.on(None, got.append)
    frame = hub.publish(progress(1))
    with anyio.fail_after(10):
        await handlers.drained()
    assert got == [frame]
    assert isinstance(shown[0], Note)


async def test_a_full_backlog_holds_back_the_reader_of_that_link_alone_and_lets_it_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    watched, got = Watched(), list[int]()
    gate, held = anyio.Event(), anyio.Event()
    let_go = threading.Event()

    async def slow(frame: Frame) -> None:
        await gate.wait()
        got.append(frame.params["progress"])

    watched.handlers.on("notifications/progress", slow)
    watched.hub.attach(lambda event: _when_held(event, held, watched))

    def read(link: str, number: int) -> None:
        for index in range(number):
            watched.hub.publish(progress(index, link))
            watched.handlers.hold_back(link)
        let_go.set()

    busy = threading.Thread(target=read, args=("busy", 30))
    busy.start()
    with anyio.fail_after(10):
        await held.wait()
        assert not let_go.is_set()
        assert watched.notes("held-back")[0].data["waiting"] == 10
        await anyio.to_thread.run_sync(watched.handlers.hold_back, "quiet")
        watched.handlers.hold_back("busy")
        gate.set()
        await anyio.to_thread.run_sync(busy.join)
        await watched.handlers.drained()
    assert got == list(range(30)), "an event was lost or came twice"


async def test_closing_lets_go_whoever_is_held_back_and_holds_nobody_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    watched, held = Watched(), anyio.Event()

    async def stuck(event: Event) -> None:
        await anyio.sleep_forever()

    watched.handlers.on(None, stuck)
    watched.hub.attach(lambda event: _when_held(event, held, watched))

    def read() -> None:
        for number in range(8):
            watched.hub.publish(progress(number))
            watched.handlers.hold_back("alpha")

    reader = threading.Thread(target=read)
    reader.start()
    with anyio.fail_after(10):
        await held.wait()
        watched.handlers.close()
        await anyio.to_thread.run_sync(reader.join)
    assert len(watched.notes("held-back")) == 1


async def test_a_reader_on_the_loop_waits_for_room_without_holding_up_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    watched, got = Watched(), list[int]()
    gate, through = anyio.Event(), list[str]()

    async def slow(frame: Frame) -> None:
        await gate.wait()
        got.append(frame.params["progress"])

    watched.handlers.on("notifications/progress", slow)

    async def read(link: str, number: int) -> None:
        for index in range(number):
            watched.hub.publish(progress(index, link))
            await watched.handlers.room(link)
        through.append(link)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, "busy", 30)
            tasks.start_soon(read, "quiet", 9)
            while "quiet" not in through:
                await anyio.lowlevel.checkpoint()
            assert through == ["quiet"]
            assert [note.data for note in watched.notes("held-back")] == [{"waiting": 10}]
            gate.set()
        await watched.handlers.drained()
    assert len(got) == 39
    assert through == ["quiet", "busy"]


async def test_closing_lets_go_a_reader_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    watched, held = Watched(), anyio.Event()

    async def stuck(event: Event) -> None:
        await anyio.sleep_forever()

    watched.handlers.on(None, stuck)
    watched.hub.attach(lambda event: _when_held(event, held, watched))

    async def read() -> None:
        for number in range(8):
            watched.hub.publish(progress(number))
            await watched.handlers.room("alpha")

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(read)
            await held.wait()
            watched.handlers.close()
    assert len(watched.notes("held-back")) == 1, "the link is held back once, however many readers it has"


async def test_a_link_that_a_handler_waits_for_is_let_through_as_long_as_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    watched, held, answered, got = Watched(), anyio.Event(), anyio.Event(), list[int]()

    async def asks(frame: Frame) -> None:
        if not got:
            await held.wait()
            with watched.handlers.let_through("alpha"):
                await answered.wait()
        got.append(frame.params["progress"])

    watched.handlers.on("notifications/progress", asks)
    watched.hub.attach(lambda event: _when_held(event, held, watched))

    def read() -> None:
        for number in range(12):
            watched.hub.publish(progress(number))
            watched.handlers.hold_back("alpha")
        watched.loop.call_soon_threadsafe(answered.set)

    reader = threading.Thread(target=read)
    reader.start()
    with anyio.fail_after(10):
        with watched.handlers.let_through("alpha"):
            await held.wait()  # somebody else who waits changes nothing
        await anyio.to_thread.run_sync(reader.join)
        await watched.handlers.drained()
    assert got == list(range(12))


def test_events_after_the_loop_has_closed_are_dropped() -> None:
    async def made() -> Watched:
        watched = Watched()
        watched.handlers.on(None, print)
        return watched

    watched = anyio.run(made)
    watched.hub.publish(progress(1))
    assert len(watched.events) == 1


def _when_held(event: Event, held: anyio.Event, watched: Watched) -> None:
    if isinstance(event, Note) and event.what == "held-back":
        watched.loop.call_soon_threadsafe(held.set)
