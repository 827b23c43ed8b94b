"""`watch()`: from what a caller writes to a session that is connected."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcpwatch.api.session import Session
from mcpwatch.errors import UsageError
from mcpwatch.session.answers import Answerer, Answers
from mcpwatch.session.answers.python import from_python
from mcpwatch.session.auth import Access
from mcpwatch.session.options import ClientOptions, check_era, check_log_level, check_without
from mcpwatch.session.settings import Settings
from mcpwatch.session.target import Target, parse_target

__all__ = ["watch"]


@asynccontextmanager
async def watch(
    target: str | Sequence[str] | Mapping[str, str | Sequence[str]],
    *,
    answers: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    record: str | Path | None = None,
    force: bool = False,
    era: str = "auto",
    timeout: float | None = 60.0,  # noqa: ASYNC109 - the word that the command line has for it
    log_level: str = "debug",
    without: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    headers: Mapping[str, str] | None = None,
    transport: str = "auto",
    python: str | None = None,
    redact: bool = True,
    auth: str | Access | None = None,
) -> AsyncGenerator[Session]:
    """Watch a server, or several: connect as a client with every handler installed, and record.

    `target` is what the command line takes (a script, a URL, `file.py:object`, `mcp.json:NAME`, `demo`), or a command
    as a list of words; or several of these by the names of their links, whose `env`, `cwd`, `headers` and `transport`
    then belong into a config. `answers` says what the server hears when it asks: a mapping (see
    `mcpwatch.session.answers.python.from_python`), or the path of an answers file, whose rules or functions that turn
    out wrong raise their `UsageError` as the session is left. `timeout` is in seconds a request, started anew by
    progress; 0 and None are no limit. `without` leaves out `sampling`, `elicitation`, `roots`, `progress`, `logs`.
    Without `record` nothing is left behind. `auth` says how to log in where the server wants that: `browser`, `print`,
    or an `mcpwatch.Access` with whatever else a login needs.

    Raises: `UsageError`, `ConnectError`, `TimedOut`, and `RecordingError` where the recording cannot be written.
    """
    how = _How(python, env, headers, None if cwd is None else str(cwd), transport)
    targets = _targets(target, how)
    options = ClientOptions(
        era=check_era(era),
        log_level=check_log_level(log_level),
        within=timeout or None,
        without=check_without(frozenset(without)),
        access=None if auth is None else (Access(auth) if isinstance(auth, str) else auth).checked(),
    )
    settings = Settings(
        options=options,
        answers=Answers(_answerers(answers)),
        record=None if record is None else Path(record),
        force=force,
        redact=redact,
    )
    async with Session(targets, settings) as session:
        await session.connect()
        yield session
    if settings.answers.problems:
        raise settings.answers.problems[0]


@dataclass(frozen=True, slots=True)
class _How:
    """What was said of one target besides its name."""

    python: str | None
    env: Mapping[str, str] | None
    headers: Mapping[str, str] | None
    cwd: str | None
    transport: str

    def parsed(self, words: Sequence[str], command: Sequence[str]) -> Target:
        return parse_target(
            words,
            command,
            python=self.python,
            env=self.env,
            headers=self.headers,
            cwd=self.cwd,
            transport=self.transport,
        )


def _targets(target: str | Sequence[str] | Mapping[str, str | Sequence[str]], how: _How) -> list[Target]:
    if not isinstance(target, Mapping):
        return [how.parsed([target], ()) if isinstance(target, str) else how.parsed((), tuple(target))]
    if how.env or how.headers or how.cwd or how.transport != "auto":
        raise UsageError("env, headers, cwd and transport are for one target.", hint="Write them into a config.")
    if not target:
        raise UsageError("No target is given.")
    return [
        replace(how.parsed([one], ()) if isinstance(one, str) else how.parsed((), tuple(one)), name=link)
        for link, one in target.items()
    ]


def _answerers(answers: Mapping[str, Any] | str | os.PathLike[str] | None) -> list[Answerer]:
    if isinstance(answers, str | os.PathLike):
        from mcpwatch.session.answers.rules import read_answers

        return read_answers(Path(answers)).answerers()
    return from_python(answers or {})
