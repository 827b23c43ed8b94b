"""From options to a plan: what to connect to, with which answers, recorded where, shown how."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpwatch.errors import UsageError
from mcpwatch.recording import new_path, prune, sessions_folder
from mcpwatch.session.answers import Answerer, canned
from mcpwatch.session.client import ClientOptions
from mcpwatch.session.handshake import ERAS, check_log_level
from mcpwatch.session.steps import Step
from mcpwatch.session.target import Target

__all__ = ["Given", "Output", "Plan", "answerers", "client_options", "in_ci", "may_ask", "where_to_record"]

WITHOUT = frozenset({"sampling", "elicitation", "roots", "progress", "logs"})


@dataclass(frozen=True, slots=True)
class Output:
    """How a run is shown. `json` and `events` take stdout for themselves."""

    json: bool = False
    events: bool = False
    quiet: bool = False
    verbose: bool = False
    allow_errors: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a watched session needs. Times are in seconds."""

    target: Target
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
    ask: bool = False
    watch_for: float | None = None
    until_idle: float | None = None
    one_call: bool = False
    """`call`: the live view goes to stderr, the result to stdout, and nothing else is listed."""
    stay: bool = False
    """Go on watching after the last step, until one of the bounds, the server's end, or Ctrl-C."""
    next_commands: Sequence[str] = ()
    """Commands to suggest at the end."""


@dataclass(frozen=True, slots=True)
class Given:
    """The answers named on the command line."""

    sampling: str | None = None
    elicit: str | None = None
    elicit_url: bool = False
    roots: Sequence[Path] = ()


def in_ci() -> bool:
    """Whether a CI system runs us: it sets `CI`."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def may_ask(asked: bool | None) -> bool:
    """Whether a person can be asked: as told, else where stdin and stderr are terminals and no CI runs us."""
    terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()  # pyright: ignore
    if asked and not terminal:
        raise UsageError(
            "--ask needs a terminal on stdin and stderr.", hint="Answer with --sampling, --elicit, --root."
        )
    return terminal and not in_ci() if asked is None else asked


def answerers(given: Given, without: frozenset[str]) -> list[Answerer]:
    """Those who answer, in order: what was left undeclared first, then the options. Raises `UsageError`."""
    made: list[Answerer] = [canned.undeclared(without)] if without else []
    if given.sampling is not None:
        made.append(canned.sampling(given.sampling))
    if given.elicit_url:
        made.append(canned.elicit_url())
    if given.elicit is not None:
        if given.elicit not in ("accept", "decline", "cancel") and "=" not in given.elicit and "{" not in given.elicit:
            raise UsageError(f"--elicit {given.elicit!r} is neither accept, decline, cancel nor k=v …")
        made.append(canned.elicit(given.elicit))
    for folder in given.roots:
        if not folder.is_dir():
            raise UsageError(f"--root {folder} is no folder.")
    if given.roots:
        made.append(canned.roots(given.roots))
    return made


def client_options(
    *, era: str, log_level: str, within: float | None, without: str | None, relist: bool
) -> ClientOptions:
    """How the client behaves. Raises `UsageError` for a word that is none."""
    if era not in ERAS:
        raise UsageError(f"There is no era {era!r}.", hint=f"One of: {', '.join(ERAS)}.")
    lesser = frozenset(word.strip() for word in (without or "").split(",") if word.strip())
    if unknown := lesser - WITHOUT:
        raise UsageError(
            f"--without does not know {', '.join(sorted(unknown))}.", hint=f"Any of: {', '.join(sorted(WITHOUT))}."
        )
    if within is not None and within <= 0:
        within = None
    return ClientOptions(era=era, log_level=check_log_level(log_level), within=within, without=lesser, relist=relist)


def where_to_record(record: Path | None, no_record: bool, name: str) -> tuple[Path | None, bool]:
    """The recording's path and whether it is a kept session; None where nothing is to stay. Raises `UsageError`."""
    if record is not None:
        if no_record:
            raise UsageError("--record and --no-record contradict each other.")
        return record, False
    if no_record or in_ci() or sessions_folder() is None:
        return None, False
    prune()
    return new_path(name), True
