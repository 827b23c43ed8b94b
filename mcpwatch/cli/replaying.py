"""A replay from the command line's side: the recording is read, the servers are started, the result is told.

Everything that can be wrong with the recording, or with what is to be done with it, is said before a server is started.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import anyio

from mcpwatch.api import Session, Settings
from mcpwatch.check.diff import Diff, compare
from mcpwatch.check.recorded import Recorded, RecordedLink, read_recorded
from mcpwatch.check.replay.answers import RecordedAnswers
from mcpwatch.check.replay.baseline import failed_calls
from mcpwatch.check.replay.player import Player, imitating
from mcpwatch.check.replay.targets import recorded_target
from mcpwatch.check.report import Ran, Verdict, error_verdict
from mcpwatch.cli.ci import in_ci
from mcpwatch.cli.complain import complain
from mcpwatch.cli.document import json_text
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.llm import llm_for
from mcpwatch.cli.options import duration, pairs
from mcpwatch.cli.outlets import Outlet
from mcpwatch.cli.plan import Given, answerers, target_for, where_to_record
from mcpwatch.cli.redacted import redacted_error, redacted_words
from mcpwatch.cli.reports import Reports, trees_of
from mcpwatch.errors import ExitCode, McpwatchError, RecordingError, UsageError, worst
from mcpwatch.recording import Recording, resolve
from mcpwatch.recording.files import copy_in_place
from mcpwatch.session.answers import Answers
from mcpwatch.session.options import ClientOptions, check_era
from mcpwatch.session.target import Target
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, clean, plain
from mcpwatch.wire.process import subreaper

__all__ = ["carry_out"]

LAST_LINES = 5
"""How much of a server's standard error is shown where it died."""


@dataclass(slots=True)
class _Plan:
    """What is to be done, after everything was looked at."""

    path: Path
    """The baseline's file, links followed."""
    name: str
    """As the person wrote it."""
    recorded: Recorded
    links: Sequence[RecordedLink]
    targets: Sequence[Target]
    options: Mapping[str, ClientOptions]
    record: Path | None
    warnings: list[str] = field(default_factory=list[str])


def carry_out(file: str, words: Sequence[str], command: Sequence[str], given: Given) -> ExitCode:
    """Replay a recording and report. Raises `UsageError`, `RecordingError` before anything is started."""
    talk = Screen.of(sys.stderr if given["json_"] or given["markdown"] else sys.stdout)
    with Reports("replay", junit=given["junit"], github=given["github"], say=talk.write).refusals(file):
        plan = _planned(file, words, command, given)
    subreaper()
    return anyio.run(_Replaying(plan, given).run)


def _planned(file: str, words: Sequence[str], command: Sequence[str], given: Given) -> _Plan:
    path = Path("/dev/stdin") if file == "-" else resolve(file)
    recorded = read_recorded(path, allow_incomplete=given["allow_incomplete"] or not in_ci())
    if given["link"] is not None or words or command:
        links = [recorded.link(given["link"])]
    else:
        links = recorded.links or [recorded.link()]
    connected = [link for link in links if link.era is not None]
    if not connected:
        raise UsageError(f"{file} has no server that was connected.", hint="mcpwatch sessions")
    if not given["allow_errors"] and (failed := failed_calls(connected)):
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise UsageError(
            f"{file} is no baseline: {failed[0]}{more}.", hint="--allow-errors expects these failures to stay."
        )
    warnings: list[str] = []
    era = None if given["era"] is None else check_era(given["era"])
    within = duration(given["timeout"], "--timeout") or None
    answer_within = duration(given["answer_timeout"], "--answer-timeout") or None
    options = ClientOptions(within=within, answer_within=answer_within)
    record, _ = where_to_record(given["record"], given["no_record"], f"replay-{connected[0].name}")
    if given["update"]:
        if path.is_symlink() or not path.is_file():
            raise UsageError(f"{file} cannot be updated: it is no ordinary file.")
    return _Plan(
        path=path,
        name=file,
        recorded=recorded,
        links=connected,
        targets=[_target(link, words, command, given, warnings) for link in connected],
        options={link.name: imitating(link, options, era) for link in connected},
        record=record,
        warnings=warnings,
    )


def _target(
    link: RecordedLink, words: Sequence[str], command: Sequence[str], given: Given, warnings: list[str]
) -> Target:
    if words or command:
        if given["as_recorded"]:
            raise UsageError("--as-recorded stands in place of a TARGET.", hint="Leave one of them out.")
        return replace(target_for(words, command, given), name=link.name)
    for name in ("cwd", "python"):
        if given[name] is not None:
            raise UsageError(f"--{name} is for a TARGET; the recorded one has its own.")
    env, headers = pairs(given["env"], "--env", "="), pairs(given["header"], "--header", ":")
    target = recorded_target(link, env, headers, warnings.append)
    if not given["as_recorded"]:
        # Whoever wrote the file chose it: a recording is a thing that people send each other.
        does = (
            f"go to {target.url}" if target.url is not None else f"start: {shlex.join((target.command, *target.args))}"
        )
        raise UsageError(
            f"No TARGET is named, and for {link.name} the recording itself would have mcpwatch {does}",
            hint="Name a TARGET, or agree to that with --as-recorded.",
        )
    return target


class _Replaying:
    def __init__(self, plan: _Plan, given: Given) -> None:
        self._plan = plan
        self._given = given
        self._interrupts = Interrupts()
        self._out = Outlet(sys.stdout, 1)
        self._err = Outlet(sys.stderr, 2)
        self._codes: list[ExitCode] = []
        self._warnings: list[str] = []
        self._problems: list[Verdict] = []
        """What went wrong with the replay itself."""
        self._updated = False
        self._talk = self._err if given["json_"] or given["markdown"] else self._out
        self._reports = Reports(
            "replay",
            junit=given["junit"],
            github=given["github"],
            say=self._talk.screen.write,
            complain=lambda error: self._err.attempt(partial(complain, error)),
        )

    async def run(self) -> ExitCode:
        plan, given = self._plan, self._given
        with tempfile.TemporaryDirectory(prefix="mcpwatch-") as folder:
            # The new baseline is written as the old one is: beside it, under its name's end.
            made = plan.record or Path(folder) / f"replay{''.join(_suffixes(plan.path))}"
            with self._interrupts.caught():
                went = await self._play(made)
            if went and self._interrupts.code is None:
                diff = await self._compare(made)
                if given["update"]:
                    self._update(made, diff)
                self._report(diff, made)
            else:
                self._report_nothing()
        if self._interrupts.code is not None:
            self._codes.append(self._interrupts.code)
        if self._out.failure is not None:
            self._codes.append(self._out.failure.exit_code)
        return worst(*self._codes)

    # ---- playing

    async def _play(self, made: Path) -> bool:
        """Play into the recording `made`; whether there is anything to be compared."""
        plan, given = self._plan, self._given
        recorded = RecordedAnswers(
            plan.links, plan.recorded.timeline.questions, paced=given["strict"], redacted=self._warn_answer
        )
        llm = llm_for(given)
        answers = Answers([recorded.answer, *answerers(given, frozenset(), llm)])
        settings = Settings(
            by_link=plan.options,
            answers=answers,
            llm=llm,
            record=made,
            force=given["force"],
            redact=not given["no_redact"],
            redact_keys=tuple(given["redact_key"]),
            redact_patterns=tuple(given["redact_pattern"]),
        )
        session = Session(plan.targets, settings)
        for sentence in plan.warnings:
            self._warn(redacted_words(session.hub, [sentence])[0])
        scope = anyio.CancelScope()

        def hurry() -> None:
            for client in session.clients.values():
                client.kill()

        connected = False
        try:
            async with session:
                player = Player(
                    plan.links, session.clients, session.hub, strict=given["strict"], warn=partial(self._said, session)
                )
                with scope, self._interrupts.cancel(scope, hurry):
                    try:
                        await player.play()
                        connected = True
                    except McpwatchError as error:
                        self._fail(session, error)
                for error in player.errors:
                    self._fail(session, error)
                if player.left:
                    self._warn(f"{player.left} messages were not sent: their server was gone")
                self._judge(session, answers)
                session.exit_code = worst(*self._codes, self._interrupts.code or ExitCode.OK)
        except RecordingError as error:
            complain(error)
            self._problems.append(error_verdict(error, "recording"))
            self._codes.append(error.exit_code)
            return False
        return connected

    def _judge(self, session: Session, answers: Answers) -> None:
        """Questions that had no answer, and rules that were wrong."""
        for client in session.clients.values():
            for asked in client.asked:
                if not asked.answer.answered:
                    self._codes.append(ExitCode.UNANSWERED)
                    wanted = f"; {asked.answer.wanted} would have" if asked.answer.wanted else ""
                    sentence = f"{asked.question.method} has no answer in the recording{wanted}"
                    self._said(session, sentence)
                    said = tuple(redacted_words(session.hub, [sentence]))
                    self._problems.append(
                        Verdict(f"question on {client.link}", "failed", messages=said, seq=asked.question.seq)
                    )
        for problem in answers.problems:
            self._fail(session, problem)

    def _fail(self, session: Session, error: McpwatchError) -> None:
        self._codes.append(error.exit_code)
        error = redacted_error(session.hub, error)
        self._problems.append(error_verdict(error))
        self._err.attempt(partial(complain, error))
        for server in session.timeline.links.values():
            if server.closed is not None and server.last_words and server.reason != "closed":
                lines = server.last_words.decode("utf-8", "replace").strip().splitlines()[-LAST_LINES:]
                self._lines([[("  ", ""), (f"{server.link} said: {line}", "stderr")] for line in lines])

    # ---- comparing

    async def _compare(self, made: Path) -> Diff:
        plan, given = self._plan, self._given
        new = read_recorded(made)
        old = replace(plan.recorded, links=list(plan.links))
        return compare(old, new, names=(plan.name, "now"), ignore=given["ignore"], latency=given["latency"])

    def _update(self, made: Path, diff: Diff) -> None:
        """Put the new recording in the place of the old one, unless it is not fit for that."""
        plan = self._plan
        if self._codes:
            self._warn(f"{plan.name} is left as it was: the replay itself went wrong")
            return
        if not self._given["allow_errors"] and (failed := failed_calls(read_recorded(made).links)):
            self._codes.append(ExitCode.FINDING)
            self._warn(f"{plan.name} is left as it was: {failed[0]} now; --allow-errors takes that for right")
            return
        try:
            copy_in_place(made, plan.path)
        except (OSError, RecordingError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            failure = RecordingError(f"{plan.path} cannot be written: {said}")
            self._codes.append(failure.exit_code)
            self._err.attempt(partial(complain, failure))
            return
        self._updated = True

    def _report(self, diff: Diff, made: Path) -> None:
        """What is different, in the form that was asked for; and what that makes of the exit code."""
        from mcpwatch.check.diff_report import diff_document, ran_of
        from mcpwatch.view.differences import diff_lines, diff_markdown, verdict_line
        from mcpwatch.view.summaries import failures

        given, screen = self._given, self._out.screen
        if not diff.same and not self._updated:
            self._codes.append(ExitCode.FINDING)
        if given["json_"]:
            document = {
                **diff_document(diff),
                "recording": None if self._plan.record is None else str(self._plan.record),
                "updated": self._updated,
                "warnings": self._warnings,
                "exit": int(worst(*self._codes)),
            }
            screen.write(json_text(document, sys.stdout))
        elif given["markdown"]:
            screen.write(diff_markdown(diff))
        else:
            limit = screen.width if screen.terminal else None
            lines = diff_lines(diff, limit, verbose=given["verbose"])
            screen.write("".join(f"{screen.text(line)}\n" for line in lines))
        said = verdict_line(diff)
        if self._problems:
            count = len(self._problems)
            said = [*said, (f"; {count} problem{'s' if count > 1 else ''} with the replay itself", "error")]
        rows = ran_of(diff).verdicts
        if self._updated:  # what is different is right from now on
            rows = tuple(replace(one, status="ok") for one in rows)
        ran = self._ran((*self._problems, *rows))
        body = "\n".join((failures([self._ran(tuple(self._problems))]), diff_markdown(diff)))

        def trees() -> dict[str, list[str]]:
            with Recording.open(made) as recording:
                return trees_of(recording, [ran])

        self._codes += self._reports.write([ran], plain(said) if self._problems else "", body=body, trees=trees)
        if self._updated:
            self._err.screen.write(f"updated: {self._plan.name}\n")
        elif self._plan.record is not None and not given["quiet"]:
            self._err.screen.write(f"recording: {self._plan.record}\n")
        self._end(said)

    def _report_nothing(self) -> None:
        """Why there is nothing that could be compared."""
        if self._interrupts.code is not None:
            self._codes.append(self._interrupts.code)
            self._problems.append(Verdict("session", "failed", messages=("interrupted",)))
        said: Line = clean([("not compared: ", "error"), (self._problems[0].messages[0], "")])
        self._codes += self._reports.write([self._ran(tuple(self._problems))], plain(said))
        self._end(said)

    def _ran(self, verdicts: tuple[Verdict, ...]) -> Ran:
        return Ran(f"replay of {self._plan.name}", self._plan.name, verdicts, exit=int(worst(*self._codes)))

    def _end(self, said: Line) -> None:
        """The verdict, as the last line."""
        screen = self._talk.screen
        if not (self._given["quiet"] and self._talk is self._err):
            screen.write(f"{screen.text(said)}\n")

    # ---- what is said

    def _said(self, session: Session, sentence: str) -> None:
        self._warn(redacted_words(session.hub, [sentence])[0])

    def _warn_answer(self, what: str) -> None:
        self._warn(f"{what} has a redacted value, and is sent as it stands")

    def _warn(self, sentence: str) -> None:
        self._warnings.append(sentence)
        self._lines([[("warning: ", "warning"), (sentence, "")]])

    def _lines(self, lines: Sequence[Line]) -> None:
        screen = self._err.screen
        screen.write("".join(f"{screen.text(clean(line))}\n" for line in lines))


def _suffixes(path: Path) -> list[str]:
    """`.mcpw.jsonl.gz` of a name: what says how it is written."""
    packed = path.suffix if path.suffix in (".gz", ".zst") else ""
    return [".mcpw.jsonl", packed]
