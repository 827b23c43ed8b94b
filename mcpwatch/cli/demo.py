"""`mcpwatch demo`: the bundled server through the same path as any other target, every pattern once."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.completing import words
from mcpwatch.cli.help import Command


@click.command(cls=Command, examples=("mcpwatch demo", "mcpwatch demo --era modern", "mcpwatch demo -o t.mcpw.jsonl"))
@o.option(
    "--era",
    panel="Connection",
    metavar="ERA",
    shell_complete=words("legacy", "modern"),
    default="legacy",
    show_default=True,
    help="legacy is initialize, up to 2025-11-25; modern is 2026-07-28.",
)
@o.demo_output
@o.demo_recording
@click.pass_context
def demo(ctx: click.Context, **given: Any) -> None:
    """Watch the bundled demo server use every pattern of the protocol; about 20 seconds, nothing else needed.

    Logs at all levels, progress with and without a total, sampling, elicitation, roots, list changes, resource
    updates, notifications outside the specification, stderr, junk on stdout, errors, structured results.
    """
    from mcpwatch import demo as tour
    from mcpwatch.cli.ahead import carry_out
    from mcpwatch.cli.plan import plan_for, target_for
    from mcpwatch.session.steps import Step, parse_step

    def step(text: str) -> Step:
        kind, _, rest = text.partition(" ")
        return parse_step(kind, rest)

    steps = [[step(one) for one in ([entry] if isinstance(entry, str) else entry)] for entry in tour.TOUR]
    given |= {"sampling": tour.SAMPLING, "elicit": tour.ELICIT, "root": (Path.cwd(),), "allow_errors": True}
    # In the modern era a question is a part of a result, with no frame of its own.
    only = "--text" if given["era"] == "modern" else "--method"
    named = "last" if given["record"] is None else shlex.quote(str(given["record"]))
    plan = plan_for(
        [target_for(["demo"], (), given)],
        steps,
        given,
        next_commands=(
            f"mcpwatch show {named} {only} sampling/createMessage",
            "mcpwatch call demo weather city=Lisbon",
            "mcpwatch run your_server.py",
        ),
    )
    ctx.exit(carry_out(plan))
