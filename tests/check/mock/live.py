"""A client of a mock in a few words: what it sends, and what it gets for it, as parsed messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mcpwatch.check.mock.core import Mock, Pace
from mcpwatch.check.mock.story import Story, story_of
from mcpwatch.check.recorded import read_recorded
from tests.check.recordings import keep
from tests.model.story import Story as Told


class Live:
    """One client. `now` is its clock; `raw` what came last, as bytes; `told` what the mock said of it."""

    def __init__(self, story: Story, *, start: bool = True, pace: Pace = "none", **options: Any) -> None:
        self.told: list[str] = []
        self.mock = Mock(story, tell=self.told.append, pace=pace, **options)
        self.now = 100.0
        self.raw: list[bytes] = []
        self.mock.open(self.now)
        if start:
            self.begin()

    def begin(self) -> None:
        """The handshake, whichever the recording has."""
        if self.mock.story.era == "legacy":
            self.asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}}}, id="i")
            self.tells("notifications/initialized")
        else:
            self.asks("server/discover", {}, id="i")

    def sends(self, message: Any, *, after: float = 0.0) -> list[Any]:
        """What is due at once, or `after` seconds."""
        self.mock.receive(message if isinstance(message, bytes) else json.dumps(message).encode(), self.now, "here")
        return self.waits(after)

    def waits(self, seconds: float) -> list[Any]:
        self.now += seconds
        self.raw = []
        while found := self.mock.due(self.now):
            self.raw += [out.data for out in found]
        return [json.loads(one) if one.startswith(b"{") else one for one in self.raw]

    def asks(self, method: str, params: Any = None, *, id: Any = "x", after: float = 0.0) -> list[Any]:
        message = {"jsonrpc": "2.0", "id": id, "method": method}
        return self.sends(message if params is None else {**message, "params": params}, after=after)

    def calls(self, name: str = "work", arguments: Any = None, *, token: Any = None, **more: Any) -> list[Any]:
        said: dict[str, Any] = {"name": name}
        if arguments is not None:
            said["arguments"] = arguments
        if token is not None:
            said["_meta"] = {"progressToken": token}
        return self.asks("tools/call", said | more.pop("more", {}), **more)

    def tells(self, method: str, params: Any = None) -> list[Any]:
        return self.sends({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def answers(self, id: Any, result: Any) -> list[Any]:
        return self.sends({"jsonrpc": "2.0", "id": id, "result": result})


def played(told: Told, folder: Path, link: str | None = None) -> Story:
    """The story of what was told, by way of a file. Its recording is closed with the process."""
    return story_of(read_recorded(keep(told, folder / "t.mcpw.jsonl")).link(link))


def live(told: Told, folder: Path, **options: Any) -> Live:
    return Live(played(told, folder), **options)


def text(said: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}]}


def said(messages: list[Any]) -> list[str]:
    """What came, in short: methods, and the text, the error or the kind of each response."""
    return [_said(one) for one in messages]


def _said(message: Any) -> str:
    if "method" in message:
        return message["method"].removeprefix("notifications/")
    if "error" in message:
        return f"error {message['error']['code']}"
    content = message["result"].get("content")
    return content[0]["text"] if content else "result"
