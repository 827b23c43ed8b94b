"""One HTTP exchange as both web transports need it: redirects that stay, bodies read to their end, scopes to give up.

Bytes are not read here for their meaning: the `Tap` below publishes and delivers every message before this module sees
the chunk.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count

import anyio
import httpx2

from mcpwatch.events import Frame
from mcpwatch.session.handshake import ERROR_UNREACHABLE
from mcpwatch.session.transport import Deliver, Publish
from mcpwatch.wire.http import Tap
from mcpwatch.wire.sse import SseParser

__all__ = [
    "ERROR_NO_ANSWER",
    "ERROR_UNREACHABLE",
    "SENT_BY",
    "Flights",
    "content_type",
    "drain",
    "exchange",
    "http_client",
    "read_events",
    "failure",
]

SENT_BY: ContextVar[str | None] = ContextVar("SENT_BY", default=None)
"""Who sends what the current task sends; the tap asks for it, because a request on its way has no place for it."""
ERROR_NO_ANSWER = -32000
MAX_REDIRECTS = 5
_xids = count(1)


class Flights:
    """The exchanges in flight, each in a scope of its own, to be given up together."""

    def __init__(self) -> None:
        self._scopes: set[anyio.CancelScope] = set()

    @contextmanager
    def one(self) -> Generator[anyio.CancelScope]:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield scope
            finally:
                self._scopes.discard(scope)

    def cancel(self) -> None:
        for scope in tuple(self._scopes):
            scope.cancel()


def http_client(
    *, link: str, publish: Publish, deliver: Deliver, headers: Mapping[str, str], auth: httpx2.Auth | None = None
) -> httpx2.AsyncClient:
    """An HTTP client whose every byte passes the tap; redirects are ours to follow, reads never time out."""

    def by(frame: Frame) -> str | None:
        return SENT_BY.get()

    inner = httpx2.AsyncHTTPTransport()
    tap = Tap(inner, link=link, publish=publish, deliver=deliver, by=by, next_xid=partial(next, _xids))
    return httpx2.AsyncClient(transport=tap, headers=dict(headers), timeout=httpx2.Timeout(30, read=None), auth=auth)


@asynccontextmanager
async def exchange(
    client: httpx2.AsyncClient, verb: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None
) -> AsyncGenerator[httpx2.Response]:
    """One exchange, following redirects that keep verb, body and origin; others are returned as they are."""
    request = client.build_request(verb, url, headers=dict(headers), content=content)
    for _ in range(MAX_REDIRECTS):
        response = await client.send(request, stream=True, follow_redirects=False)
        following = response.next_request
        if following is None or following.method != verb or not _same_origin(request.url, following.url):
            break
        await response.aread()
        await response.aclose()
        request = following
    else:
        response = await client.send(request, stream=True, follow_redirects=False)
    try:
        yield response
    finally:
        with anyio.CancelScope(shield=True):
            await response.aclose()


def _same_origin(here: httpx2.URL, there: httpx2.URL) -> bool:
    if there.userinfo and there.userinfo != here.userinfo:
        return False
    return (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)


async def drain(response: httpx2.Response) -> None:
    async for _ in response.aiter_raw():
        pass


async def read_events(response: httpx2.Response) -> tuple[str | None, int | None]:
    """Read a stream to its end, however it ends; the last event id and the last `retry` that it named."""
    parser, last, retry = SseParser(), None, None
    try:
        async for chunk in response.aiter_bytes():
            for event in parser.feed(chunk):
                last = event.id or last
                retry = retry if event.retry is None else event.retry
    except (httpx2.HTTPError, OSError):
        pass  # the tap has recorded how it broke; whether that matters is for the caller
    return last, retry


def failure(error: Exception) -> tuple[int, str]:
    """The code and the sentence for a request whose exchange broke."""
    code = ERROR_UNREACHABLE if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout) else ERROR_NO_ANSWER
    return code, str(error) or type(error).__name__


def content_type(response: httpx2.Response) -> str:
    """The media type alone, in lower case; empty where there is none."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
