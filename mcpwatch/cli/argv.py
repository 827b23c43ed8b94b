"""What the option parser cannot do: the command after `--`, and steps in the order in which they were written.

The parser swallows `--` and gathers each option's values apart from the others', so both are read from the arguments
before it, and the parser still sees them for help, completion and errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import click

from mcpwatch.cli.again import Typed
from mcpwatch.cli.help import Command

__all__ = ["STEP_KINDS", "StepsCommand", "after_dashes", "split_command", "steps_in_order", "typed_line"]

_STEPS = "mcpwatch.steps"
STEP_KINDS = ("list", "call", "read", "prompt", "complete", "subscribe", "request", "notify")


def split_command(argv: Sequence[str]) -> Typed:
    """The arguments before the first `--`, and the command after it."""
    arguments = list(argv)
    if "--" not in arguments:
        return Typed(arguments, [])
    at = arguments.index("--")
    return Typed(arguments[:at], arguments[at + 1 :])


def typed_line() -> Typed | None:
    """What was typed; None outside of a command line."""
    ctx = click.get_current_context(silent=True)
    return None if ctx is None else cast("Typed | None", ctx.find_root().obj)


def after_dashes(ctx: click.Context) -> list[str]:
    """The command that stood after `--`, empty where there was none."""
    typed = cast("Typed | None", ctx.find_root().obj)
    return [] if typed is None else list(typed.command)


def steps_in_order(ctx: click.Context) -> list[tuple[str, str]]:
    """The step options of this command as they were written: kind and text."""
    return cast("list[tuple[str, str]]", ctx.meta.get(_STEPS, []))


class StepsCommand(Command):
    """A command whose step options (`--call`, `--read`, …) keep their order across different options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_STEPS] = self._steps(args)
        return super().parse_args(ctx, args)

    def _steps(self, args: Sequence[str]) -> list[tuple[str, str]]:
        takes_value = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in (*param.opts, *param.secondary_opts)
        }
        found: list[tuple[str, str]] = []
        waiting = iter(args)
        for arg in waiting:
            name, equals, text = arg.partition("=")
            if name == "--list":
                found.append(("list", ""))
            elif name in takes_value:
                value = text if equals else next(waiting, None)
                if name[2:] in STEP_KINDS and value is not None:
                    found.append((name[2:], value))
        return found
