from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.events import BatchItem
from mcpwatch.model import Bar
from tests.model.story import Story


def bar_after(*messages: tuple[Any, ...]) -> Bar:
    """The bar of a call that got these (t, progress, total, message)."""
    story = Story().legacy()
    story.call(token="p", at=10.0)
    for t, *said in messages:
        story.progress("p", *said, at=t)
    bar = story.last.bar
    assert bar is not None
    return bar


def test_rate_and_time_left_follow_from_first_and_last() -> None:
    bar = bar_after((10.0, 0, 10), (12.0, 4, 10, "four"))
    assert (bar.progress, bar.total, bar.message, bar.count) == (4, 10, "four", 2)
    assert (bar.rate, bar.eta, bar.fraction) == (2.0, 3.0, 0.4)
    assert bar.odd == () and bar.running


@pytest.mark.parametrize(
    "messages",
    [
        [(10.0, 5, 10)],
        [(10.0, 5, 10), (10.0, 6, 10)],
        [(10.0, 5, 10), (11.0, 5, 10)],
        [(10.0, 5, 10), (11.0, 4, 10)],
    ],
)
def test_there_is_no_rate_where_nothing_rose_over_time(messages: list[tuple[Any, ...]]) -> None:
    assert bar_after(*messages).rate is None and bar_after(*messages).eta is None


def test_a_total_that_came_once_stays() -> None:
    bar = bar_after((10.0, 1, 4), (11.0, 2))
    assert bar.total == 4 and bar.fraction == 0.5


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([(1.0, 5), (2.0, 3)], ("backwards",)),
        ([(1.0, 5, 4)], ("past total",)),
        ([(1.0, 5, 4), (2.0, 1, 4)], ("backwards", "past total")),
        ([(1.0, "5")], ("malformed",)),
        ([(1.0, True)], ("malformed",)),
        ([(1.0, float("nan"))], ("malformed",)),
        ([(1.0, 10**400)], ("malformed",)),
        ([(1.0, {"n": 1})], ("malformed",)),
    ],
)
def test_odd_progress_is_flagged(messages: list[tuple[Any, ...]], words: tuple[str, ...]) -> None:
    assert bar_after(*messages).odd == words


@pytest.mark.parametrize("total", [0, -1, "ten", float("inf")])
def test_a_total_that_nothing_can_be_a_part_of_gives_no_fraction(total: Any) -> None:
    assert bar_after((1.0, 1, total)).fraction is None


def test_huge_numbers_do_not_break_the_arithmetic() -> None:
    bar = bar_after((1.0, -(10**300), 10**300), (2.0, 10**300, 10**300))
    assert bar.fraction == 1.0 and bar.rate is not None and bar.eta is not None


def test_progress_on_a_token_that_nobody_sent_is_unknown_and_belongs_to_no_call() -> None:
    story = Story().legacy()
    story.call(token="p")
    story.progress("q", 1)
    story.progress("q", 2)
    (bar,) = story.timeline.links["server"].unknown_progress.values()
    assert bar.unknown and bar.count == 2 and bar.odd == ("unknown token",)
    assert story.last.progress_count == 0 and story.timeline.bars() == []


@pytest.mark.parametrize("token", [None, True, 1.5, [1], {"t": 1}, "1"])
def test_a_token_is_only_itself(token: Any) -> None:
    story = Story().legacy()
    story.call(token=1)
    story.progress(token, 1)
    assert story.last.progress_count == 0


def test_progress_after_the_end_is_flagged_and_still_belongs_to_its_call() -> None:
    story = Story().legacy()
    story.call(token="p")
    story.progress("p", 1)
    story.result({})
    late = story.progress("p", 2)
    assert story.last.bar is not None and story.last.bar.odd == ("after the end",)
    assert [one.seq for one in story.last.progress][-1] == late
    assert not story.last.bar.running


def test_a_token_that_is_used_again_means_the_new_call() -> None:
    story = Story().legacy()
    for id in (1, 2):
        story.call(id=id, token="same")
        story.progress("same", 1)
        story.result({}, id=id)
    assert [one.progress_count for one in story.timeline.exchanges[1:]] == [1, 1]
    assert all(one.bar and one.bar.odd == () for one in story.timeline.exchanges[1:])


def test_one_token_on_two_links_is_two_tokens() -> None:
    story = Story().legacy("alpha").legacy("beta")
    alpha, beta = story.call(token=3, link="alpha"), story.call(token=3, link="beta")
    story.progress(3, 1, link="beta")
    story.progress(3, 2, link="beta")
    story.result({}, link="alpha")
    story.progress(3, 3, link="beta")
    counts = [story.found(seq).progress_count for seq in (alpha, beta)]
    assert counts == [0, 3]
    assert [bar.link for bar in story.timeline.bars()] == ["beta"]


def test_one_token_in_two_directions_is_two_tokens() -> None:
    story = Story().legacy()
    call = story.call(id=1, token=3)
    question = story.ask("sampling/createMessage", {"_meta": {"progressToken": 3}}, id=1)
    story.progress(3, 10, dir="c2s")
    story.progress(3, 20)
    found = [[p.progress for p in story.found(seq).progress] for seq in (call, question)]
    assert found == [[20], [10]]
    assert story.timeline.used().progress == 1


def test_progress_in_a_batch_is_one_frame_and_all_of_it_is_read_back() -> None:
    story = Story().legacy()
    story.call(token=1)
    item = BatchItem("notification", "notifications/progress")
    said = [
        {"method": "notifications/progress", "params": {"progressToken": t, "progress": n}}
        for t, n in ((1, 1), (2, 7), (1, 2))
    ]
    story.batch(*((item, message) for message in said))
    assert [one.progress for one in story.last.progress] == [1, 2]
    assert story.last.bar is not None and story.last.bar.count == 2


def test_bars_run_in_the_order_of_their_first_message() -> None:
    story = Story().legacy()
    for id in (1, 2, 3):
        story.call(id=id, token=id)
    for token in (2, 1, 2):
        story.progress(token, 1)
    assert [bar.token for bar in story.timeline.bars()] == [2, 1]
    story.result({}, id=2)
    assert [bar.token for bar in story.timeline.bars("server")] == [1]
    assert story.timeline.bars("other") == []
