"""A difference for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpwatch.check.change import Change
from mcpwatch.check.diff import Alone, Diff, LinkDiff, Pair
from mcpwatch.check.diff_report import diff_document, ran_of, verdict
from mcpwatch.check.interface import InterfaceChange
from mcpwatch.check.nearest import Nearest
from mcpwatch.check.report import write_junit

GONE = InterfaceChange("tool", "add", "is gone", True, "removed")
NEW = InterfaceChange("tool", "sum", "is new", False, "added")
CHANGE = Change("changed", "result.a", 1, {"b": [None]})


def pair(*changes: Change) -> Pair:
    return Pair("tools/call add", 3, 4, 1.0, 1.5, [*changes])


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (LinkDiff("s", pairs=[pair()]), "same: 1 exchange and the interface"),
        (LinkDiff("s", interface=[NEW]), "different: 1 change of the interface (none breaking)"),
        (LinkDiff("s", interface=[NEW, GONE]), "different: 2 changes of the interface (1 breaking)"),
        (LinkDiff("s", pairs=[pair(CHANGE), pair()]), "different: 1 of 2 exchanges differs"),
        (LinkDiff("s", pairs=[pair(CHANGE), pair(CHANGE)]), "different: 2 of 2 exchanges differ"),
        (
            LinkDiff(
                "s", alone=[Alone("x", "a", 1, 0.0, {}), Alone("x", "b", 1, 0.0, {}), Alone("y", "b", 1, 0.0, {})]
            ),
            "different: 1 exchange only in A, 2 exchanges only in B",
        ),
        (LinkDiff("s", outside=[CHANGE]), "different: 1 change outside of exchanges"),
    ],
)
def test_the_verdict_is_one_line(link: LinkDiff, said: str) -> None:
    assert verdict(Diff("a", "b", [link])) == said


def test_the_verdict_on_several_links_and_on_the_interface_alone() -> None:
    assert verdict(Diff("a", "b", [LinkDiff("s"), LinkDiff("t")])) == "same: 0 exchanges on 2 links and the interface"
    assert verdict(Diff("a", "b", [LinkDiff("s")]), interface_only=True) == "same: the interface has not changed"
    assert verdict(Diff("a", "b", only_b=["t"])) == "different: 1 link only in B"


def everything() -> Diff:
    near = Nearest("tools/call sum", 9, 2.0, "another name with the same arguments")
    alone = [Alone("tools/call add", "a", 7, 1.25, {"name": "add"}, near), Alone("ping", "b", 8, 1.5, {})]
    link = LinkDiff("s", [GONE, NEW], [pair(), pair(CHANGE)], alone, [Change("new", b=5, what="x 1")], ["a note"])
    return Diff("a", "b", [link], notes=["b is incomplete"])


def test_the_document_has_values_where_there_are_any() -> None:
    document = json.loads(json.dumps(diff_document(everything())))
    (link,) = document["links"]
    assert (document["same"], document["breaking"], document["notes"]) == (False, 1, ["b is incomplete"])
    (exchange,) = link["exchanges"]
    assert exchange["changes"] == [
        {
            "kind": "changed",
            "what": "",
            "path": "result.a",
            "a": 1,
            "b": {"b": [None]},
            "message": 'result.a: 1 → {"b": [null]}',
        }
    ]
    assert "a" not in link["outside"][0] and link["outside"][0]["b"] == 5
    assert link["alone"][0]["nearest"]["exchange"] == "tools/call sum" and link["alone"][1]["nearest"] is None


def test_a_report_has_a_row_for_the_interface_each_exchange_and_the_rest(tmp_path: Path) -> None:
    ran = ran_of(everything())
    assert [(row.name, row.status) for row in ran.verdicts] == [
        ("interface", "failed"),
        ("tools/call add", "ok"),
        ("tools/call add", "failed"),
        ("tools/call add", "failed"),
        ("ping", "failed"),
        ("outside of exchanges", "failed"),
    ]
    assert ran.failed and ran.verdicts[0].messages == ("breaking: tool add is gone", "tool sum is new")
    write_junit([ran], tmp_path / "report.xml")
    assert "nearest: tools/call sum" in (tmp_path / "report.xml").read_text()
    assert not ran_of(Diff("a", "b", [LinkDiff("s", pairs=[pair()])])).failed


def test_rows_of_several_links_say_whose_they_are() -> None:
    rows = ran_of(Diff("a", "b", [LinkDiff("s"), LinkDiff("t", pairs=[pair()])], only_a=["u"])).verdicts
    assert [row.name for row in rows] == ["u", "s: interface", "t: interface", "t: tools/call add"]
