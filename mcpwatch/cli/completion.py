"""`mcpwatch completion`: the script that teaches a shell to complete mcpwatch's commands and options."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from mcpwatch.cli.completing import words
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    examples=(
        'eval "$(mcpwatch completion bash)"      # in ~/.bashrc',
        'eval "$(mcpwatch completion zsh)"       # in ~/.zshrc, after compinit',
        "mcpwatch completion fish > ~/.config/fish/completions/mcpwatch.fish",
    ),
)
@click.argument("shell", required=False, metavar="[bash|zsh|fish]", shell_complete=words(*SHELLS))
def completion(shell: str | None) -> None:
    """Print the completion script for your shell; by default for the one in $SHELL."""
    from mcpwatch.cli.app import build

    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise UsageError(f"There is no completion for {shell!r}.", hint=f"One of: {', '.join(SHELLS)}.")
    made = get_completion_class(shell)
    assert made is not None
    sys.stdout.write(made(build(), {}, "mcpwatch", "_MCPWATCH_COMPLETE").source())
