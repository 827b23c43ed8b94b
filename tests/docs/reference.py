"""Writes the command reference from the program itself: `python -m tests.docs.reference > docs/reference.md`.

It walks the command object, so what the page says is what the parser does. `tests/test_docs.py` fails when the page in
the repository is not what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click

from mcpwatch.cli.app import build
from mcpwatch.errors import ExitCode

EXIT_CODES = {
    ExitCode.OK: "done, nothing found",
    ExitCode.FINDING: "an expectation of a script was not met, a rule of the protocol was broken (`check`), or a call "
    "ended in an error, with `isError`, or malformed (not with `--allow-errors`)",
    ExitCode.USAGE: "the command line, a target or a config is wrong",
    ExitCode.CONNECT: "the server could not be started or reached, or it died",
    ExitCode.UNANSWERED: "the server asked something that had no answer",
    ExitCode.TIMEOUT: "timed out; the message names what is unanswered",
    ExitCode.RECORDING: "a recording could not be read or written",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C); the recording is complete",
    ExitCode.TERMINATED: "terminated (SIGTERM, SIGHUP); the recording is complete",
}

ENVIRONMENT = {
    "MCPWATCH_SESSIONS": "the folder where sessions are kept, or `off` to keep none",
    "MCPWATCH_LOGINS": "the folder where logins are kept, or `off` to keep none",
    "MCPWATCH_TOKEN": "the token of `--auth token`, without `--auth-token-env`",
    "MCPWATCH_CLIENT_SECRET": "the secret of `--auth-client`, without `--auth-secret-env`",
    "BROWSER": "what `--auth browser` opens pages with, in place of the system's browser",
    "CI": "set: sessions are not kept without `--record`, nobody is asked, an incomplete recording fails",
    "GITHUB_ACTIONS": "`true`: annotations, and `GITHUB_STEP_SUMMARY` gets what failed; `--no-github` leaves both out",
    "OPENAI_BASE_URL": "where the model of `--llm` is, without `--llm-url`",
    "OPENAI_API_KEY": "the key of `--llm`, without `--llm-key-env`",
    "NO_COLOR": "set: no colours",
    "FORCE_COLOR": "set: colours also where there is no terminal",
}

HEAD = """\
# Commands

Made from the program by `python -m tests.docs.reference`, and kept true by a test. `mcpwatch COMMAND --help` says the
same.
"""


def reference() -> str:
    """The whole page."""
    group = build()
    root = click.Context(group, info_name="mcpwatch")
    lines = [HEAD]
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        assert command is not None
        lines += _command(command, command.make_context(name, [], parent=root, resilient_parsing=True))
    lines += ["## Exit codes", ""]
    lines += _table(("exit", "means"), ((str(int(code)), EXIT_CODES[code]) for code in ExitCode))
    precedence = "6, 130 and 143, 2, 3, 5, 4, 1"
    lines += ["", f"Where several apply, the first of {precedence} wins.", ""]
    lines += ["## Environment", ""]
    lines += _table(("variable", "does"), ((f"`{name}`", text) for name, text in ENVIRONMENT.items()))
    return "\n".join(lines) + "\n"


def _command(command: click.Command, ctx: click.Context) -> Iterator[str]:
    yield f"## {ctx.command_path}"
    yield ""
    yield "```text"
    yield " ".join((ctx.command_path, *command.collect_usage_pieces(ctx)))
    yield "```"
    yield ""
    yield _paragraphs(command.help or "")
    yield ""
    examples: Iterable[str] = getattr(command, "examples", ())
    if examples:
        yield "```text"
        yield from examples
        yield "```"
        yield ""
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None and isinstance(param, click.Option):
            panels.setdefault(getattr(param, "panel", "Options"), []).append(record)
    for panel, records in sorted(panels.items(), key=lambda item: item[0] == "Options"):
        yield from _table((panel, ""), ((f"`{names}`", text) for names, text in records))
        yield ""


def _paragraphs(text: str) -> str:
    """A docstring's paragraphs, each on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield _row(head)
    yield "|---|---|"
    yield from map(_row, rows)


def _row(cells: tuple[str, str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(reference())
