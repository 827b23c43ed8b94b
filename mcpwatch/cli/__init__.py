"""The command line: one file a command, and one place where an error becomes a line on stderr and an exit code.

Start-up is part of the product: nothing here imports the session, the view or the HTTP stack before a command needs
it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Sequence

from mcpwatch.errors import ExitCode, McpwatchError, UsageError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    threading.excepthook = _failed_aside
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # while the imports still go on
        code = ExitCode.INTERRUPTED
    except Exception as error:  # a mistake of ours: as Python itself would say it, without what it may quote
        _crashed(error)
        code = ExitCode.FINDING
    sys.exit(code)


def _crashed(error: BaseException) -> None:
    from mcpwatch.redact.crash import crash_report

    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(crash_report(error))


def _failed_aside(failed: threading.ExceptHookArgs) -> None:
    """The same for a thread, beside which all goes on."""
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        _crashed(failed.exc_value)


def _run(argv: list[str]) -> int:
    import click

    from mcpwatch.cli.app import build
    from mcpwatch.cli.argv import split_command
    from mcpwatch.cli.complain import complain, complain_of_usage
    from mcpwatch.cli.outlets import fill_gaps, full, mute
    from mcpwatch.view.screen import Screen

    fill_gaps()
    out, err = sys.stdout, sys.stderr
    typed = split_command(argv)
    try:
        colour = Screen.of(out).colour  # of the help, whose parser knows no NO_COLOR
        arguments = list(typed.words)
        code = build().main(args=arguments, prog_name="mcpwatch", standalone_mode=False, obj=typed, color=colour)
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
        mute(1)
        return ExitCode.OK  # whoever read our output has enough
    except SystemExit:
        if sys.stdout is out:
            raise  # the parser is done with a completion
        # It wraps what nobody reads any more and leaves with 1.
        sys.stdout, sys.stderr = out, err
        mute(1)
        return ExitCode.OK
    except OSError as error:
        if _is_nowhere():
            complain(UsageError("The folder that you are in is not there any more.", hint="cd to one that is"))
            return ExitCode.USAGE
        failure = full(error)
        if failure is None:
            raise
        mute(1)
        complain(failure)
        return failure.exit_code


def _is_nowhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return True
    return False
