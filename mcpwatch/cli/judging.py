"""Several scripts, one after the other: what is said while they run, the reports at the end, one exit code."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import anyio

from mcpwatch.api import Session, Settings
from mcpwatch.check.report import Ran, Verdict, document
from mcpwatch.cli.access import access_for
from mcpwatch.cli.complain import complain
from mcpwatch.cli.document import json_text
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.llm import llm_for
from mcpwatch.cli.options import duration
from mcpwatch.cli.outlets import Outlet
from mcpwatch.cli.plan import answerers, answers_files
from mcpwatch.cli.redacted import redacted_words
from mcpwatch.cli.reports import Reports, trees_of
from mcpwatch.cli.scripts import Job, Played, find_scripts, is_called, jobs_of, play_job
from mcpwatch.errors import ExitCode, McpwatchError, RecordingError, UsageError, worst
from mcpwatch.recording import Recording
from mcpwatch.session.answers import Answerer
from mcpwatch.session.options import ClientOptions, check_era
from mcpwatch.view.bars import region
from mcpwatch.view.below import Below
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, plain
from mcpwatch.view.summaries import MOST_TREES
from mcpwatch.view.verdicts import closing_lines, doing_lines, head_line, ran_lines, verdict_lines
from mcpwatch.wire.process import subreaper

if TYPE_CHECKING:
    from mcpwatch.session.answers.llm import Llm
    from mcpwatch.session.answers.rules import AnswersFile

__all__ = ["judge", "split_answerers"]

FIRST = ("sampling", "elicit", "elicit_url", "root")
"""The options that answer before a script's own rules."""
PATIENCE = 0.5
"""Seconds that a step may take before a terminal shows that it runs."""
TICK = 0.1


def judge(paths: Sequence[Path], given: Mapping[str, Any]) -> ExitCode:
    """Play the scripts under `paths`. Raises `UsageError` before anything is started."""
    judging = _Judging(given)
    with judging.reports.refusals(", ".join(map(str, paths))), ExitStack() as kept:
        jobs, records = _planned(paths, given)
        if judging.reports.summarised and given["record_dir"] is None:
            # Its exchanges get into the summary: from a recording, where they are redacted.
            folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="mcpwatch-"))
            judging.passing = True
            records = _records(jobs, Path(folder))
        subreaper()
        return anyio.run(judging.run, jobs, records)


def _planned(paths: Sequence[Path], given: Mapping[str, Any]) -> tuple[list[Job], list[Path | None]]:
    eras = [check_era(era) for era in given["eras"]]
    answers_files(given)  # read again for each script, but one that is wrong is told before anything is started
    jobs = _jobs(find_scripts(paths), eras, given["only"])
    if not jobs:
        raise UsageError(f"No script fits -k {' -k '.join(given['only'])}.")
    split_answerers(given, frozenset(), None)  # each script gets its own: this only tells what is wrong with them
    return jobs, _records(jobs, given["record_dir"])


def split_answerers(
    given: Mapping[str, Any], without: frozenset[str], llm: Llm | None, files: Sequence[AnswersFile] | None = None
) -> tuple[list[Answerer], list[Answerer]]:
    """Who answers by the options: those before a script's own rules, and those after them. The answers files are read
    now unless they are given. Raises `UsageError`.
    """
    first = {name: value for name, value in given.items() if name in FIRST}
    last = {name: value for name, value in given.items() if name not in FIRST}
    return answerers(first, without), answerers(last, frozenset(), None if given.get("ask") else llm, files)


def _jobs(paths: Sequence[Path], eras: Sequence[str], only: Sequence[str]) -> list[Job]:
    """The jobs whose names fit `only`. Of several scripts that are wrong each is said, if its path fits: what else it
    would be called is not known.
    """
    jobs: list[Job] = []
    errors: list[UsageError] = []
    for path in paths:
        try:
            jobs += [job for job in jobs_of(path, eras) if is_called(job.name, only)]
        except UsageError as error:
            if is_called(str(path), only):
                errors.append(error)
    for error in errors[:-1]:
        complain(error)
    if errors:
        raise errors[-1]
    return jobs


def _records(jobs: Sequence[Job], folder: Path | None) -> list[Path | None]:
    """Where each is recorded: two scripts of one name do not share a file."""
    if folder is None:
        return [None] * len(jobs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"{folder} cannot be made: {error.strerror}") from None
    found: list[Path | None] = []
    for job in jobs:
        name, count = job.stem, 1
        while folder / f"{name}.mcpw.jsonl" in found:
            count += 1
            name = f"{job.stem}-{count}"
        found.append(folder / f"{name}.mcpw.jsonl")
    return found


class _Doing:
    """What a script is at, as the screen says it."""

    def __init__(self, played: Played) -> None:
        self._played = played
        self._session: Session | None = None

    def opened(self, session: Session) -> None:
        self._session = session

    def lines(self, screen: Screen) -> list[Line]:
        """Nothing for what does not take long."""
        player, session = self._played.player, self._session
        if player is None or session is None or player.doing is None:
            return []
        took = monotonic() - player.since
        if took < PATIENCE:
            return []
        step = player.doing
        rows = max(min(screen.size()[1] // 2, 12), 3)
        # The counts say nothing about a step, and a line of a test is not typed at.
        below = region(session.timeline, session.hub.now(), screen.width, rows)[1:-1]
        (name,) = redacted_words(session.hub, [str(step)])
        return doing_lines(name, took, step.within, below, screen.width)


class _Judging:
    """What is shared between the scripts of one command."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.passing = False
        """The recordings go when all is over, so that none is named."""
        self._given = given
        self._runs: list[Ran] = []
        self._interrupts = Interrupts()
        self._out = Outlet(sys.stdout, 1)
        self._err = Outlet(sys.stderr, 2)
        self._below = Below(self._report.screen)
        self.reports = Reports(
            "test",
            junit=given["junit"],
            github=given["github"],
            say=self._say,
            complain=lambda error: self._err.attempt(partial(complain, error)),
        )
        self._headed: Job | None = None
        self._job: Job | None = None
        self._doing: _Doing | None = None
        self._left: list[str] | None = None
        """What of the answers files no script so far had a use for."""

    @property
    def _report(self) -> Outlet:
        """The report is data, unless a document is."""
        return self._err if self._given["json_"] else self._out

    async def run(self, jobs: Sequence[Job], records: Sequence[Path | None]) -> ExitCode:
        """Play `jobs`, each into its recording, where it has one."""
        began, failures = monotonic(), list[McpwatchError]()
        with self._interrupts.caught():
            async with anyio.create_task_group() as beside:
                beside.start_soon(self._show_doing)
                try:
                    await self._play_all(jobs, records)
                except McpwatchError as error:  # as it is: a task group would wrap it
                    failures.append(error)
                beside.cancel_scope.cancel()
        if failures:
            raise failures[0]
        closing = closing_lines(self._runs, monotonic() - began)
        codes = [*(ExitCode(ran.exit) for ran in self._runs), *self._write_reports(plain(closing[-1]), records)]
        self._lines(closing)
        if self._out.failure is not None:
            codes.append(self._out.failure.exit_code)
        return worst(*codes, self._interrupts.code or ExitCode.OK)

    async def _play_all(self, jobs: Sequence[Job], records: Sequence[Path | None]) -> None:
        for job, record in zip(jobs, records, strict=True):
            ran, played = await self._play(job, record)
            if job is jobs[-1] and (left := self._left):
                ran = replace(ran, unused=(*ran.unused, *played.clean(left)))
            if self.passing:
                ran = replace(ran, recording=None)
            self._runs.append(ran)
            self._told(ran)
            if self._given["update"] and self._interrupts.code is None:
                self._update(job, played)
            if self._interrupts.code is not None or (self._given["first"] and ran.failed):
                break

    async def _play(self, job: Job, record: Path | None) -> tuple[Ran, Played]:
        given, played = self._given, Played()
        self._job = job
        if not given["quiet"]:
            self._head(job)
        timeout = duration(given["timeout"], "--timeout")
        options = ClientOptions(access=access_for(given))
        if timeout is not None:
            options = replace(options, within=timeout or None)
        llm = llm_for(given)
        files = answers_files(given)
        before, after = split_answerers(given, job.script.without, llm, files)
        doing = self._doing = _Doing(played)
        try:
            ran = await play_job(
                job,
                options,
                before,
                after,
                fixed_timeout=timeout is not None,
                tell=self._tell,
                interrupts=self._interrupts,
                played=played,
                settings=Settings(record=record, force=given["force"], llm=llm),
                go_on=given["update"],
                opened=doing.opened,
            )
        finally:
            self._doing = None
            self._below.lift()
        # What one script had no use for another may have needed; one that was not done may have.
        unused = [sentence for file in files for sentence in file.unused()] if played.done else []
        self._left = unused if self._left is None else [sentence for sentence in self._left if sentence in unused]
        return ran, played

    async def _show_doing(self) -> None:
        """In a terminal: what a step that takes long is at."""
        screen = self._report.screen
        if not screen.moves or self._given["quiet"]:
            return
        self._interrupts.on_stop(self._below.lift, lambda: None)
        while True:
            await anyio.sleep(TICK)
            lines = [] if self._doing is None else self._doing.lines(screen)
            self._below.draw([screen.text(line) for line in lines])

    # ---- what is said

    def _tell(self, verdict: Verdict) -> None:
        assert self._job is not None
        if self._given["quiet"] and verdict.status != "failed":
            return
        self._head(self._job)
        screen = self._report.screen
        self._lines(verdict_lines(verdict, self._job.file, screen.width if screen.terminal else None))

    def _head(self, job: Job) -> None:
        if self._headed is not job:
            self._headed = job
            self._lines([head_line(job.name)])

    def _told(self, ran: Ran) -> None:
        screen = self._report.screen
        if ran.failed or not self._given["quiet"]:
            self._lines(ran_lines(ran, screen.width if screen.terminal else None))

    def _say(self, text: str) -> None:
        self._below.lift()
        self._report.screen.write(text)

    def _lines(self, lines: Sequence[Line]) -> None:
        screen = self._report.screen
        self._below.lift()
        screen.write("".join(f"{screen.text(line)}\n" for line in lines))

    def _update(self, job: Job, played: Played) -> None:
        from mcpwatch.check.update import update

        try:
            changed, left = update(job.script, played.findings)
        except McpwatchError as error:
            self._err.attempt(partial(complain, error))
            return
        for sentence in left:
            self._err.screen.write(f"not updated: {sentence}\n")
        if changed:
            what = f"{changed} expectation{'s' if changed > 1 else ''}"
            self._err.screen.write(f"updated: {what} in {job.file}; run it again\n")

    def _write_reports(self, said: str, records: Sequence[Path | None]) -> list[ExitCode]:
        if self._given["json_"]:
            self._out.screen.write(json_text(document(self._runs), sys.stdout))

        def trees() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for ran, record in zip(self._runs, records, strict=False):
                if ran.failed and record is not None and record.exists() and len(found) < MOST_TREES:
                    with Recording.open(record) as recording:
                        found |= {f"{ran.name}: {name}": tree for name, tree in trees_of(recording, [ran]).items()}
            return found

        return self.reports.write(self._runs, said, trees=trees)
