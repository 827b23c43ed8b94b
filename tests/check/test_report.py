"""Reports for other programs: whatever is in a verdict, they can be parsed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from mcpwatch.check.finding import Finding
from mcpwatch.check.report import Ran, Verdict, document, end_verdict, github_lines, junit, verdicts
from mcpwatch.check.result import StepResult
from mcpwatch.errors import TimedOut
from tests.check.reading import script

SCRIPT = script(
    """
    steps:
      - call: work
        expect: { ok: true, data: { a: 1,
                                    b: 2 } }
      - { call: other, name: the other }
    expect: { unanswered: 0 }
    """
)
HOSTILE = "a\x1b[31m\x00\x08]]>\ud800\u202e%0A\r\nnext, line: <&"


def same(texts: object) -> tuple[str, ...]:
    assert isinstance(texts, list | tuple)
    return tuple(f"{text}" for text in texts)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def test_a_verdict_has_its_place_and_each_sentence_its_line_where_that_is_another() -> None:
    place = ("steps", 0, "expect", "data")
    result = StepResult(SCRIPT.steps[0], (Finding("one", (*place, "a")), Finding("two", (*place, "b"))))
    (verdict,) = verdicts(SCRIPT, result, same)
    assert (verdict.name, verdict.status, verdict.line) == ("call work", "failed", 5)
    assert verdict.messages == ("one", "two (line 6)")


def test_an_error_brings_its_hint() -> None:
    (verdict,) = verdicts(SCRIPT, StepResult(SCRIPT.steps[1], error=TimedOut("too late", hint="wait")), same)
    assert (verdict.name, verdict.messages, verdict.hint) == ("the other", ("too late",), "wait")


def test_what_was_not_done_is_skipped_and_nothing_wrong_at_the_end_is_well() -> None:
    (verdict,) = verdicts(SCRIPT, StepResult(SCRIPT.steps[0], skipped=True), same)
    assert (verdict.status, verdict.messages) == ("skipped", ())
    assert end_verdict(SCRIPT, [], same).status == "ok"
    assert end_verdict(SCRIPT, [Finding("x", ("expect", "unanswered"))], same).line == 8


def test_what_is_said_has_been_through_the_redactor() -> None:
    result = StepResult(SCRIPT.steps[0], (Finding("the secret", ("steps", 0)),))
    (verdict,) = verdicts(SCRIPT, result, lambda texts: [text.replace("secret", "[redacted]") for text in texts])
    assert verdict.messages == ("the [redacted]",)


RUNS = [
    Ran(
        "t.yaml [legacy]",
        "t.yaml",
        (
            Verdict("call a", "ok", 3, 1, seconds=0.5),
            Verdict(HOSTILE, "failed", 4, 2, (HOSTILE, "second"), "do this"),
            Verdict("call c", "skipped", 5, 1),
        ),
        exit=1,
        seconds=1.25,
        era="legacy",
    )
]


def test_junit_can_be_parsed_whatever_a_server_said() -> None:
    made: Any = junit(RUNS)
    text: bytes = made.tostring()
    root = ElementTree.fromstring(text)
    assert root.attrib["tests"] == "3"
    assert (root.attrib["failures"], root.attrib["skipped"]) == ("1", "1")
    (failure,) = root.iter("failure")
    assert failure.text is not None
    assert failure.text.startswith("t.yaml:4:2\na␛[31m")
    assert "second" in failure.text
    assert [case.attrib["name"][:9] for case in root.iter("testcase")] == ["1. call a", "2. a␛[31m", "3. call c"]


def test_an_annotation_is_one_line_with_its_file_and_line() -> None:
    (line,) = github_lines(RUNS[0])
    assert line.isprintable()
    assert line.startswith("::error file=t.yaml,line=4,col=2,title=a␛[31m")
    assert line.endswith("%0Asecond%0Ado this")
    assert "%250A" in line
    title = line.partition("title=")[2].partition("::")[0]
    assert "," not in title
    assert ":" not in title


def test_more_failures_than_github_shows_are_grouped_in_the_last_annotation() -> None:
    def failing(count: int) -> Ran:
        return Ran("t", "t.yaml", tuple(Verdict(f"s{at}", "failed", messages=(f"m{at}",)) for at in range(count)), 1)

    assert len([*github_lines(failing(10))]) == 10
    *alone, last = github_lines(failing(12))
    assert [line.rpartition("::")[2] for line in alone] == [f"m{at}" for at in range(9)]
    assert last == "::error file=t.yaml,title=3 more::s9: m9%0As10: m10%0As11: m11"
    assert [*github_lines(failing(100))][-1].endswith("s58: m58%0A… and 41 more")


def test_the_document_counts_steps() -> None:
    found = document(RUNS)
    assert (found["ok"], found["counts"]) == (False, {"ok": 1, "failed": 1, "skipped": 1})
    assert found["scripts"][0]["steps"][0] == {
        "name": "call a",
        "status": "ok",
        "line": 3,
        "column": 1,
        "seconds": 0.5,
        "messages": [],
    }


def test_of_several_runs_ten_annotations_of_each_kind_are_shown() -> None:
    verdicts = tuple(Verdict(f"s{at}", "failed", messages=(f"m{at}",)) for at in range(6))
    found = tuple(Verdict(f"n{at}", "ok", messages=("may be",)) for at in range(6))
    runs = [
        Ran(name, f"{name}.yaml", (*verdicts, *found), 1, unused=tuple(f"rule {at}" for at in range(7)))
        for name in ("a", "b")
    ]
    lines = [*github_lines(*runs)]
    assert [sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning", "notice")] == [10] * 3
    errors = [line for line in lines if line.startswith("::error")]
    assert errors[-1] == "::error file=b.yaml,title=3 more::s3: m3%0As4: m4%0As5: m5"
