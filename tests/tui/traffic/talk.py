"""Recordings for the lists: a conversation written down event by event, with times of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcpwatch.events import Closed, Direction, Event, Frame, FrameType, JsonId, Note, Opened, Stderr
from mcpwatch.recording import Writer

__all__ = ["HOSTILE", "STARTED", "Talk", "everyday", "save"]

STARTED = datetime(2026, 11, 21, 1, 45, tzinfo=UTC)
HOSTILE = (
    "esc\x1b[31mred\x1b]0;title\x07",
    "[bold red]markup[/bold red]",
    "[/nope]",
    "[@click=app.quit]press[/]",
    "[link=https://evil.example]link[/link]",
    "bidi\u202eevil\u2066x\u2069",
    "wide\u5bbd\u5b57\U0001f4a9\u200d\U0001f469",
    "zero\u200bwidth\ufeff\u00ad",
    "tab\tline\nreturn\rend",
    "marks" + "\u0301" * 40,
    "c1\x9b31m\x85",
    "lone\ud800",
)
"""What a server may call a thing, or say."""


class Talk:
    """Events in order; each is a hundredth of a second after the one before."""

    def __init__(self, link: str = "server", *, opened: bool = True) -> None:
        self.events: list[Event] = []
        self.link = link
        self.asked: dict[int, Frame] = {}
        if opened:
            self.add(
                Opened(link=link, mode="client", transport="stdio", target={"command": "python", "args": ["srv.py"]})
            )

    def add(self, event: Event) -> int:
        """Write an event down; its number."""
        seq = len(self.events) + 1
        self.events.append(replace(event, seq=seq, t=round(seq / 100, 6)))
        return seq

    def frame(self, type: FrameType, dir: Direction, message: Any, **more: Any) -> int:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        fields: dict[str, Any] = {"link": self.link, "size": len(data), **more}
        return self.add(Frame(dir=dir, type=type, data=data, message=message, **fields))

    def request(
        self,
        method: str,
        params: Any = None,
        *,
        id: JsonId = None,
        dir: Direction = "c2s",
        name: str | None = None,
        **more: Any,
    ) -> int:
        used = len(self.events) if id is None else id
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": used, "method": method}
        if params is not None:
            message["params"] = params
        by = "user" if dir == "c2s" else None
        seq = self.frame("request", dir, message, method=method, id=used, name=name, by=by, **more)
        asked = self.events[-1]
        assert isinstance(asked, Frame)
        self.asked[seq] = asked
        return seq

    def call(self, tool: str, arguments: Any = None, **more: Any) -> int:
        given: dict[str, Any] = {"name": tool, "arguments": arguments or {}}
        return self.request("tools/call", {**given, "_meta": {"progressToken": len(self.events)}}, name=tool, **more)

    def answer(self, re: int, result: Any = None, *, error: Any = None, **more: Any) -> int:
        asked = self.asked[re]
        said: dict[str, Any] = {"jsonrpc": "2.0", "id": asked.id}
        said |= {"error": error} if error is not None else {"result": {} if result is None else result}
        return self.frame(
            "error" if error is not None else "response",
            "s2c" if asked.dir == "c2s" else "c2s",
            said,
            method=asked.method,
            id=asked.id,
            name=asked.name,
            re=re,
            ms=(len(self.events) + 1 - re) * 10.0,
            **more,
        )

    def text(self, re: int, text: str, *, failed: bool = False, **more: Any) -> int:
        return self.answer(re, {"content": [{"type": "text", "text": text}], "isError": failed}, **more)

    def notify(self, method: str, params: Any = None, *, dir: Direction = "s2c") -> int:
        message = {"jsonrpc": "2.0", "method": method, **({} if params is None else {"params": params})}
        return self.frame("notification", dir, message, method=method)

    def progress(self, re: int, value: int, message: str = "") -> int:
        token = self.asked[re].params["_meta"]["progressToken"]
        return self.notify(
            "notifications/progress", {"progressToken": token, "progress": value, "total": 10, "message": message}
        )

    def log(self, text: Any, level: str = "info") -> int:
        return self.notify("notifications/message", {"level": level, "data": text, "logger": "main"})

    def stderr(self, text: str) -> int:
        return self.add(Stderr(link=self.link, data=text.encode("utf-8", "surrogatepass")))

    def junk(self, data: bytes) -> int:
        return self.add(
            Frame(link=self.link, dir="s2c", type="invalid", data=data, size=len(data), error="not JSON: whatever")
        )

    def note(self, what: str, re: int | None = None, **data: Any) -> int:
        return self.add(Note(link=self.link, what=what, re=re, data=data))

    def closed(self, code: int = 0) -> int:
        return self.add(Closed(link=self.link, reason="exit", code=code))

    def save(self, folder: Path, *, name: str = "talk.mcpw.jsonl") -> Path:
        return save(folder / name, self.events)


def save(path: Path, events: Iterable[Event]) -> Path:
    """A complete recording of these events."""
    writer = Writer(path, started=STARTED)
    for event in events:
        writer.write(event)
    return writer.close(0)


def everyday() -> Talk:
    """A handshake, a list, a call with all that can belong to one, a failed one, and things beside the protocol."""
    talk = Talk()
    hello = talk.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {}})
    talk.answer(hello, {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "w"}})
    talk.notify("notifications/initialized", dir="c2s")
    listed = talk.request("tools/list", {})
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "city": {"type": "string"}}, "required": ["n"]}
    talk.answer(listed, {"tools": [{"name": "add", "description": "Adds things.", "inputSchema": schema}]})
    call = talk.call("add", {"n": 7, "city": "Paris"})
    talk.progress(call, 1, "first")
    talk.log("working")
    asked = talk.request("sampling/createMessage", {"messages": [], "maxTokens": 5}, id=900, dir="s2c")
    talk.note("answered", asked, rule="--sampling", who="rule")
    talk.answer(asked, {"role": "assistant", "content": {"type": "text", "text": "Sun"}, "model": "m"})
    talk.progress(call, 2, "second")
    talk.text(call, "done it")
    talk.stderr("a warning of the server\n")
    talk.junk(b"hello world")
    bad = talk.call("add", {"n": "seven"})
    talk.text(bad, "n is no number", failed=True)
    worse = talk.request("nope/nope", {"x": 1})
    talk.answer(worse, error={"code": -32601, "message": "Method not found"})
    talk.closed()
    return talk
