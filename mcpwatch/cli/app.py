"""The command-line application: which commands there are, in which panel, and what the overview says of each."""

from __future__ import annotations

import click

from mcpwatch import __version__
from mcpwatch.cli.help import Entry, Group

__all__ = ["build"]

WATCH, TEST, FILES, SET_UP = "Watch", "Test", "Files", "Set up"
ENTRIES = {
    "run": Entry("mcpwatch.cli.run", WATCH, "Watch a server: what it offers, what it does, what it asks."),
    "call": Entry("mcpwatch.cli.call", WATCH, "Call one tool; the result goes to stdout."),
    "demo": Entry("mcpwatch.cli.demo", WATCH, "Watch the bundled server use every pattern; needs nothing else."),
    "proxy": Entry("mcpwatch.cli.proxy", WATCH, "Sit between a real client and a real server."),
    "tui": Entry("mcpwatch.cli.tui", WATCH, "Watch, call and answer on screens; open a recording in the same ones."),
    "test": Entry("mcpwatch.cli.test", TEST, "Run scripts of calls and expectations, for you and for CI."),
    "check": Entry("mcpwatch.cli.check", TEST, "Find what is against the protocol in a recording."),
    "replay": Entry("mcpwatch.cli.replay", TEST, "Send the recorded client's half again, and compare."),
    "mock": Entry("mcpwatch.cli.mock", TEST, "Be the recorded server, for any client."),
    "diff": Entry("mcpwatch.cli.diff", TEST, "Say what changed between two recordings."),
    "init-script": Entry("mcpwatch.cli.init_script", TEST, "Draft a script from a recording."),
    "show": Entry("mcpwatch.cli.show", FILES, "Print a recording, filter it, follow one that is being written."),
    "sessions": Entry("mcpwatch.cli.sessions", FILES, "List the sessions that were kept."),
    "redact": Entry("mcpwatch.cli.redact", FILES, "Take secrets out of a recording, after the fact."),
    "servers": Entry("mcpwatch.cli.servers", SET_UP, "List the servers that the config files of clients define."),
    "wrap": Entry("mcpwatch.cli.wrap", SET_UP, "Put the proxy before a server in a client's config."),
    "unwrap": Entry("mcpwatch.cli.wrap", SET_UP, "Take it out again."),
    "completion": Entry("mcpwatch.cli.completion", SET_UP, "Print the completion script for your shell."),
}


def build() -> click.Group:
    """The whole command line; commands are imported when they are looked up."""
    group = Group(
        name="mcpwatch",
        entries=ENTRIES,
        help="See, answer and record everything that crosses the wire between an MCP client and an MCP server.",
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
    )
    return click.version_option(__version__, "-V", "--version", message="mcpwatch %(version)s")(group)
