"""Streamable HTTP as a transport: which exchange to open when, and when one is over.

The protocol of the transport and nothing of its messages: session id and version headers, one POST a message,
resumption with `Last-Event-ID`, the standing GET stream, and an end for each request whose answer can no longer come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import anyio
import httpx2
from anyio.abc import TaskGroup

from mcpwatch.events import Closed, JsonId
from mcpwatch.model.shapes import mapping
from mcpwatch.session.exchange import (
    ERROR_NO_ANSWER,
    LAST_WORDS,
    SENT_BY,
    Flights,
    Outbox,
    content_type,
    drain,
    exchange,
    failure,
    in_header,
    leads_to,
    read_events,
    same_origin,
)
from mcpwatch.session.transport import Publish, Waits, encode

__all__ = ["HttpTransport"]

JsonObject: TypeAlias = dict[str, Any]
MAX_RECONNECTS = 2
LEAST_PAUSE = 0.1
RECONNECT_AFTER = 1.0
"""Seconds before a lost stream is resumed where the server named no `retry`."""
MOST_PAUSE = 60.0


class HttpTransport:
    """Streamable HTTP: a POST for each message, its answer as JSON or as a stream, and one standing GET stream."""

    def __init__(
        self,
        url: str,
        client: httpx2.AsyncClient,
        *,
        link: str,
        publish: Publish,
        waits: Waits,
        tasks: TaskGroup,
    ) -> None:
        self.url = url
        self._client = client
        self._link = link
        self._publish = publish
        self._waits = waits
        self._tasks = tasks
        self._session_id: str | None = None
        self._version: str | None = None
        self._modern = False
        self._posts: dict[JsonId, anyio.CancelScope] = {}
        self._closed = False
        self._flights = Flights()
        self._outbox = Outbox(self._post, tasks)

    def send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        if self._closed:
            return
        if self._modern and by != "user" and message.get("method") == "notifications/cancelled":
            # In this era the end of the response stream is the cancellation; the wire has no such notification.
            if (scope := self._posts.get(message["params"]["requestId"])) is not None:
                scope.cancel()
            return
        encode(message)  # whoever sends what is no JSON shall hear of it, and not a task that nobody waits for
        self._outbox.put(message, by, headers)

    def negotiated(self, era: str, version: str) -> None:
        self._modern = era == "modern"
        self._version = version

    async def aclose(self, *, quiet: bool = False) -> None:
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            await self._outbox.told(LAST_WORDS)
            self._flights.cancel()
            if self._session_id and not self._modern:
                with anyio.move_on_after(LAST_WORDS):
                    await self._delete_session()
            await self._client.aclose()
        if not quiet:
            self._publish(Closed(link=self._link, reason="closed"))

    def _headers(self, *, last_event_id: str | None = None) -> dict[str, str]:
        headers = {"accept": "application/json, text/event-stream"}
        if self._session_id:
            headers["mcp-session-id"] = self._session_id
        if self._version:
            headers["mcp-protocol-version"] = self._version
        if in_header(last_event_id):
            headers["last-event-id"] = last_event_id or ""
        return headers

    async def _post(self, message: JsonObject, by: str, headers: Mapping[str, str] | None) -> None:
        SENT_BY.set(by)
        id: JsonId = message["id"] if "id" in message and "method" in message else None
        if self._flights.over or (self._modern and id is not None and not self._waits.is_waiting(id)):
            return  # the link has ended meanwhile, or whoever asked has given up
        sent = {**self._headers(), "content-type": "application/json", **(headers or {})}
        if message.get("method") == "initialize":
            sent.pop("mcp-protocol-version", None)
        scope: anyio.CancelScope | None = None
        try:
            with self._flights.one() as scope:
                if id is not None:
                    self._posts[id] = scope
                async with exchange(self._client, "POST", self.url, headers=sent, content=encode(message)) as response:
                    if message.get("method") == "initialize":
                        self._session_id = in_header(response.headers.get("mcp-session-id")) or self._session_id
                    if response.is_success:
                        self.url = str(response.request.url)  # where a redirect led: the next one goes there at once
                    if message.get("method") == "notifications/initialized":
                        self._tasks.start_soon(self._standing_stream)
                    await self._answer(id, response)
        except Exception as error:  # a task that raises would end the session, and a server can bring much about
            if id is not None:
                code, said = failure(error)
                self._waits.end(id, code, f"{said} ({self.url})")
        finally:
            if self._posts.get(id) is scope:
                del self._posts[id]

    async def _answer(self, id: JsonId, response: httpx2.Response) -> None:
        kind = content_type(response)
        if response.status_code == 200 and kind == "text/event-stream":
            await self._stream(id, response)
            return
        body = await response.aread() if kind == "application/json" else await drain(response)
        if id is None or not self._waits.is_waiting(id):
            return
        if (refusal := _refusal(body)) is not None:
            # Its id is null or another's, but it came on this request's exchange: it can only be the answer to it.
            self._waits.end(id, refusal.get("code", 0), str(refusal.get("message")), refusal.get("data"))
            return
        if response.has_redirect_location:
            there = leads_to(response)
            leaves = there is not None and not same_origin(response.request.url, there)
            why = f": it leaves {self.url}" if leaves else ""
            self._waits.end(id, ERROR_NO_ANSWER, f"a redirect to {response.headers['location']} was not followed{why}")
        elif response.status_code >= 400:
            status = f"HTTP {response.status_code} {response.reason_phrase}"
            if response.status_code == 404 and self._session_id:
                status += ": the server has ended this session, or forgot it in a restart"
            self._waits.end(id, -response.status_code, status)
        elif response.status_code != 200:
            self._waits.end(id, ERROR_NO_ANSWER, f"the request was answered with HTTP {response.status_code} alone")
        elif kind != "application/json":
            self._waits.end(id, ERROR_NO_ANSWER, f"the answer is {kind or 'untyped'}, not JSON and no event stream")
        else:
            self._waits.end(id, ERROR_NO_ANSWER, "the JSON answer holds no response to this request")

    async def _stream(self, id: JsonId, response: httpx2.Response) -> None:
        """Read a response stream to its end; resume it by its last event id while the answer is missing."""
        streamed = await read_events(response)
        last, retry, attempts = streamed.last_id, streamed.retry, 0
        while id is not None and self._waits.is_waiting(id):
            if last is None:
                self._waits.end(id, ERROR_NO_ANSWER, "the response stream ended without an answer")
                return
            if attempts > MAX_RECONNECTS:
                self._waits.end(id, ERROR_NO_ANSWER, "the response stream was lost and could not be resumed")
                return
            await _pause(retry)
            try:
                async with exchange(
                    self._client, "GET", self.url, headers=self._headers(last_event_id=last)
                ) as resumed:
                    if resumed.status_code == 200:
                        streamed = await read_events(resumed)
                        attempts = 0 if streamed.last_id else attempts + 1
                        last = streamed.last_id or last
                        retry = retry if streamed.retry is None else streamed.retry
                        continue
                    await drain(resumed)
            except Exception:
                pass  # the tap has recorded how it broke
            attempts += 1

    async def _standing_stream(self) -> None:
        """The GET stream of the handshake era, where a server says what belongs to no request."""
        SENT_BY.set(None)
        last: str | None = None
        retry: int | None = None
        failures = 0
        with self._flights.one():
            while failures <= MAX_RECONNECTS and not self._flights.over:
                try:
                    async with exchange(
                        self._client, "GET", self.url, headers=self._headers(last_event_id=last)
                    ) as response:
                        if response.status_code != 200:
                            await drain(response)
                            return  # 405 is the protocol's way to say that there is none
                        streamed = await read_events(response)
                        last = streamed.last_id or last
                        retry = retry if streamed.retry is None else streamed.retry
                        failures = 0 if streamed.anything else failures + 1
                except Exception:  # the tap has recorded how it broke
                    failures += 1
                await _pause(retry)

    async def _delete_session(self) -> None:
        try:
            async with exchange(self._client, "DELETE", self.url, headers=self._headers()) as response:
                await drain(response)
        except Exception:
            pass  # the session ends with us in any case


def _refusal(body: bytes | None) -> Mapping[str, Any] | None:
    """The error object of a JSON-RPC error, None for any other body."""
    try:
        found = mapping(json.loads(body or b"null"))
    except (ValueError, RecursionError):
        return None
    error = mapping(found.get("error"))
    return error if "jsonrpc" in found and isinstance(error.get("code"), int) else None


async def _pause(retry: int | None) -> None:
    """Wait before a stream is opened again, as the server wants it (milliseconds)."""
    await anyio.sleep(RECONNECT_AFTER if retry is None else min(max(retry / 1000, LEAST_PAUSE), MOST_PAUSE))
