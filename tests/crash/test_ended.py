"""A small version of `python -m tests.crash signals`: what ends a command leaves a complete file, and nobody behind.

`run` and `call` are ended by signals in `tests/cli/test_signals.py`, the screens in `tests/tui/test_terminal.py`.
"""

from __future__ import annotations

import sys

import pytest

from tests.crash.ended import COMMANDS, Command, Way, ended

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc"),
    pytest.mark.platform_only,
]
ENDS: tuple[tuple[str, Way], ...] = (
    ("run", "SIGHUP"),
    ("proxy, on pipes", "SIGTERM"),
    ("replay", "SIGTERM"),
    ("proxy, at a URL", "SIGINT"),
    ("mock, on pipes", "SIGHUP"),
    ("run", "terminal"),
    ("proxy, on pipes", "terminal"),
    ("tui", "terminal"),
    ("replay", "terminal"),
    ("run", "pipe"),
    ("proxy, on pipes", "pipe"),
    ("mock, on pipes", "pipe"),
)


@pytest.mark.parametrize(("name", "way"), ENDS)
def test_what_ends_it_leaves_a_complete_file_and_nobody_behind(name: str, way: Way) -> None:
    assert ended(_named(name), way, 0.0) is None


@pytest.mark.parametrize("name", ["run", "proxy, on pipes", "tui"])
def test_what_ends_it_while_it_starts_leaves_nobody_behind_either(name: str) -> None:
    assert ended(_named(name), "SIGTERM", 0.12, early=True) is None


def _named(name: str) -> Command:
    (found,) = [command for command in COMMANDS if command.name == name]
    return found
