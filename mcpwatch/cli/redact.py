"""`mcpwatch redact`: a recording without its secrets, after the fact."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpwatch.events import Event
    from mcpwatch.recording import Recording
    from mcpwatch.redact import Redactor

_what = partial(o.option, panel="What else to redact")
_where = partial(o.option, panel="Where to")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch redact t.mcpw.jsonl -o clean.mcpw.jsonl",
        "mcpwatch redact last --key email --key ssn -o clean.mcpw.jsonl.gz",
        "mcpwatch redact t.mcpw.jsonl --secret-env MY_LICENCE --pattern 'cus_\\w+' -o t.mcpw.jsonl --force",
        "mcpwatch redact last | mcpwatch show -",
    ),
)
@click.argument("file", metavar="[FILE]", default="last", shell_complete=files)
@_what("--key", "keys", metavar="NAME", multiple=True, help="The values of this JSON key; repeatable.")
@_what("--pattern", "patterns", metavar="REGEX", multiple=True, help="What matches, in any text; repeatable.")
@_what(
    "--secret-env",
    "names",
    metavar="NAME",
    multiple=True,
    help="The value of this environment variable, wherever it stands; repeatable.",
)
@_where("-o", "--output", metavar="OUT", type=click.Path(path_type=Path), help="Write here (default: stdout).")
@_where("--force", is_flag=True, help="Replace OUT, which may be FILE itself.")
@click.pass_context
def redact(
    ctx: click.Context,
    file: str,
    keys: tuple[str, ...],
    patterns: tuple[str, ...],
    names: tuple[str, ...],
    output: Path | None,
    force: bool,
) -> None:
    """Write a recording once more without what must not leave this machine.

    What is always redacted goes, also from a recording made with --no-redact, and what the options name. A credential
    that was found anywhere goes everywhere, also before it was found. The result is a recording: it can be shown,
    checked, compared, replayed and mocked.

    FILE is a recording, `last` (the default), `last~1`, the id of a kept session, or - for stdin.
    """
    from mcpwatch.recording import Recording, resolve
    from mcpwatch.recording.rewrite import rewritten, write_lines
    from mcpwatch.redact import Redactor, environment_secrets

    if output is None and sys.stdout.isatty():
        raise UsageError("A recording is a file.", hint="Name one with -o OUT, or show it: mcpwatch show FILE")
    for name in names:
        if not os.environ.get(name):
            raise UsageError(f"--secret-env {name}: it is not set.")
    secrets = [*environment_secrets(os.environ), *(os.environ[name] for name in names)]
    redactor = Redactor(secrets=secrets, keys=keys, patterns=patterns, names=names)
    for name in names:
        if redactor.text(os.environ[name]) == os.environ[name]:
            raise UsageError(
                f"--secret-env {name}: its value is too short or too common to be looked for.",
                hint="Name the key that it stands under with --key, or its shape with --pattern.",
            )
    with Recording.open(Path("/dev/stdin") if file == "-" else resolve(file)) as recording:
        for event in recording.events():
            redactor(event)  # only to learn what there is: a secret may be known long after it was used
        counted = _Counted(redactor)
        lines = rewritten(recording, counted, policy=redactor.policy)
        if output is not None:
            write_lines(lines, output, force=force)
        else:
            for line in lines:
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        _say(counted, recording, output)
    ctx.exit(ExitCode.OK)


class _Counted:
    """The redactor, and what it did."""

    def __init__(self, redactor: Redactor) -> None:
        self.events = 0
        self._redactor = redactor

    def __call__(self, event: Event) -> Event:
        changed = self._redactor(event)
        if changed == event:
            return event
        self.events += 1
        return changed


def _say(counted: _Counted, recording: Recording, output: Path | None) -> None:
    from mcpwatch.text import sanitize

    where = "" if output is None else f": {sanitize(str(output))}"
    count = f"{counted.events:,} event{'' if counted.events == 1 else 's'}"
    said = f"redacted {count}" if counted.events else "nothing more to redact"
    sys.stderr.write(f"{said}{where}\n")
    if recording.unknown:
        sys.stderr.write(f"{recording.unknown} lines of unknown kinds were left out: nobody can tell what they hold.\n")
    if not recording.complete:
        sys.stderr.write("The recording has no footer, and neither has its copy.\n")
