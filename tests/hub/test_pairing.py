from __future__ import annotations

import pytest

from mcpwatch.events import BatchItem, Direction, Frame, FrameType, JsonId
from mcpwatch.hub.pairing import Pairing


def frame(seq: int, dir: Direction, type: FrameType, id: JsonId, *, link: str = "a", t: float = 0.0) -> Frame:
    method = "tools/call" if type == "request" else None
    name = "work" if type == "request" else None
    return Frame(link=link, dir=dir, type=type, data=b"{}", id=id, method=method, name=name, seq=seq, t=t)


def test_a_response_gets_the_seq_the_time_the_method_and_the_name_of_its_request() -> None:
    pairing = Pairing()
    pairing.complete(frame(3, "c2s", "request", 1, t=1.0))
    response = frame(9, "s2c", "response", 1, t=1.25)
    pairing.complete(response)
    assert (response.re, response.ms, response.method, response.name) == (3, 250.0, "tools/call", "work")


def test_equal_ids_of_both_sides_and_of_two_links_are_different_requests() -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", 1))
    pairing.complete(frame(2, "s2c", "request", 1))
    pairing.complete(frame(3, "c2s", "request", 1, link="b"))
    answers = [frame(4, "s2c", "response", 1, link="b"), frame(5, "c2s", "response", 1), frame(6, "s2c", "error", 1)]
    for answer in answers:
        pairing.complete(answer)
    assert [answer.re for answer in answers] == [3, 2, 1]


@pytest.mark.parametrize("id", [None, 1.5, True, "x", 0, "", -3])
def test_an_odd_id_pairs_with_itself(id: JsonId) -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "s2c", "request", id))
    response = frame(2, "c2s", "response", id)
    pairing.complete(response)
    assert response.re == 1


@pytest.mark.parametrize(("asked", "answered"), [(7, "7"), ("7", 7), (-7, "-7"), (7, 7.0)])
def test_the_other_spelling_of_an_integer_pairs_when_nothing_else_does(asked: JsonId, answered: JsonId) -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", asked))
    response = frame(2, "s2c", "response", answered)
    pairing.complete(response)
    assert response.re == 1


@pytest.mark.parametrize(("asked", "answered"), [(1, True), (1, 1.5), (0, None), ("a", "b")])
def test_other_types_never_pair(asked: JsonId, answered: JsonId) -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", asked))
    response = frame(2, "s2c", "response", answered)
    pairing.complete(response)
    assert response.re is None


def test_the_same_type_wins_over_the_other_spelling() -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", 7))
    pairing.complete(frame(2, "c2s", "request", "7"))
    response = frame(3, "s2c", "response", "7")
    pairing.complete(response)
    assert response.re == 2


def test_a_second_response_to_the_same_request_is_an_orphan() -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", 1))
    pairing.complete(frame(2, "s2c", "response", 1))
    late = frame(3, "s2c", "response", 1)
    pairing.complete(late)
    assert late.re is None


def test_the_items_of_a_batch_are_paired_one_by_one() -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", 1))
    pairing.complete(frame(2, "c2s", "request", 2))
    items = (BatchItem("response", id=2), BatchItem("response", id=1), BatchItem("notification", method="x"))
    batch = Frame(link="a", dir="s2c", type="batch", data=b"[]", items=items, seq=3)
    pairing.complete(batch)
    assert [item.re for item in batch.items] == [2, 1, None]


def test_a_link_that_ended_leaves_nothing_waiting() -> None:
    pairing = Pairing()
    pairing.complete(frame(1, "c2s", "request", 1))
    pairing.forget("a")
    response = frame(2, "s2c", "response", 1)
    pairing.complete(response)
    assert response.re is None
