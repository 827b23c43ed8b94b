"""HTTP exchanges as both web transports need them: redirects that stay, order, giving up.

Bytes are not read here for their meaning: the `Tap` below publishes and delivers every message before this module sees
the chunk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count
from typing import Any, TypeAlias

import anyio
import httpx2
from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError
from mcpwatch.events import Frame
from mcpwatch.session.handshake import ERROR_UNREACHABLE
from mcpwatch.session.transport import ERROR_NO_ANSWER, Deliver, Publish
from mcpwatch.wire.address import proxy_for
from mcpwatch.wire.http import Tap
from mcpwatch.wire.http_exchange import words_of

__all__ = [
    "ERROR_UNREACHABLE",
    "SENT_BY",
    "LAST_WORDS",
    "Flights",
    "Outbox",
    "content_type",
    "exchange",
    "failure",
    "in_header",
    "http_client",
    "leads_to",
    "proxy_for",
    "same_origin",
]

SENT_BY: ContextVar[str | None] = ContextVar("SENT_BY", default=None)
"""Who sends what the current task sends; the tap asks for it, because a request on its way has no place for it."""
MAX_REDIRECTS = 5
ORDERLY = 5.0
LAST_WORDS = 2.0
"""Seconds that what was sent last still has to get out when the link is ended."""
_xids = count(1)


class Flights:
    """The exchanges in flight, each in a scope of its own, to be given up together. None begins after that."""

    def __init__(self) -> None:
        self.over = False
        self._scopes: set[anyio.CancelScope] = set()
        self._landed = anyio.Event()

    @contextmanager
    def one(self) -> Generator[anyio.CancelScope]:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield scope
            finally:
                self._scopes.discard(scope)
                self._landed.set()
                self._landed = anyio.Event()

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self._scopes)

    async def end(self) -> None:
        """Give them up and see them end: whatever is published after this is said of none of them. Takes no longer than
        `LAST_WORDS`, whoever is cancelled meanwhile.
        """
        self.over = True
        for scope in tuple(self._scopes):
            scope.cancel()
        with anyio.move_on_after(LAST_WORDS, shield=True):
            while self._scopes:
                await self._landed.wait()


Post: TypeAlias = Callable[[dict[str, Any], str, Mapping[str, str] | None], Coroutine[Any, Any, None]]


class Outbox:
    """Messages on their way out, each in an exchange of its own, by `post`.

    A notification goes before what is sent after it, as on a pipe: what follows waits until the server has taken it,
    but for `ORDERLY` seconds at most. Requests and answers go side by side, because each may take as long as it likes.
    """

    def __init__(self, post: Post, tasks: TaskGroup) -> None:
        self._post = post
        self._tasks = tasks
        self._queue: deque[tuple[dict[str, Any], str, Mapping[str, str] | None]] = deque()
        self._pumping = False
        self._telling = 0
        self._changed = anyio.Event()

    def put(self, message: dict[str, Any], by: str, headers: Mapping[str, str] | None) -> None:
        self._queue.append((message, by, headers))
        if not self._pumping:
            self._pumping = True
            self._tasks.start_soon(self._pump)

    async def told(self, within: float) -> None:
        """Wait until all that needs no answer has gone."""
        with anyio.move_on_after(within):
            while self._pumping or self._telling:
                self._changed = anyio.Event()
                await self._changed.wait()

    async def _pump(self) -> None:
        try:
            while self._queue:
                message, by, headers = self._queue.popleft()
                if "method" in message and "id" in message:
                    self._tasks.start_soon(self._post, message, by, headers)
                    continue
                taken = anyio.Event()
                self._telling += 1
                self._tasks.start_soon(self._tell, message, by, headers, taken)
                if "method" in message:
                    with anyio.move_on_after(ORDERLY):
                        await taken.wait()
        finally:
            self._pumping = False
            self._changed.set()

    async def _tell(
        self, message: dict[str, Any], by: str, headers: Mapping[str, str] | None, taken: anyio.Event
    ) -> None:
        try:
            await self._post(message, by, headers)
        finally:
            taken.set()
            self._telling -= 1
            self._changed.set()


def http_client(
    url: str,
    *,
    link: str,
    publish: Publish,
    deliver: Deliver,
    headers: Mapping[str, str],
    auth: httpx2.Auth | None = None,
) -> httpx2.AsyncClient:
    """A client for `url` whose every byte passes the tap; redirects are ours to follow, reads never time out."""

    def by(frame: Frame) -> str | None:
        return SENT_BY.get()

    proxy = proxy_for(url)
    try:
        inner = httpx2.AsyncHTTPTransport(proxy=proxy)
    except (ImportError, ValueError, httpx2.InvalidURL):
        hint = "An http:// proxy works; NO_PROXY names hosts that need none."
        raise ConnectError("The proxy that the environment names for this address cannot be used.", hint=hint) from None
    tap = Tap(inner, link=link, publish=publish, deliver=deliver, by=by, next_xid=partial(next, _xids))
    return httpx2.AsyncClient(transport=tap, headers=dict(headers), timeout=httpx2.Timeout(30, read=None), auth=auth)


@asynccontextmanager
async def exchange(
    client: httpx2.AsyncClient, verb: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None
) -> AsyncGenerator[httpx2.Response]:
    """One exchange, following redirects that stay inside the origin with the same verb and body; others are returned
    as they are.
    """
    at, hops = httpx2.URL(url), 0
    while True:
        request = client.build_request(verb, at, headers=dict(headers), content=content)
        response = await client.send(request, stream=True, follow_redirects=False)
        following = leads_to(response)
        if following is None or hops == MAX_REDIRECTS or not same_origin(at, following):
            break
        await response.aclose()
        at, hops = following, hops + 1
    try:
        yield response
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


def leads_to(response: httpx2.Response) -> httpx2.URL | None:
    """Where a redirect that keeps the verb leads; 303 does not, and what leads nowhere is none."""
    if response.status_code not in (301, 302, 307, 308) or "location" not in response.headers:
        return None
    try:
        there = response.request.url.join(response.headers["location"])
    except (httpx2.InvalidURL, ValueError):
        return None
    return there if there.userinfo else there.copy_with(userinfo=response.request.url.userinfo)


def same_origin(here: httpx2.URL, there: httpx2.URL) -> bool:
    if there.userinfo and there.userinfo != here.userinfo:
        return False
    return (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)


def in_header(value: str | None) -> str | None:
    """`value` where an HTTP header can carry it back; a server may name an id that none can."""
    return value if value and value.isascii() and value.isprintable() else None


def failure(error: Exception) -> tuple[int, str]:
    """The code and the sentence for a request whose exchange broke."""
    code = (
        ERROR_UNREACHABLE
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.InvalidURL)
        else ERROR_NO_ANSWER
    )
    return code, words_of(error) or type(error).__name__


def content_type(response: httpx2.Response) -> str:
    """The media type alone, in lower case; empty where there is none."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
