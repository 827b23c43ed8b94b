"""`mcpwatch call`: one tool call; the live view on stderr, the result on stdout."""

from __future__ import annotations

import shlex
from typing import Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError


@click.command(
    cls=Command,
    after_dashes=True,
    examples=(
        "mcpwatch call server.py work n=5",
        "mcpwatch call demo weather city=Lisbon -q | jq .celsius",
        "mcpwatch call add a=1 b=2 -- npx -y some-server",
    ),
)
@click.argument("words", nargs=-1, metavar="TARGET TOOL [k=v …]", shell_complete=files)
@o.answers
@o.connection
@o.login
@o.call_times
@o.output
@o.recording
@click.pass_context
def call(ctx: click.Context, words: tuple[str, ...], **given: Any) -> None:
    """Call one tool. The result goes to stdout (structured content as JSON, else text), everything else to stderr.

    Arguments are k=text (read by the tool's input schema), k:=json, k=@file, k:=@file.json, a.b=1, or one JSON object.
    With a command after `--` there is no TARGET.
    """
    from mcpwatch.cli.again import connection_words
    from mcpwatch.cli.ahead import carry_out
    from mcpwatch.cli.plan import plan_for, target_for
    from mcpwatch.redact.commands import redact_argv
    from mcpwatch.session.steps import Step

    command = after_dashes(ctx)
    named, rest = ((), words) if command else (words[:1], words[1:])
    target = target_for(named, command, given)
    if not rest:
        named, words = target.words
        named = (*named, *redact_argv(connection_words(given)))
        listing = shlex.join(["mcpwatch", "run", *named, "--list", *(("--", *words) if words else ())])
        raise UsageError("No tool is named.", hint=f"See what there is: {listing}")
    step = Step("call", rest[0], tuple(rest[1:]))
    ctx.exit(carry_out(plan_for([target], [[step]], given, one_call=True)))
