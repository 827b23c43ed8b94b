"""`run --script FILE`: a script played while everything is shown live; what became of each step goes to stderr.

The live view is the one of `run`, the playing that of `test`: here they are put together.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from mcpwatch.api import Session, Settings
from mcpwatch.check.report import Ran, Verdict, document
from mcpwatch.check.targets import Aim
from mcpwatch.cli.access import told_by
from mcpwatch.cli.document import json_text
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.judging import split_answerers
from mcpwatch.cli.output import Face
from mcpwatch.cli.plan import Plan, plan_for, target_for
from mcpwatch.cli.scripts import Job, Played, jobs_of, play_job
from mcpwatch.errors import ExitCode, UsageError, worst
from mcpwatch.session.answers.ask import ask
from mcpwatch.view.screen import Screen
from mcpwatch.view.verdicts import closing_lines, ran_lines, verdict_lines
from mcpwatch.wire.process import subreaper

__all__ = ["watch_script"]


def watch_script(path: Path, words: Sequence[str], command: Sequence[str], given: Mapping[str, Any]) -> ExitCode:
    """Play the script at `path`, against the servers it names, or against the target of the command line."""
    for name in ("for_", "until_idle"):
        if given.get(name) is not None:
            option = "--" + name.rstrip("_").replace("_", "-")
            raise UsageError(f"{option} and --script contradict each other.", hint="A script ends with its last step.")
    target = target_for(words, command, given) if words or command else None
    era = given.get("era", "auto")
    job = jobs_of(path, () if era == "auto" else (era,), instead=None if target is None else Aim(target))[0]
    plan = plan_for([job.aims[0].target], (), given)
    subreaper()
    return anyio.run(_Watching(job, plan, given).run)


class _Watching:
    def __init__(self, job: Job, plan: Plan, given: Mapping[str, Any]) -> None:
        self._job, self._plan, self._given = job, plan, given
        self._interrupts = Interrupts()
        self._face: Face | None = None
        self._session: Session | None = None
        self._screen = Screen.of(sys.stderr)

    async def run(self) -> ExitCode:
        plan, loop = self._plan, asyncio.get_running_loop()
        scope = anyio.CancelScope()
        face = self._face = Face(plan, lambda: loop.call_soon_threadsafe(scope.cancel))
        before, after = split_answerers(
            self._given, self._job.script.without | plan.options.without, plan.llm, plan.files
        )
        if plan.ask:
            draft = plan.llm.draft if plan.llm is not None and plan.drafts else None
            asker = face.asker(self._interrupts)
            after.append(ask(asker, draft=draft, save_to=plan.save_to, why=face.why_over))
        settings = Settings(
            record=plan.record,
            force=plan.force,
            redact=plan.redact,
            redact_keys=plan.redact_keys,
            redact_patterns=plan.redact_patterns,
            llm=plan.llm,
        )
        with self._interrupts.caught():
            try:
                ran = await play_job(
                    self._job,
                    told_by(plan.options, face.invite),
                    before,
                    after,
                    tell=self._tell,
                    interrupts=self._interrupts,
                    played=Played(),
                    settings=settings,
                    opened=self._opened,
                )
            finally:
                await to_thread.run_sync(face.close)
            assert self._session is not None
            await to_thread.run_sync(partial(self._close, ran, self._session))
        return worst(ExitCode(ran.exit), face.code(), self._interrupts.code or ExitCode.OK)

    def _opened(self, session: Session) -> None:
        assert self._face is not None
        self._session = session
        self._face.open(session)

    def _tell(self, verdict: Verdict) -> None:
        assert self._face is not None
        lines = verdict_lines(verdict, self._job.file, self._screen.width if self._screen.terminal else None)
        self._face.say(lines)

    def _close(self, ran: Ran, session: Session) -> None:
        assert self._face is not None
        limit = self._screen.width if self._screen.terminal else None
        unused = (*ran.unused, *(sentence for file in self._plan.files for sentence in file.unused()))
        self._face.say(
            [*ran_lines(replace(ran, recording=None, unused=unused), limit), *closing_lines([ran], ran.seconds)]
        )
        if self._plan.output.json:
            sys.stdout.write(json_text(document([ran]), sys.stdout))
        self._face.summary(session)
