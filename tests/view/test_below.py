"""Lines that move below those that stay: one write each time, nothing where nothing is new."""

from __future__ import annotations

from mcpwatch.view.below import Below
from mcpwatch.view.screen import Screen


def test_what_moves_is_drawn_once_and_erased_for_what_stays() -> None:
    written: list[str] = []
    below = Below(Screen(written.append, True, False, lambda: (80, 24)))
    below.lift()
    below.draw([])
    assert written == []
    below.draw(["one", "two"])
    below.draw(["one", "two"])
    assert written == ["\rone\x1b[K\ntwo\x1b[J\x1b[1A\r"]
    below.draw(["three"], ["stays"])
    assert written[1:] == ["\rstays\x1b[K\nthree\x1b[J\r"]
    below.lift()
    below.lift()
    assert written[2:] == ["\r\x1b[J"]
