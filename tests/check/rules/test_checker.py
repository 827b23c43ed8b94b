"""The checker itself: one pass, a state a link, bounded, and nothing that a message holds breaks it."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.check.rules import RULES, SEVERITIES, Checker, Tally, protocol_findings, severe
from mcpwatch.check.rules.book import FILES
from mcpwatch.check.rules.link import REMEMBERED
from mcpwatch.recording import Recording
from mcpwatch.wire.framing import classify
from tests.check.rules.told import Case, Told
from tests.recording.samples import GOLDEN, events

METHODS = sorted({on.partition(" ")[2] for rule in RULES.values() for on in rule.on if " " in on})


def cases() -> list[Case]:
    return [case for file in FILES for case in import_module(f"tests.check.rules.test_{file}").CASES]


def test_every_rule_has_a_recording_that_breaks_it_and_one_that_does_not() -> None:
    alone = {"log-not-asked-for"}  # it never comes without the deprecation: its tests say so
    assert {case.rule for case in cases() if case.hit} | alone == set(RULES)
    assert {case.rule for case in cases() if not case.hit} >= set(RULES) - alone - {"id-type", "result-type-unknown"}


def test_every_rule_says_what_it_rests_on_why_and_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.severity in SEVERITIES
        assert rule.spec and set(rule.spec) <= {"2025-11-25", "2026-07-28"}
        assert rule.why.endswith(".") and rule.do.endswith(".") and not rule.title.endswith(".")
        assert rule.on


def test_the_least_severity_that_counts_takes_the_worse_with_it() -> None:
    assert [severe(one, "warning") for one in SEVERITIES] == [True, True, False]


def test_two_links_have_nothing_to_do_with_each_other() -> None:
    one, other = Told().legacy().calls(), Told().legacy().answers({}, id=1)
    ids: list[str] = []
    checker = Checker()
    for event in one.events:
        ids += [finding.id for finding in checker.feed(event)]
    for event in other.events:
        object.__setattr__(event, "link", "other")
        ids += [finding.id for finding in checker.feed(event)]
    assert ids == ["response-without-request"]


def test_a_name_that_is_opened_again_is_a_new_link() -> None:
    told = Told().legacy().calls().done().closed()
    again = Told().legacy().calls().done().closed()
    assert [finding.id for finding in protocol_findings([*told.events, *again.events])] == []


def test_the_messages_of_a_batch_are_looked_at_one_by_one() -> None:
    told = Told().legacy(version="2025-03-26")
    told.says([{"jsonrpc": "2.0", "id": 5, "result": {}}, {"jsonrpc": "2.0", "method": "x"}])
    assert told.ids() == ["response-without-request"]


def test_lines_that_were_taken_out_are_noticed() -> None:
    checker = Checker()
    for event in [event for event in Told().legacy().calls().done().events if event.seq != 5]:
        checker.feed(event)
    assert checker.gaps == 1


def test_what_is_remembered_has_a_limit() -> None:
    checker = Checker()
    for event in Told().legacy().events:
        checker.feed(event)
    for id in range(10, REMEMBERED + 1000):
        message = {"jsonrpc": "2.0", "id": id, "method": "x/y", "params": {"_meta": {"progressToken": id}}}
        checker.feed(classify(json.dumps(message).encode(), link="server", dir="c2s"))
    (link,) = checker.links.values()
    assert len(link.requests["c2s"]) == len(link.open["c2s"]) == len(link.tokens["c2s"]) == REMEMBERED


def test_a_flood_of_one_finding_is_counted_and_not_kept() -> None:
    told = Told().legacy()
    for _ in range(50):
        told.line(b"noise")
    tally = Tally(most=3)
    tally.add(told.findings())
    ((rule, kept),) = tally.rules
    assert (rule.id, len(kept), tally.counts["stdout-noise"]) == ("stdout-noise", 3, 50)
    assert tally.severities() == {"error": 50}


def test_the_worst_comes_first_and_what_is_ignored_is_only_counted() -> None:
    told = Told().legacy().refuses(id=None).line(b"noise").closed(signal="SIGKILL")
    tally = Tally(ignore=["stdout-noise"])
    tally.add(told.findings())
    assert [rule.id for rule, _ in tally.rules] == ["error-without-id", "killed"]
    assert tally.ignored == 1


def test_a_finding_quotes_the_beginning_of_its_message() -> None:
    (finding,) = Told().legacy().line(b"x" * 1000).findings()
    assert finding.excerpt == "x" * 240 + "…"


def test_the_golden_recordings_are_checked_without_a_word_too_many() -> None:
    with Recording.open(GOLDEN / "v1-session.mcpw.jsonl") as recording:
        assert [finding.id for finding in protocol_findings(recording.events())] == ["stdout-noise"]


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["name", "uri", "_meta", "progressToken", "progress", "total", "level", "data", "capabilities", "requestId",
         "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/subscriptionId", "notifications", "tools",
         "inputSchema", "outputSchema", "arguments", "requestState", "inputResponses", "inputRequests", "resultType",
         "method", "params", "messages", "role", "structuredContent", "content", "protocolVersion", "mode", "code"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
messages = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", 2]),
        "id": st.sampled_from([1, 2, "1", None, 1.0, True]),
        "method": st.sampled_from(METHODS),
        "params": values,
        "result": values,
        "error": values,
    },
)


@given(st.lists(st.tuples(st.sampled_from(["c2s", "s2c"]), messages), max_size=12), st.sampled_from(["stdio", "http"]))
def test_nothing_that_a_message_holds_breaks_a_rule(said: list[tuple[Any, Any]], transport: Any) -> None:
    told = Told(transport).legacy() if transport == "stdio" else Told(transport).modern()
    for dir, message in said:
        told.says(message, dir, xid=1 if transport == "http" else None)
    told.closed().findings()


@given(st.lists(events, max_size=8))
def test_nothing_that_a_recording_holds_breaks_it(given_events: list[Any]) -> None:
    list(protocol_findings(given_events))
