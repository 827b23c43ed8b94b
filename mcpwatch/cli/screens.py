"""What `mcpwatch tui` opens: the rooms put together for the screens, and everything ended when they close."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio

from mcpwatch.api import Settings
from mcpwatch.cli.plan import Given, plan_for
from mcpwatch.errors import ExitCode
from mcpwatch.session.answers import Answers
from mcpwatch.session.target import Target
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.live import Live
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.reading import Reading
from mcpwatch.tui.source import Source
from mcpwatch.wire.process import subreaper

__all__ = ["watch_file", "watch_targets"]


def watch_file(path: Path) -> ExitCode:
    """The screens over a recording."""
    anyio.run(_shown, Reading(path), None)
    return ExitCode.OK


def watch_targets(targets: Sequence[Target], given: Given) -> ExitCode:
    """The screens over servers."""
    plan = plan_for(targets[0], (), given)
    desk = Desk()
    answers = Answers([*plan.answers, *desk.answerers()])
    settings = Settings(
        options=plan.options,
        answers=answers,
        llm=plan.llm,
        record=plan.record,
        force=plan.force,
        redact=plan.redact,
        redact_keys=plan.redact_keys,
        redact_patterns=plan.redact_patterns,
    )
    subreaper()

    async def watched() -> ExitCode:
        live = Live(targets, settings)
        await _shown(live, desk)
        return live.code

    return anyio.run(watched)


async def _shown(source: Source, desk: Desk | None) -> None:
    try:
        await WatchApp(source, desk).run_async()
    finally:
        await source.close()
