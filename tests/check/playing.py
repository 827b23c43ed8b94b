"""Playing a script against a server of ours, as the command line does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio

from mcpwatch.check.report import Ran, Verdict
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.scripts import Played, jobs_of, play_job
from mcpwatch.session.answers import Answerer
from mcpwatch.session.options import ClientOptions
from tests.check.reading import QUICK

HEAD = f"mcpwatch: 1\ntarget: {QUICK}\nera: legacy\n"


async def play(
    folder: Path, text: str, *, head: str = HEAD, before: tuple[Answerer, ...] = (), go_on: bool = False, **options: Any
) -> tuple[Ran, Played]:
    """Write a script, play it once, and say how it went; it has 30 seconds."""
    path = folder / "t.mcpw.yaml"
    path.write_text(head + text, encoding="utf-8")
    played = Played()
    with anyio.fail_after(30):
        ran = await play_job(
            jobs_of(path)[0],
            ClientOptions(**options),
            before,
            (),
            tell=_nobody,
            interrupts=Interrupts(),
            played=played,
            go_on=go_on,
        )
    return ran, played


def said(ran: Ran) -> list[str]:
    """Every sentence about what failed."""
    return [message for verdict in ran.verdicts for message in verdict.messages]


def statuses(ran: Ran) -> Mapping[str, str]:
    """How each step went, by its name."""
    return {verdict.name: verdict.status for verdict in ran.verdicts}


def _nobody(_: Verdict) -> None:
    pass
