"""What a shell offers when Tab is pressed where an argument or the value of an option stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["files", "words"]


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell's own files and folders."""
    from click.shell_completion import CompletionItem  # nobody else needs it

    return [CompletionItem(incomplete, type="file")]


def words(*known: str) -> Callable[[click.Context, click.Parameter, str], Sequence[str]]:
    """One of these words."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> Sequence[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete
