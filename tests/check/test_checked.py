"""What came of a check, for other programs; and a session that is checked while it happens."""

from __future__ import annotations

import pytest

from mcpwatch.check.checked import Checked, Checking, ignored_ids
from mcpwatch.check.rules import RULES, Tally
from mcpwatch.errors import ExitCode, UsageError
from mcpwatch.events import Closed, Opened
from mcpwatch.hub import Hub
from mcpwatch.wire.framing import classify
from tests.check.rules.told import Told


def checked(told: Told, fail_on: str = "error") -> Checked:
    tally = Tally()
    tally.add(told.findings())
    return Checked("t.mcpw.jsonl", tally, events=len(told.events), fail_on=fail_on)


@pytest.mark.parametrize(("fail_on", "failed"), [("error", False), ("warning", True), ("info", True)])
def test_it_fails_by_what_is_as_bad_as_was_said(fail_on: str, failed: bool) -> None:
    assert checked(Told().legacy().closed(code=1), fail_on=fail_on).failed is failed


def test_a_report_has_a_verdict_for_each_rule_and_counts_the_rest() -> None:
    told = Told().legacy()
    for _ in range(15):
        told.line(b"noise")
    ran = checked(told.closed(code=1)).ran(1)
    assert [(one.name.partition(":")[0], one.status) for one in ran.verdicts] == [
        ("stdout-noise", "failed"),
        ("exit-code", "ok"),
    ]
    assert ran.verdicts[0].messages[0] == "#5 at 5.000 s, by the server: a line that is no message"
    assert "and 5 more" in ran.verdicts[0].messages


def test_an_incomplete_recording_is_a_failure_of_its_own_where_it_is_one() -> None:
    ran = checked(Told().legacy()).ran(ExitCode.RECORDING)
    assert [one.name for one in ran.verdicts] == ["protocol", "complete"]


def test_the_document_says_how_many_findings_are_not_in_it() -> None:
    told = Told().legacy()
    for _ in range(150):
        told.line(b"noise")
    (rule,) = checked(told).document()["rules"]
    assert (rule["count"], rule["more"], len(rule["findings"])) == (150, 50, 100)


def test_ids_and_patterns_name_rules() -> None:
    assert ignored_ids(["batch"]) == {"batch"}
    assert ignored_ids(["progress-*"]) == {id for id in RULES if id.startswith("progress-")}
    with pytest.raises(UsageError, match="'batches' is no rule") as error:
        ignored_ids(["batches"])
    assert error.value.hint == "Did you mean batch?"


def test_a_session_is_checked_while_it_happens() -> None:
    hub, checking = Hub(), Checking("server")
    hub.attach(checking.take)
    hub.publish(Opened(link="server", mode="client", transport="stdio", target={}))
    hub.publish(classify(b"noise", link="server", dir="s2c"))
    assert checking.checked().failed
    hub.publish(Closed(link="server", reason="closed", code=0))
    assert (checking.checked().events, checking.checked().gaps) == (3, 0)
