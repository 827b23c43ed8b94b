"""Streamable HTTP as a transport: which exchange to open when, and when one is over.

The protocol of the transport and nothing of its messages: session id and version headers, one POST a message,
resumption with `Last-Event-ID`, and an end for each request whose answer can no longer come. The GET stream is
`standing`'s.

It also finds out that the link is over. There is no connection whose end would say so, so it looks where something
went wrong (an exchange broke, a stream ended, a session is not known any more), and every few seconds while nothing
is in flight. What it does on the wire for that is one `ping`, when a session seems to have been forgotten; whether the
server is there at all is found out beside the protocol (`presence`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any, TypeAlias

import anyio
import httpx2
from anyio.abc import TaskGroup

from mcpwatch.events import Closed, JsonId, Note
from mcpwatch.model.shapes import mapping
from mcpwatch.session import presence
from mcpwatch.session.auth.access import LoginFailed
from mcpwatch.session.auth.login import Login
from mcpwatch.session.dispatch import LinkLost
from mcpwatch.session.exchange import (
    LAST_WORDS,
    MAX_REDIRECTS,
    SENT_BY,
    Flights,
    Outbox,
    content_type,
    exchange,
    failure,
    in_header,
    leads_to,
    proxy_for,
    same_origin,
)
from mcpwatch.session.presence import Presence
from mcpwatch.session.reading import drain, read_body, read_events
from mcpwatch.session.standing import MAX_RECONNECTS, pause, stand
from mcpwatch.session.transport import ERROR_NO_ANSWER, Publish, Room, Waits, encode

__all__ = ["HttpTransport"]

JsonObject: TypeAlias = dict[str, Any]
NOT_FOUND = -32601
NEW_SESSION = "Run it again, or press R in the TUI: that begins a new session."


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
        self._session_id: str | None = None
        self._version: str | None = None
        self._modern = False
        self._posts: dict[JsonId, anyio.CancelScope] = {}
        self._closed = False
        self._gone = False
        self._over = anyio.Event()
        self._flights = Flights()
        self._outbox = Outbox(self._post, tasks)
        self._presence = Presence(proxied=proxy_for(url) is not None)
        self._looking = anyio.CancelScope()
        self._asking = anyio.Lock()
        self._pings = count(1)

    def send(self, message: JsonObject, *, by: str, headers: Mapping[str, str] | None = None) -> None:
        if self._closed or self._gone:
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
        self._tasks.start_soon(self._look_now_and_then)

    async def aclose(self, *, quiet: bool = False) -> None:
        if self._closed:
            return
        self._closed = True
        self._looking.cancel()
        if self._login is not None and not quiet:
            await self._login.aclose()  # nobody shall be asked to log in for what is said last
        with anyio.CancelScope(shield=True):
            if not self._gone:
                await self._outbox.told(LAST_WORDS)
            await self._flights.end()
            if self._gone:
                await self._over.wait()
            if self._session_id and not self._modern and not self._gone:
                with anyio.move_on_after(LAST_WORDS):
                    await self._delete_session()
            await self._client.aclose()
        if not quiet and not self._gone:
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
                try:
                    async with exchange(
                        self._client, "POST", self.url, headers=sent, content=encode(message)
                    ) as response:
                        if message.get("method") == "initialize":
                            self._session_id = in_header(response.headers.get("mcp-session-id")) or self._session_id
                        if response.is_success:
                            self.url = str(response.request.url)  # where a redirect led: the next one goes there
                        if message.get("method") == "notifications/initialized":
                            self._tasks.start_soon(self._standing_stream)
                        await self._answer(id, response)
                except Exception as error:  # a task that raises would end the session; a server can bring much about
                    await self._broke(id, error)
        finally:
            if self._posts.get(id) is scope:
                del self._posts[id]

    async def _broke(self, id: JsonId, error: Exception) -> None:
        """The exchange of a message broke: the end of the link, or of the request alone."""
        if isinstance(error, LoginFailed) and self._version is None:
            self._end(str(error), str(error), hint=error.hint)
            return
        if not await self._is_gone() and id is not None:
            code, said = failure(error)
            self._waits.end(id, code, f"{said} ({self.url})")

    async def _answer(self, id: JsonId, response: httpx2.Response) -> None:
        kind = content_type(response)
        if response.status_code == 200 and kind == "text/event-stream":
            await self._stream(id, response)
            return
        body = await read_body(response) if kind == "application/json" else await drain(response)
        refusal = _refusal(body)
        if _may_mean_the_session(response.status_code, refusal) and await self._is_forgotten():
            return
        if id is None or not self._waits.is_waiting(id):
            return
        if refusal is not None:
            # Its id is null or another's, but it came on this request's exchange: it can only be the answer to it.
            self._waits.end(id, refusal.get("code", 0), str(refusal.get("message")), refusal.get("data"))
            return
        if response.has_redirect_location:
            there = leads_to(response)
            leaves = there is not None and not same_origin(response.request.url, there)
            other = "and credentials go nowhere else; if it is meant, give that address in place of this one"
            why = f": it leaves {self.url}, {other}" if leaves else ""
            if there is not None and not leaves:
                why = f": there were {MAX_REDIRECTS} before it"
            self._waits.end(id, ERROR_NO_ANSWER, f"a redirect to {response.headers['location']} was not followed{why}")
        elif response.status_code >= 400:
            status = f"HTTP {response.status_code} {response.reason_phrase}"
            self._waits.end(id, -response.status_code, f"{status}{_asked_to_wait(response)}")
        elif response.status_code != 200:
            self._waits.end(id, ERROR_NO_ANSWER, f"the request was answered with HTTP {response.status_code} alone")
        elif kind != "application/json":
            self._waits.end(id, ERROR_NO_ANSWER, f"the answer is {kind or 'untyped'}, not JSON and no event stream")
        else:
            self._waits.end(id, ERROR_NO_ANSWER, "the JSON answer holds no response to this request")

    async def _stream(self, id: JsonId, response: httpx2.Response) -> None:
        """Read a response stream to its end; resume it by its last event id while the answer is missing."""
        streamed = await read_events(response, self._room)
        last, retry, attempts = streamed.last_id, streamed.retry, 0
        while id is not None and self._waits.is_waiting(id):
            if last is None or attempts > MAX_RECONNECTS:
                how = "ended without an answer" if last is None else "was lost and could not be resumed"
                if not await self._is_gone():
                    self._waits.end(id, ERROR_NO_ANSWER, f"the response stream {how}")
                return
            await pause(retry)
            try:
                async with self._get(last) as resumed:
                    if resumed.status_code == 200:
                        streamed = await read_events(resumed, self._room)
                        attempts = 0 if streamed.last_id else attempts + 1
                        last = streamed.last_id or last
                        retry = retry if streamed.retry is None else streamed.retry
                        continue
                    await drain(resumed)
            except Exception:  # the tap has recorded how it broke
                if await self._is_gone():
                    return
            attempts += 1

    def _get(self, last_event_id: str | None) -> AbstractAsyncContextManager[httpx2.Response]:
        return exchange(self._client, "GET", self.url, headers=self._headers(last_event_id=last_event_id))

    async def _standing_stream(self) -> None:
        """The GET stream of the handshake era, where a server says what belongs to no request."""
        SENT_BY.set(None)

        async def over(status: int | None) -> bool:
            return await (self._is_gone() if status is None else self._is_forgotten())

        with self._flights.one():
            given_up = await stand(self._get, over=over, room=self._room)
            if given_up is not None:
                self._publish(Note(link=self._link, what="stream-given-up", data=given_up))

    # ---- whether the link is over

    async def _look_now_and_then(self) -> None:
        """While nothing is in flight whose connection would tell."""
        with self._looking:
            while not self._gone:
                await anyio.sleep(presence.EVERY)
                if not self._flights.any:
                    await self._is_gone()

    async def _is_gone(self) -> bool:
        """Whether nobody is at the address any more; if so, the link is over. Not before it has begun."""
        if self._version is None or self._closed:
            return False
        why = None if self._gone else await self._presence.missing(self.url)
        if why is not None:
            self._end(f"The server at {self.url} is gone: {why}.", why)
        return self._gone

    async def _is_forgotten(self) -> bool:
        """Whether the session is not known any more; if so, the link is over.

        The specification has HTTP 404 for that, which servers also give for other reasons: a ping tells them apart.
        """
        if self._session_id is None or self._version is None or self._modern or self._closed:
            return False
        async with self._asking:
            if self._gone:
                return True
            ping = {"jsonrpc": "2.0", "id": f"ping-{next(self._pings)}", "method": "ping"}
            headers = {**self._headers(), "content-type": "application/json"}
            sender = SENT_BY.set("mcpwatch")
            try:
                async with exchange(self._client, "POST", self.url, headers=headers, content=encode(ping)) as response:
                    kind = content_type(response)
                    body = await read_body(response) if kind == "application/json" else await drain(response)
                    forgotten = _may_mean_the_session(response.status_code, _refusal(body))
            except Exception:
                return await self._is_gone()
            finally:
                SENT_BY.reset(sender)
            if forgotten:
                why = f"the server has ended this session, or forgot it in a restart (HTTP {response.status_code})"
                self._end(f"{why[:1].upper()}{why[1:]}.", why, hint=NEW_SESSION)
        return self._gone

    def _end(self, sentence: str, why: str, *, hint: str = "") -> None:
        if self._gone or self._closed:
            return
        self._gone = True
        self._looking.cancel()
        self._tasks.start_soon(self._lose, LinkLost(sentence, hint=hint), why)

    async def _lose(self, lost: LinkLost, why: str) -> None:
        """Apart from the exchange that found out, which is given up with the others: `Closed` comes after them all."""
        with anyio.CancelScope(shield=True):
            await self._flights.end()
        self._lost(lost)
        self._publish(Closed(link=self._link, reason="lost", error=why))
        self._over.set()

    async def _delete_session(self) -> None:
        try:
            async with exchange(self._client, "DELETE", self.url, headers=self._headers()) as response:
                await drain(response)
        except Exception:
            pass  # the session ends with us in any case


def _asked_to_wait(response: httpx2.Response) -> str:
    """What a server that is too busy says of later; a sentence's end. mcpwatch tries nothing again by itself."""
    later = response.headers.get("retry-after")
    if later is None:
        return ""
    return f", and asks to wait {'for ' + later + ' s' if later.isdecimal() else 'until ' + later}"


def _refusal(body: bytes | None) -> Mapping[str, Any] | None:
    """The error object of a JSON-RPC error, None for any other body."""
    try:
        found = mapping(json.loads(body or b"null"))
    except (ValueError, RecursionError):
        return None
    error = mapping(found.get("error"))
    return error if "jsonrpc" in found and isinstance(error.get("code"), int) else None


def _may_mean_the_session(status: int, refusal: Mapping[str, Any] | None) -> bool:
    """Whether an answer reads like one to a session that is not known: 404 as the specification has it, but for a
    method that is not; or the 400 of servers that miss an id that they never gave out.
    """
    if status == 404:
        return refusal is None or refusal.get("code") != NOT_FOUND
    return status == 400 and "session" in str(mapping(refusal).get("message")).lower()
