"""An error as two lines on stderr: what is wrong, and what to do. Never a traceback, never a server's raw bytes."""

from __future__ import annotations

import os
import sys

from mcpwatch.errors import ExitCode, McpwatchError
from mcpwatch.text import sanitize

__all__ = ["complain", "usage"]


def complain(error: McpwatchError) -> None:
    """Print `error: …` and, where there is one, `hint: …`."""
    red, cyan, reset = ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") if _colour() else ("", "", "")
    sys.stderr.write(f"{red}error:{reset} {sanitize(str(error))}\n")
    if error.hint:
        sys.stderr.write(f"{cyan}hint:{reset} {sanitize(error.hint)}\n")
    sys.stderr.flush()


def usage(error: Exception) -> int | None:
    """Print an error of the option parser; the exit code, or None where it is none of its errors."""
    from typer import Abort
    from typer._click.exceptions import ClickException  # the parser's own errors have no public name

    if isinstance(error, Abort):
        return ExitCode.INTERRUPTED
    if isinstance(error, ClickException):
        from typer.rich_utils import rich_format_error

        rich_format_error(error)
        return error.exit_code
    return None


def _colour() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stderr.isatty()
