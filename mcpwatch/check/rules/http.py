"""Rules about how Streamable HTTP is answered: content types and statuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.events import Http

_SENDING: Final = {
    LEGACY: "basic/transports#sending-messages-to-the-server",
    MODERN: "basic/transports/streamable-http#sending-messages",
}


@rule(
    "error",
    "A wrong content type",
    why="The content type says whether to read one message or a stream of them. With any other the client reads "
    "neither, and the call fails.",
    do="Answer a request with application/json or text/event-stream, a GET with text/event-stream; send messages as "
    "application/json.",
    on=("http", "posted"),
    spec=_SENDING,
)
def content_type(link: Link, thing: Http | Message) -> Iterator[str]:
    if link.transport != "http":
        return
    if isinstance(thing, Message):
        exchange = link.exchange(thing.frame.xid)
        sent = None if exchange is None else exchange.headers.get("content-type")
        if exchange is not None and _media(sent) != _JSON:
            yield f"{thing.method or thing.type} was sent as {sent or 'nothing'}"
        return
    exchange = link.exchange(thing.xid)
    if exchange is None or thing.phase != "response" or thing.status != 200:
        return
    said = next((value for name, value in thing.headers if name.lower() == "content-type"), None)
    if exchange.carries == "request" and _media(said) not in (_JSON, _STREAM):
        yield f"a request was answered with {said or 'no content type'}"
    elif exchange.verb == "GET" and _STREAM in exchange.headers.get("accept", "") and _media(said) != _STREAM:
        yield f"a GET for a stream was answered with {said or 'no content type'}"


@rule(
    "warning",
    "A notification that was not answered by 202",
    why="The specification has 202 and no body for what needs no answer. Other statuses make some clients wait for a "
    "body, or fail.",
    do="Answer a POST that holds a notification or a response with 202 Accepted, or with an error status.",
    on="http",
    spec=_SENDING,
    by="server",
)
def accepted_status(link: Link, event: Http) -> Iterator[str]:
    exchange = link.exchange(event.xid)
    if link.transport != "http" or exchange is None or event.phase != "response":
        return
    if exchange.carries in ("notification", "response", "error") and 200 <= (event.status or 0) < 300:
        if event.status != 202:
            yield f"a {exchange.carries} was answered with {event.status}"


_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"


def _media(value: str | None) -> str:
    return (value or "").partition(";")[0].strip().lower()
