"""A small part of what `python -m tests.fuzz` does, and each thing that it has found, so that it stays mended."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mcpwatch.check.script import read_script
from mcpwatch.errors import McpwatchError
from mcpwatch.recording import Recording
from mcpwatch.recording.format import footer_again
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.answers.saving import rule_for
from tests.cli.running import mcpwatch
from tests.fuzz.corpus import families
from tests.fuzz.mutate import mutated
from tests.fuzz.reading import READERS, Case
from tests.fuzz.running import play, the_case

MANY = 200
"""Cases, a few seconds of work."""


def test_whatever_is_mutated_is_read_or_refused_in_a_sentence() -> None:
    tally = play(3, range(MANY))
    # How long it takes is a figure of the whole run: here other tests run beside it.
    assert [one for one in tally.failures if one.error != "took too long"] == []
    assert sum(tally.cases.values()) == MANY
    assert set(tally.cases) == set(READERS)


@pytest.mark.parametrize("kind", READERS)
def test_what_is_not_mutated_is_read_to_its_end(kind: str, tmp_path: Path) -> None:
    refused: list[bytes] = []
    for seed in families()[kind]:
        path = tmp_path / seed.name
        path.write_bytes(seed.data)
        try:
            READERS[kind][next(iter(READERS[kind]))](Case(seed.data, path, Random(1)))
        except McpwatchError:
            refused.append(seed.data)
    # The docs show what is refused, too; the last of each kind is one of ours.
    assert len(refused) <= len(families()[kind]) / 3
    assert families()[kind][-1].data not in refused


def test_a_case_is_what_its_number_says() -> None:
    assert [the_case(1, number)[:3] for number in range(20)] == [the_case(1, number)[:3] for number in range(20)]
    seeds = [b'{"a": 1}\n', b"b\n"]
    assert len({mutated(seeds, Random(number)) for number in range(50)}) > 25


# ---- what it found


def changed(path: Path, change: dict[str, Any], **where: Any) -> Path:
    """A session with a call, in which the first line that has the members of `where` has those of `change` as well."""
    text = next(seed.data for seed in families()["recording"] if seed.name == "v1-session.mcpw.jsonl").decode()
    lines = [json.loads(line) for line in text.splitlines()]
    line = next(line for line in lines if all(line.get(key) == value for key, value in where.items()))
    line.update(change)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "said", [{}, {"t": "x", "seq": None, "exit": []}, {"t": float("nan")}, {"t": 10**400, "seq": 3}]
)
def test_a_footer_that_says_nonsense_is_copied_as_one_that_says_nothing(said: dict[str, Any], tmp_path: Path) -> None:
    assert json.loads(footer_again(said, events=2)) | {"seq": 0} == {
        **{"seq": 0, "t": 0.0, "kind": "footer", "events": 2, "exit": 0}
    }
    path = changed(tmp_path / "t.mcpw.jsonl", {"t": "late", "exit": {}}, kind="footer")
    shown = mcpwatch("show", str(path), "--events")
    assert (shown.code, shown.err) == (0, "")
    (tmp_path / "again.mcpw.jsonl").write_text(shown.out)
    with Recording.open(tmp_path / "again.mcpw.jsonl") as recording:
        assert recording.complete


@pytest.mark.parametrize("params", [{"name": ""}, {"name": 7, "arguments": {}}, {"name": "add", "arguments": [1]}, {}])
def test_a_call_that_no_step_has_words_for_is_drafted_as_the_request_that_it_was(
    params: dict[str, Any], tmp_path: Path
) -> None:
    sent = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
    path = changed(tmp_path / "t.mcpw.jsonl", {"msg": sent, "id": 2}, method="tools/call", dir="c2s")
    drafted = mcpwatch("init-script", str(path))
    assert drafted.code == 0, drafted.err
    (tmp_path / "t.mcpw.yaml").write_text(drafted.out)
    assert "request" in [step.kind for step in read_script(tmp_path / "t.mcpw.yaml").each()]


def test_a_target_without_a_command_is_no_script(tmp_path: Path) -> None:
    path = changed(tmp_path / "t.mcpw.jsonl", {"target": {"command": ""}}, kind="opened")
    drafted = mcpwatch("init-script", str(path))
    assert drafted.code == 2
    assert "was recorded without its command" in drafted.err


ODD: list[dict[str, Any]] = [{"stopReason": {"a": 1}}, {"model": 7}, {"content": [{"type": {}, "text": "a"}]}]


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_of_the_wrong_shape_is_kept_as_the_result_that_it_was(odd: dict[str, Any]) -> None:
    result: dict[str, Any] = {"role": "assistant", "content": {"type": "text", "text": "a"}, **odd}
    rule = rule_for(Question("a", "sampling/createMessage", {"messages": []}, 1), Answer("x", result=result))
    assert rule["result"] == result
