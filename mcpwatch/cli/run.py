"""`mcpwatch run`: connect to a server, show what it offers, do the steps, stream everything live."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from typing import Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import StepsCommand, after_dashes, steps_in_order
from mcpwatch.errors import UsageError

_TAKES_ARGUMENTS = ("call", "prompt", "complete", "request", "notify")
_ARGUMENT = re.compile(r"[^=/]+:?=|\{")
"""`k=…`, `k:=…`, or a JSON object."""


@click.command(
    cls=StepsCommand,
    after_dashes=True,
    examples=(
        "mcpwatch run server.py",
        "mcpwatch run server.py --call 'work n=5' --sampling Paris",
        "mcpwatch run --script ci.mcpw.yaml",
        "mcpwatch run alpha=a.py beta=https://example.com/mcp --call 'alpha:work n=5'",
        "mcpwatch run https://example.com/mcp -H 'Authorization: Bearer …'",
        "mcpwatch run --for 10s -- npx -y @modelcontextprotocol/server-everything",
    ),
)
@o.target
@o.steps
@o.script
@o.answers
@o.connection
@o.login
@o.times
@o.output
@o.compare
@o.recording
@click.pass_context
def run(ctx: click.Context, target: tuple[str, ...], **given: Any) -> None:
    """Watch a server: what it offers, what it does, what it asks. Everything is recorded.

    TARGET is a script (.py .js .ts or any executable), file.py:object, a URL, mcp.json:NAME, cursor:NAME or demo; or
    a command after `--`. Several are watched together, each a link of its own: NAME=TARGET names one, a config stands
    for all its servers, and a step says whom it is for (--call 'alpha:work n=5') unless only one offers it.

    A step that the server answers with an error does not keep those after it from being done; one that cannot be done
    (there is no such tool, no answer came in time) does, and the steps that are left are named.

    Without a step it stays and watches until Ctrl-C, the server's end, --for or --until-idle; where there is no
    terminal and no bound it lists what is offered and ends.
    """
    if given["script"] is not None:
        from mcpwatch.cli.playing import watch_script

        if steps_in_order(ctx):
            raise UsageError("Steps and --script contradict each other.", hint="Write the steps into the script.")
        ctx.exit(watch_script(given["script"], target, after_dashes(ctx), given))

    from mcpwatch.cli.ahead import carry_out
    from mcpwatch.cli.plan import plan_for, targets_for
    from mcpwatch.session.steps import parse_step

    named = targets_for(_without_arguments(target, ctx), after_dashes(ctx), given)
    links = [one.name for one in named]
    if given["compare"] and ("via" not in links or len(links) < 2):
        hint = "mcpwatch run --compare alpha=backend.py via=aggregator.py --call 'via:work n=3' --call 'alpha:work n=3'"
        raise UsageError("--compare needs backends and a link named via: the aggregator before them.", hint=hint)
    steps = [[parse_step(kind, text, links)] for kind, text in steps_in_order(ctx)]
    bounded = given["for_"] is not None or given["until_idle"] is not None
    stay = bounded or (not steps and sys.stdout.isatty() and not given["json_"])
    ctx.exit(carry_out(plan_for(named, steps, given, stay=stay)))


def _without_arguments(words: tuple[str, ...], ctx: click.Context) -> tuple[str, ...]:
    """The words of the target. Raises `UsageError` where the others are a step's arguments that were not quoted."""
    last = steps_in_order(ctx)[-1:]
    extra = words[0 if after_dashes(ctx) else 1 :]
    argued = last and extra and last[0][0] in _TAKES_ARGUMENTS and all(_ARGUMENT.match(word) for word in extra)
    if argued and not any(map(_is_named_target, extra)):
        kind, text = last[0]
        quoted = shlex.quote(" ".join((text, *map(shlex.quote, extra))))
        raise UsageError(f"{extra[0]!r} is no target.", hint=f"A step is one word for the shell: --{kind} {quoted}")
    return words


def _is_named_target(word: str) -> bool:
    """Whether `k=v` is a link's name and what it stands for rather than an argument."""
    from mcpwatch.session.target import parse_target

    command = word.partition("=")[2].split()
    if len(command) > 1:  # a command, if there is one of this name; else a text with spaces
        return shutil.which(command[0]) is not None
    try:
        parse_target([word])
    except UsageError:
        return False
    return True
