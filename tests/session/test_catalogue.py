from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import anyio
import pytest

from mcpwatch.errors import TimedOut
from mcpwatch.session import catalogue as catalogues
from mcpwatch.session.catalogue import LIST_CHANGED, Catalogue, ListKind
from mcpwatch.session.dispatch import LinkLost, Reply
from tests.session.conftest import settled

pytestmark = pytest.mark.anyio


Pages: TypeAlias = dict[tuple[str, str | None], Any]


class Server:
    """Pages by method and cursor; an exception is raised, an `error` is one of the server's."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.asked: list[tuple[str, str | None, str]] = []
        self.gate: anyio.Event | None = None
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.then: Callable[[], object] = lambda: None

    def note(self, what: str, re: int | None = None, **data: Any) -> None:
        self.notes.append((what, data))

    async def request(self, method: str, params: dict[str, Any] | None, *, by: str) -> Reply:
        cursor = params["cursor"] if params else None
        self.asked.append((method, cursor, by))
        if self.gate is not None:
            await self.gate.wait()
        self.then()
        page = self.pages.get((method, cursor), {})
        if isinstance(page, Exception):
            raise page
        if isinstance(page, dict) and "error" in page:
            return Reply(1, error={"code": -32601, "message": "no"})
        return Reply(1, result=page)


def tools(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


@asynccontextmanager
async def listing(pages: Pages) -> AsyncGenerator[tuple[Catalogue, Server]]:
    server = Server(pages)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            yield Catalogue(server.request, tasks, note=server.note), server
            tasks.cancel_scope.cancel()


async def test_a_list_is_read_to_its_last_page() -> None:
    pages: Pages = {
        ("tools/list", None): {"tools": tools("a"), "nextCursor": "2"},
        ("tools/list", "2"): {"tools": tools("b", "c"), "nextCursor": "3"},
        ("tools/list", "3"): {"tools": tools("d")},
    }
    async with listing(pages) as (catalogue, server):
        assert await catalogue.fetch("tools") == tools("a", "b", "c", "d")
        assert catalogue.rows == {"tools": tools("a", "b", "c", "d")}
        assert server.asked == [("tools/list", cursor, "mcpwatch") for cursor in (None, "2", "3")]


async def test_a_cursor_that_comes_again_ends_the_list() -> None:
    pages: Pages = {
        ("tools/list", None): {"tools": tools("a"), "nextCursor": "x"},
        ("tools/list", "x"): {"tools": tools("b"), "nextCursor": "x"},
    }
    async with listing(pages) as (catalogue, server):
        assert await catalogue.fetch("tools") == tools("a", "b")
        cut = {"method": "tools/list", "pages": 2, "reason": "a cursor came a second time"}
        assert server.notes == [("list-cut", cut)]


async def test_a_list_without_end_is_given_up_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "MAX_PAGES", 2)
    pages: Pages = {
        ("tools/list", None): {"tools": tools("a"), "nextCursor": "1"},
        ("tools/list", "1"): {"tools": tools("b"), "nextCursor": "2"},
    }
    async with listing(pages) as (catalogue, server):
        assert await catalogue.fetch("tools") == tools("a", "b")
        cut = {"method": "tools/list", "pages": 2, "reason": "there are more than 2 pages"}
        assert server.notes == [("list-cut", cut)]


@pytest.mark.parametrize("cursor", ["", None, 5, {}])
async def test_a_cursor_that_is_none_ends_the_list(cursor: Any) -> None:
    async with listing({("tools/list", None): {"tools": tools("a"), "nextCursor": cursor}}) as (catalogue, server):
        assert await catalogue.fetch("tools") == tools("a")
        assert len(server.asked) == 1


@pytest.mark.parametrize("page", [{"error": 1}, None, "x", []])
async def test_a_list_that_is_refused_is_none_and_keeps_what_was_known(page: Any) -> None:
    async with listing({("tools/list", None): {"tools": tools("a")}}) as (catalogue, server):
        await catalogue.fetch("tools")
        server.pages["tools/list", None] = page
        assert await catalogue.fetch("tools") is None
        assert catalogue.rows == {"tools": tools("a")}


@pytest.mark.parametrize("rows", [None, 5, {"a": 1}])
async def test_a_page_without_rows_is_no_list(rows: Any) -> None:
    async with listing({("tools/list", None): {"tools": rows}}) as (catalogue, _):
        assert await catalogue.fetch("tools") is None
        assert "tools" in catalogue.refused and "tools" not in catalogue.rows


async def test_rows_that_are_no_objects_are_left_out() -> None:
    async with listing({("tools/list", None): {"tools": [{"name": "a"}, 5, None, "b"]}}) as (catalogue, _):
        assert await catalogue.fetch("tools") == tools("a")


async def test_all_that_is_declared_is_listed_and_nothing_else() -> None:
    pages: Pages = {
        ("resources/list", None): {"resources": [{"uri": "file:///x"}]},
        ("resources/templates/list", None): {"resourceTemplates": [{"uriTemplate": "file:///{x}"}]},
        ("tools/list", None): {"tools": tools("a")},
    }
    async with listing(pages) as (catalogue, server):
        await catalogue.fetch_all({"tools": {}, "resources": {}, "logging": {}}, by="user")
        assert {method for method, _, _ in server.asked} == {"tools/list", "resources/list", "resources/templates/list"}
        assert {by for _, _, by in server.asked} == {"user"}
        assert catalogue.find("tools", "a") == {"name": "a"}
        assert catalogue.find("resources", "file:///x") == {"uri": "file:///x"}
        assert catalogue.find("templates", "file:///{x}") == {"uriTemplate": "file:///{x}"}
        assert catalogue.find("tools", "b") is None
        assert catalogue.find("prompts", "a") is None


@pytest.mark.parametrize("error", [LinkLost("gone"), TimedOut("late")])
async def test_a_link_that_ends_while_listing_is_that_error_and_no_group(error: Exception) -> None:
    pages: Pages = {("tools/list", None): error, ("prompts/list", None): error}
    async with listing(pages) as (catalogue, _):
        with pytest.raises(type(error)) as caught:
            await catalogue.fetch_all({"tools": {}, "prompts": {}})
        assert caught.value is error


async def test_a_change_lists_again_what_was_listed() -> None:
    async with listing({("tools/list", None): {"tools": tools("a")}}) as (catalogue, server):
        await catalogue.fetch("tools", by="user")
        server.pages["tools/list", None] = {"tools": tools("a", "b")}
        catalogue.changed("tools")
        await settled()
        assert catalogue.rows["tools"] == tools("a", "b")
        assert [by for _, _, by in server.asked] == ["user", "mcpwatch"]


async def test_a_change_of_what_was_never_listed_asks_nothing() -> None:
    async with listing({}) as (catalogue, server):
        for kinds in LIST_CHANGED.values():
            for kind in kinds:
                catalogue.changed(kind)
        await settled()
        assert server.asked == []


async def test_changes_while_it_is_listed_again_cost_one_more_list_however_many_they_are() -> None:
    async with listing({("tools/list", None): {"tools": tools("a")}}) as (catalogue, server):
        await catalogue.fetch("tools")
        server.gate = anyio.Event()
        for _ in range(100):
            catalogue.changed("tools")
            await settled()
        assert len(server.asked) == 2
        server.gate.set()
        await settled()
        assert len(server.asked) == 3
        catalogue.changed("tools")
        await settled()
        assert len(server.asked) == 4


@pytest.mark.parametrize("failure", [LinkLost("gone"), TimedOut("late"), {"error": 1}])
async def test_a_list_that_fails_again_does_no_harm(failure: Any) -> None:
    async with listing({("tools/list", None): {"tools": tools("a")}}) as (catalogue, server):
        await catalogue.fetch("tools")
        server.pages["tools/list", None] = failure
        catalogue.changed("tools")
        await settled()
        server.pages["tools/list", None] = {"tools": tools("b")}
        catalogue.changed("tools")
        await settled()
        assert catalogue.rows["tools"] == tools("b")


@pytest.mark.parametrize(
    ("method", "kinds"),
    [
        ("notifications/tools/list_changed", ("tools",)),
        ("notifications/prompts/list_changed", ("prompts",)),
        ("notifications/resources/list_changed", ("resources", "templates")),
    ],
)
def test_each_list_change_names_its_lists(method: str, kinds: tuple[ListKind, ...]) -> None:
    assert LIST_CHANGED[method] == kinds


async def test_a_list_that_changes_with_each_list_is_asked_for_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    enough = anyio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            enough.set()
            await anyio.Event().wait()

    async with listing({("tools/list", None): {"tools": tools("a")}}) as (catalogue, server):
        await catalogue.fetch("tools")
        monkeypatch.setattr("anyio.sleep", pause)
        server.then = lambda: catalogue.changed("tools")
        catalogue.changed("tools")
        with anyio.fail_after(60):
            await enough.wait()
    assert pauses == sorted(pauses) and pauses[0] < 1 and pauses[-1] == catalogues.CALM
    assert len(server.asked) == 1 + catalogues.AT_ONCE + 7
