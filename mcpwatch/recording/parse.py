"""One line, one event: how a line of a recording is read back.

This module owns what a line has to hold to be an event, and the names that writing and reading share. It leaves the
order of lines, the header and the footer to `reader.py`. A line as `format.py` writes it takes the short way: the head
is parsed, the bytes of the message are taken as they stand. Any other order of keys or spacing takes the long way, to
the same event. What a newer mcpwatch may add is passed over: unknown keys, unknown kinds.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from math import isfinite
from types import NoneType
from typing import Any, cast

from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.strictjson import from_json

VERSION = 1
"""The version that is written, and the newest that is read."""
DIRECTIONS = frozenset({"c2s", "s2c"})
FRAME_TYPES = frozenset({"request", "response", "error", "notification", "batch", "invalid"})
WITH_ID = frozenset({"request", "response", "error"})
"""Types of frames that have an id, be it null."""
DATA = "data"
"""Where a note keeps what would otherwise stand for something else."""
NOTE_ENVELOPE = frozenset({"seq", "t", "kind", "link", "what", "re"})
LARGEST_SEQ = 2**53
DEEPEST_READ = 256
"""Levels of nesting of a message that is taken from `raw`: who walks a message may recurse."""

_MSG = b',"msg":'
_SPACE = re.compile(r"[ \t\r\n]*")

_TEXT: frozenset[type] = frozenset({str})
_MAYBE_TEXT: frozenset[type] = frozenset({str, NoneType})
_NUMBER: frozenset[type] = frozenset({int, float})
_COUNT: frozenset[type] = frozenset({int})
_MAYBE_COUNT: frozenset[type] = frozenset({int, NoneType})
_ID: frozenset[type] = frozenset({str, int, float, bool, NoneType})

_STAMPED: dict[str, frozenset[type]] = {"seq": _COUNT, "t": _NUMBER, "kind": _TEXT, "link": _TEXT}
_FRAME: dict[str, frozenset[type]] = {
    **_STAMPED,
    "dir": _TEXT,
    "type": _TEXT,
    "method": _MAYBE_TEXT,
    "id": _ID,
    "name": _MAYBE_TEXT,
    "re": _MAYBE_COUNT,
    "ms": _NUMBER | {NoneType},
    "by": _MAYBE_TEXT,
    "xid": _MAYBE_COUNT,
    "items": frozenset({list}),
    "bytes": _COUNT,
    "eol": _TEXT,
    "redacted": _COUNT,
    "error": _MAYBE_TEXT,
    "enc": _TEXT,
    "raw": _TEXT,
}
_ITEM = {key: _FRAME[key] for key in ("type", "method", "id", "name", "re")}
_OPENED = {
    **_STAMPED,
    "mode": _TEXT,
    "transport": _TEXT,
    "target": frozenset({dict}),
    "pid": _MAYBE_COUNT,
}
_STDERR = {**_STAMPED, "text": _TEXT, "enc": _TEXT, "raw": _TEXT}
_HTTP = {
    **_STAMPED,
    **dict.fromkeys(("verb", "url", "event", "id", "comment", "body", "error"), _MAYBE_TEXT),
    **dict.fromkeys(("status", "retry", "bytes"), _MAYBE_COUNT),
    "phase": _TEXT,
    "xid": _COUNT,
    "headers": frozenset({list}),
}
_NOTE = {**_STAMPED, "what": _TEXT, "re": _MAYBE_COUNT}
_CLOSED = {**_STAMPED, "reason": _TEXT, "code": _MAYBE_COUNT, "signal": _MAYBE_TEXT, "error": _MAYBE_TEXT}


def decode(line: bytes) -> Event | None:
    """The event that one line stands for, or None where its kind is none that this version knows.

    A header and a footer are no events and give None too. Raises ValueError with the reason where the line is no
    object of JSON, or lacks what its kind must have.
    """
    cut = line.find(_MSG)
    if cut > 0:
        try:
            # If that is not the `msg` of the line itself but of something inside, the head is not whole; and what
            # follows is one JSON value only where `msg` comes last.
            head: Any = from_json(line[:cut] + b"}", allow_inf_nan=False)
            data = line[cut + 7 : -2 if line.endswith(b"}\n") else -1]
            if line.endswith((b"}\n", b"}")) and head["kind"] == "frame" and "raw" not in head:
                return _frame(head, data, from_json(data, allow_inf_nan=False))
        except (ValueError, KeyError, TypeError):
            pass
    members = as_object(line)
    kind = members.get("kind")
    if kind == "frame":
        return _frame(members, *_carried(members, line))
    make = _MAKERS.get(kind) if isinstance(kind, str) else None
    if make is not None:
        return make(members)
    if not isinstance(kind, str):
        raise ValueError("it has no kind")
    return None


def as_object(line: bytes) -> dict[str, Any]:
    """The members of a line. Raises ValueError with a reason that quotes nothing of it."""
    try:
        members: Any = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(members, dict):
        raise ValueError("it is not a JSON object")
    return cast("dict[str, Any]", members)


def _check(members: Mapping[str, Any], types: Mapping[str, frozenset[type]], *needed: str) -> None:
    """Raise ValueError where a known key has a value of the wrong type, or one of `needed` is missing."""
    for key in needed:
        if key not in members:
            raise ValueError(f'it has no "{key}"')
    for key, value in members.items():
        allowed = types.get(key)
        if allowed is not None and type(value) not in allowed:
            raise ValueError(f'its "{key}" is of the wrong type')


def _stamp(members: dict[str, Any]) -> dict[str, Any]:
    """`link`, `seq` and `t` of any event; the types are known to be right."""
    seq, t = members["seq"], members["t"]
    if not 0 < seq <= LARGEST_SEQ:
        raise ValueError('its "seq" is out of range')
    if not -1e15 < t < 1e15:
        raise ValueError('its "t" is out of range')
    return {"link": members["link"], "seq": seq, "t": t}


def _frame(members: dict[str, Any], data: bytes, message: Any) -> Frame:
    # Straight-line code without the functions above: this runs once for each of a million lines.
    fields: dict[str, Any] = {"data": data, "message": message}
    try:
        for key, value in members.items():
            allowed = _FRAME.get(key)
            if allowed is None:
                continue
            if type(value) not in allowed:
                raise ValueError(f'its "{key}" is of the wrong type')
            fields[key] = value
        seq, t, _ = fields["seq"], fields["t"], fields["link"]
        del fields["kind"]
        fields["size"] = fields.pop("bytes")
        if fields["dir"] not in DIRECTIONS or fields["type"] not in FRAME_TYPES:
            raise ValueError("its direction or type is none that there is")
        if len(fields) > 8:
            if "raw" in fields:
                del fields["raw"]
                fields.pop("enc", None)
                if fields.get("error") is None:
                    fields["error"] = "kept apart"  # else the bytes would be spliced into the next file unseen
            else:
                fields.pop("enc", None)
            if "items" in fields:
                fields["items"] = tuple([_item(each) for each in fields["items"]])
            if not isfinite(fields.get("ms") or 0):
                raise ValueError('its "ms" is out of range')
        if not 0 < seq <= LARGEST_SEQ or not -1e15 < t < 1e15:
            raise ValueError('its "seq" or "t" is out of range')
        return Frame(**fields)
    except KeyError as error:
        raise ValueError(f'it has no "{error.args[0]}"') from None
    except (TypeError, OverflowError):
        raise ValueError("it lacks what a frame must have") from None


def _item(item: Any) -> BatchItem:
    if not isinstance(item, dict):
        raise ValueError('one of its "items" is not an object')
    members = cast("dict[str, Any]", item)
    _check(members, _ITEM, "type")
    if members["type"] not in FRAME_TYPES:
        raise ValueError('one of its "items" is of a type that there is not')
    return BatchItem(**{key: value for key, value in members.items() if key in _ITEM})


def _carried(members: dict[str, Any], line: bytes) -> tuple[bytes, Any]:
    """The bytes of a frame and what they say, from `raw` if it is there, else as they stand behind `msg`."""
    raw = members.get("raw")
    if isinstance(raw, str):
        data = _unpacked(raw, members.get("enc"))
        return data, _read_leniently(data)
    if "msg" not in members:
        raise ValueError('it has neither "msg" nor "raw"')
    return _text_of_msg(line.decode()).encode(), members["msg"]


def _unpacked(raw: str, enc: Any) -> bytes:
    if enc == "base64":
        return a2b_base64(raw, strict_mode=True)
    if enc != "utf8":
        raise ValueError('its "enc" is neither "utf8" nor "base64"')
    return raw.encode()


def _text_of_msg(text: str) -> str:
    """What stands behind the last `"msg":` at the top level of a JSON object that is known to be valid."""
    scan = json.JSONDecoder().raw_decode
    found = ""
    at = _after_space(text, 0) + 1
    while text[at := _after_space(text, at)] != "}":
        at = _after_space(text, at + (text[at] == ","))
        key, at = scan(text, at)
        start = _after_space(text, _after_space(text, at) + 1)
        _, at = scan(text, start)
        if key == "msg":
            found = text[start:at]
    return found


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _read_leniently(data: bytes) -> Any:
    """What `raw` says, as far as Python can read it (NaN, lone surrogates), else None."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        pass
    try:
        message = _LENIENT.decode(data.decode().removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return None if deeper_than(DEEPEST_READ, message) else message


def deeper_than(levels: int, message: Any) -> bool:
    """Whether more than `levels` arrays and objects stand inside each other. Does not recurse."""
    level: list[Any] = [message]
    for _ in range(levels):
        inside: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inside += cast("dict[str, Any]", each).values()
            elif isinstance(each, list):
                inside += cast("list[Any]", each)
        level = inside
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)


def _integer(literal: str) -> int | float:
    return int(literal) if len(literal) <= 309 else float(literal)  # int() raises for some thousands of digits


_LENIENT = json.JSONDecoder(parse_int=_integer)


def _opened(members: dict[str, Any]) -> Opened:
    _check(members, _OPENED, "seq", "t", "link", "mode", "transport", "target")
    return Opened(
        mode=members["mode"],
        transport=members["transport"],
        target=members["target"],
        pid=members.get("pid"),
        **_stamp(members),
    )


def _stderr(members: dict[str, Any]) -> Stderr:
    _check(members, _STDERR, "seq", "t", "link", "raw" if "raw" in members else "text")
    raw = members.get("raw")
    data = members["text"].encode() if raw is None else _unpacked(raw, members.get("enc"))
    return Stderr(data=data, **_stamp(members))


def _http(members: dict[str, Any]) -> Http:
    _check(members, _HTTP, "seq", "t", "link", "phase", "xid")
    headers: list[tuple[str, str]] = []
    pairs: list[Any] = members.get("headers", [])
    for pair in pairs:
        match pair:
            case [str(name), str(value)]:
                headers.append((name, value))
            case _:
                raise ValueError('one of its "headers" is not a pair of strings')
    rest = {key: members.get(key) for key in ("verb", "url", "status", "event", "retry", "comment", "error")}
    return Http(
        phase=members["phase"],
        xid=members["xid"],
        headers=tuple(headers),
        event_id=members.get("id"),
        text=members.get("body"),
        size=members.get("bytes"),
        **cast("dict[str, Any]", rest),
        **_stamp(members),
    )


def _note(members: dict[str, Any]) -> Note:
    _check(members, _NOTE, "seq", "t", "link", "what")
    data = {key: value for key, value in members.items() if key not in NOTE_ENVELOPE}
    apart = data.get(DATA)
    if isinstance(apart, dict):
        del data[DATA]
        data |= cast("dict[str, Any]", apart)
    return Note(what=members["what"], re=members.get("re"), data=data, **_stamp(members))


def _closed(members: dict[str, Any]) -> Closed:
    _check(members, _CLOSED, "seq", "t", "link", "reason")
    rest = {key: members.get(key) for key in ("code", "signal", "error")}
    return Closed(reason=members["reason"], **cast("dict[str, Any]", rest), **_stamp(members))


_MAKERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "opened": _opened,
    "stderr": _stderr,
    "http": _http,
    "note": _note,
    "closed": _closed,
}
