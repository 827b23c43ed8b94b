"""`mcpwatch tui` without a terminal, and what its help says."""

from __future__ import annotations

import pytest

from mcpwatch.errors import ExitCode
from tests.cli.running import mcpwatch


@pytest.mark.parametrize("argv", [(), ("demo",), ("last",)])
def test_without_a_terminal_it_is_a_usage_error(argv: tuple[str, ...]) -> None:
    ran = mcpwatch("tui", *argv)
    assert ran.code == ExitCode.USAGE
    assert "needs a terminal" in ran.err
    assert "mcpwatch show FILE" in ran.err


def test_it_takes_the_options_of_run() -> None:
    tui, run = mcpwatch("tui", "--help").out, mcpwatch("run", "--help").out
    for option in ("--answers", "--sampling", "--llm", "--era", "--without", "--timeout", "--record", "--no-redact"):
        assert option in tui
        assert option in run
