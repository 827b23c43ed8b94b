"""Logs: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import META, Case, Told, hit, miss


def at(level: str) -> Told:
    """A session that asked for this level."""
    return Told().legacy().asks("logging/setLevel", {"level": level}, id="s").answers({}, id="s")


def log(told: Told, level: Any = "info", **more: Any) -> Told:
    return told.tells("notifications/message", {"level": level, "data": "hello"}, **more)


def modern(level: str | None) -> Told:
    """One call that runs, with logs at this level. That logging is deprecated has a test of its own."""
    told = Told().modern({"tools": {}, "logging": {}})
    return told.calls(meta={META + "logLevel": level} if level else {})


CASES = [
    hit("log-below-level", "info where warning is wanted", lambda: log(at("warning"))),
    miss("log-below-level", "error where warning is wanted", lambda: log(at("warning"), "error")),
    miss("log-below-level", "before anybody asked", lambda: log(Told().legacy(), "debug")),
    miss(
        "log-below-level",
        "before the level was answered",
        lambda: log(Told().legacy().asks("logging/setLevel", {"level": "error"}, id="s"), "debug").answers({}, id="s"),
    ),
    hit(
        "log-without-data",
        "a serialiser that leaves null out",
        lambda: Told().legacy().tells("notifications/message", {"level": "info"}),
    ),
    miss(
        "log-without-data",
        "null is data",
        lambda: Told().legacy().tells("notifications/message", {"level": "info", "data": None}),
    ),
    hit("log-unknown-level", "warn", lambda: log(Told().legacy(), "warn")),
    hit("log-unknown-level", "a number", lambda: log(Told().legacy(), 30)),
    hit("log-unknown-level", "none at all", lambda: Told().legacy().tells("notifications/message", {"data": 1})),
    miss("log-unknown-level", "notice", lambda: log(Told().legacy(), "notice")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        (lambda: log(modern("info")), ["deprecated"]),
        (lambda: log(modern("warning")), ["log-below-level", "deprecated"]),
        (lambda: log(modern(None)), ["log-not-asked-for", "deprecated"]),
        (lambda: log(modern("info").done()), ["log-not-asked-for", "deprecated"]),
    ],
    ids=["asked for", "below the level of the request", "not asked for", "after the request"],
)
def test_without_sessions_each_request_asks_for_its_logs(told: Any, ids: list[str]) -> None:
    assert told().ids() == ids


def test_a_log_on_another_requests_stream_was_not_asked_for() -> None:
    told = Told("http").modern({"logging": {}, "tools": {}})
    for xid, level in ((5, "info"), (6, None)):
        told.http("request", xid, verb="POST", url="u")
        told.calls(id=xid, xid=xid, meta={META + "logLevel": level} if level else {})
    assert "log-not-asked-for" not in log(told, xid=5).ids()
    assert "log-not-asked-for" in log(told, xid=6).ids()
