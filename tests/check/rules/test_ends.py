"""Ends: hits and no hits."""

from __future__ import annotations

import pytest

from tests.check.rules.told import Case, Told, hit, miss

CASES = [
    hit("server-died", "with a code", lambda: Told().legacy().calls().closed("exit", code=3)),
    hit("server-died", "by a signal", lambda: Told().legacy().closed("signal", signal="SIGSEGV")),
    hit("server-died", "it is gone", lambda: Told("http").legacy().closed("lost", error="connection reset")),
    miss("server-died", "it ended well by itself", lambda: Told().legacy().closed("exit", code=0)),
    hit("exit-code", "1 when it was asked to end", lambda: Told().legacy().closed(code=1)),
    miss("exit-code", "0", lambda: Told().legacy().closed(code=0)),
    hit("killed", "it did not end", lambda: Told().legacy().closed(signal="SIGKILL")),
    miss("killed", "it did", lambda: Told().legacy().closed(code=0)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


def test_what_was_open_is_named_where_the_server_died() -> None:
    (finding,) = Told().legacy().calls().closed("exit", code=3).findings()
    assert finding.message == "it exited with code 3, with tools/call (#1) unanswered"
