"""A script's expectations of a whole session, held against a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.afterwards import read_expected
from mcpwatch.errors import UsageError
from mcpwatch.events import Event, Frame
from mcpwatch.hub.pairing import Pairing
from tests.check.rules.told import Told

ASKED = {"messages": [{"role": "user", "content": {"type": "text", "text": "capital of France"}}], "maxTokens": 9}


def session() -> Told:
    """Two logs, a question and its answer, a line on stderr."""
    told = Told().legacy().calls()
    told.tells("notifications/message", {"level": "info", "data": "starting"})
    told.tells("notifications/message", {"level": "error", "data": {"code": 7}})
    told.asks("sampling/createMessage", ASKED, id="q", dir="s2c")
    told.answers({"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m"}, id="q", dir="c2s")
    told.asks("x/custom", {}, id="c", dir="s2c").note("unanswered", method="x/custom")
    told.refuses(-32601, id="c", dir="c2s")
    return told.done().closed(code=0)


def unmet(tmp_path: Path, expect: str, told: Told | None = None) -> list[tuple[str, str]]:
    file = tmp_path / "e.yaml"
    file.write_text(f"mcpwatch: 1\nexpect:\n{expect}\n")
    events, pairing = (told or session()).events, Pairing()
    for event in events:
        if isinstance(event, Frame):
            pairing.complete(event)  # as the hub does before anything is recorded

    def fetch(seq: int) -> Event:
        return events[seq - 1]

    judge = read_expected(file).judge(fetch)
    for event in events:
        judge.take(event)
    return [(at.removeprefix(f"{tmp_path}/"), message) for at, message in judge.findings()]


@pytest.mark.parametrize(
    "expect",
    [
        "  logs: { level: '>=warning', count: 1 }",
        "  logs: { data: { code: 7 } }",
        "  notifications: { method: notifications/message, count: 2 }",
        "  asked: [ { sampling: capital of France, answer: { content: { text: Paris } } } ]",
        "  asked: [ { request: { method: x/custom } } ]",
    ],
)
def test_what_was_so_is_met(expect: str, tmp_path: Path) -> None:
    assert unmet(tmp_path, expect) == []


@pytest.mark.parametrize(
    ("expect", "at", "part"),
    [
        ("  logs: { level: '>=warning', count: 0 }", "e.yaml:3:", "expected 0, got 1"),
        ("  notifications: { method: notifications/tools/list_changed }", "e.yaml:3:", "expected >=1, got 0"),
        ("  asked: [ { elicitation: {} } ]", "e.yaml:3:", "no elicitation"),
        ("  asked: [ { sampling: { nth: 2 } } ]", "e.yaml:3:", "nth"),
        ("  stderr: ready", "e.yaml:3:", "stderr"),
        ("  within: 2s", "e.yaml:3:", "not 2s"),
    ],
)
def test_what_was_not_so_is_said_with_its_place(expect: str, at: str, part: str, tmp_path: Path) -> None:
    ((where, message),) = unmet(tmp_path, expect)
    assert where.startswith(at)
    assert part in message


def test_a_whole_script_serves_without_its_steps(tmp_path: Path) -> None:
    file = tmp_path / "ci.mcpw.yaml"
    file.write_text(
        "mcpwatch: 1\nsteps: [ { call: work } ]\nexpect: { findings: { fail_on: info, ignore: [batch] } }\n"
    )
    expected = read_expected(file)
    assert (expected.fail_on, expected.ignore) == ("info", ["batch"])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("mcpwatch: 1\n", "'expect' missing"),
        ("[]\n", "mapping"),
        ("mcpwatch: 1\nexpect: { log: {} }\n", ":2:11: unknown key 'log'"),
        ("mcpwatch: 1\nexpect: { stderr: '${NOT_SET_ANYWHERE}' }\n", ":2:19: "),
    ],
)
def test_a_file_that_is_wrong_is_an_error_with_its_place(text: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        read_expected(tmp_path / "e.yaml")
    assert part in str(error.value)
