"""What the option parser cannot do: the command after `--`, and steps in the order in which they were written.

The parser swallows `--` and gathers each option's values apart from the others', so both are read from the arguments
before it, and the parser still sees them for help, completion and errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import typer
from typer.core import TyperCommand

from mcpwatch.session.steps import KINDS, StepKind

__all__ = ["StepsCommand", "after_dashes", "split_command", "steps_in_order"]

_STEPS = "mcpwatch.steps"


def split_command(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments before the first `--`, and the command after it."""
    arguments = list(argv)
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def after_dashes(ctx: typer.Context) -> list[str]:
    """The command that stood after `--`, empty where there was none."""
    return cast("list[str]", ctx.find_root().obj or [])


def steps_in_order(ctx: typer.Context) -> list[tuple[StepKind, str]]:
    """The step options of this command as they were written: kind and text."""
    return cast("list[tuple[StepKind, str]]", ctx.meta.get(_STEPS, []))


class StepsCommand(TyperCommand):
    """A command whose step options (`--call`, `--read`, …) keep their order across different options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_STEPS] = self._steps(args)
        return super().parse_args(ctx, args)

    def _steps(self, args: Sequence[str]) -> list[tuple[StepKind, str]]:
        takes_value = {
            name
            for param in self.params
            if param.param_type_name == "option" and not getattr(param, "is_flag", False)
            for name in param.opts
        }
        found: list[tuple[StepKind, str]] = []
        waiting = iter(args)
        for arg in waiting:
            name, equals, value = arg.partition("=")
            kind = name[2:] if name.startswith("--") else ""
            if name == "--list" and not equals:
                found.append(("list", ""))
            elif name in takes_value or (arg[:2] in takes_value and not arg.startswith("--")):
                if not equals and (arg in takes_value):
                    value = next(waiting, None)
                if kind in KINDS and value is not None:
                    found.append((kind, value))
        return found
