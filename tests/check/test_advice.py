"""What a failed step is told besides what was wrong: as much as the command line says of the same mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.errors import UsageError
from tests.check.playing import play

pytestmark = pytest.mark.anyio

ASKS = """\
from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("asks")


class Order(BaseModel):
    name: str


@server.tool()
async def order(ctx: Context) -> str:
    return (await ctx.elicit("Who is it for?", Order)).action


server.run()
"""


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ("call: dta", "Did you mean 'data'?"),
        ("call: count n=2", "The tool is 'count'; its arguments go in `args: { … }`."),
        ("call: beta:data", "There is no link 'beta'; there is quick."),
        ("{ together: [ { call: data }, { call: dta } ] }", "Did you mean 'data'?"),
        ("call: fail", ""),
        ("{ call: data, expect: { text: nothing like it } }", ""),
        ("{ call: dta, expect: { error: { message: Unknown tool } } }", ""),
    ],
)
async def test_a_tool_that_is_not_there_is_told_with_what_was_meant(tmp_path: Path, step: str, hint: str) -> None:
    ran, _ = await play(tmp_path, f"steps:\n  - {step}\n")
    assert [verdict.hint for verdict in ran.verdicts if verdict.hint] == ([hint] if hint else [])


async def test_a_time_out_names_the_key_of_the_script(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "timeout: 100ms\nsteps: [ { call: hang } ]")
    assert "`timeout: 2m` in the script" in ran.verdicts[-1].hint


async def test_a_question_that_the_era_does_not_carry_is_told_with_the_era_that_does(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(ASKS)
    head = "mcpwatch: 1\ntarget: asks.py\nera: modern\n"
    ran, _ = await play(tmp_path, "steps: [ { call: order } ]", head=head)
    assert ran.verdicts[0].hint.endswith("which the stateless era (2026-07-28) does not carry. Write `era: legacy`.")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("steps: [ { call: say, args: { text: '${first.x}' } } ]", "no step before this saves 'first'", "save: first"),
        ("answers: a.yaml\nsteps: [ { call: data } ]", "expected a list of rules, not the name", "--answers a.yaml"),
    ],
)
async def test_a_script_that_means_another_way_is_told_the_right_one(
    tmp_path: Path, text: str, said: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=said) as wrong:
        await play(tmp_path, text)
    assert hint in wrong.value.hint
