"""Hand-made recordings: messages as they would cross the wire, classified by the wire's own code, and what is wrong
with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from mcpwatch.check.rules import Checker, ProtocolFinding
from mcpwatch.events import Closed, Direction, Event, Http, Note, Opened, Transport
from mcpwatch.wire.framing import classify

META = "io.modelcontextprotocol/"
SAYS: dict[str, Any] = {
    META + "protocolVersion": "2026-07-28",
    META + "clientCapabilities": {"sampling": {}, "elicitation": {}},
}
JSON = (("content-type", "application/json"),)
SERVER: dict[str, Any] = {
    "tools": {"listChanged": True},
    "resources": {"subscribe": True},
    "logging": {},
    "completions": {},
}
CLIENT: dict[str, Any] = {"sampling": {}, "elicitation": {}, "roots": {"listChanged": True}}
CACHE = {"ttlMs": 0, "cacheScope": "private"}
DONE: dict[str, Any] = {"content": [{"type": "text", "text": "done"}]}


class Told:
    """Events in order, a second apart. Each word adds one and returns the same recording."""

    def __init__(
        self, transport: Transport = "stdio", *, opened: bool = True, mode: Literal["client", "proxy"] = "client"
    ) -> None:
        self.events: list[Event] = []
        self.is_modern = False
        if opened:
            self._add(Opened(link="server", mode=mode, transport=transport, target={}))

    def _add(self, event: Event) -> Self:
        number = len(self.events) + 1
        self.events.append(replace(event, seq=number, t=float(number)))
        return self

    def line(self, data: bytes, dir: Direction = "s2c", *, eol: str = "\n", xid: int | None = None) -> Self:
        return self._add(classify(data, link="server", dir=dir, eol=eol, xid=xid))

    def says(self, message: Any, dir: Direction = "s2c", *, xid: int | None = None, by: str | None = None) -> Self:
        return self._add(replace(classify(json.dumps(message).encode(), link="server", dir=dir, xid=xid), by=by))

    def asks(self, method: str, params: Any = None, *, id: Any = 1, dir: Direction = "c2s", **more: Any) -> Self:
        message = {"jsonrpc": "2.0", "id": id, "method": method}
        return self.says(message | ({} if params is None else {"params": params}), dir, **more)

    def tells(self, method: str, params: Any = None, *, dir: Direction = "s2c", **more: Any) -> Self:
        message = {"jsonrpc": "2.0", "method": method}
        return self.says(message | ({} if params is None else {"params": params}), dir, **more)

    def answers(self, result: Any, *, id: Any = 1, dir: Direction = "s2c", **more: Any) -> Self:
        return self.says({"jsonrpc": "2.0", "id": id, "result": result}, dir, **more)

    def refuses(self, code: Any = -32603, message: Any = "no", *, id: Any = 1, dir: Direction = "s2c") -> Self:
        return self.says({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}, dir)

    def http(self, phase: Any, xid: int, **more: Any) -> Self:
        return self._add(Http(link="server", phase=phase, xid=xid, **more))

    def note(self, what: str, **data: Any) -> Self:
        return self._add(Note(link="server", what=what, data=data))

    def closed(self, reason: str = "closed", **more: Any) -> Self:
        return self._add(Closed(link="server", reason=reason, **more))

    # ---- what sessions begin with

    def legacy(self, server: Any = None, client: Any = None, version: str = "2025-11-25") -> Self:
        """A handshake with everything declared."""
        params = {"protocolVersion": version, "capabilities": CLIENT if client is None else client}
        self.asks("initialize", {**params, "clientInfo": {"name": "c", "version": "1"}}, id=0)
        result = {"protocolVersion": version, "capabilities": SERVER if server is None else server}
        self.answers({**result, "serverInfo": {"name": "s", "version": "1"}}, id=0)
        return self.tells("notifications/initialized", dir="c2s")

    def modern(self, server: Any = None) -> Self:
        """A server that was discovered."""
        self.is_modern = True
        self.asks("server/discover", {"_meta": SAYS}, id=0)
        result = {"supportedVersions": ["2026-07-28"], "capabilities": SERVER if server is None else server}
        return self.answers({**result, **CACHE, "resultType": "complete"}, id=0)

    def calls(
        self,
        name: str = "work",
        *,
        id: Any = 1,
        meta: Any = None,
        xid: int | None = None,
        by: str | None = None,
        **params: Any,
    ) -> Self:
        """A tool's call, in the era that it is."""
        says: dict[str, Any] = {**(SAYS if self.is_modern else {}), **(meta or {})}
        return self.asks("tools/call", {"name": name, "_meta": says, **params}, id=id, xid=xid, by=by)

    def done(self, result: Any = None, *, id: Any = 1, **more: Any) -> Self:
        """Its result."""
        return self.answers({"resultType": "complete", **(DONE if result is None else result)}, id=id, **more)

    def lists(self, *tools: dict[str, Any], id: Any = "l") -> Self:
        """The tools, in the era that it is."""
        self.asks("tools/list", {"_meta": SAYS} if self.is_modern else None, id=id)
        more = {**CACHE, "resultType": "complete"} if self.is_modern else {}
        return self.answers({"tools": list(tools), **more}, id=id)

    # ---- what is wrong with it

    def findings(self) -> list[ProtocolFinding]:
        checker = Checker()
        return [finding for event in self.events for finding in checker.feed(event)]

    def ids(self) -> list[str]:
        return [finding.id for finding in self.findings()]


@dataclass(frozen=True)
class Case:
    """A recording, told in one sentence: `rule` is broken by it, once and nothing else; or is not, and nothing is."""

    rule: str
    sentence: str
    told: Callable[[], Told]
    hit: bool = True

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"

    def check(self) -> None:
        findings = self.told().findings()
        assert [finding.id for finding in findings] == ([self.rule] if self.hit else []), findings
        # The page of findings says who can break a rule.
        assert all(finding.rule.by in (None, finding.by) for finding in findings), findings


def hit(rule: str, sentence: str, told: Callable[[], Told]) -> Case:
    return Case(rule, sentence, told)


def miss(rule: str, sentence: str, told: Callable[[], Told]) -> Case:
    return Case(rule, sentence, told, hit=False)
