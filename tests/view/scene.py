"""A session as a script: events with the times and ids that a test names, folded into a timeline as they are made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from mcpwatch.events import BatchItem, Closed, Direction, Event, Frame, FrameType, Http, Note, Opened, Stderr
from mcpwatch.model.timeline import Timeline
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import Line, plain

HOSTILE = (
    "\x1b[31mred\x1b]52;c;aGk=\x07"  # colours, and a clipboard write
    "\x9b2J\x85\u2028\r\n"  # C1, line separators
    "\u202ertl\u2066\u200b\ufeff"  # bidi, zero width
    "[/nope][@click=app.quit][bold]"  # markup of rich and textual
)
"""What a server may put into any string. Nothing of the first three lines may reach a screen as it is."""


class Scene:
    """Makes events, in order, for one link unless told otherwise; `events` and `timeline` have them all."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.timeline = Timeline(self._fetch)
        self._requests: dict[tuple[str, Direction, Any], Frame] = {}

    def _fetch(self, seq: int) -> Event:
        return self.events[seq - 1]

    def add(self, event: Event) -> Event:
        object.__setattr__(event, "seq", len(self.events) + 1)
        self.events.append(event)
        self.timeline.apply(event)
        return event

    def opened(self, t: float = 0.0, *, link: str = "server", **more: Any) -> Event:
        target = more.pop("target", {"command": "python", "args": ["server.py"]})
        return self.add(Opened(link=link, mode="client", transport="stdio", target=target, pid=4242, t=t, **more))

    def frame(
        self,
        dir: Direction,
        message: Any,
        t: float = 0.0,
        *,
        link: str = "server",
        by: str | None = None,
        xid: int | None = None,
    ) -> Frame:
        """One message; what it is, and what it answers, is found out as the wire and the hub do."""
        type_, method, id, name, re, ms = self._about(dir, message, t, link)
        data = json.dumps(message, separators=(",", ":")).encode()
        items: tuple[BatchItem, ...] = ()
        if isinstance(message, list):
            found = [self._about(dir, item, t, link) for item in cast("list[Any]", message)]
            items = tuple(BatchItem(kind, m, i, n, r) for kind, m, i, n, r, _ in found)
        frame = Frame(
            link=link,
            dir=dir,
            type=type_,
            data=data,
            message=message,
            method=method,
            id=id,
            name=name,
            re=re,
            ms=ms,
            by=by,
            size=len(data),
            items=items,
            xid=xid,
            t=t,
        )
        self.add(frame)
        if type_ == "request":
            self._requests[link, dir, json.dumps(id)] = frame
        return frame

    def _about(
        self, dir: Direction, message: Any, t: float, link: str
    ) -> tuple[FrameType, str | None, Any, str | None, int | None, float | None]:
        if isinstance(message, list):
            return "batch", None, None, None, None, None
        method, id = message.get("method"), message.get("id")
        given = message.get("params")
        params = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        named = params.get("name") or params.get("uri")
        name = named if isinstance(named, str) else None
        if method is not None:
            return ("request" if "id" in message else "notification"), method, id, name, None, None
        asked = self._requests.get((link, "s2c" if dir == "c2s" else "c2s", json.dumps(id)))
        kind: FrameType = "error" if "error" in message else "response"
        if asked is None:
            return kind, None, id, None, None, None
        return kind, asked.method, id, asked.name, asked.seq, (t - asked.t) * 1000

    def ask(
        self, id: Any, method: str, params: Any = None, t: float = 0.0, *, dir: Direction = "c2s", **more: Any
    ) -> Frame:
        message = {"jsonrpc": "2.0", "id": id, "method": method}
        return self.frame(dir, message if params is None else {**message, "params": params}, t, **more)

    def reply(self, id: Any, result: Any, t: float = 0.0, *, dir: Direction = "s2c", **more: Any) -> Frame:
        return self.frame(dir, {"jsonrpc": "2.0", "id": id, "result": result}, t, **more)

    def refuse(self, id: Any, code: int, text: str, t: float = 0.0, *, dir: Direction = "s2c", **more: Any) -> Frame:
        error = {"code": code, "message": text, **({"data": more.pop("data")} if "data" in more else {})}
        return self.frame(dir, {"jsonrpc": "2.0", "id": id, "error": error}, t, **more)

    def notify(self, method: str, params: Any = None, t: float = 0.0, *, dir: Direction = "s2c", **more: Any) -> Frame:
        message = {"jsonrpc": "2.0", "method": method}
        return self.frame(dir, message if params is None else {**message, "params": params}, t, **more)

    def progress(self, token: Any, progress: Any, total: Any = None, message: Any = None, t: float = 0.0) -> Frame:
        more = {"total": total, "message": message}
        given = {key: value for key, value in more.items() if value is not None}
        return self.notify("notifications/progress", {"progressToken": token, "progress": progress, **given}, t)

    def log(self, level: Any, data: Any, t: float = 0.0, *, logger: Any = None) -> Frame:
        named = {} if logger is None else {"logger": logger}
        return self.notify("notifications/message", {"level": level, **named, "data": data}, t)

    def call(self, id: Any, tool: str, t: float = 0.0, *, by: str | None = "user", **arguments: Any) -> Frame:
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": id}}
        return self.ask(id, "tools/call", params, t, by=by)

    def junk(self, data: bytes, t: float = 0.0, *, error: str = "not JSON: expected value at line 1 column 1") -> Event:
        frame = Frame(link="server", dir="s2c", type="invalid", data=data, error=error, size=len(data), t=t)
        return self.add(frame)

    def stderr(self, data: bytes, t: float = 0.0) -> Event:
        return self.add(Stderr(link="server", data=data, t=t))

    def note(self, what: str, t: float = 0.0, *, re: int | None = None, **data: Any) -> Event:
        return self.add(Note(link="server", what=what, re=re, data=data, t=t))

    def http(self, phase: Any, xid: int, t: float = 0.0, **more: Any) -> Event:
        return self.add(Http(link="server", phase=phase, xid=xid, t=t, **more))

    def closed(self, reason: str = "closed", t: float = 0.0, *, link: str = "server", **more: Any) -> Event:
        return self.add(Closed(link=link, reason=reason, t=t, **more))

    def lines(self, **look: Any) -> list[str]:
        """All events as lines of plain text."""
        return [plain(line) for line in self.styled(**look)]

    def styled(self, **look: Any) -> list[Line]:
        describer = Describer(self.timeline, Look(**look))
        return [line for event in self.events for line in describer.describe(event)]


def handshake(scene: Scene, *, capabilities: Mapping[str, Any] | None = None) -> None:
    """The legacy era's handshake, with its first quarter of a second."""
    scene.opened(0.0)
    asked: dict[str, Any] = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"sampling": {}},
        "clientInfo": {"name": "mcpwatch"},
    }
    scene.ask(0, "initialize", asked, 0.01, by="sdk")
    offered = {"logging": {}, "tools": {"listChanged": True}} if capabilities is None else capabilities
    info = {"name": "demo", "version": "1.2.0", "title": "The demo server"}
    result = {"protocolVersion": "2025-11-25", "capabilities": offered, "serverInfo": info}
    scene.reply(0, result, 0.25)
    scene.notify("notifications/initialized", None, 0.251, dir="c2s", by="sdk")
