from __future__ import annotations

from typing import Any

from mcpwatch.events import Closed
from mcpwatch.view.states import state_lines
from mcpwatch.view.style import plain
from tests.view.scene import HOSTILE, Scene


def scene(name: str = "srv", **result: Any) -> Scene:
    made = Scene()
    made.opened()
    asks: dict[str, Any] = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"sampling": {}},
        "clientInfo": {"name": "me"},
    }
    made.frame("c2s", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": asks}, 0.1)
    said = {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {"listChanged": True}, "logging": {}},
        "serverInfo": {"name": name, "version": "1.0"},
        **result,
    }
    made.frame("s2c", {"jsonrpc": "2.0", "id": 1, "result": said}, 0.2)
    return made


def lines(made: Scene) -> list[str]:
    return [plain(line) for line in state_lines(made.timeline.states().values())]


def test_who_is_there_what_changed_how_often_and_what_runs_and_waits() -> None:
    made = scene()
    for t in (1.0, 4.0):
        made.frame("s2c", {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}, t)
    updated = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "a://b"}}
    made.frame("s2c", updated, 5.0)
    call = {"name": "work", "arguments": {}, "_meta": {"progressToken": "t"}}
    made.frame("c2s", {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}, 6.0)
    progress = {"progressToken": "t", "progress": 2, "total": 5, "message": "Shelf 2"}
    made.frame("s2c", {"jsonrpc": "2.0", "method": "notifications/progress", "params": progress}, 7.0)
    made.frame("s2c", {"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {"messages": []}}, 8.0)
    said = lines(made)
    assert said[: said.index(numbers(said)[0])] == [
        "server  open",
        "  server            srv 1.0",
        "  speaks            MCP 2025-11-25 · legacy era · stdio · client",
        "  capabilities      tools · logging",
        "  tools changed     ×2 · 1.0 s … 4.0 s",
        "  updated           a://b ×1 · 5.0 s",
        "  running           work 2 of 5  Shelf 2 since 6.0 s",
        "  unanswered        sampling/createMessage during work since 8.0 s",
    ]


def numbers(said: list[str]) -> list[str]:
    """The lines of the statistics."""
    start = next(at for at, line in enumerate(said) if line.startswith("  stats "))
    return said[start:]


def test_how_often_how_fast_and_how_much_by_method_and_below_it_by_name() -> None:
    made = scene()
    for id, t in ((2, 1.0), (3, 2.0)):
        call: dict[str, Any] = {"name": "work", "arguments": {}}
        made.frame("c2s", {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call}, t)
        failed: dict[str, Any] = {"content": [], "isError": id == 3}
        made.frame("s2c", {"jsonrpc": "2.0", "id": id, "result": failed}, t + 0.5)
    assert numbers(lines(made))[:2] == [
        "  stats             → tools/call                     ×2 · 1 error · p50 500 ms p90 500 ms p99 500 ms · 299 B",
        "                        work                         ×2 · 1 error · p50 500 ms p90 500 ms p99 500 ms · 299 B",
    ]
    for number in range(30):
        made.frame("s2c", {"jsonrpc": "2.0", "method": f"x/{number}"}, 9.0)
    assert numbers(lines(made))[-1].strip() == "… 13 more (--json has all)"


def test_how_a_link_ended() -> None:
    made = scene()
    made.add(Closed(link="server", reason="exit", code=3, t=9.0))
    assert lines(made)[0] == "server  ended after 9.0 s: exit code 3"


def test_nothing_of_a_servers_reaches_the_screen_as_it_is() -> None:
    made = scene(HOSTILE, capabilities={HOSTILE: {}}, instructions=HOSTILE)
    updated = {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": HOSTILE}}
    made.frame("s2c", updated, 5.0)
    said = "\n".join(lines(made))
    assert not set(said) & set("\x1b\x07\x9b\x85\u2028\r\u202e\u2066\u200b\ufeff")
    assert said.count("[/nope]") == 3
