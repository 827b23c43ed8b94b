"""Whose fault a finding is: that of who sent the message, or of who had to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from mcpwatch.check.checked import Checked
from mcpwatch.check.rules import MODERN, RULES, Tally
from mcpwatch.events import GAVE_UP, Transport
from tests.check.rules.told import DONE, JSON, Told

STREAM = (("content-type", "text/event-stream"),)
BLAMED: list[tuple[str, str, Callable[[], Told]]] = [
    ("not-json", "server", lambda: Told().legacy().line(b"{oops")),
    ("not-json", "client", lambda: Told().legacy().line(b"{oops", "c2s")),
    (
        "batch",
        "client",
        lambda: Told().legacy().says([{"jsonrpc": "2.0", "id": 9, "method": "ping"}], "c2s").done(id=9),
    ),
    ("null-id", "server", lambda: Told().legacy().asks("ping", id=None, dir="s2c")),
    ("null-id", "client", lambda: Told().legacy().asks("ping", id=None)),
    ("response-without-request", "client", lambda: Told().legacy().answers({}, id=7, dir="c2s")),
    ("response-without-request", "server", lambda: Told().legacy().answers({}, id=7)),
    ("never-answered", "server", lambda: Told().legacy().asks("ping").closed()),
    (
        "never-answered",
        "client",
        lambda: Told().legacy().asks("ping", dir="s2c").asks("ping", id=2).answers({}, id=2).closed(),
    ),
    ("server-capability", "client", lambda: Told().legacy({}).asks("prompts/list").refuses(-32601)),
    (
        "server-capability",
        "server",
        lambda: Told().legacy({}).asks("prompts/list", by="user").answers({"prompts": []}),
    ),
    (
        "content-type",
        "client",
        lambda: (
            Told("http")
            .http("request", 1, verb="POST", headers=(("content-type", "text/plain"), ("accept", "*/*")))
            .asks("initialize", {}, xid=1)
        ),
    ),
    (
        "content-type",
        "server",
        lambda: (
            Told("http")
            .http("request", 1, verb="POST", headers=(*JSON, ("accept", "*/*")))
            .asks("initialize", {}, xid=1)
            .http("response", 1, status=200, headers=(("content-type", "text/plain"),))
        ),
    ),
    ("server-died", "server", lambda: Told().legacy().closed("exit", code=1)),
    ("exit-code", "server", lambda: Told().legacy().closed(code=1)),
]


@pytest.mark.parametrize(("rule", "side", "told"), BLAMED, ids=[f"{one[0]}-{one[1]}" for one in BLAMED])
def test_a_finding_tells_who_broke_the_rule(rule: str, side: str, told: Callable[[], Told]) -> None:
    assert [finding.by for finding in told().findings() if finding.id == rule] == [side]


@pytest.mark.parametrize(("mode", "words"), [("client", "mcpwatch, the client"), ("proxy", "the client")])
def test_the_client_of_a_session_is_mcpwatch_itself(mode: Literal["client", "proxy"], words: str) -> None:
    told = Told(mode=mode).legacy().line(b"{oops", "c2s").line(b"{oops")
    assert [finding.whose for finding in told.findings()] == [words, "the server"]
    assert {finding.mode for finding in told.findings()} == {mode}


def between(transport: Transport = "stdio") -> Told:
    """A link of a proxy."""
    return Told(transport, mode="proxy")


LEAVING: list[tuple[str, list[str], Callable[[], Told]]] = [
    ("closes stdin", [], lambda: between().legacy().note("client-closed").closed("left", code=0)),
    ("closes stdin", ["exit-code"], lambda: between().legacy().note("client-closed").closed("left", code=1)),
    ("closes stdin", ["exit-code"], lambda: between().legacy().note("client-closed").closed("left", signal="SIGSEGV")),
    ("goes on", ["server-died"], lambda: between().legacy().closed("exit", code=1)),
    ("goes on", ["server-died"], lambda: between().legacy().closed("signal", signal="SIGSEGV")),
    (
        "sends a signal",
        [],
        lambda: between().legacy().note("signalled", signals=["SIGTERM"]).closed("left", signal="SIGTERM"),
    ),
    (
        "closes stdin and has to send a signal",
        ["killed"],
        lambda: (
            between()
            .legacy()
            .note("client-closed")
            .note("signalled", signals=["SIGTERM"])
            .closed("left", signal="SIGTERM")
        ),
    ),
    ("sends a signal", [], lambda: between().legacy().note("signalled", signals=["SIGINT"]).closed("left", code=130)),
    (
        "leaves at once",
        [],
        lambda: between().legacy().asks("ping").note("client-closed").closed("left", code=0),
    ),
    (
        "goes on talking and leaves",
        ["never-answered"],
        lambda: between().legacy().calls().asks("ping", id=2).answers({}, id=2).note("client-closed").closed("left"),
    ),
    (
        "waits and leaves",
        ["never-answered"],
        lambda: _waits(between().legacy().asks("ping")).note("client-closed").closed("left"),
    ),
]


def _waits(told: Told) -> Told:
    for _ in range(10):
        told.tells("notifications/message", {"level": "info", "data": "a second later"})
    return told


@pytest.mark.parametrize(
    ("how", "rules", "told"), LEAVING, ids=[f"{one[0]}-{number}" for number, one in enumerate(LEAVING)]
)
def test_a_server_is_not_to_blame_for_a_client_that(how: str, rules: list[str], told: Callable[[], Told]) -> None:
    assert told().ids() == rules, how


def posted(told: Told, xid: int, *headers: tuple[str, str]) -> Told:
    accepts = ("accept", "application/json, text/event-stream")
    return told.http("request", xid, verb="POST", headers=(*JSON, accepts, *headers))


@pytest.mark.parametrize("said", sorted(GAVE_UP))
def test_a_stream_that_the_client_broke_off_is_no_answer_that_the_server_owes(said: str) -> None:
    legacy = posted(between("http"), 1).asks("initialize", {}, xid=1).http("response", 1, status=200, headers=STREAM)
    assert legacy.http("error", 1, error=said).closed("left").ids() == []
    headers = (("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "work"))
    modern = posted(between("http"), 1, *headers)
    modern.is_modern = True
    modern.calls(xid=1).http("response", 1, status=200, headers=STREAM).http("error", 1, error=said)
    assert modern.closed("left").ids() == []


def test_a_state_may_have_been_given_on_another_connection_of_a_client_without_sessions() -> None:
    def told(transport: Transport, mode: Literal["client", "proxy"]) -> list[str]:
        return Told(transport, mode=mode).modern().calls(requestState="s", inputResponses={}).done().ids()

    assert "request-state-altered" not in told("http", "proxy")
    assert told("stdio", "proxy") == told("stdio", "client") == ["request-state-altered"]


def test_what_one_side_did_is_counted_and_can_be_left_out() -> None:
    told = Told().legacy().line(b"{oops", "c2s").line(b"{oops").line(b"noise").calls().done(DONE)
    every, servers = Tally(), Tally(by="server")
    every.add(told.findings())
    servers.add(told.findings())
    assert every.sides == {"server": 2, "client": 1}
    assert servers.sides == {"server": 2} and servers.ignored == 1
    document = Checked("t", servers).document()
    assert document["by"] == {"server": 2, "client": 0}
    assert {found["by"] for rule in document["rules"] for found in rule["findings"]} == {"server"}
    assert {rule["id"]: rule["by"] for rule in document["rules"]} == {"not-json": None, "stdout-noise": "server"}


def test_rules_name_a_side_or_none() -> None:
    assert {rule.by for rule in RULES.values()} == {"server", "client", None}
