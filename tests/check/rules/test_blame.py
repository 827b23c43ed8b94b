"""Whose fault a finding is: that of who sent the message, or of who had to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mcpwatch.check.checked import Checked
from mcpwatch.check.rules import RULES, Tally
from mcpwatch.events import Opened
from tests.check.rules.told import DONE, JSON, Told

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
def test_the_client_of_a_session_is_mcpwatch_itself(mode: str, words: str) -> None:
    told = Told().legacy().line(b"{oops", "c2s").line(b"{oops")
    opened = told.events[0]
    assert isinstance(opened, Opened)
    told.events[0] = replace(opened, mode="proxy" if mode == "proxy" else "client")
    assert [finding.whose for finding in told.findings()] == [words, "the server"]
    assert {finding.mode for finding in told.findings()} == {mode}


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
