"""`mcpwatch tui`: the interactive session over servers, a recording that is written, or an old file."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError


@click.command(
    cls=Command,
    after_dashes=True,
    examples=(
        "mcpwatch tui server.py",
        "mcpwatch tui server.py --reload",
        "mcpwatch tui last",
        "mcpwatch tui t.mcpw.jsonl.zst",
        "mcpwatch tui alpha=a.py beta=https://example.com/mcp",
        "mcpwatch tui -- npx -y @modelcontextprotocol/server-everything",
    ),
)
@click.argument("words", nargs=-1, metavar="[TARGET… | FILE]", shell_complete=files)
@o.answers
@o.connection
@o.login
@o.screen_times
@o.recording
@o.option(
    "--reload",
    panel="Connection",
    is_flag=True,
    help="Start a server anew when its script, or code beside it, changes.",
)
@o.option(
    "--reload-on",
    panel="Connection",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="The same for this file, or whatever is in this folder; repeatable.",
)
@click.pass_context
def tui(ctx: click.Context, words: tuple[str, ...], **given: Any) -> None:
    """Watch servers, call them and answer them on screens, or open a recording in the same ones.

    TARGET is what `run` takes, several of them too; FILE is a recording, `last`, `last~1`, or the id of a kept session.
    One that is being written is followed. Without either you choose from the servers of the config files and the
    sessions there are.
    """
    _check_terminal()
    from mcpwatch.cli.opening import named
    from mcpwatch.cli.screens import watch, watch_chosen

    command = after_dashes(ctx)
    ctx.exit(watch(named(words, command, given), given) if words or command else watch_chosen(given))


def _check_terminal() -> None:
    """Raises `UsageError` where there is nothing to draw on, or nobody to type."""
    streams = (("stdin", sys.stdin), ("stdout", sys.stdout), ("stderr", sys.stderr))
    lacking = [name for name, stream in streams if not stream.isatty()]
    if lacking:
        raise UsageError(
            f"The interactive session needs a terminal, and {' and '.join(lacking)} is none.",
            hint="Without one: mcpwatch run TARGET, mcpwatch show FILE",
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError(
            "The interactive session moves the cursor, and TERM=dumb says that this terminal cannot.",
            hint="Set TERM to what it is (TERM=xterm-256color), or: mcpwatch run TARGET, mcpwatch show FILE",
        )
