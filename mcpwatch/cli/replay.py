"""`mcpwatch replay`: the client half of a recording to a live server, and what is different then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

_play = partial(o.option, panel="Replaying")
_compare = partial(o.option, panel="Comparing")
_connect = partial(o.option, panel="Connection")
_report = partial(o.option, panel="Report")
_PERSONAL = ("ask", "save_answers")


def _without_person(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options for answers without those that need somebody at the terminal."""
    params = cast("list[click.Parameter]", getattr(function, "__click_params__", []))
    params[:] = [param for param in params if param.name not in _PERSONAL]
    return function


@click.command(
    cls=Command,
    after_dashes=True,
    examples=(
        "mcpwatch replay t.mcpw.jsonl server.py",
        "mcpwatch replay last --as-recorded",
        "mcpwatch replay t.mcpw.jsonl -- npx -y some-server",
        "mcpwatch replay t.mcpw.jsonl --junit report.xml --as-recorded --ignore result.structuredContent.at",
        "mcpwatch replay t.mcpw.jsonl server.py --update",
    ),
)
@click.argument("words", nargs=-1, metavar="FILE [TARGET]", shell_complete=files)
@_play("--strict-timing", "strict", is_flag=True, help="Keep the recorded pauses: no message is sent sooner than then.")
@_play("--link", metavar="NAME", help="Only this link of the recording; TARGET stands for one.")
@_play("--allow-errors", is_flag=True, help="Take a recording with failed calls for a baseline.")
@_play("--allow-incomplete", is_flag=True, help="In CI a recording without its end is refused, but not with this.")
@_play("--update", is_flag=True, help="Put what came now in the place of FILE, as the new baseline.")
@_compare("--ignore", metavar="PATH", multiple=True, help="Do not compare this, such as result.structuredContent.at.")
@_compare("--latency", metavar="FACTOR", help="Also calls that take FACTOR times as long, or as short: 2.")
@_without_person
@o.answers
@_connect(
    "--as-recorded",
    is_flag=True,
    help="Without TARGET: start the command, or go to the URL, that FILE names. Look at it first.",
)
@_connect(
    "--era",
    metavar="auto|legacy|modern",
    shell_complete=words("auto", "legacy", "modern"),
    help="Instead of the recorded one.",
)
@_connect("-e", "--env", metavar="NAME=VALUE", multiple=True, help="Set in the server's environment; repeatable.")
@_connect("--cwd", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Where the server starts.")
@_connect("--python", metavar="PATH", help="The interpreter for .py targets; default: the active environment's.")
@_connect("-H", "--header", metavar="'NAME: VALUE'", multiple=True, help="Sent with every request to a URL.")
@_connect("--transport", metavar="auto|http|sse", default="auto", help="How a URL is spoken to; auto finds out.")
@o.option("--timeout", panel="Time", metavar="TIME", default="60s", show_default=True, help="Per request.")
@o.option("--answer-timeout", panel="Time", metavar="TIME", help="Refuse a question that has no answer by then.")
@_report("--json", "json_", is_flag=True, help="One JSON document on stdout.")
@_report("--markdown", is_flag=True, help="Markdown on stdout: for a comment, or a job's summary.")
@_report("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@_report("--github/--no-github", default=None, help="Annotations for GitHub Actions (default: there).")
@_report("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors and warnings.")
@_report("-v", "--verbose", is_flag=True, help="Every change, not only the first of each exchange.")
@o.recording
@click.pass_context
def replay(ctx: click.Context, words: tuple[str, ...], **given: Any) -> None:
    """Send what a recording's client sent once more, in its order, answer what the server asks as it was answered then,
    and say what is different.

    FILE is a recording (of a client, or of a proxy), `last`, `last~1` or the id of a kept session. TARGET is what `run`
    takes. A recording may come from anybody, so what it names itself, a command or a URL, is only started or gone to
    with --as-recorded. Credentials are redacted in a recording, so they have to be given again: --env, --header, or a
    TARGET that has them.
    """
    command = after_dashes(ctx)
    if not words:
        raise UsageError("No recording is named.", hint="mcpwatch replay FILE [TARGET]")
    if given["json_"] and given["markdown"]:
        raise UsageError("--json and --markdown contradict each other.", hint="Both want stdout for themselves.")
    from mcpwatch.cli.diff import latency_factor

    given["latency"] = latency_factor(given["latency"])

    from mcpwatch.cli.replaying import carry_out

    ctx.exit(carry_out(words[0], words[1:], command, given))
