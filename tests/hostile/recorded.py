"""A recording that holds everything at once: each payload in each field, over stdio, over HTTP, on links and in notes.

The events pass the wire's own classification and a hub, so that requests and answers are paired as they are live.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mcpwatch.events import Closed, Direction, Event, Http, Note, Opened, Stderr
from mcpwatch.hub import Hub
from mcpwatch.recording import Writer
from mcpwatch.wire.framing import classify
from tests.hostile.payloads import PAYLOADS
from tests.hostile.speech import META, Message, Mouth, dump

__all__ = ["NOTES", "SEEN", "everything", "fields_of"]

SEEN = "~~seen~~"
NOTES = (
    *("not-sent", "view-dropped", "handler-failed", "unreadable", "refused", "rewritten", "unasked", "restarted"),
    *("not-connected", "transport", "made-up", "waiting", "answered", "model", "held-back", "signalled"),
)


class _Story:
    def __init__(self, hub: Hub, mouth: Mouth) -> None:
        self.hub, self.mouth = hub, mouth
        self.xid = 0
        self._id = 100

    def add(self, *events: Event) -> None:
        for event in events:
            self.hub.publish(event)

    def says(self, message: Any, dir: Direction = "s2c", *, link: str = "server", xid: int | None = None) -> None:
        by = None if dir == "s2c" else "user"
        self.add(classify(dump(message), link=link, dir=dir, xid=xid, by=by))

    def asks(self, method: str, params: Any, answer: Message, *, link: str = "server", dir: Direction = "c2s") -> None:
        """A request and what it got: `answer` is `{"result": …}` or `{"error": …}`."""
        self._id += 1
        back: Direction = "s2c" if dir == "c2s" else "c2s"
        self.says({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}, dir, link=link)
        self.says({"jsonrpc": "2.0", "id": self._id, **answer}, back, link=link)


def everything(path: Path, turns: Iterable[int] = range(len(PAYLOADS))) -> Path:
    """Write it, with everything said in each of `turns`."""
    mouth = Mouth()
    hub = Hub()
    writer = Writer(path, started=hub.started, policy="off", force=True)
    hub.record(writer.write)
    story = _Story(hub, mouth)
    try:
        _begun(story)
        for turn in turns:
            mouth.turn = turn
            _called(story, f"t{turn}")
            _noted(story)
            _over_http(story)
        _ended(story)
    finally:
        writer.close(exit=0)
    return path


def _begun(story: _Story) -> None:
    mouth = story.mouth
    target = {
        "command": mouth("command"),
        "args": [mouth("arg"), mouth("arg.2")],
        "env_keys": [mouth("env")],
        "cwd": mouth("cwd"),
    }
    story.add(Opened(link="server", mode="client", transport="stdio", target=target, pid=1))
    client: Message = {"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}}, "clientInfo": {"name": "c"}}
    story.asks("initialize", client, {"result": mouth.handshake()})
    story.says({"jsonrpc": "2.0", "method": "notifications/initialized"}, "c2s")


def _called(story: _Story, token: str) -> None:
    mouth = story.mouth
    story.asks("tools/list", {}, {"result": {"tools": mouth.tools(), "nextCursor": mouth("cursor")}})
    story.asks("resources/list", {}, {"result": {"resources": mouth.resources()}})
    story.asks("resources/templates/list", {}, {"result": {"resourceTemplates": mouth.templates()}})
    story.asks("prompts/list", {}, {"result": {"prompts": mouth.prompts()}})
    arguments = {mouth("argument"): mouth("argument.value")}
    params = {"name": mouth("call.name"), "arguments": arguments, "_meta": {"progressToken": token}}
    story.says({"jsonrpc": "2.0", "id": token, "method": "tools/call", "params": params}, "c2s")
    for one in mouth.notifications(token):
        story.says(one)
    story.says({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": mouth("null.error")}})
    for line in mouth.junk().splitlines():
        story.add(classify(line, link="server", dir="s2c"))
    story.add(Stderr(link="server", data=mouth.stderr()))
    for method, asked in mouth.questions():
        story.asks(method, asked, {"result": {"action": "accept", "content": {"x": mouth("answer")}}}, dir="s2c")
    story.asks("sampling/createMessage", {}, {"error": {"code": -1, "message": mouth("answer.error")}}, dir="s2c")
    story.says({"jsonrpc": "2.0", "id": token, "result": mouth.result()})
    call: Message = {"name": "work", "arguments": {}}
    story.asks("tools/call", call, {"error": mouth.error()})
    story.asks("tools/call", call, {"result": mouth.failed()})
    story.asks("resources/read", {"uri": mouth("read.uri")}, {"result": mouth.read()})
    story.asks("prompts/get", {"name": mouth("get.name"), "arguments": arguments}, {"result": mouth.prompted()})
    reference = {"ref": {"type": "ref/prompt", "name": mouth("ref.name")}, "argument": {"name": "a", "value": "b"}}
    story.asks("completion/complete", reference, {"result": mouth.completed()})
    story.asks(mouth("request.method"), {mouth("request.key"): 1}, {"result": {mouth("request.result"): 1}})
    batch = [{"jsonrpc": "2.0", "method": mouth("batch.method")}, {"jsonrpc": "2.0", "id": mouth("batch.id")}]
    story.says(batch)
    story.says({"jsonrpc": "2.0", "id": mouth("open.id"), "method": "tools/call", "params": {"name": "never"}}, "c2s")
    for deprecated in ("x", "y"):
        story.says({"jsonrpc": "2.0", "id": f"d{deprecated}{token}", "method": "ping"}, "c2s")


def _noted(story: _Story) -> None:
    mouth = story.mouth
    for what in (*NOTES, mouth("note.what")):
        data = {
            **{key: mouth(f"note.{key}") for key in ("error", "rule", "why", "reason", "method", "url", "as", "model")},
            **{key: mouth(f"note.{key}") for key in ("host", "problem", "by", "handler", "transport", "instead_of")},
            mouth("note.key"): [mouth("note.item")],
        }
        story.add(Note(link="server", what=what, re=3, data=data))


def _over_http(story: _Story) -> None:
    mouth = story.mouth
    web = f"web{mouth('link')}"[:300]
    url = f"https://user@h.example/{mouth('url.path')}?{mouth('url.query')}#{mouth('url.fragment')}"
    story.add(Opened(link=web, mode="proxy", transport="http", target={"url": url, "headers": [[mouth("h"), "x"]]}))
    modern: Message = {"_meta": {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": {"sampling": {}}}}
    story.xid += 1
    xid = story.xid
    headers = tuple((mouth(f"header.{n}"), mouth(f"header.{n}.value")) for n in range(3))
    headers += (("Mcp-Session-Id", mouth("session.id")), ("Content-Type", mouth("content-type")))
    headers += (("WWW-Authenticate", f'Bearer resource_metadata="{mouth("metadata.url")}"'), ("Location", mouth("to")))
    story.add(Http(link=web, phase="request", xid=xid, verb=mouth("verb"), url=url, headers=headers))
    story.says({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": modern}, "c2s", link=web, xid=xid)
    story.add(Http(link=web, phase="response", xid=xid, status=200, headers=headers))
    sse: dict[str, Any] = {
        "event": mouth("sse.event"),
        "event_id": mouth("sse.id"),
        "retry": 3,
        "comment": mouth("sse.comment"),
    }
    story.add(Http(link=web, phase="sse", xid=xid, **sse))
    story.says({"jsonrpc": "2.0", "id": 1, "result": mouth.discovered()}, link=web, xid=xid)
    story.add(Http(link=web, phase="end", xid=xid, size=3))
    asked: Message = {
        f"r{n}": {"method": method, "params": params} for n, (method, params) in enumerate(mouth.questions())
    }
    state = mouth("state")
    needs: Message = {
        "resultType": "input_required",
        "inputRequests": {**asked, mouth("round.key"): 1},
        "requestState": state,
    }
    call: Message = {"name": "work", "arguments": {}, **modern}
    story.asks("tools/call", call, {"result": needs}, link=web)
    said = {"r0": {"action": "accept", "content": {"x": mouth("round.answer")}}}
    more: Message = {**call, "inputResponses": said, "requestState": state}
    story.asks("tools/call", more, {"result": {**mouth.result(), "resultType": mouth("result.type")}}, link=web)
    failed = story.xid = xid + 1
    story.add(
        Http(link=web, phase="request", xid=failed, verb="POST", url=url, headers=headers),
        Http(link=web, phase="response", xid=failed, status=401, headers=headers),
        Http(link=web, phase="body", xid=failed, text=mouth("body")),
        Http(link=web, phase="body", xid=failed, text=dump({"issuer": mouth("oauth.issuer")}).decode()),
        Http(link=web, phase="error", xid=failed, error=mouth("http.error")),
        Closed(link=web, reason=mouth("closed.reason"), signal=mouth("signal"), error=mouth("closed.error")),
    )


def _ended(story: _Story) -> None:
    story.asks("tools/call", {"name": "work"}, {"result": {"content": [{"type": "text", "text": SEEN}]}})
    story.add(Closed(link="server", reason="exit", code=3, error=story.mouth("closed.error")))


def fields_of(path: Path) -> int:
    """In how many fields a payload stands in a recording: each has its name behind it."""
    return len(set(_FIELD.findall(path.read_bytes())))


_FIELD = re.compile(rb"~([a-z0-9.]+)~")
