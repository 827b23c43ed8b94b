"""What a server tells by itself: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import META, SAYS, Case, Told, hit, miss


def subscribed(uri: str = "a:b") -> Told:
    return Told().legacy().asks("resources/subscribe", {"uri": uri}, id="s").answers({}, id="s")


def updated(told: Told, uri: str = "a:b") -> Told:
    return told.tells("notifications/resources/updated", {"uri": uri})


def listening(acknowledged: Any = None, **wanted: Any) -> Told:
    told = Told().modern().asks("subscriptions/listen", {"_meta": SAYS, "notifications": wanted}, id="l")
    agreed = wanted if acknowledged is None else acknowledged
    return tell(told, "notifications/subscriptions/acknowledged", notifications=agreed)


def tell(told: Told, method: str, id: Any = "l", **params: Any) -> Told:
    return told.tells(method, {"_meta": {META + "subscriptionId": id}, **params})


TOOLS = "notifications/tools/list_changed"
UPDATED = "notifications/resources/updated"

CASES = [
    hit("update-without-subscription", "nobody subscribed", lambda: updated(Told().legacy())),
    hit("update-without-subscription", "to another", lambda: updated(subscribed("a:c"))),
    hit(
        "update-without-subscription",
        "not any more",
        lambda: updated(subscribed().asks("resources/unsubscribe", {"uri": "a:b"}, id="u").answers({}, id="u")),
    ),
    miss("update-without-subscription", "it is subscribed", lambda: updated(subscribed())),
    miss("update-without-subscription", "a part of it", lambda: updated(subscribed(), "a:b/c")),
    hit("not-listened-to", "nothing is open", lambda: Told().modern().tells(TOOLS)),
    hit("not-listened-to", "another subscription", lambda: tell(listening(toolsListChanged=True), TOOLS, id="m")),
    hit("not-listened-to", "it is about something else", lambda: tell(listening(promptsListChanged=True), TOOLS)),
    hit("not-listened-to", "the server did not agree", lambda: tell(listening({}, toolsListChanged=True), TOOLS)),
    hit(
        "not-listened-to",
        "another resource",
        lambda: tell(listening(resourceSubscriptions=["a:b"]), UPDATED, uri="a:c"),
    ),
    hit(
        "not-listened-to",
        "before the acknowledgement",
        lambda: tell(
            Told()
            .modern()
            .asks("subscriptions/listen", {"_meta": SAYS, "notifications": {"toolsListChanged": True}}, id="l"),
            TOOLS,
        ),
    ),
    hit(
        "not-listened-to",
        "after it was closed",
        lambda: tell(
            listening(toolsListChanged=True).tells("notifications/cancelled", {"requestId": "l"}, dir="c2s"), TOOLS
        ),
    ),
    miss("not-listened-to", "it was asked for", lambda: tell(listening(toolsListChanged=True), TOOLS)),
    miss("not-listened-to", "the resource", lambda: tell(listening(resourceSubscriptions=["a:b"]), UPDATED, uri="a:b")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
