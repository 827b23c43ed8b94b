"""`mcpwatch sessions`: the sessions that were kept, the newest first."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mcpwatch.cli.help import Command
from mcpwatch.cli.options import option

if TYPE_CHECKING:
    from mcpwatch.recording import Kept
    from mcpwatch.view.style import Line


@click.command(cls=Command, examples=("mcpwatch sessions", "mcpwatch show last", "mcpwatch show k7qd"))
@option("--json", "json_", panel="Output", is_flag=True, help="One JSON document on stdout.")
def sessions(json_: bool) -> None:
    """List the kept sessions, the newest first. `last`, `last~1` or an id stands wherever a FILE does.

    What a proxy records with --record is listed behind them, by its path, as long as it goes on.
    """
    from mcpwatch.cli.document import json_text
    from mcpwatch.recording import sessions_folder as folder
    from mcpwatch.recording.kept import kept, live_elsewhere
    from mcpwatch.view.screen import Screen
    from mcpwatch.view.style import clip_line

    rows, away = kept(), live_elsewhere()
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
                "kept": row not in away,
            }
            for row in (*rows, *away)
        ]
        sys.stdout.write(json_text(documents, sys.stdout))
        return
    if not rows and not away:
        where = folder()
        said = "No sessions are kept: MCPWATCH_SESSIONS is off." if where is None else f"No session is kept in {where}."
        sys.stderr.write(said + "\n")
        return
    screen = Screen.of(sys.stdout)
    lines = _table(rows, away)
    if screen.terminal:
        lines = [clip_line(line, screen.width) for line in lines]
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))


def _targets(row: Kept) -> list[str]:
    """Each target once: a proxy before a URL has a link for each client."""
    counts = Counter(row.spoken)
    return [one if count == 1 else f"{one} ({count} links)" for one, count in counts.items()]


def _table(rows: Sequence[Kept], away: Sequence[Kept]) -> list[Line]:
    """A line each, with a headline. The id is its last four letters, which are enough to name it; what is not kept has
    its path in front of the target."""
    from mcpwatch.text import size, width
    from mcpwatch.view.style import clean, pad

    cells: list[Line] = [[(word, "dim") for word in ("", "ID", "STARTED", "SIZE", "ENDED", "TARGET")]]
    for number, row in enumerate((*rows, *away)):
        is_kept = number < len(rows)
        if row.live:
            ended = ("live", "ok")
        elif row.exit is None:
            ended = ("cut off", "warning")
        else:
            ended = (f"exit {row.exit}", "" if row.exit == 0 else "error")
        line = [
            (("last" if number == 0 else f"last~{number}") if is_kept else "", "out"),
            (row.id.rpartition("-")[2] if is_kept else "-", "strong"),
            (row.started.astimezone().strftime("%b %d %H:%M:%S"), ""),
            (size(row.size), ""),
            ended,
            (", ".join(_targets(row) if is_kept else (str(row.path), *_targets(row))), "dim"),
        ]
        cells.append(clean(line))
    widths = [max(width(line[column][0]) for line in cells) for column in range(5)]
    table: list[Line] = []
    for line in cells:
        shown: Line = []
        for column, (text, style) in enumerate(line[:5]):
            text = pad(text, widths[column]) if column != 3 else " " * (widths[3] - width(text)) + text
            shown += [(text, style), ("  ", "")]
        table.append([*shown, line[5]])
    return table
