"""The command-line application: which commands there are, in which panel, and what stands above them."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.main import get_command

from mcpwatch import __version__
from mcpwatch.cli.argv import StepsCommand
from mcpwatch.cli.call import call
from mcpwatch.cli.demo import demo
from mcpwatch.cli.run import run
from mcpwatch.cli.sessions import sessions
from mcpwatch.cli.show import show

__all__ = ["build"]

WATCH, FILES = "Watch", "Files"


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"mcpwatch {__version__}\n")
        raise typer.Exit()


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """See, answer and record everything that crosses the wire between an MCP client and an MCP server.

    Start here:  mcpwatch demo   then   mcpwatch run server.py
    """


def build() -> Any:
    """The whole command line as one command object of the option parser."""
    app = typer.Typer(
        name="mcpwatch",
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    app.command(rich_help_panel=WATCH, cls=StepsCommand)(run)
    app.command(rich_help_panel=WATCH)(call)
    app.command(rich_help_panel=WATCH)(demo)
    app.command(rich_help_panel=FILES)(show)
    app.command(rich_help_panel=FILES)(sessions)
    return get_command(app)
