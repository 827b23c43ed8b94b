"""A few words to tell a session with: each makes one stamped event, as the hub would, and folds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcpwatch.events import BatchItem, Closed, Direction, Event, Frame, Http, JsonId, Note, Opened, Stderr, Transport
from mcpwatch.model import Exchange, Timeline
from mcpwatch.model.shapes import mapping, text

META = "io.modelcontextprotocol/"
MODERN: dict[str, Any] = {
    META + "protocolVersion": "2026-07-28",
    META + "clientInfo": {"name": "mcpwatch", "version": "0"},
    META + "clientCapabilities": {"sampling": {}},
}


class Story:
    """Events in order, a second apart unless `at` says otherwise; `timeline` has folded all of them."""

    def __init__(self, *, fetch: bool = True) -> None:
        self.events: list[Event] = []
        self.timeline = Timeline(self.fetch if fetch else None)
        self._asked: dict[tuple[str, Direction, str], Frame] = {}

    def fetch(self, seq: int) -> Event:
        return self.events[seq - 1]

    def stamps(self, at: float | None) -> dict[str, Any]:
        return {"seq": len(self.events) + 1, "t": float(len(self.events)) if at is None else at}

    def add(self, event: Event) -> int:
        self.events.append(event)
        self.timeline.apply(event)
        return event.seq

    def opened(
        self, link: str = "server", *, transport: Transport = "stdio", mode: Any = "client", target: Any = None
    ) -> int:
        target = {"command": "python", "args": ["my server.py"]} if target is None else target
        return self.add(Opened(link=link, mode=mode, transport=transport, target=target, pid=7, **self.stamps(None)))

    def closed(self, link: str = "server", reason: str = "closed", **more: Any) -> int:
        return self.add(Closed(link=link, reason=reason, **more, **self.stamps(None)))

    def note(self, what: str, re: int | None = None, *, link: str = "server", **data: Any) -> int:
        return self.add(Note(link=link, what=what, re=re, data=data, **self.stamps(None)))

    def http(self, phase: Any, xid: int, *, link: str = "server", **more: Any) -> int:
        return self.add(Http(link=link, phase=phase, xid=xid, **more, **self.stamps(None)))

    def stderr(self, data: bytes, *, link: str = "server") -> int:
        return self.add(Stderr(link=link, data=data, **self.stamps(None)))

    def request(
        self,
        method: str,
        params: Any = None,
        *,
        id: JsonId = 1,
        link: str = "server",
        dir: Direction = "c2s",
        at: float | None = None,
        xid: int | None = None,
        by: str | None = None,
    ) -> int:
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
        said = mapping(params)
        about = text(said.get("name", said.get("uri")))
        frame = self._frame(message, link, dir, "request", at, xid, method=method, id=id, name=about, by=by)
        self._asked[link, dir, repr(id)] = frame
        return self.add(frame)

    def ask(self, method: str, params: Any = None, **more: Any) -> int:
        """A request of the server."""
        return self.request(method, params, dir="s2c", **more)

    def result(
        self,
        result: Any = None,
        *,
        id: JsonId = 1,
        link: str = "server",
        dir: Direction = "s2c",
        at: float | None = None,
        xid: int | None = None,
        error: Any = None,
    ) -> int:
        asked = self._asked.pop((link, "c2s" if dir == "s2c" else "s2c", repr(id)), None)
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": id}
        message |= {"result": result} if error is None else {"error": error}
        known: dict[str, Any] = {}
        if asked is not None:
            known = {"re": asked.seq, "method": asked.method, "name": asked.name}
        return self.add(
            self._frame(message, link, dir, "response" if error is None else "error", at, xid, id=id, **known)
        )

    def error(self, message: str, *, code: int = -32603, data: Any = None, **more: Any) -> int:
        return self.result(error={"code": code, "message": message, "data": data}, **more)

    def tell(
        self,
        method: str,
        params: Any = None,
        *,
        link: str = "server",
        dir: Direction = "s2c",
        at: float | None = None,
        xid: int | None = None,
    ) -> int:
        """A notification."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        return self.add(self._frame(message, link, dir, "notification", at, xid, method=method))

    def progress(self, token: Any, progress: Any, total: Any = None, message: Any = None, **more: Any) -> int:
        params = {"progressToken": token, "progress": progress, "total": total, "message": message}
        said = {k: v for k, v in params.items() if v is not None}
        return self.tell("notifications/progress", said, **more)

    def log(self, level: Any = "info", data: Any = "hello", **more: Any) -> int:
        return self.tell("notifications/message", {"level": level, "data": data}, **more)

    def invalid(self, data: bytes, *, link: str = "server", dir: Direction = "s2c") -> int:
        return self.add(
            Frame(link=link, dir=dir, type="invalid", data=data, error="not JSON", size=len(data), **self.stamps(None))
        )

    def batch(self, *parts: tuple[BatchItem, Any], link: str = "server", dir: Direction = "s2c") -> int:
        messages = [message for _, message in parts]
        items = tuple(item for item, _ in parts)
        return self.add(self._frame(messages, link, dir, "batch", None, None, items=items))

    def _frame(
        self, message: Any, link: str, dir: Direction, type: Any, at: float | None, xid: int | None, **more: Any
    ) -> Frame:
        data = json.dumps(message).encode()
        return Frame(
            link=link,
            dir=dir,
            type=type,
            data=data,
            message=message,
            size=len(data),
            xid=xid,
            **more,
            **self.stamps(at),
        )

    # What a session begins with, and what tests ask for most

    def legacy(self, link: str = "server", **more: Any) -> Story:
        self.opened(link, **more)
        client: dict[str, Any] = {
            "protocolVersion": "2025-11-25",
            "capabilities": {"sampling": {}},
            "clientInfo": {"name": "mcpwatch"},
        }
        self.request("initialize", client, id=0, link=link)
        server: dict[str, Any] = {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "weather"},
        }
        self.result(server, id=0, link=link)
        self.tell("notifications/initialized", dir="c2s", link=link)
        return self

    def modern(self, link: str = "server", **more: Any) -> Story:
        self.opened(link, **more)
        self.request("server/discover", {"_meta": MODERN}, id=0, link=link)
        self.result(
            {
                "supportedVersions": ["2025-11-25", "2026-07-28"],
                "capabilities": {"tools": {"listChanged": True}},
                "instructions": "Be kind.",
                "_meta": {META + "serverInfo": {"name": "weather", "title": "Weather", "version": "3"}},
            },
            id=0,
            link=link,
        )
        return self

    def opened_http(self) -> Story:
        self.opened(transport="http", target={"url": "https://example.com/mcp"})
        return self

    def call(self, name: str = "work", *, id: JsonId = 1, token: Any = None, more: Any = None, **where: Any) -> int:
        meta: Mapping[str, Any] = {} if token is None else {"progressToken": token}
        return self.request("tools/call", {"name": name, "_meta": meta, **(more or {})}, id=id, **where)

    @property
    def last(self) -> Exchange:
        return self.timeline.exchanges[-1]

    def found(self, seq: int) -> Exchange:
        exchange = self.timeline.exchange(seq)
        assert exchange is not None
        return exchange
