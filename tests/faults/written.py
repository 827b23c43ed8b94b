"""What a server wrote, read again in a way of its own, and held against the recording: no byte may be missing.

Nothing of the product is used to read it: a head ends at an empty line, chunks have their length in front, an event of
a stream ends at an empty line.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mcpwatch.events import Event, Frame, Http
from tests.faults.web import JSON, SSE, Exchange

__all__ = ["lost"]

KEPT_TEXT = 1 << 20


@dataclass(frozen=True)
class _Response:
    kind: str
    body: bytes
    """As it was on the wire, without the lengths of its chunks."""
    said: list[bytes]
    """What it says: the data of events, or the whole body."""


def lost(exchanges: list[Exchange], events: list[Event], *, cut: bool) -> str:
    """What is missing or not as it was; empty where nothing is. `cut`: of the last answer to a call of `work` a
    beginning is enough, as its end cannot have been read.
    """
    xids = _paired(exchanges, events)
    for exchange, xid in zip(exchanges, xids, strict=True):
        response = _read(bytes(exchange.wire.sent))
        if response is None:
            continue
        what = f"{exchange.request.verb} {exchange.request.body[:80]!r}"
        if xid is None:
            return f"{what} is not in the recording"
        short = cut and (b'"work"' in exchange.request.body or exchange.request.verb == "GET")
        if missing := _missing(response, [e for e in events if getattr(e, "xid", None) == xid], short):
            return f"{what}: {missing}"
    return ""


def _paired(exchanges: list[Exchange], events: list[Event]) -> list[int | None]:
    """For each exchange its number in the recording: by what was sent, then by order."""
    sent: dict[bytes, list[int]] = {}
    for event in events:
        if isinstance(event, Frame) and event.dir == "c2s" and event.xid is not None:
            sent.setdefault(event.data, []).append(event.xid)
    verbs: dict[str, list[int]] = {}
    for event in events:
        if isinstance(event, Http) and event.phase == "request":
            verbs.setdefault(event.verb or "", []).append(event.xid)
    found: list[int | None] = []
    for exchange in exchanges:
        left = sent.get(exchange.request.body, []) if exchange.request.body else verbs.get(exchange.request.verb, [])
        found.append(left.pop(0) if left else None)
    return found


def _missing(response: _Response, events: list[Event], short: bool) -> str:
    frames = [event.data for event in events if isinstance(event, Frame) and event.dir == "s2c"]
    told = [event for event in events if isinstance(event, Http) and event.text is not None]
    texts = [(e.text or "").encode() for e in told if e.phase == "body" or (e.phase, e.event) == ("sse", "message")]
    came = frames or texts
    said = (
        [text.removesuffix(b"\n") for text in response.said] if frames else [text[:KEPT_TEXT] for text in response.said]
    )
    said = [text for text in said if text]
    if short and not frames:
        return ""  # of what was no message a mere note may be all that is left
    if short:
        whole, rest = said[: len(came) - 1], said[len(came) - 1 :]
        if came and (came[:-1] != whole or not rest or not rest[0].startswith(came[-1])):
            return f"{len(came)} pieces came that are no beginning of the {len(said)} that were written"
        return ""
    if came != said:
        return f"{[len(one) for one in said]} bytes were written, {[len(one) for one in came]} recorded"
    sizes = [event.size for event in events if isinstance(event, Http) and event.phase in ("end", "error")]
    if sizes != [len(response.body)]:
        return f"{len(response.body)} bytes were written, and the recording counts {sizes}"
    return ""


def _read(data: bytes) -> _Response | None:
    """The response in these bytes; None where there is none, or none that anybody could read."""
    while True:
        head, there, body = data.partition(b"\r\n\r\n")
        if not there or not head.startswith(b"HTTP/1.1 "):
            return None
        if not head.startswith(b"HTTP/1.1 1"):
            break
        data = body
    fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    headers = {name.lower().decode("latin-1"): value.strip().decode("latin-1") for name, _, value in fields}
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(_chunks(body))
    if "content-length" in headers:
        body = body[: int(headers["content-length"])]
    kind, plain = headers.get("content-type", ""), body
    if headers.get("content-encoding") == "gzip":
        try:
            plain = zlib.decompressobj(31).decompress(body)
        except zlib.error:
            plain = body
    said = list(_events(plain)) if kind == SSE else [plain] if kind == JSON or plain else []
    return _Response(kind, body, said)


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, body = body.partition(b"\r\n")
        try:
            length = int(size, 16)
        except ValueError:
            return
        if not length:
            return
        yield body[:length]
        body = body[length + 2 :]


def _events(body: bytes) -> Iterator[bytes]:
    lines: list[bytes] = []
    named = False
    for line in (*body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), b""):
        if line.startswith(b"data:"):
            lines.append(line[5:].removeprefix(b" "))
        elif line.startswith(b"event:"):
            named = True
        elif not line:
            if lines and not named:
                yield b"\n".join(lines)
            lines, named = [], False
