from __future__ import annotations

from mcpwatch.text import width
from mcpwatch.view.bars import region
from mcpwatch.view.style import plain
from tests.view.scene import HOSTILE, Scene


def _region(scene: Scene, now: float, limit: int = 100, rows: int = 10) -> list[str]:
    empty, *lines = region(scene.timeline, now, limit, rows)
    assert empty == []
    return [plain(line) for line in lines]


def test_a_bar_per_token_with_rate_and_time_left() -> None:
    scene = Scene()
    scene.call(3, "work", 0.0)
    scene.call(4, "download", 0.0)
    scene.progress(3, 0, 10, t=1.0)
    scene.progress(3, 5, 10, "reading files", t=3.0)
    scene.progress(4, 500, t=1.0)
    scene.progress(4, 1_000, t=3.0)

    assert _region(scene, 3.5) == [
        "  work #3             ━━━━━━━━━━━━────────────  50%  5/10  2.5/s  1.5 s left  reading files",
        "  download #4         ⠴ 1,000  250/s  2.5 s",
        "  3.5 s · → 2  ← 4 · progress 2",
    ]


def test_a_spinner_turns_with_the_time() -> None:
    scene = Scene()
    scene.call(4, "download")
    scene.progress(4, 500, t=1.0)

    assert _region(scene, 1.0)[0] != _region(scene, 1.1)[0]


def test_a_bar_that_is_odd_says_how() -> None:
    scene = Scene()
    scene.call(3, "work")
    scene.progress(3, 5, 4)
    scene.progress(3, 2, 4)

    assert "(backwards, past total)" in _region(scene, 0.1)[0]


def test_a_bar_goes_when_its_call_ends() -> None:
    scene = Scene()
    scene.call(3, "work")
    scene.progress(3, 2, 4)
    scene.reply(3, {})

    assert len(_region(scene, 0.1)) == 1


def test_what_waits_says_for_how_long() -> None:
    scene = Scene()
    scene.call(4, "slow", 1.0)

    assert _region(scene, 1.5) == ["  1.5 s · → 1  ← 0"]
    assert _region(scene, 4.2)[0] == "  waiting for tools/call slow #4 · 3.2 s — the server has not answered"


def test_a_question_waits_for_us_and_not_for_the_server() -> None:
    scene = Scene()
    scene.call(4, "ask", 1.0)
    scene.ask(0, "sampling/createMessage", {"messages": [], "maxTokens": 1}, 1.1, dir="s2c")

    assert _region(scene, 3.1)[:-1] == ["  the server waits for your answer to sampling #0 · 2.0 s"]


def test_a_call_with_a_bar_and_a_stream_that_stays_open_are_not_waited_for() -> None:
    scene = Scene()
    scene.call(4, "work")
    scene.progress(4, 1, 2)
    scene.ask("listen-1", "subscriptions/listen", {"notifications": {}})

    assert not [line for line in _region(scene, 60.0) if "waiting" in line]


def test_more_than_fits_is_counted() -> None:
    scene = Scene()
    for n in range(30):
        scene.call(n, "work")
        scene.progress(n, 1, 2)
    for n in range(30, 50):
        scene.call(n, "slow")

    lines = _region(scene, 60.0, rows=9)
    assert len(lines) == 8
    assert sum("━" in line for line in lines) == 4
    assert sum("waiting" in line for line in lines) == 3
    assert lines[-1].startswith("  and 43 more · ")


def test_every_line_fits_80_columns_and_fewer() -> None:
    scene = Scene()
    scene.call(1, "a_tool_with_a_very_long_name_indeed")
    scene.progress(1, 123_456, 10_000_000, "日本語の長いメッセージ" * 5)
    scene.call(2, HOSTILE)
    scene.progress(2, 1, None, HOSTILE)
    scene.call(3, HOSTILE)
    scene.log("info", "x")
    scene.notify("x/y")
    scene.ask(1, "roots/list", None, dir="s2c")
    scene.ask(2, "elicitation/create", {"message": "x"}, dir="s2c")

    for limit in (20, 40, 79):
        lines = _region(scene, 100.0, limit)
        assert len(lines) == 6
        assert max(map(width, lines)) <= limit
        assert all(line.isprintable() for line in lines)


def test_several_links_are_named() -> None:
    scene = Scene()
    scene.opened(link="alpha")
    scene.opened(link="beta")
    params = {"name": "work", "arguments": {}, "_meta": {"progressToken": 1}}
    scene.ask(1, "tools/call", params, link="alpha")
    scene.notify("notifications/progress", {"progressToken": 1, "progress": 1}, link="alpha")
    scene.ask(1, "tools/call", params, link="beta")

    bar, wait, _ = _region(scene, 5.0)
    assert bar.startswith("  alpha work #1")
    assert wait.startswith("  beta waiting for tools/call work #1 · 5.0 s")
