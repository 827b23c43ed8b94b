"""What is on its way out: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import META, SAYS, Case, Told, hit, miss

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": {"type": "text", "text": "?"}}], "maxTokens": 1}


def asked(method: str, params: Any = None) -> Told:
    meta: dict[str, Any] = {**SAYS, META + "clientCapabilities": {"sampling": {}, "roots": {}, "elicitation": {}}}
    request = {"method": method} if params is None else {"method": method, "params": params}
    return Told().modern().calls(meta=meta).answers({"resultType": "input_required", "inputRequests": {"q": request}})


def context(value: str) -> Told:
    return Told().legacy().asks("sampling/createMessage", {**ASKED, "includeContext": value}, id="q", dir="s2c")


CASES = [
    hit("deprecated", "the transport of 2024", lambda: Told("sse").legacy()),
    hit("deprecated", "sampling", lambda: asked("sampling/createMessage", ASKED)),
    hit("deprecated", "roots", lambda: asked("roots/list")),
    hit("deprecated", "the context of all servers", lambda: context("allServers")),
    hit(
        "deprecated",
        "logs, said once",
        lambda: (
            Told()
            .modern({"logging": {}, "tools": {}})
            .calls(meta={META + "logLevel": "info"})
            .tells("notifications/message", {"level": "info", "data": 1})
            .tells("notifications/message", {"level": "info", "data": 2})
        ),
    ),
    miss(
        "deprecated",
        "logs in a session",
        lambda: Told().legacy().tells("notifications/message", {"level": "info", "data": 1}),
    ),
    miss("deprecated", "sampling in a session", lambda: context("none")),
    miss("deprecated", "forms", lambda: asked("elicitation/create", {"message": "?"})),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
