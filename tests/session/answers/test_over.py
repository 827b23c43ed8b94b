from __future__ import annotations

from mcpwatch.session.answers.over import Over


def test_whoever_listens_hears_once_that_it_is_over() -> None:
    over, heard = Over(), list[str]()
    with over.calls(lambda: heard.append("a")), over.calls(lambda: heard.append("b")):
        over.set("taken back")
        over.set("something else")
    assert heard == ["a", "b"]
    assert (over.is_set, over.why) == (True, "taken back")


def test_whoever_comes_late_hears_at_once() -> None:
    over, heard = Over(), list[str]()
    over.set()
    with over.calls(lambda: heard.append("late")):
        assert heard == ["late"]


def test_whoever_has_left_hears_nothing() -> None:
    over, heard = Over(), list[str]()
    with over.calls(lambda: heard.append("gone")):
        pass
    over.set()
    assert heard == []
