"""`mcpwatch demo`: the bundled server through the same path as any other target, every pattern once."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from mcpwatch.cli import options as o


def demo(
    era: o.Era = "legacy",
    json: o.Json = False,
    events: o.Events = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    record: o.Record = None,
    force: o.Force = False,
    no_record: o.NoRecord = False,
) -> None:
    """Watch the bundled demo server use every pattern of the protocol; about 20 seconds, nothing else needed.

    Logs at all levels, progress with and without a total, sampling, elicitation, roots, list changes, resource
    updates, notifications outside the specification, stderr, junk on stdout, errors, structured results.

    Examples:

      mcpwatch demo

      mcpwatch demo --era modern
    """
    from mcpwatch import demo as tour
    from mcpwatch.cli.plan import Given, Output, Plan, answerers, client_options, where_to_record
    from mcpwatch.cli.watching import watch_plan
    from mcpwatch.session.steps import Step, parse_step
    from mcpwatch.session.target import parse_target

    def step(text: str) -> Step:
        kind, _, rest = text.partition(" ")
        return parse_step(kind, rest)  # pyright: ignore[reportArgumentType] - the tour's own words

    parsed = parse_target(["demo"])
    client = client_options(era=era, log_level="debug", within=60.0, without=None, relist=True)
    path, kept = where_to_record(record, no_record, parsed.name)
    file = "last" if kept else shlex.quote(str(path)) if path else "FILE"
    plan = Plan(
        target=parsed,
        options=client,
        answers=answerers(Given(tour.SAMPLING, tour.ELICIT, roots=[Path.cwd()]), client.without),
        steps=[[step(one) for one in ([entry] if isinstance(entry, str) else entry)] for entry in tour.TOUR],
        output=Output(json, events, quiet, verbose, allow_errors=True),
        record=path,
        kept=kept,
        force=force,
        next_commands=(
            f"mcpwatch show {file} --method sampling/createMessage",
            "mcpwatch call demo weather city=Oslo",
            "mcpwatch run your_server.py",
        ),
    )
    raise typer.Exit(watch_plan(plan))
