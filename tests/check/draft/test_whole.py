"""The script that a recording becomes: targets, answers, steps that ran together, what was cancelled."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.draft import draft
from mcpwatch.check.script import script_from
from mcpwatch.documents import parse_document
from mcpwatch.errors import UsageError
from mcpwatch.events import Event, Frame, Note, Opened
from mcpwatch.hub import Hub

ANSWER = {"role": "assistant", "model": "mcpwatch", "stopReason": "endTurn"}


class Told:
    """A recording as it is told: who said what, stamped and paired by a hub."""

    def __init__(self, target: dict[str, Any] | None = None, link: str = "srv") -> None:
        self.events: list[Event] = []
        self.hub = Hub()
        self.hub.attach(self.events.append)
        self.link = link
        self.id = 0
        target = {"command": "srv", "args": []} if target is None else target
        transport = "http" if "url" in target else "stdio"
        self.hub.publish(Opened(link=link, mode="client", transport=transport, target=target))
        capabilities: dict[str, Any] = {"sampling": {}, "elicitation": {}, "roots": {}}
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": capabilities}, by="mcpwatch")
        self.tell(self.id, {"protocolVersion": "2025-11-25", "capabilities": {}})

    def ask(self, method: str, params: Any, *, by: str | None = "user") -> int:
        self.id += 1
        self._frame("c2s", "request", {"id": self.id, "method": method, "params": params}, by)
        return self.id

    def tell(self, id: int, result: Any = None, error: Any = None) -> None:
        body = {"id": id, "result": result} if error is None else {"id": id, "error": error}
        self._frame("s2c", "response" if error is None else "error", body, None)

    def call(self, tool: str, arguments: Any = None, **result: Any) -> None:
        params: dict[str, Any] = {"name": tool, "_meta": {"progressToken": self.id + 1}}
        self.tell(self.ask("tools/call", params | ({} if arguments is None else {"arguments": arguments})), result)

    def sampled(self, text: str, said: str) -> None:
        content = {"type": "text", "text": text}
        params = {"messages": [{"role": "user", "content": content}], "maxTokens": 5}
        asked = self._frame("s2c", "request", {"id": "q", "method": "sampling/createMessage", "params": params}, None)
        self.hub.publish(Note(link=self.link, what="answered", re=asked.seq, data={"rule": "x"}))
        self._frame(
            "c2s", "response", {"id": "q", "result": {**ANSWER, "content": {"type": "text", "text": said}}}, "answer"
        )

    def rooted(self, uri: str, name: str) -> None:
        asked = self._frame("s2c", "request", {"id": "r", "method": "roots/list"}, None)
        self.hub.publish(Note(link=self.link, what="answered", re=asked.seq, data={"rule": "x"}))
        self._frame("c2s", "response", {"id": "r", "result": {"roots": [{"uri": uri, "name": name}]}}, "answer")

    def notify(self, method: str, params: Any, dir: Any = "c2s", by: str | None = "user") -> None:
        self._frame(dir, "notification", {"method": method, "params": params}, by if dir == "c2s" else None)

    def _frame(self, dir: Any, type: Any, body: dict[str, Any], by: str | None) -> Frame:
        message = {"jsonrpc": "2.0", **body}
        params = body.get("params")
        name = params.get("name") or params.get("uri") if isinstance(params, dict) else None  # pyright: ignore
        return self.hub.publish(
            Frame(
                link=self.link,
                dir=dir,
                type=type,
                data=json.dumps(message).encode(),
                message=message,
                method=body.get("method"),
                id=body.get("id"),
                name=name,  # pyright: ignore[reportUnknownArgumentType]
                by=by,
            )
        )

    def drafted(self, folder: Path = Path("/srv")) -> dict[str, Any]:
        """What the draft says, once it has been read as a script."""
        text = draft(self.events, lambda seq: self.events[seq - 1], source="last", folder=folder)
        document = parse_document(text, "t.mcpw.yaml")
        script_from(document, Path("t.mcpw.yaml"))
        return document.value


def text(said: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": said}]


def test_calls_become_steps_with_what_looks_stable() -> None:
    told = Told()
    told.call("say", {"text": "hello"}, content=text("hello"))
    told.call("add", {"a": 1}, content=text("4"), structuredContent={"sum": 4, "at": "2026-11-21T10:00:00Z"})
    told.call("broken", content=text("It broke."), isError=True)
    told.tell(told.ask("tools/call", {"name": "gone"}), error={"code": -32602, "message": "Unknown tool 7f3a9b2c1d"})
    assert told.drafted()["steps"] == [
        {"call": "say", "args": {"text": "hello"}, "expect": {"ok": True, "text": "hello"}},
        {"call": "add", "args": {"a": 1}, "expect": {"ok": True}},
        {"call": "broken", "expect": {"ok": False, "text": "It broke."}},
        {"call": "gone", "expect": {"error": {"code": -32602, "message": "Unknown tool"}}},
    ]


def test_what_looks_like_a_variable_stays_what_it_was() -> None:
    told = Told({"command": "srv", "args": ["${HOME}"]})
    told.tell(told.ask("tools/list", {}), {"tools": [{"name": "${HOME}"}]})
    told.call("${HOME}", {"a": "${HOME}"}, content=text("see ${HOME}"))
    drafted = told.drafted()
    assert drafted["target"]["args"] == ["$${HOME}"]
    assert drafted["steps"] == [
        {"list": "tools", "expect": {"includes": ["$${HOME}"]}},
        {"call": "$${HOME}", "args": {"a": "$${HOME}"}, "expect": {"ok": True, "text": "see $${HOME}"}},
    ]


def test_what_ran_at_the_same_time_stands_together() -> None:
    told = Told()
    first, second = told.ask("tools/call", {"name": "a"}), told.ask("tools/call", {"name": "b"})
    told.tell(second, {})
    told.tell(first, {})
    told.call("c")
    steps = told.drafted()["steps"]
    assert [step["call"] for step in steps[0]["together"]] == ["a", "b"]
    assert steps[1]["call"] == "c"


def test_what_was_cancelled_is_cancelled_where_it_was() -> None:
    told = Told()
    id = told.ask("tools/call", {"name": "long", "_meta": {"progressToken": 2}})
    for number in (1, 2):
        told.notify("notifications/progress", {"progressToken": 2, "progress": number}, "s2c")
    told.notify("notifications/cancelled", {"requestId": id}, by="mcpwatch")
    assert told.drafted()["steps"] == [{"call": "long", "cancel": {"at_progress": 2}}]


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ([("What is it?", "This."), ("What is it?", "This.")], [{"sampling": "What is it?", "text": "This."}]),
        (
            [("What is it?", "This."), ("What is it?", "That.")],
            [{"sampling": "What is it?", "each": [{"text": "This."}, {"text": "That."}]}],
        ),
        (
            [("Why?", "So."), ("Why? And how?", "Thus.")],
            [{"sampling": {"text": {"equals": "Why?"}}, "text": "So."}, {"sampling": "Why? And how?", "text": "Thus."}],
        ),
        ([("It is 10:35 now.", "Yes.")], [{"sampling": {"nth": 1}, "text": "Yes."}]),
    ],
)
def test_answers_become_rules_by_what_was_asked(said: list[tuple[str, str]], rules: Sequence[Any]) -> None:
    told = Told()
    for asked, answered in said:
        id = told.ask("tools/call", {"name": "ask"})
        told.sampled(asked, answered)
        told.tell(id, {})
    drafted = told.drafted()
    assert drafted["answers"] == rules
    assert "asked" in drafted["steps"][0]["expect"]


def test_what_comes_from_an_offered_root_is_left_out_and_that_it_was_asked_for_is_expected() -> None:
    told = Told()
    id = told.ask("tools/call", {"name": "tree", "arguments": {"path": "notes/a.txt"}})
    told.rooted("file:///srv/here", "here")
    said = "Folders that you may use\nfile:///srv/here\nin the folder here, which is the longest of the lines"
    data = {"name": "here", "places": ["file:///srv/here/sub"], "path": "notes/a.txt", "where": "thereabouts"}
    told.tell(id, {"content": text(said), "structuredContent": data})
    id = told.ask("tools/call", {"name": "other"})
    told.rooted("file:///srv/here", "here")
    told.tell(id, {"content": text("It has nothing to do with folders")})
    first, second = told.drafted()["steps"]
    assert first["expect"] == {
        "ok": True,
        "text": "Folders that you may use",
        "data": {"path": "notes/a.txt", "where": "thereabouts"},
        "asked": [{"roots": {}}],
    }
    assert second["expect"] == {"ok": True, "text": "It has nothing to do with folders"}


def test_notifications_requests_lists_and_completions_are_steps_too() -> None:
    told = Told()
    told.tell(told.ask("tools/list", {}), {"tools": [{"name": "a"}], "nextCursor": "2"})
    told.tell(told.ask("tools/list", {"cursor": "2"}), {"tools": [{"name": "b"}]})
    told.notify("x/y", {"a": "${HOME}"})
    told.tell(told.ask("x/custom", {"n": 1}), {})
    complete = {"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "city", "value": "O"}}
    told.tell(told.ask("completion/complete", complete), {"completion": {"values": ["Oslo"]}})
    told.tell(told.ask("resources/read", {"uri": "a://b"}), {"contents": [{"uri": "a://b", "text": "some words"}]})
    told.tell(told.ask("resources/subscribe", {"uri": "a://b"}), {})
    assert told.drafted()["steps"] == [
        {"list": "tools", "expect": {"includes": ["a", "b"]}},
        {"notify": "x/y", "params": {"a": "$${HOME}"}},
        {"request": "x/custom", "params": {"n": 1}, "expect": {"ok": True}},
        {"complete": "p", "argument": {"city": "O"}, "expect": {"ok": True, "includes": ["Oslo"]}},
        {"read": "a://b", "expect": {"ok": True, "text": "some words"}},
        {"subscribe": "a://b", "expect": {"ok": True}},
    ]


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ({"command": "/x/bin/python", "args": ["-m", "mcpwatch.demo"]}, "demo"),
        ({"command": "npx", "args": ["-y", "srv"]}, {"command": "npx", "args": ["-y", "srv"]}),
        ({"command": "/no/such/python", "args": ["s.py"]}, {"target": "s.py", "python": "/no/such/python"}),
        ({"command": "srv", "args": [], "env_keys": ["KEY"]}, {"command": "srv", "env": {"KEY": "${KEY}"}}),
        ({"command": "srv", "args": [], "cwd": "/srv/sub"}, {"command": "srv", "cwd": "sub"}),
        ({"url": "https://x.example/mcp"}, "https://x.example/mcp"),
        (
            {"url": "https://x.example/mcp", "header_keys": ["X-Api-Key"]},
            {"url": "https://x.example/mcp", "headers": {"X-Api-Key": "${X_API_KEY}"}},
        ),
    ],
)
def test_a_target_is_written_as_a_person_would(target: dict[str, Any], written: Any) -> None:
    told = Told(target)
    told.call("x")
    assert told.drafted()["target"] == written


def test_a_file_that_the_usual_interpreter_runs_is_only_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.py").write_text("")
    monkeypatch.setenv("VIRTUAL_ENV", str(Path(sys.executable).parent.parent))
    told = Told({"command": str(Path(sys.executable).parent / "python"), "args": [str(tmp_path / "s.py")]})
    told.call("x")
    assert told.drafted(tmp_path)["target"] == "s.py"


def test_a_recording_without_a_server_or_without_a_call_is_no_script() -> None:
    with pytest.raises(UsageError, match="Nobody called anything in last"):
        Told().drafted()
    with pytest.raises(UsageError, match="no server that was connected"):
        draft([], lambda seq: pytest.fail("nothing to read"), source="last", folder=Path())
