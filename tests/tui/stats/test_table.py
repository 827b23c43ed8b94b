"""The rows of the numbers: in which order, for which link, and computed again only where something has changed."""

from __future__ import annotations

from mcpwatch.tui.stats.table import Row, Table
from mcpwatch.tui.stats.words import bars
from tests.model.story import Story


def told() -> Story:
    story = Story()
    for number, (name, took, link) in enumerate([("slow", 9.0, "a"), ("quick", 0.5, "a"), ("quick", 1.0, "b")]):
        story.request("tools/call", {"name": name}, at=number * 10.0, link=link)
        story.result({"isError": name == "slow"}, at=number * 10.0 + took, link=link)
    story.log(at=40.0, link="a")
    return story


def names(rows: list[Row]) -> list[str]:
    return [row.name or row.method for row in rows]


def table(story: Story, link: str | None = None) -> Table:
    found = Table()
    assert found.renew(story.timeline, link)
    return found


def test_what_a_method_is_about_stands_below_it() -> None:
    rows = table(told()).sorted("count", reverse=False)
    assert names(rows) == ["tools/call", "quick", "slow", "notifications/message"]
    assert [row.numbers.count for row in rows] == [3, 2, 1, 1]


def test_every_column_sorts_the_largest_first_and_reversed_the_smallest() -> None:
    found = table(told())
    assert names(found.sorted("p99", reverse=False)) == ["tools/call", "slow", "quick", "notifications/message"]
    assert names(found.sorted("p99", reverse=True)) == ["notifications/message", "tools/call", "quick", "slow"]
    assert names(found.sorted("errors", reverse=False))[:3] == ["tools/call", "slow", "quick"]
    assert names(found.sorted("method", reverse=False)) == ["notifications/message", "tools/call", "quick", "slow"]
    assert names(found.sorted("method", reverse=True)) == ["tools/call", "slow", "quick", "notifications/message"]


def test_tools_can_stand_alone() -> None:
    assert names(table(told()).sorted("p50", reverse=False, names_alone=True)) == ["slow", "quick"]


def test_links_add_up_or_stand_alone() -> None:
    story = told()
    (call,) = [row for row in table(story, "b").sorted("count", reverse=False) if not row.name]
    assert (call.numbers.count, call.p50) == (1, 1000)
    whole = table(story).sorted("count", reverse=False)[0]
    assert (whole.numbers.count, whole.p50, whole.p99) == (3, 1000, 9000)


def test_only_what_has_changed_is_computed_again() -> None:
    story = told()
    found = table(story)
    before = {row.name or row.method: row for row in found.sorted("count", reverse=False)}
    assert not found.renew(story.timeline, None)
    story.log(at=50.0, link="a")
    assert found.renew(story.timeline, None)
    after = {row.name or row.method: row for row in found.sorted("count", reverse=False)}
    assert [name for name in before if before[name] is not after[name]] == ["notifications/message"]


def test_another_link_has_rows_of_its_own() -> None:
    story = told()
    found = table(story)
    assert found.renew(story.timeline, "b")
    assert names(found.sorted("count", reverse=False)) == ["tools/call", "quick"]


def test_blocks_are_as_high_as_the_counts() -> None:
    assert bars([0, 1, 4, 8]) == " ▁▄█".replace("▁", "▂").replace("▄", "▅")
    assert bars([0.0, 0.0]) == "  "
    assert bars([1_000_000, 0.001]) == "█▁"
    assert bars([]) == ""
