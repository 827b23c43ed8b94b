"""The command line: one file a command, and one place where an error becomes a line on stderr and an exit code.

Start-up is part of the product: nothing here imports the session, the view or the HTTP stack before a command needs
it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from mcpwatch.errors import ExitCode, McpwatchError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    sys.exit(_run(list(sys.argv[1:] if argv is None else argv)))


def _run(argv: list[str]) -> int:
    import click

    from mcpwatch.cli.app import build
    from mcpwatch.cli.argv import split_command
    from mcpwatch.cli.complain import complain, complain_of_usage

    arguments, command = split_command(argv)
    try:
        code = build().main(args=arguments, prog_name="mcpwatch", standalone_mode=False, obj=command)
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.OK
    except McpwatchError as error:
        complain(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        complain_of_usage(error)
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough. Whatever Python flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.OK
