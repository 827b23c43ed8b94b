"""The transport of 2024-11-05: HTTP with one stream from the server, which names the address to POST to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import anyio
import httpx2
from anyio.abc import TaskGroup

from mcpwatch.errors import ConnectError
from mcpwatch.events import Closed, JsonId
from mcpwatch.session.auth.access import LoginFailed
from mcpwatch.session.auth.login import Login
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.exchange import (
    LAST_WORDS,
    SENT_BY,
    Flights,
    Outbox,
    content_type,
    exchange,
    failure,
    same_origin,
)
from mcpwatch.session.reading import drain, pieces
from mcpwatch.session.target import elsewhere
from mcpwatch.session.transport import Publish, Room, Waits, encode
from mcpwatch.wire.sse import SseParser

__all__ = ["SseTransport"]

JsonObject: TypeAlias = dict[str, Any]


class SseTransport:
    """The transport of 2024-11-05: one GET stream from the server, which names the address to POST to."""

    def __init__(
        self,
        url: str,
        client: httpx2.AsyncClient,
        *,
        link: str,
        publish: Publish,
        waits: Waits,
        lost: Callable[[LinkLost], None],
        tasks: TaskGroup,
        room: Room | None = None,
        login: Login | None = None,
    ) -> None:
        self.url = url
        self._client = client
        self._link = link
        self._publish = publish
        self._waits = waits
        self._lost = lost
        self._tasks = tasks
        self._room = room
        self._login = login
        self._unwanted: LoginFailed | None = None
        self._endpoint: str | None = None
        self._ready = anyio.Event()
        self._failure: str | None = None
        self._status: int | None = None
        self._closed = False
        self._gone = False
        self._over = anyio.Event()
        self._flights = Flights()
        self._outbox = Outbox(self._post, tasks)

    async def open(self, within: float = 10.0) -> None:
        """Open the stream and wait for its `endpoint` event. Raises `ConnectError`."""
        self._tasks.start_soon(self._listen)
        with anyio.move_on_after(within) as bound:
            await self._ready.wait()
        while bound.cancelled_caught and self._login is not None and self._login.busy:  # a person takes longer
            with anyio.move_on_after(within) as bound:
                await self._ready.wait()
        if self._unwanted is not None:
            raise self._unwanted
        if self._endpoint is None:
            why = self._failure or f"no endpoint event within {within:g} s"
            hint = elsewhere(self.url) if self._status == 404 else ""
            hint = hint or "Is it Streamable HTTP? --transport http"
            raise ConnectError(f"{self.url} is no SSE endpoint: {why}.", hint=hint)

    def send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        if not self._closed and not self._gone and self._endpoint is not None:
            encode(message)  # whoever sends what is no JSON shall hear of it, and not a task that nobody waits for
            self._outbox.put(message, by, headers)

    def negotiated(self, era: str, version: str) -> None:
        pass

    async def aclose(self, *, quiet: bool = False) -> None:
        if self._closed:
            return
        self._closed = True
        if self._login is not None and not quiet:
            await self._login.aclose()
        with anyio.CancelScope(shield=True):
            if not self._gone:
                await self._outbox.told(LAST_WORDS)
            await self._flights.end()
            if self._gone:
                await self._over.wait()
            await self._client.aclose()
        if not quiet and not self._gone:
            self._publish(Closed(link=self._link, reason="closed"))

    async def _listen(self) -> None:
        why = "the stream ended"
        with self._flights.one():
            try:
                headers = {"accept": "text/event-stream"}
                async with exchange(self._client, "GET", self.url, headers=headers) as response:
                    kind = content_type(response)
                    self._status = response.status_code
                    if response.status_code != 200 or kind != "text/event-stream":
                        self._failure = f"HTTP {response.status_code} {kind}".strip()
                        await drain(response)
                    else:
                        await self._events(response)
            except LoginFailed as error:
                self._unwanted = error
            except Exception as error:  # a task that raises would end the session
                why = self._failure = failure(error)[1]
        self._ready.set()
        if not self._closed and self._endpoint is not None:
            self._gone = True
            with anyio.CancelScope(shield=True):
                await self._flights.end()
            self._lost(LinkLost(f"The connection to {self.url} was lost: {why}."))
            self._publish(Closed(link=self._link, reason="lost", error=why))
            self._over.set()

    async def _events(self, response: httpx2.Response) -> None:
        parser = SseParser()
        async for chunk in pieces(response):
            if self._endpoint is not None:
                if self._room is not None:
                    await self._room()
                continue
            for event in parser.feed(chunk):
                if event.event == "endpoint":
                    data = event.data.decode("utf-8", "replace")
                    here = response.request.url
                    try:
                        endpoint = here.join(data)
                    except (httpx2.InvalidURL, ValueError):
                        self._failure = f"it names an endpoint that is no address, {data}"
                        return
                    if not same_origin(here, endpoint):
                        self._failure = f"it names an endpoint at another origin, {data}"
                        return
                    # An absolute address leaves out with which name and password this one is spoken to.
                    self._endpoint = str(endpoint.copy_with(userinfo=here.userinfo))
                    self._ready.set()
                    break

    async def _post(self, message: JsonObject, by: str, headers: Mapping[str, str] | None) -> None:
        SENT_BY.set(by)
        id: JsonId = message["id"] if "id" in message and "method" in message else None
        assert self._endpoint is not None
        if self._flights.over:
            return
        sent = {**(headers or {}), "content-type": "application/json"}
        with self._flights.one():
            try:
                async with exchange(
                    self._client, "POST", self._endpoint, headers=sent, content=encode(message)
                ) as response:
                    await drain(response)
                    if response.status_code >= 300 and id is not None:
                        status = f"HTTP {response.status_code} {response.reason_phrase}"
                        self._waits.end(id, -response.status_code, status)
            except Exception as error:  # a task that raises would end the session
                if id is not None:
                    code, said = failure(error)
                    self._waits.end(id, code, f"{said} ({self._endpoint})")
