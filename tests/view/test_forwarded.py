from __future__ import annotations

from typing import Any

from mcpwatch.check.forwarded import Following
from mcpwatch.events import Frame
from mcpwatch.view.forwarded import forwarded_lines
from mcpwatch.view.style import plain
from tests.view.scene import HOSTILE, Scene


def lines(*said: tuple[str, str, Any], limit: int | None = None) -> list[str]:
    scene, following = Scene(), Following()
    for number, (link, method, params) in enumerate(said):
        event = scene.frame("s2c", {"jsonrpc": "2.0", "method": method, "params": params}, number / 10, link=link)
        assert isinstance(event, Frame)
        following.take(event)
    return [plain(line) for line in forwarded_lines(following.account("via"), limit)]


LOG, PROGRESS = "notifications/message", "notifications/progress"


def test_what_never_comes_through_is_said_first() -> None:
    told = lines(("alpha", LOG, {"data": 1}), ("via", PROGRESS, {"progress": 1}))
    assert told == [
        "",
        "✗ alpha → via  none of 1 came through: what alpha says by itself reaches nobody behind via",
        "  notifications/message  1 sent · 1 lost",
        '    lost  #1 {"data": 1}',
        "",
        "via itself: notifications/progress ×1",
    ]


def test_what_came_through_is_counted_by_its_method() -> None:
    told = lines(
        ("alpha", LOG, {"data": "a"}),
        ("alpha", PROGRESS, {"progress": 1, "progressToken": 1}),
        ("via", LOG, {"data": "a"}),
        ("via", PROGRESS, {"progress": 1, "progressToken": 2}),
    )
    assert told == [
        "",
        "alpha → via  2 of 2 came through",
        "  notifications/message   1 sent · 1 came through",
        "  notifications/progress  1 sent · 1 came through",
    ]


def test_many_that_are_lost_are_named_in_part_and_every_line_fits() -> None:
    told = lines(*(("alpha", LOG, {"data": f"{number} {'x' * 100}"}) for number in range(9)), limit=60)
    assert told[-1] == "    … 6 more, -v shows all"
    assert max(map(len, told)) <= 60


def test_nothing_of_a_servers_reaches_the_screen_as_it_is() -> None:
    said = "\n".join(lines(("alpha", f"x/{HOSTILE}", {HOSTILE: HOSTILE}), ("via", LOG, {"data": HOSTILE})))
    assert not set(said) & set("\x1b\x07\x9b\x85\u2028\r\u202e\u2066\u200b\ufeff")
