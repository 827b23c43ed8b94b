"""An error as two lines on stderr: what is wrong, and what to do. Never a traceback, never a server's raw bytes."""

from __future__ import annotations

import os
import sys

import click

from mcpwatch.errors import McpwatchError, UsageError
from mcpwatch.text import sanitize

__all__ = ["complain", "complain_of_usage"]


def complain(error: McpwatchError) -> None:
    """Print `error: …` and, where there is one, `hint: …`."""
    red, cyan, reset = ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") if _colour() else ("", "", "")
    sys.stderr.write(f"{red}error:{reset} {sanitize(str(error))}\n")
    if error.hint:
        sys.stderr.write(f"{cyan}hint:{reset} {sanitize(error.hint)}\n")
    sys.stderr.flush()


def complain_of_usage(error: click.ClickException) -> None:
    """Print what the option parser did not like, in the same two lines."""
    ctx = getattr(error, "ctx", None)
    hint = f"{ctx.command_path} --help" if ctx is not None else ""
    complain(UsageError(error.format_message(), hint=hint))


def _colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stderr.isatty()
