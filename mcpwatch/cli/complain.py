"""An error as two lines on stderr: what is wrong, and what to do. Never a traceback, never a server's raw bytes.

Where nobody reads stderr any more (a terminal that was closed) nothing is said, and the exit code stays what it is.
"""

from __future__ import annotations

import sys

import click

from mcpwatch.cli.outlets import Outlet
from mcpwatch.errors import McpwatchError, UsageError
from mcpwatch.view.style import Line, clean

__all__ = ["complain", "complain_of_usage"]


def complain(error: McpwatchError) -> None:
    """Print `error: …` and, where there is one, `hint: …`."""
    screen = Outlet(sys.stderr, 2).screen
    lines: list[Line] = [[("error:", "error"), (f" {error}", "")]]
    if error.hint:
        lines.append([("hint:", "hint"), (f" {error.hint}", "")])
    screen.write("".join(f"{screen.text(clean(line))}\n" for line in lines))


def complain_of_usage(error: click.ClickException) -> None:
    """Print what the option parser did not like, in the same two lines."""
    ctx = getattr(error, "ctx", None)
    hint = f"{ctx.command_path} --help" if ctx is not None else ""
    complain(UsageError(error.format_message(), hint=hint))
