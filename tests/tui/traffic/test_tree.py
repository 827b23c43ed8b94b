"""An exchange is a line that unfolds into all that belongs to it, in whatever order its parts come."""

from __future__ import annotations

import random
from array import array
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Event, Http, HttpPhase, Opened
from mcpwatch.model import Timeline
from mcpwatch.recording import Index, encode
from mcpwatch.tui.traffic.family import Family
from mcpwatch.tui.traffic.tree import Tree, outcome
from mcpwatch.view.style import plain
from tests.tui.traffic.talk import Talk, everyday


class Fed:
    """A tree over events, fed with a few at a time."""

    def __init__(self, events: list[Event], *, unfolded: bool = False, every_step: bool = False) -> None:
        self.events = events
        self.index, self.timeline, self.data = Index(), Timeline(), b""
        self.family = Family(
            self.index, self.timeline, lambda offset, size: self.data[offset : offset + size], every_step=every_step
        )
        self.tree = Tree(self.family, unfolded=unfolded)

    def feed(self, count: int, *, wanted: bool = True) -> None:
        for event in self.events[len(self.index) : len(self.index) + count]:
            self.index.add(event, len(self.data))
            self.data += encode(event)
            self.timeline.apply(event)
        start, stop = len(self.family), self.family.reach()
        pairs = self.family.find(stop)
        self.tree.gained(self.family.take(pairs, stop))
        self.tree.adopted(row for row, _ in pairs if row < start)
        if wanted:
            self.tree.add(array("I", range(start, stop)))

    @property
    def shown(self) -> list[tuple[int, int]]:
        """The number and the depth on each line."""
        nodes = [self.tree.node(line) for line in range(len(self.tree))]
        for line, node in enumerate(nodes):
            assert self.tree.line(node.row) == line
            assert self.tree.has(node.row)
        return [(node.row + 1, node.depth) for node in nodes]


def folded(talk: Talk) -> Fed:
    fed = Fed(talk.events)
    fed.feed(len(talk.events))
    return fed


def test_folded_there_is_a_line_for_each_exchange_and_for_what_belongs_to_none() -> None:
    assert folded(everyday()).shown == [(seq, 0) for seq in (1, 2, 4, 5, 7, 15, 16, 17, 19, 21)]


def test_unfolded_a_call_has_its_progress_logs_questions_notes_and_answer() -> None:
    fed = folded(everyday())
    fed.tree.toggle(6)
    assert fed.shown == [
        *((seq, 0) for seq in (1, 2, 4, 5, 7)),
        *((8, 1), (9, 1), (10, 1), (11, 2), (12, 2), (13, 1), (14, 1)),
        *((seq, 0) for seq in (15, 16, 17, 19, 21)),
    ]
    node = fed.tree.node(4)
    assert (node.open, node.inside) == (True, 7)
    assert fed.tree.node(0).open is None
    fed.tree.toggle(9)  # any of its lines folds it again
    assert fed.shown == folded(everyday()).shown
    fed.tree.toggle(0)  # nothing to unfold
    assert fed.shown == folded(everyday()).shown


def over_http() -> Talk:
    """A call over HTTP, and a stream that carries nothing of the client's."""
    talk = Talk(opened=False)
    talk.add(Opened(link="server", mode="client", transport="http", target={"url": "http://a/mcp"}))

    def step(phase: HttpPhase, xid: int, **more: Any) -> int:
        return talk.add(Http(link="server", phase=phase, xid=xid, **more))

    step("request", 1, verb="POST", url="http://a/mcp")
    call = talk.call("work", xid=1)
    step("request", 2, verb="GET", url="http://a/mcp")
    step("response", 1, status=200)
    step("response", 2, status=405)
    talk.text(call, "done", xid=1)
    step("end", 1)
    step("end", 2)
    return talk


@pytest.mark.parametrize("piece", [1, 2, 3, 9])
def test_the_steps_of_http_belong_to_the_message_that_they_carried(piece: int) -> None:
    talk = over_http()
    fed = Fed(talk.events, unfolded=True, every_step=True)
    for _ in range(0, len(talk.events), piece):
        fed.feed(piece)
    assert fed.shown == [(1, 0), (3, 0), (2, 1), (5, 1), (7, 1), (8, 1), (4, 0), (6, 1), (9, 1)]


def test_where_not_every_step_is_shown_one_that_went_wrong_still_belongs_to_its_message() -> None:
    talk = over_http()
    again = talk.call("work", xid=3)
    talk.add(Http(link="server", phase="error", xid=3, error="connection reset"))
    fed = Fed(talk.events, unfolded=True)
    fed.feed(len(talk.events))
    assert fed.shown[-2:] == [(again, 0), (again + 1, 1)]
    assert (2, 0) in fed.shown  # which nobody asks for then


@given(pieces=st.lists(st.integers(1, 6), max_size=30), unfolded=st.booleans(), seed=st.integers(0, 1000))
def test_it_does_not_matter_in_which_pieces_events_come(pieces: list[int], unfolded: bool, seed: int) -> None:
    talk = everyday()
    for number in range(4):
        first, second = talk.call("a"), talk.call("b")
        talk.progress(first, number)
        talk.progress(second, number)
        talk.text(second, "x")
        talk.progress(first, number + 1)
        talk.text(first, "y")
    fed, whole = Fed(talk.events, unfolded=unfolded), Fed(talk.events, unfolded=unfolded)
    toggled = random.Random(seed)
    folds: list[int] = []
    for piece in [*pieces, len(talk.events)]:
        fed.feed(piece)
        if len(fed.tree):
            row = fed.tree.node(toggled.randrange(len(fed.tree))).row
            if fed.family.inside(fed.tree.root(row)):
                fed.tree.toggle(row)
                folds.append(row)
        assert len(fed.shown) == len(set(fed.shown))
    whole.feed(len(talk.events))
    for row in folds:
        whole.tree.toggle(row)
    assert fed.shown == whole.shown


def test_many_exchanges_keep_their_lines() -> None:
    talk = Talk()
    calls = [talk.call("work") for _ in range(1500)]
    for call in reversed(calls):
        talk.progress(call, 1)
        talk.text(call, "ok")
    fed = Fed(talk.events)
    fed.feed(2000)
    fed.feed(len(talk.events))
    assert fed.shown == [(seq, 0) for seq in (1, *calls)]
    for call in (calls[0], calls[700], calls[-1]):
        fed.tree.toggle(call - 1)
    assert len(fed.tree) == 1 + 1500 + 6
    assert fed.tree.line(calls[-1] - 1) == 1 + 1499 + 4
    assert [row + 1 for row in fed.family.members(calls[0] - 1)] == [len(talk.events) - 1, len(talk.events)]
    unfolded = Fed(talk.events, unfolded=True)
    unfolded.feed(len(talk.events))
    assert len(unfolded.tree) == len(talk.events)
    unfolded.tree.toggle(calls[3] - 1)
    assert len(unfolded.tree) == len(talk.events) - 2


def test_an_exchange_is_shown_where_any_part_of_it_is_wanted_wherever_it_began() -> None:
    talk = Talk()
    one, other, third = talk.call("a"), talk.call("b"), talk.call("c")
    for call in (third, one, other):
        talk.text(call, "ok")
    fed = Fed(talk.events)
    fed.feed(len(talk.events), wanted=False)
    fed.tree.add(array("I", [4]))
    assert fed.shown == [(third, 0)]
    fed.tree.add(array("I", [5]))
    assert fed.shown == [(one, 0), (third, 0)]
    assert not fed.tree.has(other - 1) and not fed.tree.has(4)
    fed.tree.pin(6)  # the answer of the one in the middle: shown, so its exchange unfolds
    assert fed.shown == [(one, 0), (other, 0), (7, 1), (third, 0)]
    fed.tree.pin(6)
    assert len(fed.tree) == 4


def test_roots_that_come_late_in_great_number_are_put_where_they_belong() -> None:
    talk = Talk(opened=False)
    calls = [talk.call("work") for _ in range(3000)]
    answers = [talk.text(call, "ok") for call in reversed(calls)]
    fed = Fed(talk.events)
    fed.feed(len(talk.events), wanted=False)
    for answer in answers:
        fed.tree.add(array("I", [answer - 1]))
    assert fed.shown == [(call, 0) for call in calls]


def test_an_empty_tree_has_no_line() -> None:
    tree = Fed([]).tree
    assert (len(tree), tree.line(3), tree.has(3)) == (0, 0, False)
    with pytest.raises(IndexError):
        tree.node(0)
    tree.toggle(0)


def test_events_that_were_left_out_take_nothing_with_them() -> None:
    talk = everyday()
    fewer = [event for event in talk.events if event.seq not in (7, 11)]
    fed = Fed([replace(event) for event in fewer])
    fed.feed(len(fewer))
    assert len(fed.tree) > 10
    assert all(depth == 0 or number for number, depth in fed.shown)


@pytest.mark.parametrize(
    ("seq", "told"),
    [
        (7, "ok 70 ms · progress ×2 · log ×1 · asked ×1"),
        (17, "✗ failed 10 ms"),
        (19, "✗ failed 10 ms"),
        (2, "ok 10 ms"),
    ],
)
def test_a_folded_exchange_says_how_it_went(seq: int, told: str) -> None:
    fed = folded(everyday())
    exchange = fed.timeline.exchange(seq)
    assert exchange is not None
    assert plain(outcome(exchange)) == told


def test_so_does_one_that_waits_or_was_given_up() -> None:
    talk = Talk()
    waits, given_up, lost = talk.call("a"), talk.call("b"), talk.call("c")
    talk.notify("notifications/cancelled", {"requestId": talk.asked[given_up].id}, dir="c2s")
    fed = folded(talk)
    told = [plain(outcome(exchange)) for exchange in fed.timeline.exchanges]
    assert told == ["…", "cancelled 20 ms", "…"]
    fed.tree.toggle(given_up - 1)
    assert (5, 1) in fed.shown
    talk.closed(1)
    fed.feed(1)
    assert plain(outcome(fed.timeline.exchanges[2])) == f"lost {(6 - lost) * 10} ms"
    assert waits
