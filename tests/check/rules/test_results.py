"""What a result holds: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import CACHE, DONE, SAYS, SERVER, Case, Told, hit, miss


def legacy(method: str, result: Any, params: Any = None) -> Told:
    return Told().legacy().asks(method, params, id="r").answers(result, id="r")


def modern(method: str, result: Any, params: Any = None) -> Told:
    return Told().modern().asks(method, {"_meta": SAYS, **(params or {})}, id="r").answers(result, id="r")


def sampled(role: Any, answer: Any = "assistant") -> Told:
    content = {"type": "text", "text": "?"}
    told = Told().legacy()
    told.asks(
        "sampling/createMessage", {"messages": [{"role": role, "content": content}], "maxTokens": 1}, id="q", dir="s2c"
    )
    return told.answers({"role": answer, "content": content, "model": "m"}, id="q", dir="c2s")


LISTED: dict[str, Any] = {"tools": [], "resultType": "complete"}
EXTENDED: dict[str, Any] = {**SERVER, "extensions": {"io.modelcontextprotocol/tasks": {}}}

CASES = [
    hit(
        "result-shape", "a call without content", lambda: legacy("tools/call", {"structuredContent": {}}, {"name": "x"})
    ),
    hit("result-shape", "content that is a text", lambda: legacy("tools/call", {"content": "done"}, {"name": "x"})),
    hit(
        "result-shape",
        "a block without a type",
        lambda: legacy("tools/call", {"content": [{"text": "x"}]}, {"name": "x"}),
    ),
    hit("result-shape", "no object at all", lambda: legacy("x/custom", [1])),
    hit(
        "result-shape",
        "an answer of the client without an action",
        lambda: (
            Told()
            .legacy()
            .asks("elicitation/create", {"message": "?"}, id="q", dir="s2c")
            .answers({}, id="q", dir="c2s")
        ),
    ),
    miss("result-shape", "anything for a method of its own", lambda: legacy("x/custom", {"any": "thing"})),
    miss(
        "result-shape",
        "a task in place of a result",
        lambda: legacy("tools/call", {"task": {"taskId": "t"}}, {"name": "x"}),
    ),
    hit("result-type-missing", "a call", lambda: modern("tools/call", DONE, {"name": "x"})),
    miss(
        "result-type-missing",
        "it is there",
        lambda: modern("tools/call", {**DONE, "resultType": "complete"}, {"name": "x"}),
    ),
    miss("result-type-missing", "in a session", lambda: legacy("tools/call", DONE, {"name": "x"})),
    hit(
        "result-type-unknown",
        "one that nobody knows",
        lambda: modern("tools/call", {**DONE, "resultType": "done"}, {"name": "x"}),
    ),
    miss(
        "result-type-unknown", "an extension's", lambda: Told().modern(EXTENDED).calls().answers({"resultType": "task"})
    ),
    hit("ttl-missing", "not there", lambda: modern("tools/list", {**LISTED, "cacheScope": "public"})),
    hit("ttl-missing", "negative", lambda: modern("tools/list", {**LISTED, "cacheScope": "public", "ttlMs": -1})),
    miss("ttl-missing", "zero", lambda: modern("tools/list", {**LISTED, "cacheScope": "public", "ttlMs": 0})),
    miss(
        "ttl-missing",
        "a call is never cached",
        lambda: modern("tools/call", {**DONE, "resultType": "complete"}, {"name": "x"}),
    ),
    hit("cache-scope-missing", "not there", lambda: modern("tools/list", {**LISTED, "ttlMs": 0})),
    hit("cache-scope-missing", "unknown", lambda: modern("tools/list", {**LISTED, "ttlMs": 0, "cacheScope": "all"})),
    miss("cache-scope-missing", "both are there", lambda: modern("tools/list", {**LISTED, **CACHE})),
    hit("sampling-role", "system", lambda: sampled("system")),
    hit("sampling-role", "none", lambda: sampled(None)),
    hit("sampling-role", "in the answer", lambda: sampled("user", "model")),
    miss("sampling-role", "the two that there are", lambda: sampled("user")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()


def test_a_role_is_looked_at_in_a_result_that_asks_back_too() -> None:
    params = {"messages": [{"role": "tool", "content": {"type": "text", "text": "?"}}], "maxTokens": 1}
    asked = {"q": {"method": "sampling/createMessage", "params": params}}
    told = Told().modern().calls().answers({"resultType": "input_required", "inputRequests": asked})
    assert told.ids() == ["sampling-role", "deprecated"]


def test_a_server_of_a_session_owes_nothing_that_came_later() -> None:
    told = Told().asks("server/discover", {"_meta": SAYS}, id="p").refuses(-32601, id="p").legacy().lists()
    assert told.ids() == []
