"""`mcpwatch test`: scripts played against their servers, for a person at a terminal and for CI."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Command

_pick = partial(o.option, panel="Which")
_report = partial(o.option, panel="Report")
_connect = partial(o.option, panel="Connection")


def _without_person(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options for answers without those that need somebody at the terminal."""
    params = cast("list[click.Parameter]", getattr(function, "__click_params__", []))
    params[:] = [param for param in params if param.name not in ("ask", "save_answers")]
    return function


@click.command(
    cls=Command,
    examples=(
        "mcpwatch test ci.mcpw.yaml",
        "mcpwatch test tests/ -x --record-dir recordings",
        "mcpwatch test tests/ --junit report.xml --era legacy --era modern",
        "mcpwatch test ci.mcpw.yaml --update",
    ),
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path), shell_complete=files
)
@_pick("-k", "only", metavar="TEXT", multiple=True, help="Only scripts whose path, name or era holds this; 'not TEXT'.")
@_pick("-x", "--exitfirst", "first", is_flag=True, help="Stop after the first script that fails.")
@_pick("--update", is_flag=True, help="Rewrite expectations that are not met, in place; errors are never blessed.")
@_without_person
@o.answers
@_connect(
    "--era",
    "eras",
    metavar="ERA",
    multiple=True,
    shell_complete=words("legacy", "modern", "auto"),
    help="Instead of the eras that the scripts name; repeatable.",
)
@_connect("-e", "--env", metavar="NAME=VALUE", multiple=True, help="For ${NAME} in the scripts, and for the servers.")
@o.login
@o.option("--timeout", panel="Time", metavar="TIME", help="Per request; default: the script's, else 60s.")
@_report("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@_report("--github/--no-github", default=None, help="Annotations for GitHub Actions (default: there).")
@_report("--json", "json_", is_flag=True, help="One JSON document on stdout at the end.")
@_report("-q", "--quiet", is_flag=True, help="Only what failed, and the last line.")
@o.option(
    "--record-dir",
    panel="Recording",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Record each script here.",
)
@o.option("--force", panel="Recording", is_flag=True, help="Replace recordings that are there.")
@click.pass_context
def test(ctx: click.Context, paths: tuple[Path, ...], **given: Any) -> None:
    """Play scripts and check what they expect: a line a step, the difference where one fails.

    PATH is a script, or a folder that is searched for *.mcpw.yaml. Paths in a script are relative to it.
    """
    os.environ.update(o.pairs(given["env"], "--env", "="))
    from mcpwatch.cli.judging import judge

    ctx.exit(judge(paths, given))
