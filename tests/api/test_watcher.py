"""A class of handlers, `async for`, and what is so: on the demo server in both eras."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from mcpwatch import Closed, Event, Frame, Note, Session, UsageError, Watcher, watch

pytestmark = pytest.mark.anyio
QUICK = [sys.executable, str(Path(__file__).parents[1] / "servers" / "good" / "quick.py")]
DEMO = [sys.executable, "-m", "mcpwatch.demo", "--pace", "0"]
ANSWERS = {"sampling": "Light scatters.", "elicitation": "accept", "roots": ["."]}


class Everything(Watcher):
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.events: list[int] = []

    def on_message(self, event: Event) -> None:
        self.events.append(event.seq)
        self.heard.append("message")

    async def on_progress(self, frame: Frame) -> None:
        self.heard.append(f"progress {frame.params['progress']}")

    def on_log(self, frame: Frame) -> None:
        self.heard.append(f"log {frame.params['level']}")

    async def on_tool_list_changed(self, frame: Frame) -> None:
        self.heard.append("tools changed")

    def on_resource_updated(self, frame: Frame) -> None:
        self.heard.append(f"updated {frame.params['uri']}")

    def on_sampling(self, frame: Frame) -> None:
        self.heard.append("sampling")

    def on_elicitation(self, frame: Frame) -> None:
        self.heard.append("elicitation")


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_every_method_of_a_watcher_hears_what_it_is_named_after(era: str) -> None:
    watcher = Everything()
    with anyio.fail_after(60):
        async with watch(DEMO, answers=ANSWERS, era=era) as session:
            session.add(watcher)
            for tool, arguments in (
                ("work", {"label": "a", "n": 2}),
                ("ask_model", {"question": "Why is the sky blue?"}),
                ("plan_trip", {}),
                ("look_around", {}),
                ("grow", {}),
            ):
                await session.call(tool, arguments)
    heard = [one for one in watcher.heard if one != "message"]
    assert {"progress 1", "progress 2", "tools changed"} <= set(heard)
    assert watcher.events == sorted(watcher.events)
    first = watcher.heard.index("progress 1")
    assert "message" in watcher.heard[:first], "on_message comes before the others"
    assert [one for one in heard if one in ("sampling", "elicitation")] == ["sampling", "elicitation", "sampling"]


async def test_a_watcher_of_one_link_hears_only_that_and_one_that_was_removed_nothing() -> None:
    alpha, removed = Everything(), Everything()
    with anyio.fail_after(60):
        async with watch({"alpha": QUICK, "beta": QUICK}) as session:
            session.add(alpha, link="alpha")
            session.add(removed)
            session.remove(removed)
            await session.call("alpha:say", text="a")
            await session.call("beta:say", text="b")
            with pytest.raises(UsageError, match="several links"):
                await session.call("say", text="c")
            assert set(session.timeline.states()) == {"alpha", "beta"}
    assert removed.heard == []
    assert alpha.heard


async def test_a_method_that_raises_is_a_note_with_its_name_and_the_others_go_on() -> None:
    class Broken(Everything):
        def on_message(self, event: Event) -> None:
            super().on_message(event)
            if isinstance(event, Frame) and event.method == "tools/call":
                raise ValueError("mine")

    broken, notes = Broken(), list[Note]()
    with anyio.fail_after(60):
        async with watch(QUICK) as session:
            session.on(None, lambda event: notes.append(event) if isinstance(event, Note) else None)
            session.add(broken)
            assert (await session.call("say", text="hi")).text == "hi"
            recorded = session.writer.path.read_text()
    assert '"what":"handler-failed"' in recorded
    assert "Broken.on_message" in recorded


async def test_every_event_can_be_read_in_a_loop_that_ends_with_the_last_link() -> None:
    seen: list[Event] = []
    with anyio.fail_after(60):
        async with watch(QUICK) as session:

            async def read() -> None:
                seen.extend([event async for event in session])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await anyio.wait_all_tasks_blocked()
                await session.call("say", text="hi")
                await session.client().aclose()
    assert isinstance(seen[-1], Closed)
    numbers = [event.seq for event in seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "none is missing"


async def test_a_loop_goes_on_with_the_link_that_a_restart_begins() -> None:
    seen: list[Event] = []
    with anyio.fail_after(60):
        async with watch({"alpha": QUICK}) as session:

            async def read() -> None:
                seen.extend([event async for event in session])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await anyio.wait_all_tasks_blocked()
                again = await session.restart()
                await session.call("say", text="hi")
                await again.aclose()
    calls = [event for event in seen if isinstance(event, Frame) and event.method == "tools/call"]
    assert {call.link for call in calls} == {"alpha#2"}


async def test_a_loop_that_is_left_holds_nothing_back() -> None:
    with anyio.fail_after(60):
        async with watch(QUICK) as session:

            async def first(into: list[Event]) -> None:
                async for event in session:
                    into.append(event)
                    break

            got: list[Event] = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first, got)
                await anyio.wait_all_tasks_blocked()
                await session.call("say", text="hi")
            for _ in range(50):
                await session.call("say", text="hi")
            assert len(got) == 1


async def test_what_is_so_is_a_snapshot_that_nobody_can_damage() -> None:
    with anyio.fail_after(60):
        async with watch(DEMO, era="legacy") as session:
            await session.list("tools")
            before = session.state()
            assert before.open
            assert before.identity is not None and before.identity.name == "mcpwatch-demo"
            assert "work" in before.offered["tools"]
            assert before.capabilities is not None
            with pytest.raises(TypeError):
                before.capabilities["tools"] = None  # pyright: ignore[reportIndexIssue]
            with pytest.raises(AttributeError):
                before.open = False  # pyright: ignore[reportAttributeAccessIssue]
            assert before.capabilities["tools"]
            before.capabilities["tools"].clear()
            again = session.state().capabilities
            assert again is not None and again["tools"] and not before.capabilities["tools"]
            ((name, progress),) = await _while_it_runs(session)
            assert name == "work" and progress is not None and progress >= 2
        assert before.closed is None
        assert not session.timeline.state().open
        assert session.timeline.state().document()["code"] == 0


async def _while_it_runs(session: Session) -> list[tuple[str | None, float | None]]:
    """What runs at the second progress message of a call that goes on for as long as anybody needs to look."""
    found: list[tuple[str | None, float | None]] = []
    looked = anyio.Event()

    def look(frame: Frame) -> None:
        if frame.params["progress"] == 2:
            session.hub.settle()
            found.extend((one.name, one.progress) for one in session.state().running)
            looked.set()

    async def work() -> None:
        await session.call("work", label="a", n=10_000, seconds=600)

    session.on("notifications/progress", look)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await looked.wait()
        tasks.cancel_scope.cancel()
    session.off(look)
    return found
