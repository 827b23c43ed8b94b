"""How a link begins: hits and no hits."""

from __future__ import annotations

import pytest

from tests.check.rules.told import CLIENT, META, SAYS, SERVER, Case, Told, hit, miss

INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": CLIENT}
RESULT = {"capabilities": SERVER, "serverInfo": {"name": "s", "version": "1"}}


def half() -> Told:
    """The client has asked, and nobody has answered."""
    return Told().asks("initialize", INITIALIZE, id=0)


def shaken() -> Told:
    return half().answers({**RESULT, "protocolVersion": "2025-11-25"}, id=0)


CASES = [
    hit("version-not-negotiated", "a call is the first message", lambda: Told().calls().done()),
    hit("version-not-negotiated", "the result names no version", lambda: half().answers(RESULT, id=0)),
    miss("version-not-negotiated", "it does", shaken),
    miss(
        "version-not-negotiated",
        "a ping before everything",
        lambda: Told().asks("ping", id="p").answers({}, id="p").legacy(),
    ),
    miss("version-not-negotiated", "a recording that begins later", lambda: Told(opened=False).calls().done()),
    hit("early-request", "of the client before the answer", lambda: half().calls()),
    hit("early-request", "of the server before initialized", lambda: shaken().asks("roots/list", dir="s2c")),
    miss("early-request", "a ping of the server", lambda: shaken().asks("ping", dir="s2c")),
    miss("early-request", "after the handshake", lambda: Told().legacy().asks("roots/list", dir="s2c")),
    hit("initialized-missing", "the client goes on without", lambda: shaken().calls()),
    miss(
        "initialized-missing",
        "the client says so",
        lambda: shaken().tells("notifications/initialized", dir="c2s").calls(),
    ),
    hit("meta-missing", "nothing in it", lambda: Told().modern().asks("tools/call", {"name": "work"})),
    hit(
        "meta-missing",
        "no capabilities",
        lambda: Told().asks("server/discover", {"_meta": {META + "protocolVersion": "2026-07-28"}}),
    ),
    miss("meta-missing", "both", lambda: Told().modern().calls()),
    miss("meta-missing", "with a handshake", lambda: Told().legacy().calls()),
    hit(
        "server-request",
        "a push where there is none",
        lambda: Told().modern().asks("sampling/createMessage", {"messages": []}, dir="s2c"),
    ),
    miss(
        "server-request",
        "with a handshake",
        lambda: Told().legacy().asks("sampling/createMessage", {"messages": []}, dir="s2c"),
    ),
    hit(
        "removed-method",
        "setLevel without sessions",
        lambda: Told().modern().asks("logging/setLevel", {"_meta": SAYS, "level": "info"}),
    ),
    hit("removed-method", "a notification", lambda: Told().modern().tells("notifications/initialized", dir="c2s")),
    miss(
        "removed-method", "setLevel in a session", lambda: Told().legacy().asks("logging/setLevel", {"level": "info"})
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
