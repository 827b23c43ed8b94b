"""From options to a plan: what to connect to, with which answers, recorded where, shown how."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mcpwatch.cli.access import access_for, check_targets
from mcpwatch.cli.again import Typed, connection_words
from mcpwatch.cli.argv import typed_line
from mcpwatch.cli.llm import llm_for
from mcpwatch.cli.options import duration, pairs
from mcpwatch.errors import UsageError
from mcpwatch.recording.kept import KEEP_SESSIONS, new_path, prune, sessions_folder
from mcpwatch.session.answers import Answerer, canned
from mcpwatch.session.options import ClientOptions, check_era, check_log_level, check_without
from mcpwatch.session.steps import Step
from mcpwatch.session.target import Target, parse_target
from mcpwatch.session.targets import parse_targets

if TYPE_CHECKING:
    from mcpwatch.session.answers.llm import Llm
    from mcpwatch.session.answers.rules import AnswersFile

__all__ = ["Given", "Output", "Plan", "plan_for", "target_for", "targets_for"]

Given: TypeAlias = Mapping[str, Any]
"""What the option parser read, by parameter."""


@dataclass(frozen=True, slots=True)
class Output:
    """How a run is shown. `json` and `events` take stdout for themselves."""

    json: bool = False
    events: bool = False
    quiet: bool = False
    verbose: bool = False
    allow_errors: bool = False
    check: bool = False
    """Look for what is against the protocol, and say it at the end."""
    compare: bool = False
    """Say at the end what the link `via` passes on of what the others say."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a watched session needs. Times are in seconds."""

    targets: Sequence[Target]
    """One a link, each with a name of its own."""
    options: ClientOptions
    answers: Sequence[Answerer]
    steps: Sequence[Sequence[Step]]
    """In order; those of one group run at the same time."""
    output: Output
    record: Path | None
    kept: bool
    """Whether `record` is in the folder of kept sessions, rather than named by the user."""
    force: bool = False
    redact: bool = True
    redact_keys: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()
    files: Sequence[AnswersFile] = ()
    """The answers files whose rules and functions are among `answers`."""
    llm: Llm | None = None
    drafts: bool = False
    """Whether what the model says is only a draft, which a person sends."""
    ask: bool = False
    save_to: Path | None = None
    """Where every answer of the person is kept as a rule."""
    watch_for: float | None = None
    until_idle: float | None = None
    one_call: bool = False
    """`call`: the live view goes to stderr, the result to stdout, and nothing else is listed."""
    stay: bool = False
    """Go on watching after the last step, until one of the bounds, the server's end, or Ctrl-C."""
    next_commands: Sequence[str] = ()
    """Commands to suggest at the end."""
    connection: tuple[str, ...] = ()
    """The options of the connection that were given, for commands that are to reach the same server."""
    typed: Typed | None = None
    """The command line that this is the plan of, for a hint that proposes it with an option more."""


def in_ci() -> bool:
    """Whether a CI system runs us: it sets `CI`."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _at_terminal() -> bool:
    """Whether a person can be seen and heard."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()  # pyright: ignore


def may_ask(asked: bool | None) -> bool:
    """Whether a person can be asked: as told, else where stdin and stderr are terminals and no CI runs us."""
    terminal = _at_terminal()
    if asked and not terminal:
        raise UsageError(
            "--ask needs a terminal on stdin and stderr.", hint="Answer with --sampling, --elicit, --root."
        )
    return terminal and not in_ci() if asked is None else asked


def where_to_save(file: Path | None, asking: bool) -> Path | None:
    """The file for `--save-answers`, which has to be able to take a rule. Raises `UsageError`."""
    if file is None:
        return None
    if not asking:
        hint = (
            "Add --ask." if _at_terminal() else "Run it with a terminal on stdin and stderr, where a person can answer."
        )
        raise UsageError("--save-answers keeps what a person answers, and nobody is asked here.", hint=hint)
    from mcpwatch.session.answers.saving import savable  # it reads YAML, which only this option pays for

    savable(file)
    return file


def _connection(given: Given) -> dict[str, Any]:
    """What the connection's options say of a target."""
    return {
        "python": given.get("python"),
        "env": pairs(given.get("env", ()), "--env", "="),
        "headers": pairs(given.get("header", ()), "--header", ":"),
        "cwd": None if given.get("cwd") is None else str(given["cwd"]),
        "transport": given.get("transport", "auto"),
    }


def target_for(words: Sequence[str], command: Sequence[str], given: Given) -> Target:
    """The target that the words or the command name, with what the connection's options add. Raises `UsageError`."""
    return parse_target(words, command, **_connection(given))


def targets_for(words: Sequence[str], command: Sequence[str], given: Given) -> list[Target]:
    """Several targets, or one: each word one, a config with several servers all of them. Raises `UsageError`."""
    return parse_targets(words, command, **_connection(given))


def plan_for(
    targets: Sequence[Target],
    steps: Sequence[Sequence[Step]],
    given: Given,
    *,
    stay: bool = False,
    one_call: bool = False,
    next_commands: Sequence[str] = (),
) -> Plan:
    """The plan that the options describe; a command without an option gets its default. Raises `UsageError`."""
    if str(given.get("record")) == "-":
        raise UsageError("A recording is a file.", hint="--events writes its lines to stdout.")
    options = client_options(given)
    check_targets(targets, options.access)
    if given.get("json_") and given.get("events"):
        raise UsageError("--json and --events contradict each other.", hint="Both want stdout for themselves.")
    llm = llm_for(given)
    drafts = llm is not None and bool(given.get("ask"))
    asking = may_ask(given.get("ask"))
    save_to = where_to_save(given.get("save_answers"), asking)
    files = answers_files(given)
    record, kept = where_to_record(given.get("record"), given.get("no_record", False), targets[0].name)
    return Plan(
        targets=targets,
        options=options,
        answers=answerers(given, options.without, None if drafts else llm, files),
        steps=steps,
        output=Output(
            json=given.get("json_", False),
            events=given.get("events", False),
            quiet=given.get("quiet", False),
            verbose=given.get("verbose", False),
            allow_errors=given.get("allow_errors", False),
            check=given.get("check", False),
            compare=given.get("compare", False),
        ),
        record=record,
        kept=kept,
        force=given.get("force", False),
        redact=not given.get("no_redact", False),
        redact_keys=tuple(given.get("redact_key", ())),
        redact_patterns=tuple(given.get("redact_pattern", ())),
        files=files,
        llm=llm,
        drafts=drafts,
        ask=asking,
        save_to=save_to,
        watch_for=duration(given.get("for_"), "--for"),
        until_idle=duration(given.get("until_idle"), "--until-idle"),
        one_call=one_call,
        stay=stay,
        next_commands=next_commands,
        connection=connection_words(given),
        typed=typed_line(),
    )


def answers_files(given: Given) -> list[AnswersFile]:
    """The files that `--answers` names. Raises `UsageError`, with line and column where one is wrong."""
    paths = given.get("answers", ())
    if not paths:
        return []
    from mcpwatch.session.answers.rules import read_answers  # and YAML, which only this option pays for

    return [read_answers(path) for path in paths]


def answerers(
    given: Given, without: frozenset[str], llm: Llm | None = None, files: Sequence[AnswersFile] | None = None
) -> list[Answerer]:
    """Those who answer, in order: what was left undeclared first, then the options, the answers files (read now
    unless they are given), then a model. Raises `UsageError`.
    """
    made: list[Answerer] = [canned.undeclared(without)] if without else []
    sampling, elicit, roots = given.get("sampling"), given.get("elicit"), given.get("root", ())
    if sampling is not None:
        made.append(canned.sampling(sampling))
    if given.get("elicit_url"):
        made.append(canned.elicit_url())
    if elicit is not None:
        if elicit not in ("accept", "decline", "cancel") and "=" not in elicit and "{" not in elicit:
            raise UsageError(f"--elicit {elicit!r} is neither accept, decline, cancel nor k=v …")
        made.append(canned.elicit(elicit))
    for folder in roots:
        if not folder.is_dir():
            raise UsageError(f"--root {folder} is no folder.")
    if roots:
        made.append(canned.roots(roots))
    for file in answers_files(given) if files is None else files:
        made += file.answerers()
    if llm is not None:
        made.append(llm.draft)
    return made


def client_options(given: Given) -> ClientOptions:
    """How the client behaves. Raises `UsageError` for a word that is none."""
    lesser = frozenset(word.strip() for word in (given.get("without") or "").split(",") if word.strip())
    return ClientOptions(
        era=check_era(given.get("era", "auto")),
        log_level=check_log_level(given.get("log_level", "debug")),
        within=duration(given.get("timeout", "60s"), "--timeout") or None,
        without=check_without(lesser),
        relist=not given.get("no_relist", False),
        answer_within=duration(given.get("answer_timeout"), "--answer-timeout") or None,
        max_rounds=given.get("max_rounds", 10),
        access=access_for(given),
    )


def where_to_record(record: Path | None, no_record: bool, name: str) -> tuple[Path | None, bool]:
    """The recording's path and whether it is a kept session; None where nothing is to stay. Raises `UsageError`."""
    if record is not None:
        if no_record:
            raise UsageError("--record and --no-record contradict each other.")
        return record, False
    if no_record or in_ci() or sessions_folder() is None:
        return None, False
    prune(sessions=KEEP_SESSIONS - 1)  # with this one there are as many as are kept
    return new_path(name), True
