"""A small version of `python -m tests.crash disks`: a recording that breaks is said, and ends in exit code 6."""

from __future__ import annotations

import sys

import pytest

from tests.crash.broken import broken, small_limit, two_writers

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what breaks is found through /proc and /dev/full"),
    pytest.mark.platform_only,
]


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ("run", "EIO"),
        ("call", "closed"),
        ("proxy", "closed"),
        ("proxy, to stop", "full"),
        ("proxy, at a URL", "EIO"),
        ("tui", "full"),
        ("replay", "EDQUOT"),
    ],
)
def test_a_recording_that_breaks_is_said_and_ends_in_exit_code_6(command: str, how: str) -> None:
    _, wrong = broken(command, how, 30)
    assert wrong is None


def test_what_fitted_before_the_limit_is_readable() -> None:
    assert small_limit() is None


@pytest.mark.parametrize("force", [False, True])
def test_of_two_that_begin_at_once_with_one_file_one_wins(force: bool) -> None:
    assert two_writers(force=force) is None
