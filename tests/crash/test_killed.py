"""A small version of `python -m tests.crash kills`: whatever is killed, what was shown is in the file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.killed import SIZES, killed_http_proxy, killed_proxy, killed_run

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc"),
    pytest.mark.platform_only,
]
DELAYS = (0.0, 0.07)
"""Seconds after the first message: in the midst of the first ones, and of a flood."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("killed", [killed_run, killed_proxy, killed_http_proxy], ids=lambda one: one.__name__)
def test_what_was_shown_before_a_kill_is_in_the_file(
    killed: Callable[..., str | None], size: int, tmp_path: Path
) -> None:
    for at, delay in enumerate(DELAYS):
        (folder := tmp_path / str(at)).mkdir()
        assert killed(size, delay, folder) is None


@pytest.mark.parametrize("killed", [killed_run, killed_proxy], ids=lambda one: one.__name__)
def test_a_kill_before_anything_was_shown_leaves_no_file_that_is_damaged(
    killed: Callable[..., str | None], tmp_path: Path
) -> None:
    assert killed(200, 0.15, tmp_path, early=True) is None
