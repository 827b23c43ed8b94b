"""One event, one line: how the recording format, version 1, is written.

This module owns the names and the order of the keys, and which bytes may stand in a line. It knows no file: `writer.py`
appends lines, `parse.py` reads them back (`decode` is handed on from there). A message is spliced in as it was, since
parsing and dumping would change numbers, escapes and duplicate keys; what strict JSON cannot hold goes into `raw`.

Every line is strict JSON whatever an event holds: a lone surrogate in an envelope string becomes U+FFFD, an id that is
NaN becomes null. These are copies; the truth is in `msg` or `raw`.
"""

from __future__ import annotations

import json
import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, cast

from mcpwatch import __version__
from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, JsonId, Note, Opened, Stderr
from mcpwatch.recording.parse import DATA, NOTE_ENVELOPE, VERSION, WITH_ID, decode, deeper_than
from mcpwatch.strictjson import from_json

__all__ = ["VERSION", "decode", "encode", "footer_again", "footer_line", "header_line", "quoted"]

DEEPEST = 126
"""Levels of nesting that `msg` may have: more than that makes some readers stop."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAKS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")
_HUGE = 10**308
_LATEST = 1e15
_WORTH_KEEPING = 200
"""Characters: longer strings hardly come again, and a hostile server could fill the memory with them."""


def encode(event: Event) -> bytes:
    r"""The line that stands for `event`, with its `\n`. Strict JSON whatever the event holds; never raises.

    `decode(encode(event)) == event` where `t` has six decimals, `ms` three, and the strings hold no lone surrogate.
    """
    if isinstance(event, Frame):
        return _frame(event)
    head = f'{{"seq":{event.seq},"t":{event.t:.6f},"kind":"{type(event).__name__.lower()}","link":{quoted(event.link)}'
    match event:
        case Opened():
            rest = _opened(event)
        case Stderr():
            rest = _stderr(event)
        case Http():
            rest = _http(event)
        case Note():
            rest = _note(event)
        case Closed():
            rest = _closed(event)
    return (head + rest + "}\n").encode()


def header_line(started: datetime, *, policy: str = "default") -> bytes:
    """Line 1. `started` is aware, and is what every `t` counts from."""
    header = {
        "format": "mcpwatch",
        "version": VERSION,
        "kind": "header",
        "started": started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "tool": {"name": "mcpwatch", "version": __version__},
        "redaction": {"policy": policy},
    }
    return (_json(header) + "\n").encode()


def footer_line(*, seq: int, t: float, events: int, exit: int) -> bytes:
    """The last line: how many events stand before it, and the exit code of the process that wrote them."""
    return f'{{"seq":{seq},"t":{t:.6f},"kind":"footer","events":{events},"exit":{exit}}}\n'.encode()


def footer_again(said: Mapping[str, Any], *, events: int) -> bytes:
    """The footer of a copy that holds so many events, of whatever the one of its original says."""
    seq, t, code = (cast("Any", said.get(key)) for key in ("seq", "t", "exit"))
    return footer_line(
        seq=seq if type(seq) is int else 0,
        t=float(t) if type(t) in (int, float) and -_LATEST < t < _LATEST else 0.0,  # also where it is no number
        events=events,
        exit=code if type(code) is int else 0,
    )


def quoted(text: str) -> str:
    """`text` as a JSON string of an envelope, with its quotes."""
    return _quoted_again(text) if len(text) <= _WORTH_KEEPING else _quoted(text)


def _quoted(text: str) -> str:
    return encode_basestring(text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text))


_quoted_again = lru_cache(maxsize=1024)(_quoted)


def _what(link: str, dir: str, type: str, method: str | None) -> str:
    """The part of a frame's envelope that comes again and again."""
    text = f',"kind":"frame","link":{_quoted(link)},"dir":"{dir}","type":"{type}"'
    return text if method is None else f'{text},"method":{_quoted(method)}'


_what_again = lru_cache(maxsize=1024)(_what)


def _frame(frame: Frame) -> bytes:
    kind, method = frame.type, frame.method
    what = _what_again if method is None or len(method) <= _WORTH_KEEPING else _what
    head = f'{{"seq":{frame.seq},"t":{frame.t:.6f}{what(frame.link, frame.dir, kind, method)}'
    if frame.id is not None:
        head += f',"id":{_id(frame.id)}'
    elif kind in WITH_ID:
        head += ',"id":null'
    if frame.name is not None:
        head += f',"name":{quoted(frame.name)}'
    if frame.re is not None:
        head += f',"re":{frame.re}'
    if frame.ms is not None and isfinite(frame.ms):
        head += f',"ms":{round(frame.ms, 3)}'
    if frame.by is not None:
        head += f',"by":{quoted(frame.by)}'
    if frame.xid is not None:
        head += f',"xid":{frame.xid}'
    if kind == "batch" or frame.items:
        head += f',"items":[{",".join([_item(item) for item in frame.items])}]'
    head += f',"bytes":{frame.size}'
    if frame.eol != "\n":
        head += f',"eol":{quoted(frame.eol)}'
    if frame.redacted > 0:
        head += f',"redacted":{frame.redacted}'
    data = frame.data
    error = frame.error
    if error is None:
        # Whoever classified the bytes vouches for them, but a line break or nothing at all would break the file itself.
        if data and b"\n" not in data:
            return b"".join((head.encode(), b',"msg":', data, b"}\n"))
        error = "a raw line break" if data else "nothing there"
    try:
        raw = f',"enc":"utf8","raw":{encode_basestring(data.decode())}'
    except UnicodeDecodeError:
        raw = f',"enc":"base64","raw":"{b2a_base64(data, newline=False).decode()}"'
    head += f',"error":{quoted(error)}{raw}'
    if _is_strict(data):
        return b"".join((head.encode(), b',"msg":', data.translate(_LINE_BREAKS_TO_SPACES), b"}\n"))
    return (head + "}\n").encode()


def _item(item: BatchItem) -> str:
    text = f'{{"type":"{item.type}"'
    if item.method is not None:
        text += f',"method":{quoted(item.method)}'
    if item.id is not None or item.type in WITH_ID:
        text += f',"id":{_id(item.id)}'
    if item.name is not None:
        text += f',"name":{quoted(item.name)}'
    if item.re is not None:
        text += f',"re":{item.re}'
    return text + "}"


def _opened(event: Opened) -> str:
    text = f',"mode":{quoted(event.mode)},"transport":{quoted(event.transport)},"target":{_json(event.target)}'
    return text + _optional(pid=event.pid)


def _stderr(event: Stderr) -> str:
    try:
        return f',"text":{encode_basestring(event.data.decode())}'
    except UnicodeDecodeError:
        # The readable copy is for filters; `raw` is what was written.
        text = encode_basestring(event.data.decode(errors="replace"))
        return f',"text":{text},"enc":"base64","raw":"{b2a_base64(event.data, newline=False).decode()}"'


def _http(event: Http) -> str:
    text = f',"phase":{quoted(event.phase)},"xid":{event.xid}'
    text += _optional(verb=event.verb, url=event.url, status=event.status)
    if event.headers:
        text += f',"headers":[{",".join([f"[{quoted(name)},{quoted(value)}]" for name, value in event.headers])}]'
    text += _optional(event=event.event, id=event.event_id, retry=event.retry, comment=event.comment, body=event.text)
    return text + _optional(bytes=event.size, error=event.error)


def _note(event: Note) -> str:
    text = f',"what":{quoted(event.what)}' + _optional(re=event.re)
    flat: dict[str, Any] = {}
    apart: dict[str, Any] = {}
    for key, value in event.data.items():
        (apart if key in NOTE_ENVELOPE or key == DATA else flat)[key] = value
    if apart:
        flat[DATA] = apart
    return text + ("," + _json(flat)[1:-1] if flat else "")


def _closed(event: Closed) -> str:
    return f',"reason":{quoted(event.reason)}' + _optional(code=event.code, signal=event.signal, error=event.error)


def _optional(**members: str | int | None) -> str:
    return "".join(
        [
            f',"{key}":{quoted(value) if isinstance(value, str) else value}'
            for key, value in members.items()
            if value is not None
        ]
    )


def _id(value: JsonId) -> str:
    if isinstance(value, str):
        return quoted(value)
    try:
        return repr(value) if type(value) is int else json.dumps(value, allow_nan=False)
    except ValueError:  # NaN, Infinity, or an integer of more digits than Python will print
        return "null"


def _json(value: object) -> str:
    """What mcpwatch itself has to say, as JSON: whatever cannot be said in it is said in words."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Closely nested text could be too deep for our own reader.
        if text.count("[") + text.count("{") <= DEEPEST:
            return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
    except (ValueError, TypeError, RecursionError):
        pass
    plain = json.dumps(_plain(value, DEEPEST // 2), ensure_ascii=False, separators=(",", ":"))
    return _LONE_SURROGATE.sub("\ufffd", plain)


def _plain(value: object, levels: int) -> object:
    if isinstance(value, Mapping | list | tuple) and not levels:
        return "…"
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            return value if -_HUGE < value < _HUGE else "out of range"  # NaN compares to nothing
        case Mapping():
            members = cast("Mapping[object, object]", value)
            return {str(key): _plain(each, levels - 1) for key, each in members.items()}
        case list() | tuple():
            return [_plain(each, levels - 1) for each in cast("Sequence[object]", value)]
        case bytes():
            return value.decode(errors="replace")
        case _:
            return str(value)


def _is_strict(data: bytes) -> bool:
    """Whether strict tools read `data` as one JSON value (line breaks between its tokens aside)."""
    try:
        message: Any = from_json(data, allow_inf_nan=False)
        _NUMBERS.decode(data.decode())
    except (ValueError, RecursionError):
        return False
    return not deeper_than(DEEPEST, message)


def _real(literal: str) -> None:
    if not isfinite(float(literal)):
        raise ValueError("a number out of range")


def _integer(literal: str) -> None:
    if len(literal) > 309:
        raise ValueError("a number out of range")


_NUMBERS = json.JSONDecoder(parse_float=_real, parse_int=_integer)
"""Sees every number, also those behind duplicate keys, which a parsed message no longer shows."""
