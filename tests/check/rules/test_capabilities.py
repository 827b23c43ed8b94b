"""What was not declared: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import META, SAYS, Case, Told, hit, miss

FORM: dict[str, Any] = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}
URL = {"mode": "url", "message": "?", "url": "https://example.com", "elicitationId": "e"}
ASKED = {"messages": [{"role": "user", "content": {"type": "text", "text": "?"}}], "maxTokens": 1}


def asked(method: str, params: Any = None, client: Any = None) -> Told:
    return Told().legacy(client={} if client is None else client).asks(method, params, id="q", dir="s2c")


def rounds(capabilities: Any) -> Told:
    meta = {**SAYS, META + "clientCapabilities": capabilities}
    result: dict[str, Any] = {
        "resultType": "input_required",
        "inputRequests": {"q": {"method": "elicitation/create", "params": FORM}},
    }
    return Told().modern().calls(meta=meta).answers(result)


CASES = [
    hit("server-capability", "prompts are asked for and not declared", lambda: Told().legacy().asks("prompts/list")),
    hit(
        "server-capability",
        "subscribe is a capability of its own",
        lambda: Told().legacy({"resources": {}}).asks("resources/subscribe", {"uri": "a:b"}),
    ),
    hit("server-capability", "a person tried, and it works", lambda: Told().legacy({}).calls(by="user").done()),
    miss(
        "server-capability",
        "a person tried, and it does not",
        lambda: Told().legacy({}).calls(by="user").refuses(-32601),
    ),
    miss(
        "server-capability",
        "completion before it was one",
        lambda: Told().legacy({}, version="2024-11-05").asks("completion/complete", {}),
    ),
    miss("server-capability", "it is declared", lambda: Told().legacy().asks("resources/subscribe", {"uri": "a:b"})),
    hit(
        "logging-capability",
        "two logs, said once",
        lambda: (
            Told()
            .legacy({})
            .tells("notifications/message", {"level": "info", "data": 1})
            .tells("notifications/message", {"level": "info", "data": 2})
        ),
    ),
    miss(
        "logging-capability",
        "it is declared",
        lambda: Told().legacy().tells("notifications/message", {"level": "info", "data": 1}),
    ),
    hit(
        "list-changed-capability",
        "not for this list",
        lambda: Told().legacy().tells("notifications/prompts/list_changed"),
    ),
    hit(
        "list-changed-capability",
        "declared as false",
        lambda: Told().legacy({"tools": {"listChanged": False}}).tells("notifications/tools/list_changed"),
    ),
    miss(
        "list-changed-capability", "it is declared", lambda: Told().legacy().tells("notifications/tools/list_changed")
    ),
    hit("client-capability", "sampling", lambda: asked("sampling/createMessage", ASKED)),
    hit(
        "client-capability",
        "sampling with tools",
        lambda: asked("sampling/createMessage", {**ASKED, "tools": []}, {"sampling": {}}),
    ),
    hit("client-capability", "roots", lambda: asked("roots/list")),
    hit("client-capability", "a form", lambda: asked("elicitation/create", FORM)),
    hit(
        "client-capability", "a URL where only forms are", lambda: asked("elicitation/create", URL, {"elicitation": {}})
    ),
    hit(
        "client-capability",
        "a form where only URLs are",
        lambda: asked("elicitation/create", FORM, {"elicitation": {"url": {}}}),
    ),
    hit("client-capability", "in a result that asks back", lambda: rounds({})),
    miss(
        "client-capability",
        "a form where nothing more is said",
        lambda: asked("elicitation/create", FORM, {"elicitation": {}}),
    ),
    miss(
        "client-capability",
        "sampling with tools that are declared",
        lambda: asked("sampling/createMessage", {**ASKED, "tools": []}, {"sampling": {"tools": {}}}),
    ),
    miss("client-capability", "in a result that may ask back", lambda: rounds({"elicitation": {}})),
    hit(
        "roots-changed-capability",
        "roots without listChanged",
        lambda: Told().legacy(client={"roots": {}}).tells("notifications/roots/list_changed", dir="c2s"),
    ),
    miss(
        "roots-changed-capability",
        "with it",
        lambda: Told().legacy().tells("notifications/roots/list_changed", dir="c2s"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
