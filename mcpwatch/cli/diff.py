"""`mcpwatch diff`: what changed between two recordings, for a person, a pull request and CI."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.ci import in_ci
from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.cli.reports import Reports, trees_of
from mcpwatch.errors import ExitCode, UsageError, worst

if TYPE_CHECKING:
    from mcpwatch.check.diff import Diff

_compare = partial(o.option, panel="Compare")
_report = partial(o.option, panel="Report")
_FACTOR = re.compile(r"(\d+(?:\.\d+)?)\s*[x×]?")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch diff",
        "mcpwatch diff baseline.mcpw.jsonl last --ignore result.structuredContent.at",
        "mcpwatch diff v1.mcpw.jsonl v2.mcpw.jsonl --interface",
        "mcpwatch diff v1.mcpw.jsonl v2.mcpw.jsonl --markdown > comment.md",
    ),
)
@click.argument("a", metavar="[A]", default="last~1", shell_complete=files)
@click.argument("b", metavar="[B]", default="last", shell_complete=files)
@_compare("--interface", is_flag=True, help="Only what the server offers.")
@_compare(
    "--ignore", metavar="PATH", multiple=True, help="Not this part of any message: result.items.*.at, **.elapsed."
)
@_compare("--latency", metavar="FACTOR", help="Also calls that take FACTOR times as long, or as short: 2.")
@_compare(
    "--forwarded",
    is_flag=True,
    help="A is a backend's recording, B one of the aggregator before it: what of A's own messages came through.",
)
@_compare("--allow-incomplete", is_flag=True, help="In CI a recording without its end is refused, but not with this.")
@_report("--json", "json_", is_flag=True, help="One JSON document on stdout.")
@_report("--markdown", is_flag=True, help="Markdown on stdout, for a pull request.")
@_report("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@_report("--github/--no-github", default=None, help="Annotations for GitHub Actions (default: there).")
@_report("-q", "--quiet", is_flag=True, help="Only the verdict.")
@_report("-v", "--verbose", is_flag=True, help="Every change, not only the first of each exchange.")
@click.pass_context
def diff(
    ctx: click.Context,
    a: str,
    b: str,
    interface: bool,
    ignore: tuple[str, ...],
    latency: str | None,
    forwarded: bool,
    allow_incomplete: bool,
    json_: bool,
    markdown: bool,
    junit: Path | None,
    github: bool | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Say what changed between two recordings; exit 0 where nothing did, 1 where something did.

    A and B are recordings, `last~1` and `last` (the defaults), ids of kept sessions, or - for stdin. Exchanges are
    laid side by side; what is never the same twice is not compared: ids, times, ports, temporary paths, cursors,
    sessions.
    """
    from mcpwatch.check.diff import compare
    from mcpwatch.check.diff_report import ran_of
    from mcpwatch.check.recorded import read_recorded
    from mcpwatch.view.differences import diff_markdown, verdict_line
    from mcpwatch.view.screen import Screen

    if json_ and markdown:
        raise UsageError("--json and --markdown contradict each other.")
    if forwarded:
        from mcpwatch.cli.forwarding import forwarded_between, tell

        if markdown or junit or interface:
            raise UsageError("--forwarded has a report of its own.", hint="--json prints it as one document.")
        ctx.exit(tell(forwarded_between(_path(a), _path(b)), as_json=json_, verbose=verbose))
    factor = latency_factor(latency)
    allowed = allow_incomplete or not in_ci()
    talk = Screen.of(sys.stderr if json_ or markdown else sys.stdout)
    reports = Reports("diff", junit=junit, github=github, say=talk.write)
    with reports.refusals(f"{a} and {b}"):
        first, second = (read_recorded(_path(name), allow_incomplete=allowed) for name in (a, b))
    with first.recording, second.recording:
        found = compare(first, second, names=(a, b), ignore=ignore, interface_only=interface, latency=factor)
        _show(found, interface=interface, json_=json_, markdown=markdown, quiet=quiet, verbose=verbose)
        code = ExitCode.OK if found.same else ExitCode.FINDING
        if reports.wanted:
            ran, body = ran_of(found), diff_markdown(found, interface_only=interface)
            code = worst(code, *reports.write([ran], body=body, trees=lambda: trees_of(second.recording, [ran])))
    talk.write(f"{talk.text(verdict_line(found, interface_only=interface))}\n")
    ctx.exit(code)


def _path(name: str) -> Path:
    from mcpwatch.recording import resolve

    return Path("/dev/stdin") if name == "-" else resolve(name)


def latency_factor(text: str | None) -> float | None:
    """What `--latency` says; None where it says nothing. Raises `UsageError`."""
    if text is None:
        return None
    match = _FACTOR.fullmatch(text.strip())
    if match is None or float(match[1]) < 1:
        raise UsageError(
            f"--latency {text!r} is no factor.", hint="Write 2 or 1.5: how many times as long is too long."
        )
    return float(match[1])


def _show(diff: Diff, *, interface: bool, json_: bool, markdown: bool, quiet: bool, verbose: bool) -> None:
    """Everything but the verdict; a document is whole."""
    if json_:
        from mcpwatch.check.diff_report import diff_document
        from mcpwatch.cli.document import json_text

        sys.stdout.write(json_text(diff_document(diff), sys.stdout))
        return
    from mcpwatch.view.differences import diff_lines, diff_markdown
    from mcpwatch.view.screen import Screen

    screen = Screen.of(sys.stdout)
    if markdown:
        screen.write(diff_markdown(diff, interface_only=interface))
        return
    lines = [] if quiet else diff_lines(diff, screen.width if screen.terminal else None, verbose=verbose)
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))
