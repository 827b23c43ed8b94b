"""`mcpwatch tui`: the interactive session over servers, a recording that is written, or an old file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mcpwatch.session.target import Target


@click.command(
    cls=Command,
    after_dashes=True,
    examples=(
        "mcpwatch tui server.py",
        "mcpwatch tui last",
        "mcpwatch tui t.mcpw.jsonl.zst",
        "mcpwatch tui alpha=a.py beta=https://example.com/mcp",
        "mcpwatch tui -- npx -y @modelcontextprotocol/server-everything",
    ),
)
@click.argument("words", nargs=-1, metavar="[TARGET… | FILE]", shell_complete=files)
@o.answers
@o.connection
@o.screen_times
@o.recording
@click.pass_context
def tui(ctx: click.Context, words: tuple[str, ...], **given: Any) -> None:
    """Watch servers, call them and answer them on screens, or open a recording in the same ones.

    TARGET is what `run` takes, several of them too; FILE is a recording, `last`, `last~1`, or the id of a kept session.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "The interactive session needs a terminal on stdin and stderr.",
            hint="Without one: mcpwatch run TARGET, mcpwatch show FILE",
        )
    from mcpwatch.cli.screens import watch_file, watch_targets

    file = _file(words, after_dashes(ctx))
    if file is not None:
        ctx.exit(watch_file(file))
    ctx.exit(watch_targets(_targets(words, after_dashes(ctx), given), given))


def _file(words: tuple[str, ...], command: list[str]) -> Path | None:
    """The recording that the one word names; None where it is a target."""
    from mcpwatch.errors import RecordingError
    from mcpwatch.recording.kept import resolve

    if len(words) != 1 or command or not _may_be_recording(words[0]):
        return None
    try:
        return resolve(words[0])
    except RecordingError:
        return None


def _may_be_recording(word: str) -> bool:
    return not word.endswith((".py", ".js"))


def _targets(words: tuple[str, ...], command: list[str], given: dict[str, Any]) -> list[Target]:
    from mcpwatch.cli.plan import target_for

    return [target_for([word], (), given) for word in words] if words else [target_for((), command, given)]
