from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcpwatch.check.forwarded import Following, Forwarded, Passage, counted
from mcpwatch.events import Event, Frame
from tests.model.story import Story


def log(data: str, *, link: str, at: float) -> tuple[str, Any, str, float]:
    return "notifications/message", {"level": "info", "data": data}, link, at


def progress(value: float, token: Any, *, link: str, at: float) -> tuple[str, Any, str, float]:
    return "notifications/progress", {"progressToken": token, "progress": value}, link, at


def told(*said: tuple[str, Any, str, float]) -> list[Frame]:
    story = Story()
    events: list[Event] = []
    story.timeline.apply = events.append  # pyright: ignore[reportAttributeAccessIssue]
    for method, params, link, at in said:
        story.tell(method, params, link=link, at=at)
    frames = [story.fetch(seq) for seq in range(1, len(said) + 1)]
    return [frame for frame in frames if isinstance(frame, Frame)]


def found(*said: tuple[str, Any, str, float]) -> Forwarded:
    following = Following()
    for frame in told(*said):
        following.take(frame)
    return following.account("via")


def passages(account: Forwarded, link: str = "alpha") -> Sequence[Passage]:
    return next(one.passages for one in account.accounts if one.link == link)


def test_what_comes_through_is_known_by_what_it_says_and_not_by_whose_token_it_has() -> None:
    account = found(
        progress(1, "a", link="alpha", at=1.0),
        progress(1, 7, link="via", at=1.1),
        log("hi", link="alpha", at=1.2),
        log("hi", link="via", at=1.3),
    )
    assert [one.fate for one in passages(account)] == ["through", "through"]
    assert account.whole
    assert account.own == {}


def test_what_never_comes_is_lost_and_what_nobody_sent_is_the_aggregators_own() -> None:
    account = found(log("one", link="alpha", at=1.0), log("quite another thing", link="via", at=1.1))
    assert [one.fate for one in passages(account)] == ["lost"]
    assert account.own == {"notifications/message": 1}
    assert not account.whole


def test_what_comes_through_altered_is_changed() -> None:
    (one,) = passages(
        found(
            ("notifications/message", {"level": "info", "logger": "db", "data": "ready"}, "alpha", 1.0),
            ("notifications/message", {"level": "info", "logger": "alpha.db", "data": "ready"}, "via", 1.1),
        )
    )
    assert one.fate == "changed"
    assert one.as_ is not None and one.as_.params["logger"] == "alpha.db"


def test_what_comes_too_often_is_doubled_once_for_all_of_its_kind() -> None:
    account = found(
        log("hi", link="alpha", at=1.0),
        log("hi", link="alpha", at=1.0),
        *(log("hi", link="via", at=1.1) for _ in range(5)),
    )
    assert [one.doubled for one in passages(account)] == [0, 3]


def test_what_comes_late_or_out_of_order_says_so() -> None:
    account = found(
        *(log(text, link="alpha", at=1.0) for text in "abcd"),
        *(log(text, link="via", at=1.5) for text in "acb"),
        log("d", link="via", at=2.5),
    )
    assert [one.out_of_order for one in passages(account)].count(True) == 1
    assert [one.late for one in passages(account)] == [False, False, False, True]
    assert counted(passages(account)) == {
        "sent": 4,
        "through": 4,
        "changed": 0,
        "lost": 0,
        "doubled": 0,
        "late": 1,
        "outOfOrder": 1,
    }


def test_each_backend_has_an_account_of_its_own() -> None:
    account = found(
        log("from a", link="alpha", at=1.0), log("from b", link="beta", at=1.0), log("from b", link="via", at=1.1)
    )
    assert [one.fate for one in passages(account, "alpha")] == ["lost"]
    assert [one.fate for one in passages(account, "beta")] == ["through"]
    assert account.document()["backends"]["beta"]["notifications/message"]["through"] == 1


def test_what_belongs_to_a_call_is_late_by_the_time_since_that_call() -> None:
    story, following = Story(), Following()
    for link, start in (("alpha", 1.0), ("via", 50.0)):
        story.call("work", id=1, token=link, link=link, at=start)
        story.progress(link, 1, link=link, at=start + 0.2)
        story.progress(link, 2, link=link, at=start + (0.4 if link == "alpha" else 3.0))
        story.result({}, id=1, link=link, at=start + 4.0)
        story.log(data="after", link=link, at=start + 5.0)
    for seq in range(1, 11):
        following.take(story.fetch(seq))
    assert [(one.late, round(one.behind or 0, 1)) for one in passages(following.account("via"))] == [
        (False, 0.0),
        (True, 2.6),
        (True, 49.0),
    ]


def test_what_a_client_sends_and_what_is_upkeep_is_no_part_of_it() -> None:
    story, following = Story().legacy("alpha"), Following()
    story.ask("ping", id=9, link="alpha")
    for seq in range(1, 6):
        following.take(story.fetch(seq))
    assert following.account("via").accounts[0].passages == ()


def test_questions_of_a_backend_count_as_well() -> None:
    story, following = Story(), Following()
    for link in ("alpha", "via"):
        story.ask("sampling/createMessage", {"messages": [], "maxTokens": 5}, id=f"{link}-1", link=link, at=1.0)
    for seq in (1, 2):
        following.take(story.fetch(seq))
    assert following.account("via").whole


def test_a_stream_that_is_open_by_design_makes_nothing_late() -> None:
    story, following = Story(), Following()
    for link, start in (("via", 0.5), ("alpha", 2.5)):
        story.request("subscriptions/listen", {}, id=1, link=link, at=start)
    story.log(data="x", link="alpha", at=5.0)
    story.log(data="x", link="via", at=5.001)
    for seq in range(1, 5):
        following.take(story.fetch(seq))
    assert following.account("via").whole
