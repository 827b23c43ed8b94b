"""Everything of `surfaces`, run and judged: what pytest asserts and `python -m tests.hostile` counts."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.cli.running import NEVER, PROGRAM
from tests.hostile.batch import Command, Done, at_a_terminal, into_files, terminal_output
from tests.hostile.judge import assert_inert, assert_inert_in_ci, assert_junit, assert_markdown, strange
from tests.hostile.speech import Mouth
from tests.hostile.surfaces import SERVER, Place, kinds
from tests.hostile.web import KINDS, hostile_web
from tests.servers.http.protected import Knobs, protected

__all__ = ["Verdict", "asked", "at_terminals", "in_pipes", "over_http"]

KEYS = "\r\x04" * 20
"""What a person types who wants to get on: an empty line, then the end of the input, for each question."""


@dataclass
class Verdict:
    """What was looked at, and what was wrong with it."""

    runs: int = 0
    characters: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def judge(self, what: object, look: Callable[[], object]) -> None:
        """Take an `AssertionError`, or anything else that is raised, for something wrong."""
        try:
            look()
        except Exception as error:
            self.wrong.append(f"{what!s}: {type(error).__name__}: {str(error)[:500]}".encode("unicode_escape").decode())

    def add(self, other: Verdict) -> None:
        self.runs += other.runs
        self.characters += other.characters
        self.wrong += other.wrong


def in_pipes(here: Place, commands: Sequence[Command], folder: Path) -> tuple[Verdict, list[Done]]:
    """Into files: what is for people is inert, what is for programs is well-formed; then the reports that were left."""
    verdict = Verdict()
    done = into_files(commands, folder, here.folder, here.env)
    for one in done:
        verdict.runs += 1
        verdict.characters += len(one.out) + len(one.err)
        for stream, data, look in _looks(one):
            verdict.judge(f"{stream} of {one.command}", lambda look=look, data=data: look(data.decode()))
    for path in here.folder.glob("*.xml"):
        verdict.judge(path.name, lambda path=path: assert_junit(path.read_bytes()))
    summary = here.folder / "summary.md"
    if summary.exists():
        verdict.judge("the job's summary", lambda: assert_markdown(summary.read_text()))
    return verdict, done


def at_terminals(here: Place, commands: Sequence[Command], folder: Path, columns: Iterable[int]) -> Verdict:
    """The same onto terminals, where data is cleaned too. What reads its stdin to the end has no place there."""
    verdict = Verdict()
    commands = [one for one in commands if one.argv[0] not in ("mock", "proxy")]
    for width in columns:
        for one in at_a_terminal(commands, folder / str(width), here.folder, here.env, width):
            verdict.runs += 1
            verdict.characters += len(one.out)
            verdict.judge(f"{one.command} at {width} columns", lambda one=one: _at_terminal(one))
    return verdict


def asked(here: Place, turn: int, columns: int = 80) -> Verdict:
    """A person at the terminal is asked everything, and answers with return and Ctrl-D."""
    argv = ("call", "work", "how=ask", "--ask", "--era", "legacy", *SERVER, str(turn))
    written = terminal_output([*PROGRAM, *argv], here.folder, here.env, columns, keys=KEYS, code=None)
    verdict = Verdict(1, len(written))
    verdict.judge(f"--ask in turn {turn}", lambda: assert_inert(written, colours=True, moves=True, crlf=True))
    for shown in ("sampling.text~", "~question.method~", "structured.key~"):
        if shown not in written:
            verdict.wrong.append(f"--ask in turn {turn}: {shown} was never seen")
    return verdict


def over_http(here: Place, turns: Iterable[int], folder: Path) -> Verdict:
    """Heads, bodies and streams of HTTP, then logins at servers whose metadata is hostile."""
    commands: list[Command] = []
    how = ("--era", "legacy", "--no-ask", "--timeout", "20s")
    with hostile_web() as url, contextlib.ExitStack() as stack:
        for turn in turns:
            commands += [Command(("call", f"{url}/{kind}/{turn}", "work", "-v", *how)) for kind in KINDS]
            for knob in LOGINS:
                server = stack.enter_context(protected())
                server.clients["known"] = ("a-secret-of-theirs", "client_secret_basic")
                said: Any = Mouth(turn)(knob)
                server.knobs = (
                    Knobs(**{knob: said}) if knob in ("refuses", "issuer", "resource") else Knobs(says={knob: said})
                )
                commands.append(
                    Command(("call", server.url, "whoami", "--auth", "client", "--auth-client", "known", *how))
                )
        env = {**here.env, "MCPWATCH_LOGINS": "off", "MCPWATCH_CLIENT_SECRET": "a-secret-of-theirs"}
        return in_pipes(replace(here, more=env), commands, folder)[0]


LOGINS = ("refuses", "issuer", "resource", "token_endpoint", "authorization_endpoint", "scopes_supported")
"""What a protected server may say of itself."""


def _at_terminal(one: Done) -> None:
    _ended_well(one)
    text = one.out.decode()
    if kinds(one.command) in ("data", "yaml"):
        text = text.replace("\t", " ")  # which a terminal only leaves a space for
    assert_inert(text, colours=True, moves=True, crlf=True)
    if one.command.env and "GITHUB_ACTIONS" in one.command.env and kinds(one.command) not in ("data", "yaml"):
        assert_inert_in_ci(text)


def _ended_well(one: Done) -> None:
    said = (one.err or one.out).decode("utf-8", "replace")
    assert not any(word in said for word in NEVER) and one.code < 90, f"exit {one.code}: {said[-2000:]}"


def _looks(one: Done) -> Iterator[tuple[str, bytes, Callable[[str], object]]]:
    command = one.command
    colours = bool(command.env and "FORCE_COLOR" in command.env)
    hosted = bool(command.env and "GITHUB_ACTIONS" in command.env)
    kind = kinds(command)
    yield "the end", one.err, lambda _: _ended_well(one)
    for stream, data, what in (("stderr", one.err, "talk"), ("stdout", one.out, kind)):
        if what in ("talk", "markdown"):
            yield stream, data, lambda text: assert_inert(_tabs_of_annotations(text), colours=colours)
        if what == "markdown":
            yield stream, data, assert_markdown
        if what == "json" and data:
            yield stream, data, json.loads
        if what == "yaml":
            yield stream, data, _readable
        if hosted and what not in ("data", "yaml"):
            yield stream, data, assert_inert_in_ci


def _tabs_of_annotations(text: str) -> str:
    """Without those, which are nothing but a space to who reads them."""
    return "\n".join(line.replace("\t", " ") if line.startswith("::") else line for line in text.split("\n"))


def _readable(text: str) -> None:
    """A file for people to read and change: what cannot be seen is escaped in it."""
    found = sorted({f"U+{ord(char):04X}" for char in text if strange(char)})
    assert not found, found
