"""`mcpwatch init-script`: a script from a recording, on stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.recording import Recording


@click.command(
    cls=Command,
    examples=(
        "mcpwatch init-script last > ci.mcpw.yaml && mcpwatch test ci.mcpw.yaml",
        "mcpwatch init-script t.mcpw.jsonl",
    ),
)
@click.argument("file", metavar="[FILE]", default="last", shell_complete=files)
def init_script(file: str) -> None:
    """Draft a script from a recording: what was called, what was answered, and what may be expected again.

    FILE is a recording, `last` (the default), `last~1` or the id of a kept session. The script goes to stdout; its
    paths are relative to the current folder. It expects what looks stable: no times, no identities, nothing random.
    """
    from mcpwatch.check.draft import draft
    from mcpwatch.recording import Recording, resolve
    from mcpwatch.text import sanitize

    with Recording.open(resolve(file)) as recording:
        try:
            text = draft(recording.events(), recording.read, source=file, folder=Path.cwd())
        except UsageError:
            _say_end(recording)
            raise
        _say_end(recording)
    sys.stdout.write(sanitize(text, lines=True) if sys.stdout.isatty() else text)


def _say_end(recording: Recording) -> None:
    if not recording.complete or recording.cut:
        sys.stderr.write("The recording is incomplete: what happened after its end is not in the script.\n")
