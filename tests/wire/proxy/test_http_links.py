"""Whose a request is: a link for each client, and never two clients in one."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.events import Closed, Event, Frame, Opened
from mcpwatch.wire.proxy.http_links import LINGER, LINGER_SESSION, Caller, Link, Links


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def links(events: list[Event], clock: Clock) -> Links:
    return Links("web", "http://server/mcp", events.append, clock)


def message(method: str, id: Any = None) -> Frame:
    kind = "notification" if id is None else "request"
    return Frame(link="", dir="c2s", type=kind, data=b"", method=method, id=id)


def caller() -> Caller:
    return Caller("127.0.0.1")


def called(links: Links, by: Caller, id: Any, method: str = "tools/call", program: str = "p") -> Link:
    """A request without a session, which is answered at once."""
    link = links.by_message(by, program, message(method, id))
    links.begins(link)
    link.greeted = link.greeted or method in ("initialize", "server/discover")
    links.ends(link)
    return link


def test_the_first_link_has_the_name_and_the_others_a_number(links: Links, events: list[Event]) -> None:
    found = [called(links, caller(), 1, "initialize") for _ in range(3)]
    assert [link.name for link in found] == ["web", "web#2", "web#3"]
    assert [event.link for event in events if isinstance(event, Opened)] == ["web", "web#2", "web#3"]


def test_a_session_id_names_its_client_on_any_connection(links: Links) -> None:
    one, other = called(links, caller(), 1, "initialize"), called(links, caller(), 1, "initialize")
    links.named(one, "a")
    links.named(other, "b")
    assert links.at_head(caller(), session="a", target="/mcp") is one
    assert links.at_head(caller(), session="b", target="/mcp") is other
    assert links.at_head(caller(), session="", target="/mcp") is None


def test_a_session_from_before_we_were_there_is_a_client_too(links: Links) -> None:
    link = links.at_head(caller(), session="old", target="/mcp")
    assert link is not None and link.name == "web"
    assert links.at_head(caller(), session="old", target="/mcp") is link


def test_two_clients_that_are_given_the_same_session_are_still_two(links: Links) -> None:
    first, second = caller(), caller()
    one, other = called(links, first, 1, "initialize"), called(links, second, 1, "initialize")
    links.named(one, "same")
    links.named(other, "same")
    assert (one.session, other.session) == ("same", None)


def test_without_a_session_a_connection_has_one_client(links: Links) -> None:
    mine, yours = caller(), caller()
    for id in range(1, 5):
        assert called(links, mine, id, "server/discover" if id == 1 else "tools/call").name == "web"
        assert called(links, yours, id, "server/discover" if id == 1 else "tools/call").name == "web#2"


def test_a_client_that_is_alone_may_open_more_connections(links: Links) -> None:
    first = caller()
    link = called(links, first, 1, "server/discover")
    assert called(links, caller(), 2) is link
    assert called(links, caller(), "listen-1", "subscriptions/listen") is link
    assert links.by_message(caller(), "p", None) is link
    assert links.by_message(caller(), "p", message("notifications/x")) is link


def test_an_id_that_was_there_already_is_another_clients(links: Links) -> None:
    link = called(links, caller(), 1)
    assert called(links, caller(), 1) is not link


def test_another_program_or_another_machine_is_another_client(links: Links) -> None:
    link = called(links, caller(), 1)
    assert called(links, caller(), 2, program="q") is not link
    assert called(links, Caller("10.0.0.7"), 2) is not link


def test_where_two_clients_could_have_sent_it_it_begins_a_link_of_its_own(links: Links) -> None:
    one, other = caller(), caller()
    called(links, one, 1, "server/discover")
    called(links, other, 1, "server/discover")
    assert called(links, caller(), 2).name == "web#3"
    assert called(links, caller(), "listen-1").name == "web#4"


def once(links: Links, id: Any, method: str = "tools/call", by: Caller | None = None) -> Link:
    """A request on a connection that is closed after it."""
    by = by or caller()
    link = called(links, by, id, method)
    links.gone(by)
    return link


def test_the_next_id_tells_two_clients_apart_that_open_a_connection_for_each_request(links: Links) -> None:
    once(links, 1, "server/discover")
    other = caller()
    called(links, other, 1, "server/discover")
    for id in (2, 3, 4):
        assert called(links, other, id).name == "web#2"
    links.gone(other)
    assert once(links, 5).name == "web#2"
    assert once(links, 2).name == "web"


def test_a_request_that_overtook_another_of_its_client_is_not_taken_for_the_next_of_a_third(links: Links) -> None:
    mine, yours = caller(), caller()
    called(links, mine, 1, "server/discover")
    called(links, yours, 1, "server/discover")
    assert called(links, yours, 3).name == "web#2"
    assert called(links, caller(), 2).name == "web#3", "the second of mine or of yours: nobody can tell"


def test_a_client_that_once_sent_two_at_once_is_not_told_by_the_next_id(links: Links) -> None:
    mine, yours = caller(), caller()
    called(links, mine, 1, "server/discover")
    called(links, yours, 1, "server/discover")
    for id in (2, 3):
        links.begins(links.by_message(yours, "p", message("tools/call", id)))
    for by in (mine, yours):
        links.gone(by)
    assert once(links, 4).name == "web#3"


def test_a_second_handshake_on_a_connection_is_another_client(links: Links) -> None:
    pooled = caller()
    assert called(links, pooled, 0, "initialize").name == "web"
    assert called(links, pooled, 0, "initialize").name == "web#2"


def test_a_handshake_that_failed_and_the_next_try_are_one_client(links: Links) -> None:
    for by in (one := caller(), one, caller()):
        link = links.by_message(by, "p", message("initialize" if by is not one else "server/discover", 1))
        links.begins(link)
        links.failed(link, 1, greeting=True)
        links.ends(link)
        assert link.name == "web"


def test_a_request_that_is_sent_again_after_a_refusal_is_the_same_clients(links: Links) -> None:
    by = caller()
    link = called(links, by, 1, "server/discover")
    assert called(links, by, 2) is link
    links.failed(link, 2, greeting=False)
    assert called(links, caller(), 2) is link


def test_a_stream_of_the_older_transport_is_a_client_and_its_address_names_it(links: Links) -> None:
    one, other = caller(), caller()
    first = links.by_stream(one, "p", streams=True)
    second = links.by_stream(other, "p", streams=True)
    links.posts_to(first, "/sse", "/messages?session=1")
    links.posts_to(second, "/a/sse", "http://server/messages?session=2")
    assert (first.transport, first.name, second.name) == ("sse", "web", "web#2")
    assert links.at_head(caller(), session="", target="/messages?session=1") is first
    assert links.at_head(caller(), session="", target="/messages?session=2") is second
    links.end(first, "left")
    assert links.at_head(caller(), session="", target="/messages?session=1") is None


def test_a_standing_stream_without_a_session_is_of_the_client_that_is_there(links: Links) -> None:
    link = called(links, caller(), 1, "initialize")
    assert links.by_stream(caller(), "p", streams=True) is link


def test_a_link_ends_when_all_of_it_has(links: Links, events: list[Event]) -> None:
    link = called(links, caller(), 1, "initialize")
    links.named(link, "a")
    links.begins(link)
    links.end(link, "left")
    assert not [event for event in events if isinstance(event, Closed)]
    links.ends(link)
    assert [(event.link, event.reason) for event in events if isinstance(event, Closed)] == [("web", "left")]
    assert links.at_head(caller(), session="a", target="/mcp") is not link
    links.close()
    closed = [(event.link, event.reason) for event in events if isinstance(event, Closed)]
    assert closed == [("web", "left"), ("web#2", "closed")]


def test_a_client_without_a_session_that_does_not_come_back_has_left(
    links: Links, events: list[Event], clock: Clock
) -> None:
    by = caller()
    link = called(links, by, 1)
    clock.now = 10 * LINGER
    links.sweep()
    assert not link.closed
    links.gone(by)
    clock.now += LINGER - 1
    links.sweep()
    assert not link.closed
    clock.now += 1
    links.sweep()
    assert link.closed and isinstance(events[-1], Closed) and events[-1].reason == "left"
    assert called(links, caller(), 2).name == "web#2"


@pytest.mark.parametrize(("broke_off", "patience"), [(False, LINGER_SESSION), (True, LINGER)])
def test_a_client_that_never_says_that_its_session_ends_has_left_when_it_does_not_come_back(
    links: Links, events: list[Event], clock: Clock, broke_off: bool, patience: float
) -> None:
    by = caller()
    link = called(links, by, 1, "initialize")
    links.named(link, "a")
    if broke_off:
        links.hung_up(link)
    links.gone(by)
    clock.now = patience - 1
    links.sweep()
    assert not link.closed
    back = caller()
    assert links.at_head(back, session="a", target="/mcp") is link
    links.begins(link)
    links.ends(link)
    links.gone(back)
    clock.now += LINGER_SESSION - 1
    links.sweep()
    assert not link.closed
    clock.now += 1
    links.sweep()
    assert link.closed and isinstance(events[-1], Closed) and events[-1].reason == "left"
    late = links.at_head(caller(), session="a", target="/mcp")
    assert late is not None and late.name == "web#2"
