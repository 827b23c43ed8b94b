"""Numbers of methods and tools, folded as the events come: true to what came, and bounded."""

from __future__ import annotations

import random
from math import inf, nan

import pytest

from mcpwatch.events import Frame
from mcpwatch.model.stats import LIMIT, OTHERS, Course, Latency, Numbers, Stats, Subject
from tests.model.story import Story

CALLS = Subject("c2s", "tools/call")


def spread(times: list[float]) -> Latency:
    latency = Latency()
    for ms in times:
        latency.add(ms)
    return latency


def test_a_few_times_have_exact_percentiles() -> None:
    latency = spread([float(ms) for ms in range(100, 0, -1)])
    assert [latency.percentile(percent) for percent in (0, 50, 90, 99, 100)] == [1, 50, 90, 99, 100]
    assert (latency.least, latency.most, latency.count) == (1, 100, 100)


def test_nothing_has_no_percentile() -> None:
    assert Latency().percentile(50) is None


@pytest.mark.parametrize("scale", [0.001, 1.0, 3_600_000.0])
def test_many_times_have_percentiles_that_are_true_to_two_per_cent(scale: float) -> None:
    random.seed(7)
    times = [random.lognormvariate(0, 2) * scale for _ in range(20_000)]
    latency = spread(times)
    times.sort()
    for percent in (1, 50, 90, 99, 99.9):
        true = times[int(len(times) * percent / 100) - 1]
        assert latency.percentile(percent) == pytest.approx(true, rel=0.02)
    assert latency.percentile(100) == pytest.approx(times[-1], rel=0.02)


def test_what_is_no_time_is_left_out() -> None:
    latency = spread([nan, inf, -1.0, 0.0])
    assert (latency.count, latency.percentile(50)) == (1, 0.0)
    assert spread([0.0] * 1000).percentile(99) == 0.0


def test_two_distributions_make_one() -> None:
    one, other = spread([float(ms) for ms in range(1, 101)]), spread([float(ms) for ms in range(101, 1001)])
    one.merge(other)
    one.merge(Latency())
    assert (one.count, one.least, one.most) == (1000, 1, 1000)
    assert one.percentile(50) == pytest.approx(500, rel=0.02)
    few = spread([1.0, 2.0])
    few.merge(spread([3.0]))
    assert few.percentile(50) == 2.0


def test_a_course_keeps_every_count_however_long_it_gets() -> None:
    course = Course()
    for second in range(100_000):
        course.add(float(second))
    assert sum(course.over(100_000.0, 10)) == pytest.approx(100_000)
    assert all(count == pytest.approx(10_000, rel=0.05) for count in course.over(100_000.0, 10))


def test_a_course_is_shown_over_the_time_that_passed() -> None:
    course = Course()
    course.add(0.0)
    course.add(9.9, 3)
    assert course.over(10.0, 5) == [1, 0, 0, 0, 3]
    assert course.over(20.0, 4) == [1, 3, 0, 0]
    assert sum(course.over(0.0, 3)) == 4
    assert course.over(10.0, 0) == []


def test_two_courses_of_different_lengths_make_one() -> None:
    long, short = Course(), Course()
    long.add(1000.0)
    short.add(0.0)
    short.merge(long)
    assert short.over(1000.0, 4) == [1, 0, 0, 1]
    long.add(nan)
    long.add(-1.0)
    long.add(1e300)
    assert sum(long.over(1000.0, 4)) == 1


def numbers(story: Story, *subject: str | None) -> Numbers:
    return story.timeline.links["server"].stats.by_subject[subject]  # type: ignore[index]


def test_calls_are_counted_by_method_and_by_tool() -> None:
    story = Story()
    for at, name, isError in ((0.0, "slow", False), (10.0, "quick", True), (20.0, "quick", False)):
        story.request("tools/call", {"name": name}, at=at)
        story.result({"content": [], "isError": isError}, at=at + (2.0 if name == "slow" else 0.5))
    every, slow, quick = (numbers(story, "c2s", "tools/call", name) for name in (None, "slow", "quick"))
    assert [(one.count, one.errors) for one in (every, slow, quick)] == [(3, 1), (1, 0), (2, 1)]
    assert [one.latency.percentile(50) for one in (every, slow, quick)] == [500, 2000, 500]
    assert every.bytes == slow.bytes + quick.bytes == sum(e.size for e in story.events if isinstance(e, Frame))
    assert (every.first, every.last) == (0.0, 20.0)
    assert sum(every.course.over(20.5, 8)) == 3


def test_the_server_s_own_requests_are_counted_apart_from_ours() -> None:
    story = Story()
    story.request("ping", at=0.0)
    story.result({}, at=1.0)
    story.ask("ping", at=2.0)
    story.result({}, dir="c2s", at=2.25)
    assert numbers(story, "c2s", "ping", None).latency.percentile(50) == 1000
    assert numbers(story, "s2c", "ping", None).latency.percentile(50) == 250


def test_notifications_have_no_latency() -> None:
    story = Story()
    story.log()
    told = numbers(story, "s2c", "notifications/message", None)
    assert (told.count, told.latency.count, told.errors) == (1, 0, 0)


def test_a_stream_that_is_open_by_design_says_nothing_of_speed() -> None:
    story = Story()
    story.request("subscriptions/listen", {}, id="listen-1")
    story.result({}, id="listen-1", at=100.0)
    assert numbers(story, "c2s", "subscriptions/listen", None).latency.count == 0


def test_an_error_counts_as_one_and_an_answer_to_nothing_only_by_its_bytes() -> None:
    story = Story()
    story.request("x/y")
    story.error("no")
    story.result({}, id=99)
    one = numbers(story, "c2s", "x/y", None)
    assert (one.count, one.errors, one.latency.count) == (1, 1, 1)


def test_no_more_subjects_are_told_apart_than_there_is_room_for() -> None:
    stats = Stats()
    for number in range(3 * LIMIT):
        frame = Frame(link="a", dir="s2c", type="notification", data=b"", method=f"x/{number}", name=f"n{number}")
        stats.sent(frame)
    assert len(stats.by_subject) <= 2 * LIMIT
    assert sum(one.count for (_, _, name), one in stats.by_subject.items() if name is None) == 3 * LIMIT
    assert ("s2c", OTHERS, None) in stats.by_subject
    stats.sent(Frame(link="a", dir="s2c", type="notification", data=b"", method="y" * 5000))
    assert all(len(method or "") <= 200 for _, method, _ in stats.by_subject)


def test_the_numbers_of_several_links_add_up() -> None:
    story = Story()
    for link in ("a", "b"):
        story.request("tools/call", {"name": "work"}, link=link, at=0.0 if link == "a" else 5.0)
        story.result({}, link=link, at=1.0 if link == "a" else 8.0)
    whole = Stats.sum(one.stats for one in story.timeline.links.values())
    work = whole.by_subject["c2s", "tools/call", "work"]
    assert (work.count, work.first, work.last) == (2, 0.0, 5.0)
    assert (work.latency.percentile(50), work.latency.percentile(99)) == (1000, 3000)
    assert story.timeline.links["a"].stats.by_subject["c2s", "tools/call", "work"].count == 1
