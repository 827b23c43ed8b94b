"""Events to record: one of every kind there is, and strategies for all that could be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mcpwatch.events import (
    BatchItem,
    Closed,
    Direction,
    Event,
    Frame,
    FrameType,
    Http,
    HttpPhase,
    JsonId,
    Note,
    Opened,
    Stderr,
)

GOLDEN = Path(__file__).parent.parent / "golden"
STARTED = datetime(2026, 11, 21, 1, 45, 0, 123456, UTC)


def frame(type: FrameType, data: bytes, *, dir: Direction = "s2c", size: int | None = None, **rest: Any) -> Frame:
    """A frame of the link `server`, numbered 1 unless the test says otherwise."""
    fields: dict[str, Any] = {"link": "server", "seq": 1, **rest}
    return Frame(dir=dir, type=type, data=data, size=len(data) if size is None else size, **fields)


def _stamped(*events: Event) -> list[Event]:
    return [replace(event, seq=number, t=number * 1500 / 1e6) for number, event in enumerate(events, start=1)]


EVERY_KIND: list[Event] = _stamped(
    Opened(
        link="server",
        mode="client",
        transport="stdio",
        target={"command": "python", "args": ["srv.py"], "env_keys": ["API_KEY"]},
        pid=4242,
    ),
    Opened(link="web", mode="client", transport="http", target={"url": "https://example.org/mcp"}),
    Opened(link="proxied", mode="proxy", transport="stdio", target={"command": "node", "args": ["index.js"]}, pid=77),
    frame(
        "request",
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add","arguments":{"a":1,"b":2}}}',
        dir="c2s",
        method="tools/call",
        id=7,
        name="add",
        by="user",
    ),
    frame("request", b'{"jsonrpc":"2.0","id":"listen-1","method":"ping"}', method="ping", id="listen-1"),
    frame("request", b'{"jsonrpc":"2.0","id":null,"method":"x/custom"}', method="x/custom", id=None),
    frame("request", b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', method="ping", id=1.5, eol="\r\n"),
    frame(
        "response",
        b'{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"3"}],"isError":false}}',
        method="tools/call",
        id=7,
        name="add",
        re=4,
        ms=6.0,
    ),
    frame(
        "response",
        b'{"jsonrpc":"2.0","id":8,"result":{"content":[{"type":"text","text":"caf\xc3\xa9"}],"isError":true}}',
        method="tools/call",
        id=8,
        name="fetch\u2028\N{PILE OF POO}",
        re=4,
        ms=12.345,
    ),
    frame("response", b'{"jsonrpc":"2.0","id":true,"result":{"n":1E2,"n":2,"s":"\\/\\u00e9"}}', id=True),
    frame(
        "error",
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
        id=None,
    ),
    frame(
        "notification",
        b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1,"total":5}}',
        method="notifications/progress",
    ),
    frame(
        "notification",
        b'{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///a"}}',
        method="notifications/resources/updated",
        name="file:///a",
        eol="",
    ),
    frame(
        "notification",
        b'{"jsonrpc":"2.0","method":"auth","params":{"token":"[redacted]"}}',
        dir="c2s",
        method="auth",
        by="mcpwatch",
        redacted=1,
        size=98,
        link="proxied",
    ),
    frame(
        "batch",
        b'[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"}},{"jsonrpc":"2.0","id":7,"result":{}},5]',
        items=(
            BatchItem(type="request", method="tools/call", id=1, name="add"),
            BatchItem(type="response", method="tools/call", id=7, re=4),
            BatchItem(type="invalid"),
        ),
    ),
    frame("batch", b"[]"),
    frame("invalid", b"hi \xff\xfe", error="not UTF-8: byte 0xff at offset 3"),
    frame("invalid", b'Listening on "port" 80\t\x1b[1m', error="not JSON: expecting value at character 1"),
    frame("invalid", b'{"id":3,"jsonrpc":"2.0"}', id=3, error="not a JSON-RPC message: neither method nor result"),
    frame("invalid", b"", error="nothing there"),
    frame(
        "response",
        b'{"jsonrpc":"2.0","id":9,"result":{"x":NaN,"y":-Infinity}}',
        id=9,
        error="-Infinity is not JSON; NaN is not JSON",
    ),
    frame("response", b'{"jsonrpc":"2.0","id":9,"result":"\\ud800"}', id=9, error="a lone surrogate escape"),
    frame("response", b'{"jsonrpc":"2.0","id":9,"result":1e400}', id=9, error="a number out of range (1e400)"),
    frame(
        "response",
        b'{\r\n  "jsonrpc": "2.0",\n  "id": 10,\n  "result": {"a": "b"}\n}',
        link="web",
        id=10,
        xid=4,
        error="a raw line break",
    ),
    Stderr(link="server", data=b"hello\nw\xc3\xb6rld \x1b[31m\n"),
    Stderr(link="server", data=b"\x80half"),
    Http(
        link="web",
        phase="request",
        xid=4,
        verb="POST",
        url="https://example.org/mcp",
        headers=(("content-type", "application/json"), ("accept", "a"), ("accept", "b")),
    ),
    Http(link="web", phase="response", xid=4, status=200, headers=(("content-type", "text/event-stream"),)),
    Http(link="web", phase="sse", xid=4, event="message", event_id="e-1", retry=1500, size=60),
    Http(link="web", phase="sse", xid=4, comment="keep-alive"),
    Http(link="web", phase="body", xid=4, text='{"error":"invalid_token"}', size=25),
    Http(link="web", phase="end", xid=4),
    Http(link="web", phase="error", xid=5, error="connection reset"),
    Note(link="server", what="answered", re=5, data={"rule": "answers.yaml:12", "who": "rule", "action": "accept"}),
    Note(link="server", what="junk"),
    Note(
        link="server", what="waiting", data={"link": "other", "re": None, "data": 5, "ids": [1, {"a": "\N{SNOWMAN}"}]}
    ),
    Closed(link="server", reason="exit", code=0),
    Closed(link="proxied", reason="signal", signal="SIGSEGV"),
    Closed(link="web", reason="lost", code=-1, error="connection reset"),
)

FEW: list[Event] = _stamped(
    Opened(link="s", mode="client", transport="stdio", target={"command": "c"}, pid=1),
    frame("request", b'{"id":1,"method":"tools/call"}', dir="c2s", method="tools/call", id=1, by="user"),
    frame("notification", b'{"method":"caf\xc3\xa9","params":{"msg":{},"t":"a\\"b"}}', method="caf\u00e9"),
    frame("invalid", b"oops \xff", error="not UTF-8"),
    frame("response", b'{"id":1,\n"result":{"isError":true}}', id=1, re=2, ms=1.5, error="a raw line break"),
    Stderr(link="s", data=b"bye\n"),
    Closed(link="s", reason="exit", code=3),
)
"""Small enough to be tried at every byte."""


_names = st.text(max_size=12) | st.sampled_from(
    ["server", "tools/call", 'a"b\\c', "\x00\x1f\x7f", "\u2028", "\U0001f4a9"]
)
_times = st.integers(0, 10**12).map(lambda micros: micros / 1e6)
_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_ids: st.SearchStrategy[JsonId] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
_seqs = st.integers(1, 2**53)
_optional_counts = st.none() | st.integers(0, 2**40)
_spliced = _json.map(lambda value: (json.dumps(value, ensure_ascii=False).encode(), None)) | _json.map(
    lambda value: (b" " + json.dumps(value, indent=1).replace("\n", "\r").encode() + b"\t", None)
)
_apart = st.tuples(
    st.binary(max_size=40)
    | _json.map(lambda value: json.dumps(value, indent=1).encode())
    | st.sampled_from(
        [b"NaN", b'"\\ud800"', b"[" * 300, b"[1e999]", b"\xef\xbb\xbf{}", b'{"a":"\n"}', b"{}", b"1" * 400]
    ),
    _names,
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    type_: FrameType = draw(st.sampled_from(["request", "response", "error", "notification", "batch", "invalid"]))
    data, error = draw(_spliced | _apart)
    named = type_ in ("request", "notification")
    items = (
        draw(
            st.lists(st.builds(BatchItem, st.just("request"), _names, _ids, st.none() | _names, st.none()), max_size=2)
        )
        if type_ == "batch"
        else []
    )
    return Frame(
        link=draw(_names),
        dir=draw(st.sampled_from(["c2s", "s2c"])),
        type=type_,
        data=data,
        method=draw(_names if named else st.none() | _names),
        id=draw(_ids if type_ in ("request", "response", "error", "invalid") else st.none()),
        name=draw(st.none() | _names),
        re=draw(st.none() | st.integers(1, 2**40)),
        ms=draw(st.none() | st.integers(0, 10**9).map(lambda micros: micros / 1e3)),
        by=draw(st.none() | _names),
        size=draw(st.integers(0, 2**40)),
        eol=draw(st.sampled_from(["\n", "\r\n", ""])),
        error=error,
        items=tuple(items),
        xid=draw(_optional_counts),
        redacted=draw(st.integers(0, 3)),
        seq=draw(_seqs),
        t=draw(_times),
    )


_phases: st.SearchStrategy[HttpPhase] = st.sampled_from(["request", "response", "sse", "body", "end", "error"])
_maybe = st.none() | _names
others: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Opened,
        link=_names,
        mode=st.sampled_from(["client", "proxy"]),
        transport=st.sampled_from(["stdio", "http", "sse"]),
        target=st.dictionaries(_names, _json, max_size=3),
        pid=_optional_counts,
        seq=_seqs,
        t=_times,
    ),
    st.builds(Stderr, link=_names, data=st.binary(max_size=30) | _names.map(str.encode), seq=_seqs, t=_times),
    st.builds(
        Http,
        link=_names,
        phase=_phases,
        xid=st.integers(0, 2**40),
        verb=_maybe,
        url=_maybe,
        status=_optional_counts,
        headers=st.lists(st.tuples(_names, _names), max_size=2).map(tuple),
        event=_maybe,
        event_id=_maybe,
        retry=_optional_counts,
        comment=_maybe,
        text=_maybe,
        size=_optional_counts,
        error=_maybe,
        seq=_seqs,
        t=_times,
    ),
    st.builds(
        Note,
        link=_names,
        what=_names,
        re=st.none() | st.integers(1, 2**40),
        data=st.dictionaries(_names | st.sampled_from(["data", "seq", "kind", "re", "msg", "raw"]), _json, max_size=3),
        seq=_seqs,
        t=_times,
    ),
    st.builds(
        Closed,
        link=_names,
        reason=_names,
        code=st.none() | st.integers(-300, 300),
        signal=_maybe,
        error=_maybe,
        seq=_seqs,
        t=_times,
    ),
)
events: st.SearchStrategy[Event] = frames() | others
