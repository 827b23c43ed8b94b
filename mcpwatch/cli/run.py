"""`mcpwatch run`: connect to a server, show what it offers, do the steps, stream everything live."""

from __future__ import annotations

import sys

import typer

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes, steps_in_order


def run(
    ctx: typer.Context,
    target: o.Targets = None,
    list_: o.ListStep = False,
    call: o.CallStep = None,
    read: o.ReadStep = None,
    prompt: o.PromptStep = None,
    complete: o.CompleteStep = None,
    subscribe: o.SubscribeStep = None,
    request: o.RequestStep = None,
    notify: o.NotifyStep = None,
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
    until_idle: o.UntilIdle = None,
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
    """Watch a server: what it offers, what it does, what it asks. Everything is recorded.

    Without a step it stays and watches until Ctrl-C, the server's end, --for or --until-idle; where there is no
    terminal and no bound it lists what is offered and ends.

    Examples:

      mcpwatch run server.py

      mcpwatch run server.py --call 'work n=5' --sampling Paris

      mcpwatch run https://example.com/mcp -H 'Authorization: Bearer …'

      mcpwatch run --for 10s -- npx -y @modelcontextprotocol/server-everything
    """
    from mcpwatch.cli.plan import Given, Output, Plan, answerers, client_options, may_ask, where_to_record
    from mcpwatch.cli.watching import watch_plan
    from mcpwatch.session.steps import parse_step
    from mcpwatch.session.target import parse_target

    parsed = parse_target(
        target or (),
        after_dashes(ctx),
        python=python,
        env=o.pairs(env or (), "--env", "="),
        headers=o.pairs(header or (), "--header", ":"),
        cwd=None if cwd is None else str(cwd),
        transport=transport,
    )
    steps = [[parse_step(kind, text, (parsed.name,))] for kind, text in steps_in_order(ctx)]
    watch_for, idle = o.duration(for_, "--for"), o.duration(until_idle, "--until-idle")
    bounded = watch_for is not None or idle is not None
    relist = not no_relist
    client = client_options(
        era=era, log_level=log_level, within=o.duration(timeout, "--timeout"), without=without, relist=relist
    )
    path, kept = where_to_record(record, no_record, parsed.name)
    plan = Plan(
        target=parsed,
        options=client,
        answers=answerers(Given(sampling, elicit, elicit_url, root or ()), client.without),
        steps=steps,
        output=Output(json, events, quiet, verbose, allow_errors),
        record=path,
        kept=kept,
        force=force,
        redact=not no_redact,
        redact_keys=tuple(redact_key or ()),
        redact_patterns=tuple(redact_pattern or ()),
        ask=may_ask(ask),
        watch_for=watch_for,
        until_idle=idle,
        stay=bounded or (not steps and sys.stdout.isatty() and not json),
    )
    raise typer.Exit(watch_plan(plan))
