"""`mcpwatch sessions`: the sessions that were kept, the newest first."""

from __future__ import annotations

import sys

import click

from mcpwatch.cli.help import Command
from mcpwatch.cli.options import option


@click.command(cls=Command, examples=("mcpwatch sessions", "mcpwatch show last"))
@option("--json", "json_", panel="Output", is_flag=True, help="One JSON document on stdout.")
def sessions(json_: bool) -> None:
    """List the kept sessions, the newest first. `last`, `last~1` or an id stands wherever a FILE does."""
    from mcpwatch.cli.document import json_text
    from mcpwatch.recording import sessions_folder as folder
    from mcpwatch.recording.kept import kept
    from mcpwatch.text import sanitize, size

    rows = kept()
    if json_:
        documents = [
            {
                "id": row.id,
                "path": str(row.path),
                "started": row.started.isoformat(),
                "bytes": row.size,
                "live": row.live,
                "complete": row.complete,
                "exit": row.exit,
                "links": list(row.links),
                "targets": list(row.targets),
            }
            for row in rows
        ]
        sys.stdout.write(json_text(documents, sys.stdout))
        return
    if not rows:
        where = folder()
        said = "No sessions are kept: MCPWATCH_SESSIONS is off." if where is None else f"No session is kept in {where}."
        sys.stderr.write(said + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (("", "left"), ("ID", "left"), ("STARTED", "left"), ("SIZE", "right"), ("ENDED", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # pyright: ignore[reportArgumentType]
    table.add_column("TARGET", no_wrap=True, overflow="ellipsis", ratio=1)
    for number, row in enumerate(rows):
        if row.live:
            ended, style = "live", "bold green"
        elif row.exit is None:
            ended, style = "cut off", "yellow"
        else:
            ended, style = f"exit {row.exit}", "" if row.exit == 0 else "red"
        table.add_row(
            Text("last" if number == 0 else f"last~{number}", "cyan"),
            Text(row.id),
            Text(row.started.astimezone().strftime("%b %d %H:%M:%S")),
            Text(size(row.size)),
            Text(ended, style),
            Text(sanitize(", ".join(row.targets)), "dim"),
        )
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = 400
    console.print(table)
