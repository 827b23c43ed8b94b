"""How the command line explains itself: commands and options in their panels, examples as they are typed.

Rendered with the option parser's own formatter and a few colours, not with rich, whose import would take longer than
most commands take to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple, cast

import click

__all__ = ["Command", "Entry", "Group", "Option"]

WIDEST = 100


class Option(click.Option):
    """An option that belongs to a panel of the help."""

    def __init__(self, *args: Any, panel: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.panel = panel


class Command(click.Command):
    """A command with examples, and its options in panels."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), after_dashes: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self._after_dashes = after_dashes

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        return [*pieces, "[-- COMMAND …]"] if self._after_dashes else pieces

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.width = min(formatter.width, WIDEST)
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        if self.examples:
            _titled(formatter, "Examples", [(example, "") for example in self.examples])
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                panels.setdefault(getattr(param, "panel", "Options"), []).append(record)
        # What every command has comes last, what it is about first.
        for panel in sorted(panels, key=lambda name: name == "Options"):
            _titled(formatter, panel, panels[panel])

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{click.style('Usage:', bold=True)} ")


class Entry(NamedTuple):
    """A command before it is imported: where it lives and what the overview says of it."""

    module: str
    panel: str
    short: str


class Group(click.Group):
    """All commands, each imported when it is called: a command pays for itself alone."""

    def __init__(self, *args: Any, entries: dict[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        return cast("click.Command", getattr(import_module(entry.module), cmd_name.replace("-", "_")))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.entries and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], self.entries, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" To watch it: mcpwatch run {args[0]}"
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.width = min(formatter.width, WIDEST)
        formatter.write(f"{click.style('Usage:', bold=True)} mcpwatch COMMAND …\n")
        self.format_help_text(ctx, formatter)
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            panels.setdefault(entry.panel, []).append((name, entry.short))
        for panel, rows in panels.items():
            _titled(formatter, panel, rows)
        options = [record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))]
        _titled(formatter, "Options", options)
        formatter.write(f"\nMore about each: {click.style('mcpwatch COMMAND --help', bold=True)}\n")


def _titled(formatter: click.HelpFormatter, title: str, rows: Iterable[tuple[str, str]]) -> None:
    formatter.write(f"\n{click.style(title + ':', bold=True)}\n")
    listed = [(click.style(name, fg="cyan"), text) for name, text in rows]
    if all(not text for _, text in listed):
        formatter.write("".join(f"  {name}\n" for name, _ in rows))
        return
    formatter.indent()
    formatter.write_dl(listed, col_max=34)
    formatter.dedent()
