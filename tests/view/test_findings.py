"""Findings on a screen: sanitized, cut to its width, the first few of each rule."""

from __future__ import annotations

from mcpwatch.check.checked import Checked
from mcpwatch.check.rules import RULES, Tally
from mcpwatch.view.findings import FEW, finding_lines, list_lines, rule_lines, verdict_line
from mcpwatch.view.style import plain
from tests.check.rules.told import Told


def checked(told: Told, unmet: tuple[tuple[str, str], ...] = ()) -> Checked:
    tally = Tally()
    tally.add(told.findings())
    return Checked("t.mcpw.jsonl", tally, events=len(told.events), unmet=unmet)


def noise(times: int = 1) -> Told:
    told = Told().legacy()
    for _ in range(times):
        told.line(b"\x1b[2Jnoise \xe2\x80\xae" + b"x" * 300)
    return told


def test_what_a_server_wrote_is_made_visible() -> None:
    lines = [plain(line) for line in finding_lines(checked(noise()), None)]
    assert any("␛[2Jnoise ‹U+202E›" in line for line in lines)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_no_line_is_wider_than_the_screen() -> None:
    for lines in (
        finding_lines(checked(noise(9)), 60),
        rule_lines(RULES["stdout-noise"], 60),
        list_lines(RULES.values(), 60),
    ):
        assert max(len(plain(line)) for line in lines if "https://" not in plain(line)) <= 60


def test_the_first_few_are_shown_and_the_rest_is_counted() -> None:
    lines = [plain(line) for line in finding_lines(checked(noise(9)), None)]
    assert sum("a line that is no message" in line for line in lines) == FEW
    assert "    … and 4 more" in lines
    every = [plain(line) for line in finding_lines(checked(noise(9)), None, verbose=True)]
    assert sum("a line that is no message" in line for line in every) == 9


def test_a_link_is_named_where_there_are_several() -> None:
    assert "s  by the server  " in plain(finding_lines(checked(noise()), None)[1])
    both = noise()
    for event in (other := noise()).events:
        object.__setattr__(event, "link", "other")
    tally = Tally()
    tally.add([*both.findings(), *other.findings()])
    lines = [plain(line) for line in finding_lines(Checked("t", tally), None)]
    assert [line.split()[3] for line in lines if line.startswith("    #")] == ["server", "other"]


def test_the_verdict_is_one_line() -> None:
    assert plain(verdict_line(checked(Told().legacy()))) == "t.mcpw.jsonl: nothing found in 4 events"
    told = noise(2).closed(code=1)
    assert plain(verdict_line(checked(told))) == "t.mcpw.jsonl: 2 errors, 1 warning in 7 events, by the server"
    assert plain(verdict_line(checked(Told().legacy().closed(signal="SIGKILL")))) == (
        "t.mcpw.jsonl: 1 info in 5 events, by the server; none is as bad as error"
    )


def test_what_was_expected_and_not_met_comes_last() -> None:
    found = checked(Told().legacy(), (("e.yaml:3:5", "logs: expected 1, got 0"),))
    assert [plain(line) for line in finding_lines(found, None)] == [
        "error   expect  e.yaml:3:5",
        "    logs: expected 1, got 0",
        "",
    ]
    assert "1 expectation not met" in plain(verdict_line(found))
