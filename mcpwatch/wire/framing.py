r"""Bytes become lines, and a line becomes a frame. Sans-IO: values in, values out.

This module owns where a line ends and what a line is: a request, a response, an error, a notification, a batch, or no
message at all. It leaves to others what a frame belongs to (the hub pairs), what breaks the protocol (a missing
`jsonrpc` is still a message here) and what JSON is (`strict.py`). Server-sent events are in `sse.py`.

`Frame.type` and `Frame.error` are two answers. A type other than `invalid` has a `message`; an `error` says that the
bytes cannot stand in a recording as they are, and both can be true: NaN does not hide the response it came in. The
`method`, `id` and `name` of a frame can always be written as strict JSON; one that could not be is not taken over.
"""

from __future__ import annotations

import re
from itertools import islice
from math import isfinite
from typing import Any, TypeAlias, cast

from mcpwatch.events import BatchItem, Direction, Frame, FrameType, JsonId
from mcpwatch.strictjson import from_json
from mcpwatch.wire import strict

__all__ = ["NAMED_BY", "LineSplitter", "classify", "name_of"]

MOST_TOKENS = 100_000
"""How many strings and brackets of a broken line are followed in search of its id."""

_Kind: TypeAlias = tuple[FrameType, str | None, JsonId, str | None, str]
"""Type, method, id, name, and why it is no message."""

_BATCH: _Kind = ("batch", None, None, None, "")
_NO_OBJECT: _Kind = ("invalid", None, None, None, "not an object")
_NO_MESSAGE = BatchItem(type="invalid")
NAMED_BY = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "resources/subscribe": "uri",
    "resources/unsubscribe": "uri",
    "notifications/resources/updated": "uri",
}
"""The parameter that says what a message of this method is about."""
_NAMED = frozenset({*NAMED_BY, "completion/complete"})

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(_STRING + rb"?|[\[\]{}]", re.DOTALL)
_TOLD = re.compile(rb'"(result|error|method|id)"\s*:\s*')
_ID = re.compile(rb"(-?\d{1,19}|" + _STRING + rb")(?=\s*[,}])", re.DOTALL)


class LineSplitter:
    r"""Cuts a stream of chunks into lines. Linear in the length of a line, however small the chunks are.

    A line ends with `\n` or `\r\n`; a `\r` anywhere else is data.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> list[tuple[bytes, str]]:
        r"""The lines that `chunk` completes, each as `(the line without its end, "\n" or "\r\n")`."""
        at = chunk.find(b"\n")
        if at < 0:
            if chunk:
                self._pieces.append(chunk)
            return []
        if at == chunk.rfind(b"\n"):  # one end: a long line, whose bytes would be looked at ten times as slowly
            lines, rest = [chunk[:at]], chunk[at + 1 :]
        else:
            *lines, rest = chunk.split(b"\n")
        if lines and self._pieces:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces.clear()
        if rest:
            self._pieces.append(rest)
        return [(line[:-1], "\r\n") if line.endswith(b"\r") else (line, "\n") for line in lines]

    def close(self) -> tuple[bytes, str] | None:
        """What came after the last line end, as `(rest, "")`, or None. The splitter is empty then."""
        rest = b"".join(self._pieces)
        self._pieces.clear()
        return (rest, "") if rest else None


def classify(
    data: bytes, *, link: str, dir: Direction, eol: str = "\n", by: str | None = None, xid: int | None = None
) -> Frame:
    """The frame that `data` is, one line or body without its line end. Never raises.

    An `invalid` frame has an `id` only where it can be nothing but a broken response to that id, so that whoever waits
    for the answer can be told: unreadable lines that begin like one, and objects with `jsonrpc` and `id` alone.
    """
    message, flaws, unreadable = strict.read(data)
    items: tuple[BatchItem, ...] = ()
    if unreadable:
        kind: _Kind = ("invalid", None, _answered_id(data), None, unreadable)
    elif isinstance(message, dict):
        kind = _kind(cast("dict[str, Any]", message))
    elif isinstance(message, list):
        kind = _BATCH
        items = tuple([_item(each) for each in cast("list[Any]", message)])
    else:
        kind = _NO_OBJECT
    type_, method, id_, name, why = kind
    if why:
        flaws = [why if unreadable else f"not a JSON-RPC message: {why}", *flaws]
    return Frame(
        link=link,
        dir=dir,
        type=type_,
        data=data,
        message=message,
        method=method,
        id=id_,
        name=name,
        by=by,
        size=len(data),
        eol=eol,
        error="; ".join(flaws) if flaws else None,
        items=items,
        xid=xid,
    )


def name_of(method: str, params: Any) -> str | None:
    """What a message is about: a tool's or prompt's name, a resource's URI. None where there is no such string."""
    if not isinstance(params, dict):
        return None
    about = cast("dict[str, Any]", params)
    key = NAMED_BY.get(method)
    if key is not None:
        name = about.get(key)
    elif method == "completion/complete" and isinstance(about.get("ref"), dict):
        ref = cast("dict[str, Any]", about["ref"])
        name = ref.get("name", ref.get("uri"))
    else:
        return None
    return name if isinstance(name, str) and _can_be_written(name) else None


def _kind(message: dict[str, Any]) -> _Kind:
    """A string `method` decides, then `error`, then `result`; a null beside another of the three counts as absent.

    An object with `jsonrpc` and `id` but none of the three keeps its id: it is what JavaScript writes for a result
    that is `undefined`.
    """
    method: Any = message.get("method")
    id_: Any = message.get("id")
    if id_ is not None and not _is_id(id_):
        return "invalid", None, None, None, "its id is neither a string nor a number nor null"
    if isinstance(method, str):
        if not _can_be_written(method):
            return "invalid", None, None, None, "its method holds a lone surrogate"
        name = name_of(method, message.get("params")) if method in _NAMED else None
        return ("request" if "id" in message else "notification"), method, id_, name, ""
    if method is not None:
        return "invalid", None, None, None, "its method is not a string"
    if message.get("error") is not None:
        return "error", None, id_, None, ""
    if "result" in message:
        if "id" in message:
            return "response", None, id_, None, ""
        return "invalid", None, None, None, "a result without an id"
    if "error" in message:
        return "error", None, id_, None, ""
    if "method" in message:
        return "invalid", None, None, None, "its method is not a string"
    return "invalid", None, id_ if "jsonrpc" in message else None, None, "neither method, result nor error"


def _item(message: Any) -> BatchItem:
    if not isinstance(message, dict):
        return _NO_MESSAGE
    type_, method, id_, name, _ = _kind(cast("dict[str, Any]", message))
    return BatchItem(type_, method, id_, name)


def _is_id(value: Any) -> bool:
    """Whether it can be written as an id: any scalar of strict JSON but null, which can too."""
    if isinstance(value, str):
        return _can_be_written(value)
    if isinstance(value, int):
        return abs(value) < 10**strict.LONGEST_INTEGER
    return isinstance(value, float) and isfinite(value)


def _can_be_written(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _answered_id(data: bytes) -> JsonId:
    """The one id that an unreadable line answers, as far as its strings and brackets can be followed; None if in doubt.

    The line must begin with an object (a log line that quotes a message does not), whose own members name an id, a
    `result` or `error`, and no `method`. The id is a string or an integer. Objects stuck together count each for
    itself, and two answers to two ids are in doubt.
    """
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return None
    answered: set[str | int] = set()
    ids: set[str | int] = set()
    told: set[bytes] = set()
    depth = 0
    for token in islice(_TOKEN.finditer(data), MOST_TOKENS):
        start = token.start()
        first = data[start]
        if first in b"[{":
            depth += 1
        elif first in b"]}":
            depth = max(0, depth - 1)
            if depth == 0:
                answered |= _if_answer(ids, told)
                ids, told = set(), set()
        elif depth == 1 and (key := _TOLD.match(data, start)):
            told.add(key[1])
            if key[1] == b"id" and (value := _ID.match(data, key.end())):
                try:
                    ids.add(from_json(value[1]))
                except ValueError:  # no number after all (007), or a string that is not UTF-8
                    return None
    answered |= _if_answer(ids, told)
    return answered.pop() if len(answered) == 1 else None


def _if_answer(ids: set[str | int], told: set[bytes]) -> set[str | int]:
    return ids if b"method" not in told and (b"result" in told or b"error" in told) else set()
