"""What a time-out proposes where something came meanwhile."""

from __future__ import annotations

from mcpwatch.session.stray import Stray


def test_more_time_is_proposed_only_where_nothing_came_meanwhile() -> None:
    stray = Stray()
    before = stray.count
    assert "--timeout" in stray.hint(before)
    stray.unreadable()
    assert stray.hint(before) == "What came meanwhile was no message that can be read: the answer may be in it."
    assert "--timeout" in stray.hint(stray.count), "what came before the request says nothing about it"
    stray.unasked()
    assert stray.hint(before) == "What came meanwhile answers an id that nobody asked with: the answer may be in it."
