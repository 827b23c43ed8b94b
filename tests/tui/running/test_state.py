"""The lines of Running, from a timeline and a time alone."""

from __future__ import annotations

from typing import Any

from mcpwatch.events import Frame, Opened
from mcpwatch.model import Timeline
from mcpwatch.tui.running.state import items_of
from mcpwatch.view.style import plain
from mcpwatch.wire.framing import classify


class Story:
    """A timeline that is told frame by frame; requests and their answers are paired as the hub would."""

    def __init__(self, *links: str) -> None:
        self.timeline = Timeline()
        self.seq = 0
        self._asked: dict[Any, tuple[int, str, str | None]] = {}
        for link in links or ("alpha",):
            self._add(Opened(link=link, mode="client", transport="stdio", target={}), 0.0)

    def _add(self, event: Any, t: float) -> None:
        self.seq += 1
        object.__setattr__(event, "seq", self.seq)
        object.__setattr__(event, "t", t)
        self.timeline.apply(event)

    def says(self, t: float, dir: Any, message: dict[str, Any], *, link: str = "alpha", by: str | None = None) -> None:
        import json

        frame: Frame = classify(json.dumps({"jsonrpc": "2.0", **message}).encode(), link=link, dir=dir)
        key = (link, message.get("id"), "c2s" if dir == "s2c" else "s2c")
        if "method" in message and "id" in message:
            self._asked[(link, message["id"], dir)] = (self.seq + 1, frame.method or "", frame.name)
        elif key in self._asked:
            re, method, name = self._asked[key]
            object.__setattr__(frame, "re", re)
            object.__setattr__(frame, "method", method)
            object.__setattr__(frame, "name", name)
        object.__setattr__(frame, "by", by)
        self._add(frame, t)

    def calls(self, t: float, id: int, tool: str, *, link: str = "alpha") -> None:
        params = {"name": tool, "arguments": {}, "_meta": {"progressToken": id}}
        self.says(t, "c2s", {"id": id, "method": "tools/call", "params": params}, link=link, by="user")

    def progress(self, t: float, token: Any, progress: Any, total: Any = None, message: Any = None) -> None:
        params = {"progressToken": token, "progress": progress}
        params |= {} if total is None else {"total": total}
        params |= {} if message is None else {"message": message}
        self.says(t, "s2c", {"method": "notifications/progress", "params": params})

    def answers(self, t: float, id: int, **result: Any) -> None:
        self.says(t, "s2c", {"id": id, "result": {"content": [], **result}})

    def lines(self, now: float, width: int = 120) -> list[str]:
        return [plain(item.line) for item in items_of(self.timeline, now, width)]

    def one(self, now: float, containing: str) -> str:
        (found,) = [line for line in self.lines(now) if containing in line]
        return found


def test_nothing_under_way_is_no_line_at_all() -> None:
    assert Story().lines(1.0) == []


def test_a_token_with_a_total_has_a_bar_with_rate_time_left_and_message() -> None:
    story = Story()
    story.calls(1.0, 1, "work")
    story.progress(2.0, 1, 0, 10, "begin")
    story.progress(4.0, 1, 4, 10, "reading files")
    line = story.one(4.0, "work #1")
    assert "━" in line
    for words in ("40%", "4/10", "2.0/s", "3.0 s left", "reading files"):
        assert words in line
    assert story.lines(4.0)[0].startswith("Progress")


def test_without_a_total_there_is_a_spinner_that_turns_with_the_time() -> None:
    story = Story()
    story.calls(1.0, 1, "work")
    story.progress(2.0, 1, 5)
    first, later = story.one(2.0, "work #1"), story.one(2.1, "work #1")
    assert "━" not in first
    assert first != later
    assert "%" not in first


def test_odd_progress_is_flagged_in_words() -> None:
    story = Story()
    story.calls(1.0, 1, "back")
    story.progress(2.0, 1, 5, 10)
    story.progress(2.1, 1, 3, 10)
    story.calls(1.0, 2, "past")
    story.progress(2.0, 2, 11, 10)
    story.progress(2.0, "nobody's", 1, 10)
    assert "(backwards)" in story.one(3.0, "back #1")
    assert "(past total)" in story.one(3.0, "past #2")
    assert "(unknown token)" in story.one(3.0, "nobody's")
    assert "Progress that belongs to no request  1" in story.lines(3.0)


def test_what_waits_is_listed_with_how_long_and_only_once() -> None:
    story = Story()
    story.calls(1.0, 1, "slow")
    story.calls(2.0, 2, "moving")
    story.progress(3.0, 2, 1, 2)
    line = story.one(6.5, "slow #1")
    assert "5.5 s" in line
    assert len([line for line in story.lines(6.5) if "moving" in line]) == 1


def test_a_question_that_waits_says_for_how_long_and_during_what() -> None:
    story = Story()
    story.calls(1.0, 1, "ask")
    story.says(2.0, "s2c", {"id": 9, "method": "elicitation/create", "params": {"message": "Who?"}})
    line = story.one(5.0, "elicitation")
    assert "3.0 s" in line
    assert "during ask" in line


def test_what_has_ended_is_listed_the_latest_first_with_how_it_ended() -> None:
    story = Story()
    story.calls(1.0, 1, "good")
    story.progress(1.5, 1, 3, 3)
    story.answers(2.0, 1)
    story.calls(2.0, 2, "bad")
    story.answers(3.0, 2, isError=True)
    story.calls(3.0, 3, "refused")
    story.says(4.0, "s2c", {"id": 3, "error": {"code": 1, "message": "no"}})
    story.calls(4.0, 4, "gone")
    story.says(5.0, "c2s", {"method": "notifications/cancelled", "params": {"requestId": 4, "reason": "bored"}})
    head, *ended = story.lines(5.5)
    assert head == "Ended  4"
    assert ["gone" in ended[0], "refused" in ended[1], "bad" in ended[2], "good" in ended[3]] == [True] * 4
    assert "⊘" in ended[0] and "cancelled: bored" in ended[0]
    assert "✗" in ended[1] and "error" in ended[1]
    assert "tool error" in ended[2]
    assert "✓" in ended[3] and "1.0 s" in ended[3] and "3/3 in 1 message" in ended[3]


def test_what_has_ended_fades_and_only_the_last_dozen_stays() -> None:
    story = Story()
    for id in range(1, 31):
        story.calls(float(id), id, f"tool{id}")
        story.answers(id + 0.5, id)
    items = items_of(story.timeline, 31.0, 120)
    assert len(items) == 13
    assert "tool30" in plain(items[1].line)
    styles = [next(style for text, style in item.line if text.startswith("tool")) for item in items[1:]]
    assert styles[0] == "name"
    assert styles[-1] == "dim"


def test_what_the_session_asks_for_itself_is_not_among_what_has_ended() -> None:
    story = Story()
    story.says(1.0, "c2s", {"id": 1, "method": "tools/list"}, by="mcpwatch")
    story.answers(2.0, 1)
    assert story.lines(3.0) == []


def test_with_several_servers_each_line_names_its_own() -> None:
    story = Story("alpha", "beta")
    story.calls(1.0, 1, "mine")
    story.calls(1.0, 1, "other", link="beta")
    assert "alpha" in story.one(3.0, "mine")
    assert "beta" in story.one(3.0, "other")


def test_a_line_keeps_its_key_while_what_it_stands_for_goes_on() -> None:
    story = Story()
    story.calls(1.0, 1, "work")
    waiting = items_of(story.timeline, 1.5, 80)[1].key
    story.progress(2.0, 1, 1, 2)
    moving = items_of(story.timeline, 2.5, 80)[1].key
    story.answers(3.0, 1)
    ended = items_of(story.timeline, 3.5, 80)[1].key
    assert waiting == moving == ended
