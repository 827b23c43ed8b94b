"""How the command line explains itself: commands and options in their panels, examples as they are typed.

Rendered with the option parser's own formatter and a few colours, not with rich, whose import would take longer than
most commands take to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple, cast

import click

from mcpwatch.errors import UsageError

__all__ = ["Command", "Entry", "Group", "Option"]

WIDEST = 100
_LISTING = "To see what a server offers: mcpwatch run TARGET --list"
_WATCHING = "To watch a server: mcpwatch run TARGET"
_OTHER_WORDS = {
    **dict.fromkeys(("list", "ls", "tools", "prompts", "resources", "catalogue"), _LISTING),
    **dict.fromkeys(("watch", "start", "connect", "inspect", "dev"), _WATCHING),
    **dict.fromkeys(("record", "capture"), "Every session is recorded; to name the file: mcpwatch run TARGET -o FILE"),
    **dict.fromkeys(("open", "view", "print", "log", "logs", "last"), "To see a recording: mcpwatch show"),
    "read": "To read a resource: mcpwatch run TARGET --read URI",
    "prompt": "To get a prompt: mcpwatch run TARGET --prompt 'NAME k=v'",
    "version": "mcpwatch --version",
}
"""Words that other tools have for what a command here does."""


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
            raise UsageError(f"There is no command {args[0]!r}.", hint=self._meant(args))
        return super().resolve_command(ctx, args)

    def _meant(self, args: Sequence[str]) -> str:
        """What somebody may have wanted who wrote these words, the first of which is no command."""
        import difflib
        import shlex

        word, *others = args
        if word == "help":
            return f"mcpwatch {others[0]} --help" if others and others[0] in self.entries else "mcpwatch --help"
        if word in _OTHER_WORDS:
            return _OTHER_WORDS[word]
        if word == "demo" or any(sign in word for sign in "./:"):
            return f"To watch it: mcpwatch run {shlex.quote(word)}"
        if near := difflib.get_close_matches(word, self.entries, n=1):
            return f"Did you mean {near[0]}?"
        return "mcpwatch --help names the commands."

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
