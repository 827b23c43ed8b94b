"""HTTP as a transport that is watched: an httpx2 transport that copies what passes through it.

Owns the tap: each HTTP exchange that the client makes, MCP's own and OAuth's alike, is published while it happens, in
this order, under one `xid` (see `http_exchange` for the words, `body` for what of a body is a frame):

    Http(request)           verb, URL, headers as they go out
    the request's body      a c2s frame; a form, and any other that is no JSON-RPC, as Http(body)
    Http(response)          status and headers as they came
    the response's body     s2c frames, Http(sse), Http(body)
    Http(end) | Http(error) how it ended; exactly one, unless nobody ever closes the response

An exchange that failed before its body was asked for has no c2s frame: nothing of it was sent.

The tap is below whatever reads the messages, so that nothing that a reader drops, repairs or rewrites is missing from
what was seen. It never changes, delays or holds a byte: bodies are pulled through by whoever reads them, and it is a
copy that is decoded. One thing it does on its own: a body that the client closes without having looked at it (a 404's
reason) is read before the connection goes, up to `UNREAD_BYTES` and for about `UNREAD_SECONDS`. An event stream never
is.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import httpx2

from mcpwatch.events import Frame
from mcpwatch.wire.http_exchange import HttpExchange, Publish, is_cancellation

__all__ = ["Tap"]

UNREAD_BYTES = 2**20
UNREAD_SECONDS = 1.0


class Tap(httpx2.AsyncBaseTransport):
    """The transport of an `httpx2.AsyncClient`, around the one that does the work (`inner`), which it closes.

    `deliver` gets every s2c frame right after it was published and before the client sees its last byte. `by` says who
    sent a c2s frame (events.Frame.by), or None. `next_xid` numbers the exchanges: pass one counter's `__next__` to all
    taps of a recording. Errors of `inner` are published and raised unchanged.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        link: str,
        publish: Publish,
        deliver: Callable[[Frame], object],
        by: Callable[[Frame], str | None] = lambda frame: None,
        next_xid: Callable[[], int] | None = None,
    ) -> None:
        self._inner = inner
        self._link = link
        self._publish = publish
        self._deliver = deliver
        self._by = by
        self._next_xid = next_xid or itertools.count(1).__next__

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        exchange = HttpExchange(self._link, self._next_xid(), self._publish, self._deliver, self._by)
        exchange.asks(request.method, str(request.url), request.headers.raw)
        outgoing = httpx2.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=_Outgoing(request.stream, exchange),
            extensions=request.extensions,
        )
        try:
            response = await self._inner.handle_async_request(outgoing)
        except BaseException as error:
            exchange.broke(error)
            raise
        exchange.answered(response.status_code, response.headers.raw)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Incoming(response.stream, exchange, outgoing),
            extensions=response.extensions,
        )


class _Outgoing(httpx2.AsyncByteStream):
    """A request's body on its way out: published when it is complete, before its last bytes go."""

    def __init__(self, stream: httpx2.AsyncByteStream, exchange: HttpExchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if isinstance(self._stream, httpx2.ByteStream):
            async for body in self._stream:
                self._exchange.sends(body)
                yield body
            return
        pieces: list[bytes] = []
        try:
            async with _closing(self._stream) as chunks:
                async for chunk in chunks:
                    pieces.append(chunk)
                    yield chunk
        finally:
            self._exchange.sends(b"".join(pieces))

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Incoming(httpx2.AsyncByteStream):
    """A response's body on its way in: each chunk is pulled when it is asked for, and published before it goes on."""

    def __init__(self, stream: httpx2.AsyncByteStream, exchange: HttpExchange, request: httpx2.Request) -> None:
        self._stream = stream
        self._exchange = exchange
        self._request = request
        self._begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._begun = True
        async with _closing(self._stream) as chunks:
            try:
                async for chunk in chunks:
                    self._exchange.receives(chunk)
                    yield chunk
            except GeneratorExit:
                raise  # the client stops reading: it closes next, and `aclose` can tell why
            except BaseException as error:
                self._exchange.broke(error)
                raise
            self._exchange.ends()

    async def aclose(self) -> None:
        cause = sys.exception()
        try:
            if not (self._begun or self._exchange.ended or self._exchange.streams or is_cancellation(cause)):
                await self._read_unread()
            self._exchange.closes(cause)
        finally:
            await self._stream.aclose()

    async def _read_unread(self) -> None:
        """Look at a body that the client closes without a look; see the module's docstring for the bounds."""
        self._begun = True
        # The inner transport looks up its time-outs when reading begins, in these very extensions, which are our copy.
        timeout: dict[str, Any] = self._request.extensions.get("timeout", {})
        self._request.extensions["timeout"] = {**timeout, "read": UNREAD_SECONDS}
        until = perf_counter() + UNREAD_SECONDS
        try:
            async with _closing(self._stream) as chunks:
                async for chunk in chunks:
                    self._exchange.receives(chunk)
                    if self._exchange.size > UNREAD_BYTES or perf_counter() > until:
                        return
            self._exchange.ends()
        except httpx2.ReadTimeout:
            return
        except httpx2.TransportError as error:
            self._exchange.broke(error)
        except BaseException as error:
            self._exchange.broke(error)
            raise


@asynccontextmanager
async def _closing(stream: httpx2.AsyncByteStream) -> AsyncGenerator[AsyncIterator[bytes]]:
    """An iteration over `stream` that is closed at once when it is left early, not when it is collected."""
    chunks = aiter(stream)
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
