"""Rules about requests and their answers: ids, pairing, cancellation, and what nobody ever answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import Link, Message, Request
from mcpwatch.check.rules.rule import LEGACY, MODERN, Earlier, rule
from mcpwatch.events import GAVE_UP, Closed, Http
from mcpwatch.model.shapes import key
from mcpwatch.text import duration

_REQUESTS: Final = {LEGACY: "basic#requests", MODERN: "basic#requests"}
PATIENCE: Final = 10.0
"""Seconds after which a client that leaves has waited for what is still open."""
_RESPONSES: Final = {LEGACY: "basic#responses", MODERN: "basic#responses"}


@rule(
    "error",
    "A request with the id null",
    why="MCP forbids what JSON-RPC allows here. Most receivers take the message for a notification and never answer.",
    do="Give each request a string or an integer that no other open request has.",
    on="request",
    spec=_REQUESTS,
)
def null_id(link: Link, message: Message) -> Iterator[str]:
    if message.id is None:
        yield f"{message.method} has the id null"


@rule(
    "error",
    "A request whose id is neither a string nor an integer",
    why="Fractions and booleans do not survive every parser, so the answer may carry another id or never come.",
    do="Use a string or an integer.",
    on="request",
    spec=_REQUESTS,
)
def id_type(link: Link, message: Message) -> Iterator[str]:
    if isinstance(message.id, bool | float):
        yield f"{message.method} has the id {str(message.id).lower()}"


@rule(
    "error",
    "A request id that was used before",
    why="An answer is found by its id and nothing else. With two requests under one id the wrong one gets it.",
    do="Count upwards. In a session an id is never used again; without sessions not while its request is open.",
    on="request",
    spec=_REQUESTS,
)
def reused_id(link: Link, message: Message) -> Iterator[str]:
    before = link.requests[message.dir].get(key(message.id))
    if before is None or message.id is None or message.retries or before.state == "refused":
        return
    if before.state == "open" or (link.era == "legacy" and message.method != "initialize" and not before.modern):
        still = "which is still open" if before.state == "open" else "which was answered"
        yield f"{message.method} has the id of {_named(before)}, {still}"


@rule(
    "error",
    "A response to nothing",
    why="It answers no request that is known, so it is dropped; the request that it was meant for waits on.",
    do="Answer with the id of the request, unchanged and of the same JSON type, and once.",
    on=("response", "error"),
    spec=_RESPONSES,
)
def response_without_request(link: Link, message: Message) -> Iterator[str]:
    if message.request is not None or message.frame.re is not None or not link.whole:
        return
    if message.id is not None:
        yield f"nothing was asked under the id {message.id!r}"
    elif message.type == "response":
        yield "a result with the id null"


@rule(
    "error",
    "A response whose id is spelled differently",
    why='"7" and 7 are two ids. Some clients find the request all the same, others wait for ever.',
    do="Send the id back as it came, with its JSON type.",
    on=("response", "error"),
    spec=_RESPONSES,
)
def response_id_type(link: Link, message: Message) -> Iterator[str]:
    if message.loosely and message.request is not None:
        yield f"it answers {_named(message.request)} as {message.id!r}, asked as {message.request.id!r}"


@rule(
    "warning",
    "An error without an id",
    why="An id may only be missing where the request's could not be read. The client cannot tell what was refused, and "
    "the request waits until its time-out.",
    do="Send the id back in every error, also for an unknown method and for bad parameters.",
    on="error",
    spec=_RESPONSES,
)
def error_without_id(link: Link, message: Message) -> Iterator[str]:
    exchange = link.exchange(message.frame.xid)
    if message.id is None and (exchange is None or (exchange.status or 200) < 400):
        waiting = list(link.open["c2s" if message.dir == "s2c" else "s2c"].values())
        yield f"it may be about {_named(waiting[0])}" if len(waiting) == 1 else "it names no request"


@rule(
    "error",
    "A second response",
    why="A request has one answer. The second is dropped, or taken for the answer to a later request with that id.",
    do="Send one result or one error. Two places that answer, or a retry that also answers, do this.",
    on=("response", "error"),
    spec=_RESPONSES,
)
def duplicate_response(link: Link, message: Message) -> Iterator[str]:
    if message.request is not None and message.request.state == "answered":
        yield f"{_named(message.request)} was answered before"


@rule(
    "info",
    "A response after the request was given up",
    why="Whoever cancelled, or waited too long, does not listen any more. When the two cross on the wire nobody is "
    "wrong; a server that always answers late works for nothing.",
    do="Stop when notifications/cancelled comes, and send no response then.",
    on=("response", "error"),
    spec={LEGACY: "basic/utilities/cancellation#behavior-requirements", MODERN: "basic/patterns/cancellation"},
)
def late_response(link: Link, message: Message) -> Iterator[str]:
    if message.request is not None and message.request.state in ("cancelled", "timed out"):
        later = duration(max(0.0, message.frame.t - message.request.t))
        yield f"{_named(message.request)} was {message.request.state}; this came {later} after it was sent"


@rule(
    "error",
    "A request that was never answered",
    why="The other side waits until its time-out, and cannot tell a slow answer from one that never comes.",
    do="Answer every request, if only with an error: look for a handler that raises, returns nothing, or waits for "
    "something that does not happen.",
    on=("closed", "http"),
    spec={LEGACY: "basic#responses", MODERN: "basic/patterns#request-and-response"},
)
def never_answered(link: Link, thing: Closed | Http) -> Iterator[str | Earlier]:
    if isinstance(thing, Closed):
        if thing.reason in ("exit", "signal", "lost") and (thing.code or thing.signal or thing.error):
            return  # which is what is wrong, and is said
        for dir in ("c2s", "s2c"):
            for request in link.open[dir].values():
                if request.long or (request.method == "server/discover" and link.era == "legacy"):
                    continue
                # A client that leaves need not answer; one that goes on talking has to. One that leaves at once does
                # not want its answer either.
                awaited = link.spoke > request.seq
                if dir == "c2s":
                    awaited = awaited or not link.left(thing) or thing.t - request.t >= PATIENCE
                if awaited:
                    said = f"{_named(request)} was open when the link ended, {_after(request, thing.t)}"
                    yield Earlier(said, request.seq, request.t, "server" if dir == "c2s" else "client")
        for request in link.requests["c2s"].values():
            if request.state == "timed out":
                said = f"{_named(request)} was given up: no answer came in time"
                yield Earlier(said, request.seq, request.t, "server")
    else:
        exchange = link.exchange(thing.xid)
        request = None if exchange is None else exchange.request
        if request is None or request.state != "open" or request.long or thing.phase not in ("end", "error"):
            return
        if link.transport != "http":
            return  # the answer comes on another stream
        why = thing.error or thing.text or ""
        if request.modern and link.era != "legacy" and why not in GAVE_UP and not why.startswith("closed by us"):
            said = f"{_named(request)}: the stream ended without an answer" + (f" ({why})" if why else "")
            yield Earlier(said, request.seq, request.t, "server")


def _named(request: Request) -> str:
    return f"{request.method} (#{request.id})"


def _after(request: Request, t: float) -> str:
    return f"{duration(max(0.0, t - request.t))} after it was sent"
