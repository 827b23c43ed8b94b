"""input_required: hits and no hits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.rules.told import SAYS, Case, Told, hit, miss

FORM = {"method": "elicitation/create", "params": {"message": "?", "requestedSchema": {"type": "object"}}}
ANSWER = {"q": {"action": "decline"}}


def asked(state: Any = "s", requests: Any = None, id: Any = 1) -> Told:
    result = {"resultType": "input_required", "inputRequests": {"q": FORM} if requests is None else requests}
    return Told().modern().calls(id=id).answers(result if state is None else {**result, "requestState": state}, id=id)


def again(told: Told, state: Any = "s", id: Any = 2) -> Told:
    more: dict[str, Any] = (
        {"inputResponses": ANSWER} if state is None else {"inputResponses": ANSWER, "requestState": state}
    )
    return told.calls(id=id, **more).done(id=id)


def elsewhere() -> Told:
    told = Told().modern().asks("completion/complete", {"_meta": SAYS}, id="c")
    return told.answers({"resultType": "input_required", "requestState": "s"}, id="c")


CASES = [
    hit("input-required-not-allowed", "another method", elsewhere),
    hit(
        "input-required-not-allowed",
        "in a session",
        lambda: Told().legacy().calls().answers({"resultType": "input_required", "requestState": "s"}),
    ),
    miss("input-required-not-allowed", "a call", asked),
    hit("input-required-empty", "neither", lambda: asked(None, {})),
    miss("input-required-empty", "a state alone", lambda: asked("s", {})),
    miss("input-required-empty", "questions alone", lambda: asked(None)),
    hit("input-request-unknown", "a ping", lambda: asked("s", {"q": {"method": "ping"}})),
    hit("input-request-unknown", "no method", lambda: asked("s", {"q": {}})),
    miss("input-request-unknown", "a form", asked),
    hit("request-state-altered", "another", lambda: again(asked(), "t")),
    hit("request-state-altered", "left out", lambda: again(asked(), None)),
    hit("request-state-altered", "where none came", lambda: again(asked(None), "s")),
    hit("request-state-altered", "nothing was asked", lambda: Told().modern().calls(requestState="s")),
    miss("request-state-altered", "as it came", lambda: again(asked())),
    miss("request-state-altered", "none where none came", lambda: again(asked(None), None)),
    miss(
        "request-state-altered",
        "two at once, each its own",
        lambda: again(
            again(
                asked("s")
                .calls(id=3)
                .answers({"resultType": "input_required", "requestState": "t", "inputRequests": {"q": FORM}}, id=3),
                "t",
                4,
            ),
            "s",
            5,
        ),
    ),
    miss(
        "request-state-altered",
        "a recording that begins later",
        lambda: Told(opened=False).asks("tools/call", {"_meta": SAYS, "name": "x", "requestState": "s"}),
    ),
    hit("retry-same-id", "as the first time", lambda: again(asked(), id=1)),
    miss("retry-same-id", "a new one", lambda: again(asked())),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
