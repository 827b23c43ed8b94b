"""Which protocol is settled on with which server. What goes around each request then is in `test_envelope`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from mcpwatch.errors import ConnectError, TimedOut
from mcpwatch.session.dispatch import WITHOUT_ID_AFTER, LinkLost
from mcpwatch.session.handshake import (
    HANDSHAKE_VERSIONS,
    META,
    PROBE_SECONDS,
    InitializeRefused,
    Negotiated,
    capabilities,
    negotiate,
)
from tests.session.conftest import Clock, settled
from tests.session.dispatching import Wire, wired

pytestmark = pytest.mark.anyio

DECLARED = capabilities(frozenset())
Answers = dict[str, Any]


def says(result: Any) -> dict[str, Any]:
    return {"result": result}


def refuses(code: int, message: str = "no", data: Any = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "data": data}}


MODERN = says({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "serverInfo": {"name": "m"}})
LEGACY = says({"protocolVersion": "2025-11-25", "capabilities": {"logging": {}}, "serverInfo": {"name": "l"}})
UNKNOWN = refuses(-32601, "Method not found")


def serving(**answers: Any) -> Callable[[dict[str, Any]], Any]:
    """A server that has these answers for `discover` and `initialize`; a list has one for each time it is asked."""

    def server(message: dict[str, Any]) -> Any:
        answer: Any = answers.get(message["method"].rpartition("/")[2])
        if isinstance(answer, list):
            answer = cast("list[Any]", answer).pop(0)
        return answer and {"jsonrpc": "2.0", "id": message["id"], **answer}

    return server


async def settle(wire: Wire, *, era: str = "auto", within: float = 60.0) -> Negotiated:
    return await negotiate(wire.dispatcher, era=era, declared=DECLARED, log_level="debug", within=within)


def methods(wire: Wire) -> list[str]:
    return [message["method"] for message in wire.sent]


async def refused(era: str = "auto", **answers: Any) -> ConnectError:
    async with wired() as wire:
        wire.server = serving(**answers)
        with pytest.raises(ConnectError) as caught:
            await settle(wire, era=era)
        return caught.value


async def test_a_server_that_answers_discover_is_modern_and_is_told_no_more() -> None:
    async with wired() as wire:
        wire.server = serving(discover=MODERN)
        found = await settle(wire)
        assert (found.era, found.version) == ("modern", "2026-07-28")
        assert found.result == MODERN["result"]
        assert found.server_capabilities == {"tools": {}}
        assert methods(wire) == ["server/discover"]
        assert wire.by == ["mcpwatch"]


async def test_discover_carries_the_envelope_but_asks_for_no_logs() -> None:
    async with wired() as wire:
        wire.server = serving(discover=MODERN)
        await settle(wire)
        meta = wire.sent[0]["params"]["_meta"]
        assert meta[META + "protocolVersion"] == "2026-07-28"
        assert meta[META + "clientInfo"]["name"] == "mcpwatch"
        assert meta[META + "clientCapabilities"] == DECLARED
        assert META + "logLevel" not in meta
        assert wire.headers == [{"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"}]


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        refuses(-32600, "Not initialized"),
        refuses(-32022, "Unsupported protocol version", {"supported": ["2025-11-25"], "requested": "2026-07-28"}),
        refuses(-32022, "Unsupported protocol version"),
        refuses(-404, "HTTP 404"),
        says({"supportedVersions": ["2025-11-25"]}),
        says({"supportedVersions": "2026-07-28"}),
        says({}),
        says(None),
        says([1]),
    ],
)
async def test_a_server_without_discover_is_asked_to_initialize(answer: dict[str, Any]) -> None:
    async with wired() as wire:
        wire.server = serving(discover=answer, initialize=LEGACY)
        found = await settle(wire)
        assert (found.era, found.version, found.result) == ("legacy", "2025-11-25", LEGACY["result"])
        assert methods(wire) == ["server/discover", "initialize", "notifications/initialized"]


async def test_legacy_is_not_probed() -> None:
    async with wired() as wire:
        wire.server = serving(initialize=LEGACY)
        await settle(wire, era="legacy")
        assert methods(wire) == ["initialize", "notifications/initialized"]
        params = wire.sent[0]["params"]
        assert (params["protocolVersion"], params["capabilities"]) == (HANDSHAKE_VERSIONS[-1], DECLARED)
        assert params["clientInfo"]["name"] == "mcpwatch"
        assert "_meta" not in params


@pytest.mark.parametrize("version", HANDSHAKE_VERSIONS)
async def test_every_version_of_the_handshake_is_spoken(version: str) -> None:
    async with wired() as wire:
        wire.server = serving(initialize=says({"protocolVersion": version}))
        found = await settle(wire, era="legacy")
        assert (found.version, found.envelope.version, found.server_capabilities) == (version, version, {})


@pytest.mark.parametrize("version", ["2026-07-28", "1999-01-01", ""])
async def test_any_other_version_is_refused_by_name_and_not_confirmed(version: str) -> None:
    error = await refused("legacy", initialize=says({"protocolVersion": version}))
    assert version in str(error)
    assert HANDSHAKE_VERSIONS[0] in str(error)


@pytest.mark.parametrize("result", [{}, {"protocolVersion": 5}, None, []])
async def test_an_answer_to_initialize_without_a_version_is_refused(result: Any) -> None:
    assert "names no protocolVersion" in str(await refused("legacy", initialize=says(result)))


async def test_initialize_refused_says_what_the_server_said() -> None:
    error = await refused("legacy", initialize=refuses(-32603, "boom"))
    assert isinstance(error, InitializeRefused)
    assert str(error) == "The server refused initialize: boom (-32603)."


async def test_modern_is_not_given_up_for_initialize() -> None:
    error = await refused("modern", discover=UNKNOWN)
    assert str(error) == "The server does not speak 2026-07-28. It said: Method not found"
    assert "--era legacy" in error.hint


async def test_modern_with_no_version_in_common_says_what_the_server_speaks() -> None:
    error = await refused("modern", discover=says({"supportedVersions": ["2027-01-01", 5]}))
    assert "It speaks 2027-01-01." in str(error)


@pytest.mark.parametrize("code", [-32022, -32601])
async def test_a_refusal_that_shares_no_version_ends_in_a_clear_error(code: int) -> None:
    data = {"supported": ["2027-01-01"], "requested": "2026-07-28"}
    error = await refused("modern", discover=refuses(code, "Unsupported protocol version", data))
    assert "Unsupported protocol version" in str(error)


async def test_a_probe_without_an_answer_falls_back_after_ten_seconds(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        wire.server = serving(initialize=LEGACY)
        found: list[Negotiated] = []

        async def run() -> None:
            found.append(await settle(wire))

        wire.tasks.start_soon(run)
        await clock.pass_(PROBE_SECONDS - 1)
        assert methods(wire) == ["server/discover"]
        await clock.pass_(2)
        assert found[0].era == "legacy"
        assert "notifications/cancelled" not in methods(wire)


@pytest.mark.parametrize(("era", "within", "waits"), [("modern", 60.0, 60.0), ("modern", 5.0, 5.0)])
async def test_where_nothing_else_is_left_the_probe_has_all_the_time(
    era: str, within: float, waits: float, clock: Clock
) -> None:
    async with wired(patience=None) as wire:
        raised: list[TimedOut] = []

        async def run() -> None:
            with pytest.raises(TimedOut) as caught:
                await settle(wire, era=era, within=within)
            raised.append(caught.value)

        wire.tasks.start_soon(run)
        await clock.pass_(waits - 1)
        assert raised == []
        await clock.pass_(2)
        assert "server/discover" in str(raised[0])


async def test_a_refusal_without_an_id_ends_the_probe_early(clock: Clock) -> None:
    async with wired() as wire:
        wire.server = lambda message: (
            {"jsonrpc": "2.0", "error": {"code": -32601, "message": "no"}}
            if message["method"] == "server/discover"
            else serving(initialize=LEGACY)(message)
        )
        found: list[Negotiated] = []

        async def run() -> None:
            found.append(await settle(wire))

        wire.tasks.start_soon(run)
        await clock.pass_(WITHOUT_ID_AFTER)
        assert found[0].era == "legacy"
        assert wire.noted("answer-without-id") == [{"id": 1, "method": "server/discover"}]


async def test_a_slow_modern_server_that_refuses_initialize_is_asked_again(clock: Clock) -> None:
    async with wired(patience=None) as wire:
        unsupported = refuses(-32022, "Unsupported protocol version", {"supported": ["2026-07-28"]})
        wire.server = serving(discover=[None, MODERN], initialize=unsupported)
        found: list[Negotiated] = []

        async def run() -> None:
            found.append(await settle(wire))

        wire.tasks.start_soon(run)
        await clock.pass_(PROBE_SECONDS + 1)
        await settled()
        assert found[0].era == "modern"
        assert methods(wire) == ["server/discover", "initialize", "server/discover"]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_link_that_ends_in_the_handshake_is_lost(era: str) -> None:
    async with wired() as wire:
        wire.server = lambda message: wire.dispatcher.lose(LinkLost("gone"))
        with pytest.raises(LinkLost):
            await settle(wire, era=era)


async def test_what_the_link_says_is_not_put_into_the_servers_mouth() -> None:
    async with wired() as wire:
        wire.server = lambda message: wire.dispatcher.resolve(message["id"], code=-401, message="HTTP 401") and None
        with pytest.raises(InitializeRefused) as caught:
            await settle(wire, era="legacy")
        assert str(caught.value) == "initialize got no answer: HTTP 401."
        assert "--header" in caught.value.hint


@pytest.mark.parametrize(
    ("without", "declared"),
    [
        ((), {"sampling", "elicitation", "roots"}),
        (("sampling", "roots"), {"elicitation"}),
        (("sampling", "elicitation", "roots", "progress", "logs"), set[str]()),
    ],
)
def test_everything_is_declared_but_what_a_lesser_client_lacks(without: tuple[str, ...], declared: set[str]) -> None:
    assert set(capabilities(frozenset(without))) == declared
    assert {"form", "url"} == set(DECLARED["elicitation"])
