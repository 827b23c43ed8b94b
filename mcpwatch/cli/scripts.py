"""Scripts from the command line's side: found, read, aimed at servers, played in sessions of their own.

Everything that can be wrong with a script is said before the first server is started.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import anyio

from mcpwatch.api import Session, Settings
from mcpwatch.check.advice import advice, advised
from mcpwatch.check.finding import KEEP, Finding
from mcpwatch.check.heard import Heard
from mcpwatch.check.play import Player, heard_methods
from mcpwatch.check.report import Clean, Ran, Verdict, end_verdict, error_verdict, verdicts
from mcpwatch.check.result import StepResult
from mcpwatch.check.script import Script, Step, read_script
from mcpwatch.check.targets import Aim, aims, check_links, check_variables, options_for, own_rules, roots
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.redacted import redacted_error, redacted_words
from mcpwatch.errors import ExitCode, McpwatchError, RecordingError, UsageError, worst
from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers import Answerer, Answers
from mcpwatch.session.answers.rules import Rules
from mcpwatch.session.client import Client
from mcpwatch.session.options import ClientOptions

if TYPE_CHECKING:
    from mcpwatch.check.broken import Broken

__all__ = ["Job", "Played", "find_scripts", "is_called", "jobs_of", "play_job"]

LAST_LINES = 5
"""How much of a server's standard error is shown where it died."""
SUFFIX = ".mcpw.yaml"
SUFFIXES = (SUFFIX, ".mcpw.yml", ".mcpw.json")
"""What a folder is searched for."""


@dataclass(frozen=True, slots=True)
class Job:
    """One script to be played once."""

    script: Script
    aims: Sequence[Aim]
    roots: Answerer | None
    rules: Rules | None
    """The script's own."""
    era: str | None = None
    several: bool = False
    """It is played in several eras."""

    @property
    def file(self) -> str:
        return self.script.document.name

    @property
    def name(self) -> str:
        title = f" — {self.script.name}" if self.script.name else ""
        return f"{self.file}{f' [{self.era}]' if self.several else ''}{title}"

    @property
    def stem(self) -> str:
        """What a recording of it is called."""
        stem = self.script.path.name
        for suffix in SUFFIXES:
            stem = stem.removesuffix(suffix)
        return re.sub(r"[^\w.-]", "-", f"{stem}-{self.era}" if self.several else stem)


def is_called(name: str, words: Sequence[str]) -> bool:
    """Whether one of `words` is in the name of a job; `not WORD` keeps out."""
    name = name.lower()
    keep = [word.lower() for word in words if not word.startswith("not ")]
    drop = [word.removeprefix("not ").strip().lower() for word in words if word.startswith("not ")]
    return not any(word in name for word in drop) and (not keep or any(word in name for word in keep))


def find_scripts(paths: Sequence[Path]) -> list[Path]:
    """The scripts that the paths name: files as they are, folders searched. Raises `UsageError`."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}") if file.is_file())
            if not inside:
                raise UsageError(f"There is no *{SUFFIX} in {path}.", hint="mcpwatch init-script last > ci.mcpw.yaml")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"There is no file {path}.", hint=f"Here is {Path.cwd()}.")
    return list(dict.fromkeys(found))


def jobs_of(path: Path, eras: Sequence[str] = (), *, instead: Aim | None = None) -> list[Job]:
    """A script as often as it is to be played: once in each era. Raises `UsageError` with line and column.

    `instead` is played against, whatever server the script names; it can be no more than one.
    """
    script = read_script(path)
    check_variables(script)
    if "findings" in script.expect:
        from mcpwatch.check.broken import check_rules  # all the rules, which only such a script pays for

        check_rules(script)
    wanted: Sequence[str | None] = eras or script.eras or (None,)
    if instead is not None:
        if len(script.servers) > 1:
            raise UsageError(f"{path} names {len(script.servers)} servers, so that no other can stand for them.")
        link = script.servers[0].link if script.servers else None
        instead = replace(instead, target=replace(instead.target, name=link)) if link is not None else instead
    aimed = aims(script) if instead is None else [instead]
    check_links(script, aimed)
    return [
        Job(
            script,
            aimed,
            roots(script),
            own_rules(script),
            era,
            several=len(wanted) > 1,
        )
        for era in wanted
    ]


@dataclass(slots=True)
class Played:
    """How a job went so far: what was said of each step, and what it makes of the exit code."""

    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    results: list[StepResult] = field(default_factory=list[StepResult])
    codes: list[ExitCode] = field(default_factory=list[ExitCode])
    rules: list[Rules] = field(default_factory=list[Rules])
    player: Player | None = None
    """Who plays it, once there is one: it knows what it is at."""
    at_end: list[Finding] = field(default_factory=list[Finding])
    """What was wrong with the session as a whole."""
    done: bool = False
    """Every step was: what was not needed until then is of no use."""
    problems: int = 0
    """How many wrong answers of rules have been told."""
    clean: Clean = list[str]
    """Redacts texts."""

    @property
    def findings(self) -> list[Finding]:
        """All of them, in the script's order; redacted, and what would write something that is into the script does
        not.
        """
        found: list[Finding] = []
        for finding in [*(one for result in self.results for one in result.every()), *self.at_end]:
            value = "" if finding.rewrite is KEEP else json.dumps(finding.rewrite, ensure_ascii=False, default=str)
            message, kept = self.clean([finding.message, value])
            found.append(replace(finding, message=message, rewrite=finding.rewrite if kept == value else KEEP))
        return found


async def play_job(
    job: Job,
    options: ClientOptions,
    before: Sequence[Answerer],
    after: Sequence[Answerer],
    *,
    tell: Callable[[Verdict], None],
    interrupts: Interrupts,
    played: Played,
    settings: Settings | None = None,
    fixed_timeout: bool = False,
    go_on: bool = False,
    opened: Callable[[Session], None] | None = None,
) -> Ran:
    """Start its servers, play it, end them. `before` answers before the script's own rules, `after` after them.
    `fixed_timeout` says that the time in `options` is the person's, and no script's can change it; `go_on` that
    every step is done, whatever becomes of those before it. `opened` gets the session before anything happens in it.
    """
    began = monotonic()
    answers = Answers([*script_answerers(job), *after], ahead=before)
    by_link = {aim.target.name: options_for(options, job.script, job.era, aim) for aim in job.aims}
    if fixed_timeout:
        by_link = {link: replace(one, within=options.within) for link, one in by_link.items()}
    settings = replace(settings or Settings(), answers=answers, options=options, by_link=by_link)
    session = Session([aim.target for aim in job.aims], settings)
    if opened is not None:
        opened(session)
    broken = _broken(job.script, session)
    played.rules += [job.rules] if job.rules is not None else []
    scope = anyio.CancelScope()

    def clean(texts: Sequence[str]) -> Sequence[str]:
        return redacted_words(session.hub, texts)

    played.clean = clean

    def say(verdict: Verdict) -> None:
        played.verdicts.append(verdict)
        tell(verdict)

    def hurry() -> None:
        for client in session.clients.values():
            client.kill()

    try:
        async with session:
            with scope, interrupts.cancel(scope, hurry), ExitStack() as listening:
                heard = listening.enter_context(
                    Heard(session.hub, heard_methods(job.script), stderr="stderr" in job.script.expect)
                )
                player = played.player = Player(
                    job.script, session.clients, session.timeline, heard, answers, go_on=go_on
                )
                try:
                    await session.connect()
                    await _play(job.script, player, played, say, clean, session)
                    played.done = not any(one.skipped or one.lost for one in played.results)
                    if job.script.expect.keys() - {"findings"} and not any(one.skipped for one in played.results):
                        played.at_end = await player.end()
                        played.codes += [ExitCode.FINDING] if played.at_end else []
                        say(end_verdict(job.script, played.at_end, clean))
                except McpwatchError as error:
                    played.codes.append(error.exit_code)
                    verdict = error_verdict(redacted_error(session.hub, error))
                    (hint,) = clean([advised(error)])
                    say(replace(verdict, messages=(*verdict.messages, *_last_words(session)), hint=hint))
                played.rules += player.rules
            if interrupts.code is not None:
                say(_interrupted(job.script, played.player and played.player.doing, clean))
            for client in session.clients.values():
                if client.stop_answering():
                    played.codes.append(ExitCode.UNANSWERED)
            _tell_problems(session, played, say)
            _judge_links(job, session, played, say, clean)
            if broken is not None and broken.findings():
                played.codes.append(ExitCode.FINDING)
            if interrupts.code is not None:
                played.codes.append(interrupts.code)
            session.exit_code = worst(*played.codes)
    except RecordingError as error:
        played.codes.append(error.exit_code)
        say(error_verdict(error))
    if broken is not None:
        findings = broken.findings()
        played.at_end += findings
        played.codes += [ExitCode.FINDING] if findings else []
        say(replace(end_verdict(job.script, findings, clean), name="findings"))
    played.done = played.done and interrupts.code is None
    unused = [sentence for rules in played.rules for sentence in rules.unused()] if played.done else []
    return Ran(
        name=job.name,
        file=job.file,
        verdicts=tuple(played.verdicts),
        exit=int(worst(*played.codes)),
        seconds=monotonic() - began,
        era=job.era,
        recording=settings.record,
        unused=tuple(unused),
    )


def _broken(script: Script, session: Session) -> Broken | None:
    """Who looks for broken rules, where the script asks for it."""
    if "findings" not in script.expect:
        return None
    from mcpwatch.check.broken import Broken

    found = Broken(mapping(script.expect["findings"]))
    session.hub.attach(found.take)
    return found


def script_answerers(job: Job) -> list[Answerer]:
    """The script's own rules, and its roots."""
    found = list(job.rules.answerers()) if job.rules is not None else []
    if job.roots is not None:
        found.append(job.roots)
    return found


async def _play(
    script: Script,
    player: Player,
    played: Played,
    say: Callable[[Verdict], None],
    clean: Clean,
    session: Session,
) -> None:
    async for result in player.play():
        played.results.append(result)
        played.codes += result.codes()
        for one, verdict in zip(result.with_inner(), verdicts(script, result, clean), strict=True):
            (hint,) = clean([advice(one, session.clients, session.timeline)])
            verdict = replace(verdict, hint=hint)
            if result.lost and verdict.messages:
                verdict = replace(verdict, messages=(*verdict.messages, *_last_words(session)))
            say(verdict)
        _tell_problems(session, played, say)


def _tell_problems(session: Session, played: Played, say: Callable[[Verdict], None]) -> None:
    """Answers of rules that did not fit what was asked, after the step in which it was."""
    for problem in session.settings.answers.problems[played.problems :]:
        played.problems += 1
        played.codes.append(problem.exit_code)
        say(error_verdict(redacted_error(session.hub, problem), "rule"))


def _interrupted(script: Script, doing: Step | None, clean: Clean) -> Verdict:
    """What to say of the step that a signal ended: a report without it would read as if all had gone well."""
    mark = script.document.where(() if doing is None else doing.place)
    name = "session" if doing is None else clean([str(doing)])[0]
    return Verdict(name, "failed", mark.line, mark.column, ("interrupted",))


def _last_words(session: Session) -> list[str]:
    """What servers that are gone said last on standard error, as it was recorded."""
    found: list[str] = []
    for server in session.timeline.links.values():
        if server.closed is not None and server.last_words:
            lines = server.last_words.decode("utf-8", "replace").strip().splitlines()[-LAST_LINES:]
            found += [f"{server.link} said: {line}" for line in lines]
    return found


def _judge_links(
    job: Job,
    session: Session,
    played: Played,
    say: Callable[[Verdict], None],
    clean: Clean,
) -> None:
    """What no step is about: questions without an answer, servers that died."""
    for client in session.clients.values():
        if "unanswered" not in job.script.expect:
            _judge_unanswered(client, played, say, clean, {str(one) for one in session.settings.answers.problems})
        closed = client.closed
        if closed is not None and (closed.code or closed.signal or closed.reason == "lost"):
            told = ExitCode.CONNECT in played.codes
            played.codes.append(ExitCode.CONNECT)
            if not told:
                said = f"it was ended by {closed.signal}" if closed.signal else f"it exited with code {closed.code}"
                say(Verdict(f"server {client.link}", "failed", messages=(said,)))


def _judge_unanswered(
    client: Client,
    played: Played,
    say: Callable[[Verdict], None],
    clean: Clean,
    told: Collection[str],
) -> None:
    for asked in client.asked:
        if not asked.answer.answered:
            played.codes.append(ExitCode.UNANSWERED)
            if asked.answer.wanted in told:
                continue
            said = f"{asked.question.method} had no answer: add a rule to the script's answers"
            hint = f"What would have answered it: {asked.answer.wanted}" if asked.answer.wanted else ""
            said, hint = clean((said, hint))
            say(Verdict(f"question on {client.link}", "failed", messages=(said,), hint=hint))
