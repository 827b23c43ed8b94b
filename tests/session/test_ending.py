from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.session.ending import hint_at_start
from mcpwatch.session.target import Target, parse_target
from tests.session.linked import linked

pytestmark = pytest.mark.anyio

ON_DISCOVER = "import sys; line = sys.stdin.readline(); sys.exit(0 if 'discover' in line else 1)"


def python(file: Path, text: str) -> Target:
    file.write_text(text)
    return parse_target([str(file)], python=sys.executable)


async def hint_of(file: Path, text: str, *, era: str = "auto") -> str:
    async with linked(python(file, text), connect=False, era=era) as link:
        with pytest.raises(ConnectError) as caught:
            await link.client.connect()
        return caught.value.hint


async def test_a_server_that_ends_when_it_is_probed_is_to_be_tried_with_the_other_era(tmp_path: Path) -> None:
    assert "try --era legacy" in await hint_of(tmp_path / "s.py", ON_DISCOVER)


async def test_nothing_is_said_of_the_era_where_no_probe_was_to_be_sent(tmp_path: Path) -> None:
    assert await hint_of(tmp_path / "s.py", ON_DISCOVER, era="legacy") == ""


@pytest.mark.parametrize(
    "text",
    ["raise SystemExit('no key')", "1 +", "import sys; sys.stdin.readline(); raise ValueError('x')"],
    ids=["exit", "syntax", "traceback"],
)
async def test_a_server_that_broke_by_itself_gets_no_advice_about_the_era(tmp_path: Path, text: str) -> None:
    assert await hint_of(tmp_path / "s.py", text) == ""


async def test_a_missing_module_names_the_interpreter_and_the_option_for_another(tmp_path: Path) -> None:
    said = f"That is {sys.executable}: name the one that has no_such_thing with --python PATH."
    assert await hint_of(tmp_path / "s.py", "import no_such_thing.inside") == said


async def test_a_file_that_only_defines_its_server_is_to_be_named_with_the_object(tmp_path: Path) -> None:
    assert "named with the object (server.py:mcp)" in await hint_of(tmp_path / "s.py", "mcp = object()")


def test_a_traceback_about_the_probe_is_a_reason_to_try_without_it() -> None:
    target = parse_target([], ["srv"])
    words = "Traceback (most recent call last):\nKeyError: 'server/discover'\n"
    assert "--era legacy" in hint_at_start(target, words, probed=True, heard=True)
    assert hint_at_start(target, "ModuleNotFoundError: No module named 'x'\n", probed=True, heard=True) == ""
