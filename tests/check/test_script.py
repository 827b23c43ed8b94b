"""Reading a script: what it says, and what is wrong with it, each with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.check.script import Cancel, read_script, script_from, seconds
from mcpwatch.documents import parse_document
from mcpwatch.errors import UsageError
from tests.check.reading import script

TWO = "targets: { alpha: demo, beta: demo }"


def test_a_step_is_its_kind_its_subject_and_what_goes_with_it() -> None:
    (step,) = script(
        """
        steps:
          - call: work
            name: the work
            args: { n: 5 }
            save: first
            cancel: { at_progress: 3 }
            continue: true
        """
    ).steps
    assert (step.kind, step.subject, step.link) == ("call", "work", None)
    assert step.given == {"n": 5}
    assert (step.save, step.cancel, step.goes_on, str(step)) == ("first", Cancel(at_progress=3), True, "the work")


def test_a_link_is_a_prefix_where_there_is_such_a_link() -> None:
    found = script(
        """
        steps:
          - call: alpha:work
          - { call: work, link: beta }
          - read: beta:demo://counter
          - { read: "alpha://x", link: alpha }
          - list: beta:tools
        """,
        target=TWO,
    ).steps
    assert [(step.link, step.subject) for step in found] == [
        ("alpha", "work"),
        ("beta", "work"),
        ("beta", "demo://counter"),
        ("alpha", "alpha://x"),
        ("beta", "tools"),
    ]


def test_a_colon_is_a_part_of_the_name_where_there_is_no_such_link() -> None:
    (step,) = script("steps: [ { call: 'a:b' } ]").steps
    assert (step.link, step.subject) == (None, "a:b")


def test_steps_that_are_done_together_come_after_it() -> None:
    whole = script("steps: [ { together: [ { call: a }, { call: b } ] }, { call: c } ]")
    assert [str(step) for step in whole.each()] == ["together: call a, call b", "call a", "call b", "call c"]


@pytest.mark.parametrize(("given", "wanted"), [("2s", 2), ("500ms", 0.5), ("1 m", 60), (3, 3), ("1.5", 1.5)])
def test_times_are_written_in_many_ways(given: str | float, wanted: float) -> None:
    assert seconds(given) == wanted


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("steps: [ { cal: x } ]", "3:12", "unknown key 'cal'"),
        ("stesp: []\nsteps: []", "3:1", "unknown key 'stesp'"),
        ("steps: [ {} ]", "3:10", "does nothing"),
        ("steps: [ { call: x, read: y } ]", "3:27", "not call and read"),
        ("steps: [ { call: x, params: {} } ]", "3:29", "`params` does not go with `call`"),
        ("steps: [ { read: x, args: {} } ]", "3:27", "`args` does not go with `read`"),
        ("steps: [ { notify: x, expect: {} } ]", "3:31", "`expect` does not go with `notify`"),
        ("steps: [ { list: tools, expect: { text: x } } ]", "3:41", "`text` cannot be expected of `list`"),
        ("steps: [ { call: x, expect: { count: 1 } } ]", "3:38", "`count` cannot be expected of `call`"),
        ("steps: [ { call: x, expect: { ok: true, error: {} } } ]", "3:35", "contradict"),
        ("steps: [ { call: x, cancel: { after: 1s }, expect: { data: 1 } } ]", "3:60", "has no result"),
        ("steps: [ { call: x, cancel: {} } ]", "3:29", "empty"),
        ("steps: [ { complete: x } ]", "3:10", "needs its `argument`"),
        ("steps: [ { call: x, args: { a: '${b.data}' } }, { call: y, save: b } ]", "3:32", "before b is saved"),
        ("steps: [ { call: x, save: b }, { call: y, save: b } ]", "3:49", "saved twice"),
        ("steps: [ { call: x, expect: { text: { regex: '(' } } } ]", "3:46", "no regular expression"),
        ("steps: []\nexpect: { stderr: { regex: '(' } }", "4:28", "no regular expression"),
        ("steps: [ { wait: x, params: { a: { regex: '(' } } } ]", "3:43", "no regular expression"),
        # What could not fail is no expectation.
        ("steps: [ { call: x, expect: { text: '' } } ]", "3:37", "empty"),
        ("steps: [ { call: x, expect: { progress: {} } } ]", "3:41", "empty"),
        ("steps: [ { call: x, expect: { logs: [] } } ]", "3:37", "empty"),
        ("steps: [ { call: x, expect: { notifications: [] } } ]", "3:46", "empty"),
        ("steps: []\nexpect: { progress: { count: 0 } }", "4:11", "unknown key 'progress'"),
        ("steps: [ { call: x, expect: { asked: [ { sampling: a, roots: {} } ] } } ]", "3:62", "sampling and roots"),
        ("steps: [ { call: x, expect: { asked: [ { sampling: { tools: 5 } } ] } } ]", "3:61", "not 5"),
        ("steps: [ { call: x, expect: { asked: [ { sampling: { nth: b } } ] } } ]", "3:59", "'b' does not fit"),
        ("steps: [ { call: x, expect: { asked: [ { elicitation: { mode: frm } } ] } } ]", "3:63", "frm"),
        ("steps: [ { wait: x, within: soon } ]", "3:29", "'soon' does not fit"),
        ("steps: [ { call: x, expect: { progress: { count: many } } } ]", "3:50", "'many' does not fit"),
        ("steps: [ { call: x, expect: { logs: { level: loud } } } ]", "3:46", "'loud' does not fit"),
        ("steps: [ { together: [ { together: [ { call: x } ] } ] } ]", "3:24", "no place inside"),
        ("steps: [ { together: [ { call: x, continue: true } ] } ]", "3:24", "no place inside"),
        ("steps: [ { call: x, link: beta, answers: [ { sampling: a } ] } ]", "3:44", "exactly one of"),
        ("era: legacy\neras: [modern]\nsteps: []", "4:7", "contradict"),
        ("targets: { a: demo }\nsteps: []", "3:10", "contradict"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, at: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        script(text)
    assert str(caught.value).startswith(f"t.mcpw.yaml:{at}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [ { call: work, link: gamma } ]", "no link 'gamma'"),
        ("steps: [ { list: 'gamma:tools' } ]", "no link 'gamma'"),
    ],
)
def test_a_link_that_there_is_not_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        script(text, target=TWO)
    assert "alpha, beta" in caught.value.hint


@pytest.mark.parametrize("text", ["", "- 1", "hello", "3"])
def test_what_is_no_mapping_is_no_script(text: str) -> None:
    with pytest.raises(UsageError, match="is a mapping"):
        script_from(parse_document(text, "t.yaml"), Path("t.yaml"))


@pytest.mark.parametrize(
    ("given", "said"), [("{ command: [a], url: 'http://x' }", "Only one"), ("{ era: legacy }", "names nothing")]
)
def test_a_target_names_one_thing(given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        script("steps: []", target=f"target: {given}")


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml"):
        read_script(tmp_path / "none.yaml")
