from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.model import Exchange, Question, Timeline
from tests.model.story import META, Story


def test_what_waits_is_running_calls_and_open_questions_the_longest_first() -> None:
    story = Story().legacy("alpha").legacy("beta")
    story.call("slow", link="alpha", at=20.0)
    story.request("subscriptions/listen", {}, id=9, link="beta", at=21.0)
    story.ask("sampling/createMessage", link="alpha", at=22.0)
    story.call("other", link="beta", at=23.0)
    found = [(type(one.what), one.what.link, one.since) for one in story.timeline.waiting()]
    assert found == [(Exchange, "alpha", 20.0), (Question, "alpha", 22.0), (Exchange, "beta", 23.0)]
    assert [one.since for one in story.timeline.waiting("alpha")] == [20.0, 22.0]


def test_a_conversation_waits_since_its_last_round_began() -> None:
    story = Story().modern()
    story.call(id=1, at=10.0)
    asks = {"resultType": "input_required", "inputRequests": {"k": {"method": "roots/list"}}, "requestState": "s"}
    story.result(asks, id=1, at=11.0)
    assert [type(one.what) for one in story.timeline.waiting()] == [Question]
    story.call(id=2, more={"inputResponses": {"k": {}}, "requestState": "s"}, at=12.0)
    assert [(type(one.what), one.since) for one in story.timeline.waiting()] == [(Exchange, 12.0)]


def test_logs_belong_to_the_only_call_in_flight() -> None:
    story = Story().legacy()
    story.log()
    story.call(id=1)
    story.log()
    story.request("tools/list", {}, id=2)
    story.log()
    story.call(id=3)
    story.log()
    story.result({}, id=3)
    story.log()
    story.result({}, id=1)
    story.log()
    calls = [one for one in story.timeline.exchanges if one.method == "tools/call"]
    assert [one.log_count for one in calls] == [3, 0]
    assert story.timeline.links["server"].logs == {"info": 6}


def test_logs_over_http_belong_to_the_call_on_whose_stream_they_came() -> None:
    story = Story().legacy(transport="http")
    story.call(id=1, xid=11)
    story.call(id=2, xid=12)
    story.log(xid=12)
    story.log(xid=12)
    story.log(xid=11)
    story.log(xid=3)
    assert [one.log_count for one in story.timeline.exchanges[1:]] == [1, 2]


def test_messages_of_the_old_sse_transport_come_on_one_stream_and_go_by_the_call_in_flight() -> None:
    story = Story().legacy(transport="sse")
    story.call(id=1, xid=11)
    story.log(xid=1)
    assert story.last.log_count == 1


def test_a_link_that_was_never_opened_is_known_all_the_same() -> None:
    story = Story()
    story.log(link="late")
    server = story.timeline.links["late"]
    assert (server.mode, server.opened, server.logs) == (None, None, {"info": 1})


def test_two_links_that_share_every_id_and_token_stay_apart() -> None:
    story = Story().legacy("a").legacy("b")
    for link in ("a", "b"):
        story.call(f"tool of {link}", id=1, token=3, link=link)
        story.ask("ping", id=1, link=link)
    story.progress(3, 1, link="b")
    story.result({"from": "b"}, id=1, link="b")
    story.result({}, id=1, link="a", dir="c2s")
    calls = {one.link: one for one in story.timeline.exchanges if one.method == "tools/call"}
    assert (calls["a"].state, calls["b"].state, calls["b"].result) == ("running", "done", {"from": "b"})
    assert [one.link for one in story.timeline.unanswered()] == ["b"]


def test_a_file_is_folded_into_what_was_seen_live() -> None:
    story = Story().modern()
    story.call(token=1)
    story.progress(1, 1, 2)
    story.result({"isError": True})
    again = Timeline(story.fetch)
    for event in story.events:
        again.apply(event)
    old, new = story.last, again.exchanges[-1]
    assert [getattr(new, name) for name in ("state", "ms", "name", "seq", "answered")] == [
        getattr(old, name) for name in ("state", "ms", "name", "seq", "answered")
    ]
    assert new.progress == old.progress and again.seq == len(story.events)


def test_a_file_with_numbers_that_no_hub_stamps_is_survived() -> None:
    timeline = Timeline()
    for seq in (-1, 2**70, 0):
        timeline.apply(Frame(link="x", dir="c2s", type="request", data=b"", method="a", id=1, seq=seq))
    timeline.apply(Frame(link="x", dir="s2c", type="response", data=b"", id=1, re=2**70, seq=1))
    timeline.apply(Frame(link="x", dir="s2c", type="response", data=b"", id=1, re=-4, seq=2))
    assert [one.state for one in timeline.exchanges] == ["running"] and timeline.links["x"].orphans == 2


# Anything at all in a message: the fold may not raise, and what it knows may be asked for.

NAMES = [
    "_meta",
    "arguments",
    "capabilities",
    "content",
    "cursor",
    "elicitations",
    "id",
    "inputRequests",
    "inputResponses",
    "isError",
    "level",
    "message",
    "method",
    "mode",
    "name",
    "nextCursor",
    "notifications",
    "params",
    "progress",
    "progressToken",
    "requestId",
    "requestState",
    "resourceSubscriptions",
    "result",
    "resultType",
    "serverInfo",
    "supportedVersions",
    "tools",
    "total",
    "uri",
    META + "protocolVersion",
    META + "clientInfo",
    META + "logLevel",
    META + "subscriptionId",
]
METHODS = [
    "initialize",
    "server/discover",
    "tools/call",
    "tools/list",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "subscriptions/listen",
    "logging/setLevel",
    "sampling/createMessage",
    "elicitation/create",
    "ping",
    "notifications/progress",
    "notifications/message",
    "notifications/cancelled",
    "notifications/subscriptions/acknowledged",
    "notifications/resources/updated",
    "notifications/tools/list_changed",
    "x/custom",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 4),
    st.sampled_from([10**400, -(10**4000), 1e308, float("nan"), float("inf"), 1.0]),
    st.floats(),
    st.sampled_from(["", "1", "-", "--1", "٣", "\ud800", "input_required", "accept", "url", "debug", "error", "s"]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=12,
)
ids = st.one_of(st.integers(0, 3), st.sampled_from(["0", "1", 1.5, None, True]))
messages = st.fixed_dictionaries(
    {},
    optional={
        "id": anything,
        "method": anything,
        "params": st.dictionaries(st.sampled_from(NAMES), anything, max_size=6) | anything,
        "result": st.dictionaries(st.sampled_from(NAMES), anything, max_size=6) | anything,
        "error": anything,
    },
)
links = st.sampled_from(["a", "b"])
directions: Any = st.sampled_from(["c2s", "s2c"])
kinds: Any = st.sampled_from(["request", "response", "error", "notification"])
methods = st.sampled_from(METHODS)
res = st.none() | st.integers(0, 30)
items = st.builds(BatchItem, type=kinds | st.just("invalid"), method=st.none() | methods, id=ids, re=res)
frames = st.builds(
    Frame,
    link=links,
    dir=directions,
    type=kinds,
    data=st.just(b""),
    message=messages | anything,
    method=methods,
    id=ids,
    name=st.none() | st.sampled_from(["n", "m"]),
    re=res,
    xid=st.none() | st.integers(1, 3),
)
batches = st.builds(
    Frame,
    link=links,
    dir=directions,
    type=st.just("batch"),
    data=st.just(b""),
    message=st.lists(messages, max_size=3) | anything,
    items=st.lists(items, max_size=4).map(tuple),
)
others = st.one_of(
    st.builds(Frame, link=links, dir=directions, type=st.just("invalid"), data=st.just(b"x"), error=st.just("no")),
    st.builds(
        Note,
        link=links,
        what=st.sampled_from(
            ["answered", "unanswered", "waiting", "probe-ended", "made-up", "not-sent", "unreadable", "strange"]
        ),
        re=res,
        data=st.dictionaries(st.sampled_from(["key", "rule", "who", "id", "type", "error", "wanted"]), anything),
    ),
    st.builds(
        Http,
        link=links,
        phase=st.sampled_from(["request", "response", "end", "error"]),
        xid=st.integers(1, 3),
        status=st.none() | st.sampled_from([200, 401]),
    ),
    st.builds(Opened, link=links, mode=st.just("client"), transport=st.just("stdio"), target=st.just({})),
    st.builds(Stderr, link=links, data=st.binary(max_size=9)),
    st.builds(Closed, link=links, reason=st.just("exit"), code=st.none() | st.integers(0, 2)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(frames, frames, batches, others), max_size=30))
def test_no_message_can_break_the_fold_or_what_is_read_from_it(told: list[Event]) -> None:
    seen: list[Event] = []
    timeline = Timeline(lambda seq: seen[seq - 1])
    for seq, event in enumerate(told, 1):
        object.__setattr__(event, "seq", seq)
        object.__setattr__(event, "t", float(seq))
        if isinstance(event, Frame) and event.re is not None:
            object.__setattr__(event, "re", event.re % (seq + 1))
        seen.append(event)
        timeline.apply(event)
    assert timeline.seq == len(told)
    assert {one.number for one in timeline.exchanges if one.running} == set(timeline.running)
    assert all(one.ended is None for one in timeline.running.values())
    assert timeline.unanswered() == [one for one in timeline.questions if one.waiting]
    _ = timeline.waiting(), timeline.used(), timeline.changes()
    for exchange in timeline.exchanges:
        assert exchange.seqs()[0] == exchange.seq
        # What is counted is what the envelopes say; a message that says something else is not read as one.
        assert len(exchange.progress) <= exchange.progress_count
        assert len(exchange.logs) <= exchange.log_count
        assert exchange.request.seq == exchange.seq
        assert exchange.rounds[0].seq == exchange.seq
        _ = exchange.params, exchange.result, exchange.error, exchange.response
    for bar in [*timeline.bars(), *(bar for one in timeline.exchanges for bar in one.bars)]:
        _ = bar.rate, bar.eta, bar.fraction, bar.odd
    for question in timeline.questions:
        assert question.exchange in timeline.exchanges
        _ = question.params, question.answer
    for event in told:
        timeline.exchange_of(event)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, min_size=1, max_size=10))
def test_a_hostile_server_cannot_break_a_session_that_goes_by_the_book(told: list[Any]) -> None:
    story = Story().modern()
    for n, message in enumerate(told, 1):
        story.call("work", id=n, token=n)
        story.tell("notifications/progress", message.get("params"))
        story.tell("notifications/message", message.get("params"))
        story.result(message.get("result"), id=n)
        story.ask("elicitation/create", message.get("params"), id=n)
        story.result({"action": "accept"}, id=n, dir="c2s")
    assert all(not one.running for one in story.timeline.exchanges)
    assert json.dumps([one.state for one in story.timeline.exchanges])


def test_a_link_that_was_restarted_names_the_one_that_took_its_place() -> None:
    story = Story()
    story.opened("alpha")
    more: dict[str, Any] = {"as": "alpha#2", "why": "asked"}
    story.note("restarted", link="alpha", **more)
    story.closed("alpha")
    story.opened("alpha#2")
    odd: dict[str, Any] = {"as": ["no", "name"]}
    story.note("restarted", link="alpha#2", **odd)
    assert [one.followed_by for one in story.timeline.links.values()] == ["alpha#2", None]


def test_a_server_over_http_is_unreachable_from_a_request_that_fails_to_the_next_that_does_not() -> None:
    story = Story()
    story.opened(transport="http", target={"url": "http://a/mcp"})
    server = story.timeline.links["server"]

    def tried(xid: int, **outcome: Any) -> str | None:
        story.http("request", xid, verb="POST", url="http://a/mcp")
        story.http("error" if "error" in outcome else "response", xid, **outcome)
        return server.unreachable

    assert tried(1, status=200) is None
    assert tried(2, error="connection refused") == "connection refused"
    assert tried(3, status=502) == "HTTP 502"
    assert tried(4, status=404) is None
    story.http("response", 5, status=200)
    story.http("error", 5, error="connection reset")  # which was there: the next one tells
    assert server.unreachable is None
