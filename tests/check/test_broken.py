"""Protocol rules that a script holds its servers to."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.errors import ExitCode, UsageError
from tests.check.playing import play, said

pytestmark = pytest.mark.anyio

HEAD = "mcpwatch: 1\ntarget: demo\nera: legacy\nsteps: [ { call: noisy } ]\n"


async def test_a_rule_that_is_broken_fails_the_script_unless_it_is_ignored(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "expect: { findings: {} }", head=HEAD)
    assert ran.exit == ExitCode.FINDING
    (sentence,) = said(ran)
    assert sentence.startswith("error ")
    id = sentence.split()[1].rstrip(":")
    ran, _ = await play(tmp_path, f"expect: {{ findings: {{ fail_on: error, ignore: [{id}] }} }}", head=HEAD)
    assert (ran.exit, [verdict.name for verdict in ran.verdicts]) == (ExitCode.OK, ["call noisy", "findings"])


async def test_a_rule_that_there_is_not_cannot_be_ignored(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r":5:32: There is no rule 'nonesuch'"):
        await play(tmp_path, "expect: { findings: { ignore: [nonesuch] } }", head=HEAD)
