"""`watch()`: what a user of the library gets, on a server of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import mcpwatch
from mcpwatch import ServerError, TimedOut, watch

pytestmark = pytest.mark.anyio
QUICK = [sys.executable, str(Path(__file__).parents[1] / "servers" / "good" / "quick.py")]


@pytest.mark.parametrize("limit", [0, None])
async def test_no_timeout_is_no_limit_however_it_is_written(limit: float | None) -> None:
    async with watch(QUICK, timeout=limit) as session:
        assert (await session.call("say", text="hi")).text == "hi"


async def test_a_timeout_names_the_request_that_is_unanswered() -> None:
    async with watch(QUICK, timeout=0.5) as session:
        with pytest.raises(TimedOut, match="tools/call"):
            await session.call("hang")


async def test_an_error_of_the_protocol_is_raised_and_a_tool_error_is_returned() -> None:
    async with watch(QUICK) as session:
        with pytest.raises(ServerError) as caught:
            await session.call("refuse")
        assert (caught.value.code, caught.value.data) == (-32050, {"shelf": 3})
        assert (await session.call("fail")).is_error


def test_every_error_that_is_public_is_one_that_is_raised() -> None:
    # An exit code says that a question had no answer; no call raises for it.
    assert "UnansweredError" not in mcpwatch.__all__
