"""Rewriting expectations in place: what was not met, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.finding import Finding
from mcpwatch.check.script import read_script
from mcpwatch.check.update import rewritten, update
from mcpwatch.errors import RecordingError
from tests.check.playing import HEAD, play
from tests.check.reading import QUICK, script

TEXT = """\
steps:   # what is done
  - call: data   # the structure
    expect:
      # this is wrong
      data: { city: Lisbon, celsius: ">0", wind: 3 }   # so is this
      text: "something else"
  - call: count
    args: { n: 2 }
    expect: { progress: { count: 7 } }

  - { list: prompts, expect: { equals: [other], count: 4 } }
"""
WANTED = """\
steps:   # what is done
  - call: data   # the structure
    expect:
      # this is wrong
      data: { city: Oslo, celsius: -3.0 }   # so is this
      text: see the structure
  - call: count
    args: { n: 2 }
    expect: { progress: { count: 2 } }

  - { list: prompts, expect: { equals: [greet], count: 1 } }
"""


@pytest.mark.anyio
async def test_the_whole_script_is_green_after_an_update_and_keeps_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.yaml"
    findings: list[Finding] = []
    # As `test --update` does it, every step is played; here one after the other.
    while True:
        ran, played = await play(tmp_path, (path.read_text() if findings else HEAD + TEXT).removeprefix(HEAD))
        if not played.findings:
            break
        findings = played.findings
        assert update(read_script(path), findings)[0] > 0
    assert ran.exit == 0
    assert path.read_text() == HEAD + WANTED


@pytest.mark.anyio
async def test_what_is_rewritten_means_what_it_says(tmp_path: Path) -> None:
    text = """\
steps:
  - { call: say, args: { text: "costs $${HOME}" }, save: first, expect: { text: nothing } }
  - { call: say, args: { text: "" }, expect: { text: nothing } }
  - { call: say, args: { text: other }, expect: { text: "${first.text}" } }
"""
    head = HEAD + "# a comment\n"
    _, played = await play(tmp_path, text, head=head, go_on=True)
    changed, left = update(read_script(tmp_path / "t.mcpw.yaml"), played.findings)
    assert (tmp_path / "t.mcpw.yaml").read_text() == head + text.replace("nothing", '"costs $${HOME}"', 1).replace(
        "nothing", '{ equals: "" }'
    )
    assert changed == 2
    assert len(left) == 1  # a variable is not replaced by what it was this time
    ran, _ = await play(tmp_path, (tmp_path / "t.mcpw.yaml").read_text(), head="", go_on=True)
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "ok", "failed"]


@pytest.mark.anyio
async def test_what_is_json_stays_json(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.json"
    target = json.dumps(str(QUICK))
    path.write_text(
        f'{{"mcpwatch":1,"target":{target},"era":"legacy","steps":[{{"call":"data","expect":{{"data":{{"city":"Rome"}}}}}}]}}'
    )
    _, played = await play(tmp_path, path.read_text(), head="")
    assert update(read_script(path), played.findings) == (1, [])
    assert json.loads(path.read_text())["steps"][0]["expect"] == {"data": {"city": "Oslo"}}


def test_an_error_is_never_blessed() -> None:
    whole = script("steps: [ { call: x, expect: { ok: true } } ]")
    finding = Finding("it ended in an error: no (1)", ("steps", 0, "expect", "ok"))
    text, changed, left = rewritten(whole, [finding])
    assert (text, changed) == (whole.document.text, 0)
    assert left == ["t.mcpw.yaml:3:35: it ended in an error: no (1)"]


def test_an_expectation_that_something_fails_is_taken_back_where_it_does_not() -> None:
    whole = script("steps: [ { call: x, expect: { ok: false } } ]")
    text, _, _ = rewritten(whole, [Finding("it ended well", ("steps", 0, "expect", "ok"), True)])
    assert text.endswith("expect: { ok: true } } ]\n")


def test_a_place_inside_another_goes_with_it() -> None:
    whole = script("steps: [ { call: x, expect: { data: { a: { b: 1 }, c: 2 } } } ]")
    place = ("steps", 0, "expect", "data")
    found = [Finding("", (*place, "a", "b"), 5), Finding("", (*place, "z"), {"c": 9}, place)]
    text, changed, _ = rewritten(whole, found)
    assert (changed, text.splitlines()[-1]) == (1, "steps: [ { call: x, expect: { data: { c: 9 } } } ]")


VALUES: list[Any] = [
    "no",
    "a: b",
    'quo"te',
    "two\nlines",
    "# no comment",
    "",
    "1.0",
    10**30,
    [],
    {},
    None,
    {"a": ["b", {}]},
]


@pytest.mark.parametrize("value", VALUES)
def test_whatever_came_reads_back_as_the_same(value: object) -> None:
    for text in (
        "steps:\n  - call: x\n    expect:\n      result:\n        a: 1 # one\n",
        "steps: [ { call: x, expect: { result: {a: 1} } } ]",
    ):
        whole = script(text)
        place = ("steps", 0, "expect", "result", "a")
        after, changed, left = rewritten(whole, [Finding("", place, value)])
        assert (changed, left) == (1, [])
        assert script(after.partition("target: demo\n")[2]).document.get(place) == value


def test_a_file_that_cannot_be_written_stays_as_it_is(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = tmp_path / "gone"
    else:
        folder = tmp_path
        tmp_path.chmod(0o500)
    whole = script("steps: [ { call: x, expect: { ok: false } } ]", folder=folder)
    with pytest.raises(RecordingError, match="cannot be rewritten"):
        update(whole, [Finding("", ("steps", 0, "expect", "ok"), True)])


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    whole = script("steps: [ { call: x, expect: { ok: false } } ]", folder=tmp_path)
    (tmp_path / "t.mcpw.yaml").write_text(whole.document.text + "# mine\n")
    changed, (sentence,) = update(whole, [Finding("", ("steps", 0, "expect", "ok"), True)])
    assert (changed, sentence) == (0, "t.mcpw.yaml has changed since it was read: run it again")
    assert (tmp_path / "t.mcpw.yaml").read_text().endswith("# mine\n")
