"""`mcpwatch check`: what in a recording is against the protocol, for a person and for CI."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.ci import in_ci
from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Command
from mcpwatch.cli.reports import Reports, trees_of
from mcpwatch.errors import ExitCode, worst

if TYPE_CHECKING:
    from mcpwatch.check.checked import Checked
    from mcpwatch.recording import Recording

SEVERITIES = ("error", "warning", "info")

_judge = partial(o.option, panel="What counts")
_report = partial(o.option, panel="Report")
_rules = partial(o.option, panel="Rules")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch check",
        "mcpwatch check t.mcpw.jsonl --fail-on warning --ignore 'progress-*'",
        "mcpwatch check t.mcpw.jsonl --junit report.xml",
        "mcpwatch check --explain stdout-noise",
    ),
)
@click.argument("file", metavar="[FILE]", default="last", shell_complete=files)
@_judge(
    "--fail-on",
    metavar="SEVERITY",
    type=click.Choice(SEVERITIES),
    shell_complete=words(*SEVERITIES),
    help="The least that ends in exit 1: error (the default), warning or info.",
)
@_judge(
    "--by",
    metavar="SIDE",
    type=click.Choice(("server", "client")),
    shell_complete=words("server", "client"),
    help="Only what the server did wrong, or only what the client did.",
)
@_judge("--ignore", metavar="RULE", multiple=True, help="Leave this rule out; * is anything; repeatable.")
@_judge(
    "--expect",
    metavar="FILE",
    type=click.Path(path_type=Path),
    shell_complete=files,
    help="Also what this script expects of a whole session; its steps are not looked at.",
)
@_judge("--allow-incomplete", is_flag=True, help="In CI a recording without its end fails, but not with this.")
@_report("--json", "json_", is_flag=True, help="One JSON document on stdout.")
@_report("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@_report("--github/--no-github", default=None, help="Annotations for GitHub Actions (default: there).")
@_report("-q", "--quiet", is_flag=True, help="Only the verdict.")
@_report("-v", "--verbose", is_flag=True, help="Show every finding, not only the first of each rule.")
@_rules("--explain", metavar="RULE", help="Say what a rule is about, why it matters and what to do.")
@_rules("--list", "list_", is_flag=True, help="List the rules.")
@click.pass_context
def check(ctx: click.Context, file: str, **given: Any) -> None:
    """Find what is against the protocol in a recording: by server or client, in both eras.

    FILE is a recording, `last` (the default), `last~1`, the id of a kept session, or - for stdin.
    """
    if given["list_"] or given["explain"]:
        _tell_rules(given)
        return
    from mcpwatch.recording import Recording, resolve
    from mcpwatch.view.findings import verdict_line
    from mcpwatch.view.screen import Screen
    from mcpwatch.view.style import plain

    talk = Screen.of(sys.stderr if given["json_"] else sys.stdout)
    reports = Reports("check", junit=given["junit"], github=given["github"], say=talk.write)
    with reports.refusals(file):
        recording = Recording.open(Path("/dev/stdin") if file == "-" else resolve(file))
    with recording:
        with reports.refusals(file):
            checked = _checked("stdin" if file == "-" else _shown(recording.path), recording, given)
        incomplete = not checked.complete and in_ci() and not given["allow_incomplete"]
        code = ExitCode.FINDING if checked.failed else ExitCode.OK
        if incomplete:
            code = ExitCode.RECORDING
        _tell(checked, given)
        _say_end(checked, incomplete)
        said = verdict_line(checked)
        if reports.wanted:
            ran = checked.ran(code)
            code = worst(code, *reports.write([ran], plain(said), trees=lambda: trees_of(recording, [ran])))
    talk.write(f"{talk.text(said)}\n")
    ctx.exit(code)


def _checked(name: str, recording: Recording, given: Mapping[str, Any]) -> Checked:
    from mcpwatch.check.checked import Checked, ignored_ids
    from mcpwatch.check.rules import Checker, Tally

    expected = None
    if given["expect"] is not None:
        from mcpwatch.check.afterwards import read_expected  # what scripts are made of, which only they pay for

        expected = read_expected(given["expect"])
    ignore = ignored_ids(given["ignore"])
    if expected is not None:
        ignore |= ignored_ids(expected.ignore, str(given["expect"]))
    fail_on = given["fail_on"] or (None if expected is None else expected.fail_on) or "error"
    checker, tally = Checker(), Tally(ignore=ignore, by=given["by"])
    judge = None if expected is None else expected.judge(recording.read)
    for event in recording.events():
        found = checker.feed(event)
        if found:
            tally.add(found)
        if judge is not None:
            judge.take(event)
    return Checked(
        file=name,
        tally=tally,
        fail_on=fail_on,
        events=checker.events,
        complete=recording.complete,
        cut=recording.cut,
        gaps=checker.gaps,
        unmet=() if judge is None else tuple(judge.findings()),
    )


def _shown(path: Path) -> str:
    """A path as a person would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(path)


def _tell(checked: Checked, given: dict[str, Any]) -> None:
    """Everything but the verdict; a document is whole."""
    if given["json_"]:
        from mcpwatch.cli.document import json_text

        sys.stdout.write(json_text(checked.document(), sys.stdout))
        return
    from mcpwatch.view.findings import finding_lines
    from mcpwatch.view.screen import Screen

    screen = Screen.of(sys.stdout)
    limit = screen.width if screen.terminal else None
    lines = [] if given["quiet"] else finding_lines(checked, limit, verbose=given["verbose"])
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))


def _tell_rules(given: dict[str, Any]) -> None:
    from mcpwatch.check.checked import rule_document, unknown_rule
    from mcpwatch.check.rules import RULES
    from mcpwatch.view.findings import list_lines, rule_lines
    from mcpwatch.view.screen import Screen

    name = given["explain"]
    if name is not None and name not in RULES:
        raise unknown_rule(name)
    if given["json_"]:
        from mcpwatch.cli.document import json_text

        document = [rule_document(rule) for rule in RULES.values()] if name is None else rule_document(RULES[name])
        sys.stdout.write(json_text(document, sys.stdout))
        return
    screen = Screen.of(sys.stdout)
    limit = screen.width if screen.terminal else None
    lines = list_lines(RULES.values(), limit) if name is None else rule_lines(RULES[name], limit)
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))


def _say_end(checked: Checked, fails: bool) -> None:
    if checked.gaps:
        sys.stderr.write("The recording has gaps: what seems to be missing may only have been taken out.\n")
    if checked.complete:
        return
    how = "breaks off in its last line" if checked.cut else "has no footer: whoever wrote it was ended"
    hint = "; --allow-incomplete accepts that" if fails else ""
    sys.stderr.write(f"The recording is incomplete, it {how}{hint}.\n")
