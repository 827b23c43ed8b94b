"""How long our requests wait, what starts the time anew, and what giving up puts on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.errors import TimedOut
from mcpwatch.session.dispatch import LinkLost
from tests.session.conftest import Clock, settled
from tests.session.dispatching import Wire, wired

pytestmark = pytest.mark.anyio


def progress(token: Any) -> dict[str, Any]:
    params = {"progressToken": token, "progress": 1}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def cancelled(wire: Wire) -> list[Any]:
    return [m["params"]["requestId"] for m in wire.sent if m["method"] == "notifications/cancelled"]


async def test_a_request_without_an_answer_times_out_by_name_and_is_cancelled(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking = await wire.asks("tools/call", within=60.0)
        await clock.pass_(59)
        assert not asking.over
        await clock.pass_(2)
        assert isinstance(asking.error, TimedOut)
        assert "tools/call (#1) got no answer within 60 s" in str(asking.error)
        assert "--timeout" in asking.error.hint
        assert cancelled(wire) == [1]
        assert wire.by[-1] == "mcpwatch"
        assert not wire.dispatcher.is_waiting(1)


@pytest.mark.parametrize("method", ["initialize", "server/discover"])
async def test_the_handshake_is_never_cancelled(method: str, clock: Clock) -> None:
    async with wired(patience=None) as wire:
        late, given_up = await wire.asks(method, within=1.0), await wire.asks(method, within=9.0)
        await clock.pass_(2)
        given_up.scope.cancel()
        await settled()
        assert isinstance(late.error, TimedOut)
        assert given_up.over
        assert cancelled(wire) == []


async def test_progress_starts_the_time_anew(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking, other = await wire.asks(within=60.0), await wire.asks(within=60.0)
        for _ in range(5):
            await clock.pass_(50)
            await wire.receives(progress(1))
        assert not asking.over
        assert isinstance(other.error, TimedOut), "progress of one request kept another alive"
        await clock.pass_(61)
        assert isinstance(asking.error, TimedOut)


async def test_progress_inside_a_batch_counts_too(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking = await wire.asks(within=60.0)
        await clock.pass_(50)
        await wire.receives([progress(1)])
        await clock.pass_(50)
        assert not asking.over
        assert wire.heard == []


@pytest.mark.parametrize("token", ["nobody's", None, [1], {"a": 1}, 7, 1.5])
async def test_progress_on_an_unknown_token_changes_nothing(token: Any, clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking = await wire.asks(within=60.0)
        await clock.pass_(50)
        await wire.receives(progress(token), {"jsonrpc": "2.0", "method": "notifications/progress", "params": 5})
        await clock.pass_(11)
        assert isinstance(asking.error, TimedOut)


async def test_time_stands_still_while_somebody_thinks(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking = await wire.asks(within=60.0)
        await clock.pass_(50)
        with wire.dispatcher.thinks(), wire.dispatcher.thinks():
            await clock.pass_(1_000)
            assert not asking.over
        await clock.pass_(59)
        assert not asking.over
        await clock.pass_(2)
        assert isinstance(asking.error, TimedOut)


async def test_without_a_limit_a_request_waits_for_ever(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        asking = await wire.asks(within=None)
        await clock.pass_(1_000_000)
        assert not asking.over
        await wire.receives({"jsonrpc": "2.0", "id": 1, "result": "at last"})
        assert asking.result == "at last"


async def test_what_waits_is_told_with_its_age(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        await wire.asks("a")
        await clock.pass_(5)
        await wire.asks("b")
        (first, *rest) = [(id, method, round(seconds)) for id, method, seconds in wire.dispatcher.unanswered()]
        assert (first, rest) == ((1, "a", 5), [(2, "b", 0)])


async def test_a_caller_that_gives_up_cancels_its_request_on_the_wire() -> None:
    async with wired() as wire:
        asking, other = await wire.asks(), await wire.asks()
        asking.scope.cancel()
        await settled()
        assert asking.over and not other.over
        assert cancelled(wire) == [1]
        assert wire.last("notifications/cancelled")["params"]["reason"] == "cancelled by the caller"


async def test_the_server_is_told_the_true_reason_of_a_cancellation() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        wire.dispatcher.reason = lambda: "the time of --for is over"
        asking.scope.cancel()
        await settled()
        assert wire.last("notifications/cancelled")["params"]["reason"] == "the time of --for is over"


async def test_what_is_answered_already_is_not_cancelled() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        wire.dispatcher.deliver(wire.frame({"jsonrpc": "2.0", "id": 1, "result": 1}))
        asking.scope.cancel()
        await settled()
        assert cancelled(wire) == []


async def test_an_answer_after_the_cancellation_is_ignored() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        asking.scope.cancel()
        await settled()
        await wire.receives({"jsonrpc": "2.0", "id": 1, "result": 1})
        assert asking.reply is None


async def test_a_link_that_is_gone_is_told_of_no_cancellation() -> None:
    async with wired() as wire:
        asking = await wire.asks()
        wire.dispatcher.lose(LinkLost("gone"))
        asking.scope.cancel()
        await settled()
        assert cancelled(wire) == []
