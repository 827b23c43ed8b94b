"""`mcpwatch proxy`: between a real client and a real server, byte for byte."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.argv import after_dashes
from mcpwatch.cli.completing import words
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

_where = partial(o.option, panel="Where")
ON_RECORD_ERROR = ("go-on", "stop")


@click.command(
    cls=Command,
    after_dashes=True,
    context_settings={"allow_extra_args": True},
    examples=(
        "mcpwatch proxy -- npx -y @modelcontextprotocol/server-everything",
        "mcpwatch proxy --record t.mcpw.jsonl -- python server.py",
        "mcpwatch proxy https://mcp.example.com/mcp --listen 127.0.0.1:8000",
        "mcpwatch show --follow",
    ),
)
@click.argument("url", metavar="[URL]", required=False)
@_where("--listen", metavar="HOST:PORT", help="Where clients of a URL come (default: 127.0.0.1:0, any free port).")
@_where(
    "--allow-host",
    "allow_hosts",
    metavar="NAME",
    multiple=True,
    help="Also serve requests to this host, and listen elsewhere than on loopback; * is any.",
)
@_where("--name", metavar="NAME", help="What the link and the kept session are called (default: as the server is).")
@o.login
@o.recording
@o.option(
    "--on-record-error",
    panel="Recording",
    type=click.Choice(ON_RECORD_ERROR),
    default="go-on",
    show_default=True,
    shell_complete=words(*ON_RECORD_ERROR),
    help="What the traffic does when it cannot be recorded. Exit code 6 at the end either way.",
)
@o.option("-q", "--quiet", panel="Output", is_flag=True, help="Do not say where the session is kept.")
@click.pass_context
def proxy(ctx: click.Context, url: str | None, **given: Any) -> None:
    """Sit between a real client and a real server: add nothing, lose nothing, record everything.

    Put it in front of the server's command in the client's config, and follow the traffic in another terminal with
    `mcpwatch show --follow`. What passes is never changed; in the recording secrets are redacted. Ends as the server
    ends, with its exit code or signal. For a server at a URL, give the client the address that is said on stderr
    instead; it ends with Ctrl-C. A client's own login passes like everything else; with --auth the proxy logs in
    itself, for requests that bring no Authorization.
    """
    command = after_dashes(ctx)
    if url is not None:
        if ctx.args:
            words = shlex.join((url, *ctx.args))
            raise UsageError(f"{words!r} is no URL.", hint=f"A command comes last, after --: mcpwatch proxy -- {words}")
        if command:
            raise UsageError(f"Both {url!r} and a command after -- are given.", hint="One server only.")
        from mcpwatch.cli.listening import serve

        ctx.exit(serve(url, given))
    for option in ("listen", "allow_hosts"):
        if given[option]:
            raise UsageError(f"--{option.removesuffix('s').replace('_', '-')} is for a server at a URL.")
    if given["auth"] != "none":
        raise UsageError("--auth is for a server at a URL.", hint="A process gets what it needs in its environment.")
    if not command:
        raise UsageError("No server is given.", hint="Its command comes last: mcpwatch proxy -- npx -y srv")
    from mcpwatch.cli.between import pass_on

    ctx.exit(pass_on(command, given))
