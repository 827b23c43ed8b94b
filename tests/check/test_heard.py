"""What is heard: messages whose methods the script names, batches too, as they came; and waiting for them."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import anyio
import pytest

from mcpwatch.check.heard import Heard
from mcpwatch.events import BatchItem, Event, Frame, Stderr
from mcpwatch.hub import Hub

pytestmark = pytest.mark.anyio


def notification(method: str, **params: Any) -> Frame:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return Frame(
        link="a", dir="s2c", type="notification", data=json.dumps(message).encode(), message=message, method=method
    )


async def test_it_keeps_what_is_named_and_nothing_else() -> None:
    hub = Hub()
    with Heard(hub, {"x/one", "y/*"}) as heard:
        for method in ("x/one", "x/two", "y/three", "z"):
            hub.publish(notification(method, n=1))
        ours = notification("x/one")
        hub.publish(Frame(link="a", dir="c2s", type="notification", data=ours.data, method="x/one"))
    hub.publish(notification("x/one"))
    assert [(one.method, one.seq, dict(one.params)) for one in heard.messages] == [
        ("x/one", 1, {"n": 1}),
        ("y/three", 3, {"n": 1}),
    ]


async def test_the_messages_of_a_batch_are_heard_each() -> None:
    hub = Hub()
    inside = [notification("x", n=1).message, 5, notification("x", n=2).message]
    items = tuple(BatchItem("notification", "x") for _ in inside)
    with Heard(hub, {"x"}) as heard:
        hub.publish(Frame(link="a", dir="s2c", type="batch", data=b"[]", message=inside, items=items))
    assert [one.params["n"] for one in heard.messages] == [1, 2]


async def test_it_hears_what_was_said_before_it_was_redacted() -> None:
    def redact(event: Event) -> Event:
        return notification("x", text="[redacted]")

    hub = Hub(redact=redact)
    with Heard(hub, {"x"}, stderr=True) as heard:
        hub.publish(notification("x", text="secret"))
        hub.publish(Stderr(link="a", data=b"oh no\n"))
    assert heard.messages[0].params == {"text": "secret"}
    assert bytes(heard.stderr) == b"oh no\n"


async def test_whoever_waits_is_woken_by_what_comes_from_another_thread() -> None:
    hub = Hub()
    with Heard(hub, {"x"}) as heard:

        def second() -> int | None:
            return len(heard.messages) if len(heard.messages) > 1 else None

        found: list[int | None] = []
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                found.append(await heard.until(second, 20))

            tasks.start_soon(wait)
            tasks.start_soon(wait)
            await asyncio.to_thread(hub.publish, notification("x"))
            thread = threading.Thread(target=hub.publish, args=(notification("x"),))
            thread.start()
            await asyncio.to_thread(thread.join)
        assert found == [2, 2]


async def test_a_wait_for_what_does_not_come_ends_with_nothing() -> None:
    with Heard(Hub(), ()) as heard:
        assert await heard.until(lambda: None, 0.001) is None
        assert await heard.until(lambda: 5, 0) == 5
