"""`mcpwatch call`: one tool call; the live view on stderr, the result on stdout."""

from __future__ import annotations

from typing import Annotated

import typer

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.errors import UsageError


def call(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET TOOL [k=v …]",
            show_default=False,
            help="The target, the tool, and its arguments: k=text, k:=json, k=@file, a.b=1, or one JSON object. "
            "With a command after `--` the target is left out.",
        ),
    ] = None,
    sampling: o.Sampling = None,
    elicit: o.Elicit = None,
    elicit_url: o.ElicitUrl = False,
    root: o.Root = None,
    ask: o.Ask = None,
    era: o.Era = "auto",
    env: o.Env = None,
    cwd: o.Cwd = None,
    header: o.Header = None,
    transport: o.TransportOption = "auto",
    python: o.Python = None,
    log_level: o.LogLevel = "debug",
    without: o.Without = None,
    no_relist: o.NoRelist = False,
    timeout: o.Timeout = "60s",
    for_: o.For = None,
    json: o.Json = False,
    events: o.Events = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    allow_errors: o.AllowErrors = False,
    record: o.Record = None,
    force: o.Force = False,
    no_record: o.NoRecord = False,
    no_redact: o.NoRedact = False,
    redact_key: o.RedactKey = None,
    redact_pattern: o.RedactPattern = None,
) -> None:
    """Call one tool. The result goes to stdout (structured content as JSON, else text), everything else to stderr.

    Examples:

      mcpwatch call server.py work n=5

      mcpwatch call demo weather city=Oslo | jq .temperature

      mcpwatch call add a=1 b=2 -- npx -y some-server
    """
    from mcpwatch.cli.plan import Given, Output, Plan, answerers, client_options, may_ask, where_to_record
    from mcpwatch.cli.watching import watch_plan
    from mcpwatch.session.steps import Step
    from mcpwatch.session.target import parse_target

    command, given = after_dashes(ctx), list(words or ())
    named = [] if command else given[:1]
    rest = given if command else given[1:]
    parsed = parse_target(
        named,
        command,
        python=python,
        env=o.pairs(env or (), "--env", "="),
        headers=o.pairs(header or (), "--header", ":"),
        cwd=None if cwd is None else str(cwd),
        transport=transport,
    )
    if not rest:
        raise UsageError("No tool is named.", hint=f"See what there is: mcpwatch run {parsed.spoken} --list")
    relist = not no_relist
    client = client_options(
        era=era, log_level=log_level, within=o.duration(timeout, "--timeout"), without=without, relist=relist
    )
    path, kept = where_to_record(record, no_record, parsed.name)
    plan = Plan(
        target=parsed,
        options=client,
        answers=answerers(Given(sampling, elicit, elicit_url, root or ()), client.without),
        steps=[[Step("call", rest[0], tuple(rest[1:]))]],
        output=Output(json, events, quiet, verbose, allow_errors),
        record=path,
        kept=kept,
        force=force,
        redact=not no_redact,
        redact_keys=tuple(redact_key or ()),
        redact_patterns=tuple(redact_pattern or ()),
        ask=may_ask(ask),
        watch_for=o.duration(for_, "--for"),
        one_call=True,
    )
    raise typer.Exit(watch_plan(plan))
