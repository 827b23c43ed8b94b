"""`mcpwatch servers`: what the clients' config files define, read and never started."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.cli.options import option
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.configs import Place, ServerEntry
    from mcpwatch.view.style import Line


@click.command(cls=Command, examples=("mcpwatch servers", "mcpwatch servers .mcp.json", "mcpwatch run cursor:weather"))
@click.argument("file", metavar="[FILE]", required=False, shell_complete=files)
@option("--json", "json_", panel="Output", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def servers(ctx: click.Context, file: str | None, json_: bool) -> None:
    """List the servers that the config files here define: Claude, Cursor, VS Code, Cline, Codex, Gemini, Goose.

    What stands first in a line is a target: `mcpwatch run cursor:weather`. Nothing is started, variables are shown by
    name, and credentials are never shown. With FILE that file alone is read.
    """
    from mcpwatch.cli.document import json_text
    from mcpwatch.view.screen import Screen
    from mcpwatch.view.style import clip_line

    found, wrong = _read(file)
    if json_:
        sys.stdout.write(json_text([_document(*one) for one in found], sys.stdout))
    elif found:
        screen = Screen.of(sys.stdout)
        lines = _lines(found)
        if screen.terminal:
            lines = [clip_line(line, screen.width) for line in lines]
        screen.write("".join(f"{screen.text(line)}\n" for line in lines))
    elif not wrong:
        sys.stderr.write("No config of a client defines a server here.\n")
    err = Screen.of(sys.stderr)
    for error in wrong:
        from mcpwatch.text import sanitize

        err.write(f"warning: {sanitize(str(error))}\n")
    if wrong and not found:
        ctx.exit(wrong[0].exit_code)


_WIDEST: Final = 60
"""Cells to which targets are filled up: one that is longer sticks out, and the others stay where they can be read."""


def _read(file: str | None) -> tuple[list[tuple[Place, str, ServerEntry]], list[UsageError]]:
    """Each server with the file that it is in, and what was wrong with other files."""
    from mcpwatch import configs

    looked = configs.places()
    if file is not None:
        path = Path(file)
        if not path.is_file():
            raise UsageError(f"There is no file {file}.")
        looked = [configs.Place(file, path.name, path, "user")]
    found: list[tuple[Place, str, ServerEntry]] = []
    wrong: list[UsageError] = []
    for place in looked:
        if not place.path.is_file():
            continue
        try:
            entries = configs.read_servers(place.path)
        except UsageError as error:
            if not _is_settings(place.path, error):
                wrong.append(error)
            continue
        found += [(place, name, entry) for name, entry in entries.items()]
    return found, wrong


def _is_settings(path: Path, error: UsageError) -> bool:
    """Whether this is a client's whole settings, which need not define a server."""
    return path.name in (".claude.json", "settings.json", "server.json") and "defines no servers" in str(error)


def _document(place: Place, name: str, entry: ServerEntry) -> dict[str, Any]:
    from mcpwatch.configs.edit import is_wrapped

    return {
        "target": f"{place.source}:{name}",
        "client": place.client,
        "file": str(place.path),
        "scope": place.scope,
        "name": name,
        "command": _command(entry),
        "url": _url(entry),
        "env": sorted(entry.env),
        "headers": sorted(entry.headers),
        "disabled": entry.disabled,
        "wrapped": is_wrapped(entry),
        "wrong": entry.wrong or None,
    }


def _lines(found: list[tuple[Place, str, ServerEntry]]) -> list[Line]:
    from mcpwatch.configs.edit import is_wrapped
    from mcpwatch.text import width
    from mcpwatch.view.style import clean, pad

    lines: list[Line] = []
    widest = min(max(width(f"{place.source}:{name}") for place, name, _ in found), _WIDEST)
    last: Path | None = None
    for place, name, entry in found:
        if place.path != last:
            mark = " (of this folder)" if place.scope == "project" else ""
            lines += [[]] if lines else []
            lines.append(clean([(place.client, "strong"), (f"  {_short(place.path)}{mark}", "dim")]))
            last = place.path
        what = entry.wrong or _url(entry) or " ".join(_command(entry) or ())
        line: Line = [("  ", ""), (pad(f"{place.source}:{name}", widest), "out"), ("  ", "")]
        line.append((what, "error" if entry.wrong else ""))
        told = [*sorted(entry.env), *sorted(entry.headers)]
        notes = [f"[{', '.join(told)}]"] if told else []
        notes += ["wrapped"] if is_wrapped(entry) else []
        notes += ["disabled"] if entry.disabled else []
        line += [("  " + " · ".join(notes), "dim")] if notes else []
        lines.append(clean(line))
    return lines


def _command(entry: ServerEntry) -> list[str] | None:
    """The server's own command, without a proxy before it."""
    from mcpwatch.configs.edit import unwrapped
    from mcpwatch.redact import redact_argv

    if entry.command is None:
        return None
    return redact_argv(unwrapped(entry.command, entry.args) or [entry.command, *entry.args])


def _url(entry: ServerEntry) -> str | None:
    from mcpwatch.redact import redact_url

    return None if entry.url is None else redact_url(entry.url)


def _short(path: Path) -> str:
    """A path as a person would write it: from here, or from home."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if path.is_relative_to(base):
            return prefix + str(path.relative_to(base))
    return str(path)
