"""What a server offers: its lists, page by page, and listed again when it says that they changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias, cast

import anyio
from anyio.abc import TaskGroup

from mcpwatch.errors import McpwatchError
from mcpwatch.session.dispatch import Reply

__all__ = ["LIST_CHANGED", "LISTS", "Catalogue", "ListKind"]

JsonObject: TypeAlias = dict[str, Any]
ListKind: TypeAlias = Literal["tools", "prompts", "resources", "templates"]
LISTS: dict[ListKind, tuple[str, str, str]] = {
    "tools": ("tools/list", "tools", "tools"),
    "prompts": ("prompts/list", "prompts", "prompts"),
    "resources": ("resources/list", "resources", "resources"),
    "templates": ("resources/templates/list", "resourceTemplates", "resources"),
}
"""For each list: the method, the member of its result, the capability that it belongs to."""
LIST_CHANGED: dict[str, tuple[ListKind, ...]] = {
    "notifications/tools/list_changed": ("tools",),
    "notifications/prompts/list_changed": ("prompts",),
    "notifications/resources/list_changed": ("resources", "templates"),
}
MAX_PAGES = 1000
AT_ONCE = 5
"""How often in a row a list is asked for again without a pause. Some servers answer each list with a change of it."""
CALM = 5.0
"""Seconds of the longest such pause. After twice as long without a change the next is the first again."""


class Catalogue:
    """The lists of one link. `rows` holds each as last listed, as the server sent it; a list never asked for is
    absent."""

    def __init__(
        self, request: Callable[..., Awaitable[Reply]], tasks: TaskGroup, *, note: Callable[..., None]
    ) -> None:
        self.rows: dict[ListKind, list[JsonObject]] = {}
        self.refused: dict[ListKind, Reply] = {}
        """The lists that the server declares and answered with an error, as last asked for."""
        self._request = request
        self._tasks = tasks
        self._note = note
        self._relisting: dict[ListKind, bool] = {}
        self._again: dict[ListKind, tuple[int, float]] = {}  # how often in a row, and when it was last

    async def fetch(self, kind: ListKind, *, by: str = "mcpwatch") -> list[JsonObject] | None:
        """List `kind` to its last page; None where the server answers with an error, or with no list. Raises as a
        request does.
        """
        method, member, _ = LISTS[kind]
        rows: list[JsonObject] = []
        seen: set[str] = set()
        cursor: str | None = None
        for number in range(1, MAX_PAGES + 1):
            reply = await self._request(method, None if cursor is None else {"cursor": cursor}, by=by)
            result = cast("JsonObject", reply.result) if isinstance(reply.result, dict) else {}
            page = result.get(member)
            if reply.error is not None or not isinstance(page, list):
                self.refused[kind] = reply
                return None
            rows += [cast("JsonObject", row) for row in cast("list[Any]", page) if isinstance(row, dict)]
            following = result.get("nextCursor")
            if not isinstance(following, str) or not following:
                break
            if following in seen or number == MAX_PAGES:
                why = "a cursor came a second time" if following in seen else f"there are more than {MAX_PAGES} pages"
                self._note("list-cut", None, method=method, pages=number, reason=why)
                break
            seen.add(following)
            cursor = following
        self.refused.pop(kind, None)
        self.rows[kind] = rows
        return rows

    async def fetch_all(self, capabilities: JsonObject, *, by: str = "mcpwatch") -> None:
        """List all that the server declares. Raises as a request does."""
        failures: list[McpwatchError] = []

        async def fetch(kind: ListKind) -> None:
            try:
                await self.fetch(kind, by=by)
            except McpwatchError as error:  # as it is: a task group would wrap it
                failures.append(error)

        async with anyio.create_task_group() as together:
            for kind, (_, _, capability) in LISTS.items():
                if capability in capabilities:
                    together.start_soon(fetch, kind)
        if failures:
            raise failures[0]

    def find(self, kind: ListKind, name: str) -> JsonObject | None:
        """The row called `name` (a URI for resources), None where it was not listed."""
        key = {"resources": "uri", "templates": "uriTemplate"}.get(kind, "name")
        return next((row for row in self.rows.get(kind, ()) if row.get(key) == name), None)

    def changed(self, kind: ListKind) -> None:
        """The server says that `kind` changed: list it again, once more if it says so again meanwhile."""
        if kind not in self.rows:
            return
        if kind in self._relisting:
            self._relisting[kind] = True
            return
        self._relisting[kind] = False
        self._tasks.start_soon(self._relist, kind)

    async def _relist(self, kind: ListKind) -> None:
        try:
            again = True
            while again:
                await self._calm(kind)
                self._relisting[kind] = False
                await self.fetch(kind)
                again = self._relisting[kind]
        except McpwatchError:
            pass  # the link ended or the server went silent; both are shown where they happen
        finally:
            del self._relisting[kind]

    async def _calm(self, kind: ListKind) -> None:
        """Wait before a list that changes all the time is asked for again."""
        times, last = self._again.get(kind, (0, 0.0))
        times = times + 1 if anyio.current_time() - last < 2 * CALM else 1
        if times > AT_ONCE:
            await anyio.sleep(min(0.1 * 2 ** min(times - AT_ONCE, 9), CALM))
        self._again[kind] = times, anyio.current_time()
