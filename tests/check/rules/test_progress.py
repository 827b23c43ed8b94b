"""Progress: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import Case, Told, hit, miss


def running(*reports: float | tuple[float, float], token: Any = "t") -> Told:
    """A call with the token `t` and its reports: a value, or a value and a total."""
    told = Told().legacy().calls(meta={"progressToken": "t"})
    for report in reports:
        said: dict[str, Any] = {"progressToken": token}
        said |= {"progress": report[0], "total": report[1]} if isinstance(report, tuple) else {"progress": report}
        told.tells("notifications/progress", said)
    return told


def raw(params: Any) -> Told:
    return running().tells("notifications/progress", params)


CASES = [
    hit("progress-unknown-token", "another token", lambda: running(1, token="u")),
    hit(
        "progress-unknown-token",
        "a number for a text",
        lambda: (
            Told()
            .legacy()
            .calls(meta={"progressToken": "7"})
            .tells("notifications/progress", {"progressToken": 7, "progress": 1})
        ),
    ),
    hit(
        "progress-unknown-token",
        "the client's of its own",
        lambda: running().tells("notifications/progress", {"progressToken": "t", "progress": 1}, dir="c2s"),
    ),
    miss("progress-unknown-token", "the request's", lambda: running(1)),
    miss(
        "progress-unknown-token",
        "a recording that begins later",
        lambda: Told(opened=False).tells("notifications/progress", {"progressToken": 1, "progress": 1}),
    ),
    hit(
        "progress-after-end",
        "after the result",
        lambda: running(1).done().tells("notifications/progress", {"progressToken": "t", "progress": 2}),
    ),
    miss(
        "progress-after-end",
        "crossing the cancellation",
        lambda: (
            running(1)
            .tells("notifications/cancelled", {"requestId": 1}, dir="c2s")
            .tells("notifications/progress", {"progressToken": "t", "progress": 2})
        ),
    ),
    hit("progress-not-increasing", "it stands still", lambda: running(1, 1)),
    hit("progress-not-increasing", "it falls", lambda: running(0.5, 0.25)),
    miss("progress-not-increasing", "it rises by fractions", lambda: running(0, 0.25, 0.5)),
    miss(
        "progress-not-increasing",
        "another call begins anew",
        lambda: (
            running(1)
            .calls(id=2, meta={"progressToken": "u"})
            .tells("notifications/progress", {"progressToken": "u", "progress": 1})
        ),
    ),
    hit("progress-total-shrinks", "from 10 to 5", lambda: running((1, 10), (2, 5))),
    miss("progress-total-shrinks", "it grows", lambda: running((1, 10), (2, 20))),
    miss("progress-total-shrinks", "it is left out", lambda: running((1, 10), 2)),
    hit("progress-past-total", "11 of 10", lambda: running((11, 10))),
    hit("progress-past-total", "of a total that was said before", lambda: running((1, 10), 11)),
    miss("progress-past-total", "10 of 10", lambda: running((10, 10))),
    hit("progress-shape", "no token", lambda: raw({"progress": 1})),
    hit("progress-shape", "no progress", lambda: raw({"progressToken": "t"})),
    hit("progress-shape", "a text for a number", lambda: raw({"progressToken": "t", "progress": "1"})),
    hit("progress-shape", "a text for the total", lambda: raw({"progressToken": "t", "progress": 1, "total": "2"})),
    hit("progress-shape", "a number for the message", lambda: raw({"progressToken": "t", "progress": 1, "message": 2})),
    miss("progress-shape", "all of it", lambda: raw({"progressToken": "t", "progress": 1, "total": 2, "message": "x"})),
    hit("progress-token-reused", "two calls at once", lambda: running().calls(id=2, meta={"progressToken": "t"})),
    miss(
        "progress-token-reused",
        "one after the other",
        lambda: running().done().calls(id=2, meta={"progressToken": "t"}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
