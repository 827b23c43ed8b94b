from __future__ import annotations

from typing import Any

from tests.model.story import Story


def lists(story: Story, *pages: list[Any], method: str = "tools/list", member: str = "tools") -> None:
    for number, page in enumerate(pages):
        story.request(method, {"cursor": f"c{number}"} if number else {}, id=number)
        more = {"nextCursor": f"c{number + 1}"} if number + 1 < len(pages) else {}
        story.result({member: page, **more}, id=number)


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {}, **more}


def test_pages_are_merged_and_a_first_page_starts_over() -> None:
    story = Story().legacy()
    server = story.timeline.links["server"]
    lists(story, [tool("a"), tool("b")], [tool("c")])
    assert list(server.tools) == ["a", "b", "c"] and server.tools["a"] == tool("a")
    assert server.listings["tools"].complete
    story.request("tools/list", {}, id=9)
    story.result({"tools": [tool("b")], "nextCursor": "more"}, id=9)
    assert list(server.tools) == ["b"] and not server.listings["tools"].complete


def test_each_kind_is_named_by_its_own_member() -> None:
    story = Story().legacy()
    lists(story, [{"name": "p"}], method="prompts/list", member="prompts")
    lists(story, [{"uri": "a:b"}], method="resources/list", member="resources")
    lists(story, [{"uriTemplate": "a:{x}"}], method="resources/templates/list", member="resourceTemplates")
    server = story.timeline.links["server"]
    assert [*server.prompts, *server.resources, *server.templates] == ["p", "a:b", "a:{x}"]


def test_listing_again_says_what_came_and_went() -> None:
    story = Story().legacy()
    lists(story, [tool("a"), tool("b", title="B")], [tool("gone")])
    assert story.timeline.changes() == []
    lists(story, [tool("b", title="New"), tool("c")], [tool("a")])
    (change,) = story.timeline.changes("server")
    assert (change.kind, change.added, change.removed, change.changed) == ("tools", ("c",), ("gone",), ("b",))
    assert change.seq == len(story.events) and bool(change)
    assert story.timeline.changes(after=change.seq) == []


def test_listing_the_same_again_is_no_change() -> None:
    story = Story().legacy()
    lists(story, [tool("a")])
    lists(story, [tool("a")])
    assert story.timeline.changes() == []


def test_a_listing_that_broke_off_does_not_hide_what_changed() -> None:
    story = Story().legacy()
    lists(story, [tool("a"), tool("b")])
    story.request("tools/list", {}, id=9)
    story.result({"tools": [tool("a")], "nextCursor": "more"}, id=9)
    lists(story, [tool("a"), tool("c")])
    (change,) = story.timeline.changes()
    assert (change.added, change.removed) == (("c",), ("b",))


def test_lists_of_two_links_are_apart() -> None:
    story = Story().legacy("alpha").legacy("beta")
    for link in ("alpha", "beta"):
        story.request("tools/list", {}, id=1, link=link)
    story.result({"tools": [tool("b")]}, id=1, link="beta")
    story.result({"tools": [tool("a")]}, id=1, link="alpha")
    assert [list(one.tools) for one in story.timeline.links.values()] == [["a"], ["b"]]


def test_items_of_no_shape_are_counted_and_doubled_names_are_named() -> None:
    story = Story().legacy()
    lists(story, [tool("a"), "a tool", None, {"name": 3}, {}, tool("a", title="later")])
    listing = story.timeline.links["server"].listings["tools"]
    assert (list(listing.items), listing.nameless, listing.doubled) == (["a"], 4, ("a",))
    assert listing.items["a"]["title"] == "later"


def test_a_schema_too_deep_to_compare_counts_as_changed() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"x": deep}
    other: Any = {}
    for _ in range(100_000):
        other = {"x": other}
    story = Story().legacy()
    listing = story.timeline.links["server"].listings["tools"]
    listing.page({"tools": [tool("a", inputSchema=deep)]}, first=True, link="server", seq=1, t=0.0)
    change = listing.page({"tools": [tool("a", inputSchema=other)]}, first=True, link="server", seq=2, t=0.0)
    assert change is not None and change.changed == ("a",)
