"""A message as a value that can be compared with the one that another run had in its place.

Owns what is never the same twice and means nothing: ids and progress tokens (numbered anew, by first appearance for
each link and sender), the protocol's and tracing's `_meta`, times, UUIDs, loopback ports, process ids, temporary
paths, cursors, sessions, `requestState` (a placeholder each). JSON inside of texts becomes JSON, so that its spelling
does not count. Which messages belong together is left to `align`, how they differ to `differ`. `diff`, `replay` and
`mock` see every message through this module and no other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, cast

from mcpwatch.check.ignored import NOTHING_IGNORED, Paths, below, ends, paths_of, started
from mcpwatch.check.same import REDACTED, Redacted, fingerprint, same
from mcpwatch.check.volatile import MOMENT, NUMBERED, PORT, is_loopback, moment, steady
from mcpwatch.events import Frame
from mcpwatch.model.shapes import key as id_key
from mcpwatch.model.shapes import mapping
from mcpwatch.strictjson import from_json

__all__ = ["IGNORED", "Normalizer", "Redacted", "fingerprint", "same"]

IGNORED: Final = "<ignored>"
"""An item of a list that is not compared; a member of an object goes altogether."""
OPAQUE: Final = {
    "cursor": "<cursor>",
    "nextCursor": "<cursor>",
    "requestState": "<state>",
    "sessionId": "<session>",
    "session_id": "<session>",
    "mcp-session-id": "<session>",
    "taskId": "<task>",
    "elicitationId": "<elicitation>",
    "toolUseId": "<tool use>",
    "progressToken": "<token>",
    "MCPWATCH_LINK": "<link>",  # what we mark the environment of a server with, and some tools tell
}
"""Members whose text or number is somebody's own business."""
TRACE: Final = frozenset({"traceparent", "tracestate", "baggage", "sentry-trace", "x-request-id"})
PROTOCOL: Final = ("io.modelcontextprotocol/", "modelcontextprotocol.io/", "mcp.dev/")
BINARY: Final = frozenset({"data", "blob"})
"""Members that hold base64 where a `mimeType` stands beside them."""
_DEEPEST = 200
_LONGEST_JSON = 1 << 24


class Normalizer:
    """Makes messages comparable. `ignore` are paths (see `ignored`) that are not compared; raises `UsageError` for a
    bad one.

    One for each recording: it remembers the ids that it has numbered. What a value is made from is never changed.
    """

    def __init__(self, ignore: Sequence[str] = ()) -> None:
        self._ignored = paths_of(ignore)
        self._ids: dict[Hashable, int] = {}
        self._counts: dict[Hashable, int] = {}

    def message(self, frame: Frame) -> Any:
        """The message of a frame: of one that has none, its text.

        Ask for the messages of a recording in their order: ids are numbered as they come.
        """
        message: Any = frame.message
        if isinstance(message, dict):
            return self._message(frame, cast("Mapping[str, Any]", message))
        if isinstance(message, list) and frame.type == "batch":
            items = cast("Sequence[Any]", message)
            return [
                self._message(frame, cast("Mapping[str, Any]", one)) if isinstance(one, dict) else self.value(one)
                for one in items
            ]
        return self.value(frame.data.decode("utf-8", "replace") if message is None else message)

    def value(self, value: Any, at: Sequence[str | int] = ()) -> Any:
        """Any JSON value: the same where the original is the same in all that counts.

        `at` is where it stands in its message (`("result",)`), for the paths that are ignored.
        """
        paths = started(self._ignored, at) if at and self._ignored else self._ignored
        if paths and ends(paths):
            return IGNORED
        return _normal(value, paths, str(at[-1]) if at else "", 0)

    def _message(self, frame: Frame, message: Mapping[str, Any]) -> Any:
        normal: Any = self.value(message)
        if not isinstance(normal, dict):
            return normal
        shown = cast("dict[str, Any]", normal)
        said = mapping(message.get("params"))
        there = "s2c" if frame.dir == "c2s" else "c2s"
        if "id" in shown:
            owner = frame.dir if "method" in message else there
            shown["id"] = self._number(frame.link, owner, "id", message.get("id"))
        inner: Any = shown.get("params")
        if isinstance(inner, dict):
            told = cast("dict[str, Any]", inner)
            if "progressToken" in told:
                told["progressToken"] = self._number(frame.link, there, "token", said.get("progressToken"))
            if "requestId" in told and message.get("method") == "notifications/cancelled":
                told["requestId"] = self._number(frame.link, frame.dir, "id", said.get("requestId"))
            meta = mapping(said.get("_meta"))
            if "progressToken" in meta:
                own: dict[str, Any] = told.setdefault("_meta", {})
                own["progressToken"] = self._number(frame.link, frame.dir, "token", meta["progressToken"])
        return shown

    def _number(self, link: str, sender: str, what: str, id: Any) -> int | None:
        """Which of its sender's ids, or tokens, on its link this is, from 1."""
        if id is None:
            return None
        space = (link, sender, what)
        place = (space, id_key(id))
        number = self._ids.get(place)
        if number is None:
            number = self._ids[place] = self._counts[space] = self._counts.get(space, 0) + 1
        return number


def _normal(value: Any, paths: Paths, name: str, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, paths, name, depth)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _number(value, name)
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return _object(cast("Mapping[str, Any]", value), paths, depth)
    if isinstance(value, list):
        items = cast("Sequence[Any]", value)
        if not paths:
            return [_normal(item, NOTHING_IGNORED, "", depth + 1) for item in items]
        kept: list[Any] = []
        for number, item in enumerate(items):
            left = below(paths, number)
            kept.append(IGNORED if ends(left) else _normal(item, left, "", depth + 1))
        return kept
    return value


def _object(members: Mapping[str, Any], paths: Paths, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in members.items():
        left = below(paths, name) if paths else NOTHING_IGNORED
        if left and ends(left):
            continue
        if name == "_meta" and isinstance(value, dict):
            meta = _meta(cast("Mapping[str, Any]", value))
            if meta:
                found[name] = _normal(meta, left, name, depth + 1)
        elif name in BINARY and isinstance(value, str) and "mimeType" in members:
            found[name] = _marked(value)
        elif name == "port" and isinstance(value, int) and _is_free(value, members):
            found[name] = PORT
        elif name == "id" and members.get("type") == "tool_use":
            found[name] = OPAQUE["toolUseId"]
        else:
            found[name] = _normal(value, left, name, depth + 1)
    return found


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody meant by `_meta`: not what the protocol, or whoever traces it, has put there."""
    return {
        name: value
        for name, value in meta.items()
        if name != "progressToken" and name not in TRACE and not name.startswith(PROTOCOL)
    }


def _is_free(port: int, members: Mapping[str, Any]) -> bool:
    """Whether a port is one that was free at the time, rather than one that was chosen."""
    return port >= 32768 or any(is_loopback(members.get(name)) for name in ("host", "hostname", "address"))


def _number(value: float, name: str) -> Any:
    if name in OPAQUE:
        return OPAQUE[name]
    if name in NUMBERED:
        return NUMBERED[name]
    return MOMENT if name and moment(name, value) else value


def _text(text: str, paths: Paths, name: str, depth: int) -> Any:
    if name in OPAQUE and text != REDACTED:
        return OPAQUE[name]
    data = _json_in(text) if depth <= _DEEPEST else None
    if data is None:
        return _marked(steady(text))
    normal = _normal(data, paths, "", depth + 1)
    # In a block's `text` nothing but a string can stand, so JSON there is taken for what it says. Anywhere else a
    # string stays one, spelled in one way: whether it is a string or an object is a difference.
    return normal if name == "text" else _marked(fingerprint(normal))


def _json_in(text: str) -> Any:
    """The object or array that a text consists of; None where it is something else."""
    inner = text.strip(" \t\r\n")
    if len(inner) < 2 or len(inner) > _LONGEST_JSON or (inner[0], inner[-1]) not in (("{", "}"), ("[", "]")):
        return None
    try:
        return from_json(inner, allow_inf_nan=False)
    except ValueError:
        return None


def _marked(text: str) -> str:
    return Redacted(text) if REDACTED in text else text
