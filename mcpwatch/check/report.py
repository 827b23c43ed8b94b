"""How scripts went, for other programs: verdicts as plain rows, JUnit's XML, annotations of GitHub Actions.

What a verdict says has been through the redactor before it comes here. How it looks in a terminal is the view's.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mcpwatch.check.finding import Finding
from mcpwatch.check.result import StepResult
from mcpwatch.check.script import Place, Script
from mcpwatch.errors import McpwatchError, RecordingError
from mcpwatch.recording.files import refuse_existing
from mcpwatch.text import sanitize

if TYPE_CHECKING:
    from junitparser import JUnitXml

__all__ = [
    "Clean",
    "Ran",
    "Verdict",
    "document",
    "end_verdict",
    "error_verdict",
    "github_lines",
    "junit",
    "verdicts",
    "write_junit",
]

Status: TypeAlias = Literal["ok", "failed", "skipped"]
Clean: TypeAlias = Callable[[Sequence[str]], Sequence[str]]
"""Redacts texts."""
MOST_ANNOTATIONS = 10
"""Of one kind and one step that GitHub shows; what comes after them is dropped without a word."""
MOST_GROUPED = 50
"""Failures that one annotation lists."""
_REPORT, _HEAD = b"<testsuite", 2**12
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of a report: a step, or what was expected of the whole session. `line` and `column` count from 1."""

    name: str
    status: Status
    line: int = 0
    column: int = 0
    messages: tuple[str, ...] = ()
    """Why it failed, a sentence each; each with its own place in front where that is another line."""
    hint: str = ""
    seconds: float = 0.0
    depth: int = 0
    seq: int = 0
    """The event of the recording in which it shows; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One script, played once. `name` is its file as the person wrote it, with the era where there are several."""

    name: str
    file: str
    verdicts: tuple[Verdict, ...]
    exit: int = 0
    seconds: float = 0.0
    era: str | None = None
    recording: Path | None = None
    unused: tuple[str, ...] = ()
    """Rules that never matched."""

    @property
    def failed(self) -> bool:
        return self.exit != 0


def verdicts(script: Script, result: StepResult, clean: Clean, depth: int = 0) -> Iterator[Verdict]:
    """What to say of a step, and of those inside it."""
    step = result.step
    status: Status = "skipped" if result.skipped else "failed" if result.failed else "ok"
    place: Place = step.place
    if result.findings:
        place = result.findings[0].place
    messages, hint = [_said(script, finding, place) for finding in result.findings], ""
    if result.error is not None:
        messages.append(str(result.error))
        hint = result.error.hint
    mark = script.document.where(place)
    name, *said, hint = clean((str(step), *messages, hint))
    exchange = None if result.came is None else result.came.exchange
    seq = 0 if exchange is None else exchange.seq
    yield Verdict(name, status, mark.line, mark.column, tuple(said), hint, result.seconds, depth, seq)
    for inner in result.inner:
        yield from verdicts(script, inner, clean, depth + 1)


def end_verdict(script: Script, findings: Sequence[Finding], clean: Clean) -> Verdict:
    """What to say of the session as a whole."""
    place = findings[0].place if findings else ("expect",)
    mark = script.document.where(place)
    messages = tuple(clean([_said(script, finding, place) for finding in findings]))
    return Verdict("expect", "failed" if findings else "ok", mark.line, mark.column, messages)


def error_verdict(error: McpwatchError, name: str = "session") -> Verdict:
    """What to say of an error that no step met; it has been redacted."""
    return Verdict(name, "failed", messages=(str(error),), hint=error.hint)


def _said(script: Script, finding: Finding, place: Place) -> str:
    """A sentence of several, with its line where that is not the one in front."""
    line, first = script.document.where(finding.place).line, script.document.where(place).line
    return finding.message if line == first else f"{finding.message} (line {line})"


def document(runs: Sequence[Ran]) -> dict[str, Any]:
    """The one JSON document of `--json`."""
    scripts = [
        {
            "script": run.file,
            "era": run.era,
            "ok": not run.failed,
            "exit": run.exit,
            "seconds": round(run.seconds, 3),
            "recording": None if run.recording is None else str(run.recording),
            "unused": list(run.unused),
            "steps": [
                {
                    "name": one.name,
                    "status": one.status,
                    "line": one.line,
                    "column": one.column,
                    "seconds": round(one.seconds, 6),
                    "messages": list(one.messages),
                    **({"hint": one.hint} if one.hint else {}),
                    **({"inside": True} if one.depth else {}),
                }
                for one in run.verdicts
            ],
        }
        for run in runs
    ]
    return {"ok": not any(run.failed for run in runs), "counts": _counts(runs), "scripts": scripts}


def _counts(runs: Sequence[Ran]) -> Mapping[str, int]:
    every = [one.status for run in runs for one in run.verdicts]
    return {status: every.count(status) for status in ("ok", "failed", "skipped")}


def junit(runs: Sequence[Ran]) -> JUnitXml:
    """JUnit's XML: a suite a script, a case a step."""
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite  # 0.05 s that only --junit pays

    xml = JUnitXml("mcpwatch")
    for run in runs:
        suite = TestSuite(_xml(run.name))
        for number, one in enumerate(run.verdicts, 1):
            case = TestCase(_xml(f"{number}. {one.name}"), classname=_xml(run.name), time=round(one.seconds, 6))
            if one.status == "failed":
                failure = Failure(_xml(one.messages[0] if one.messages else "a step inside failed"), "finding")
                failure.text = _xml("\n".join((_where(run, one), *one.messages, one.hint)).strip())
                case.result = [failure]
            elif one.status == "skipped":
                case.result = [Skipped("a step before it failed")]
            suite.add_testcase(case)
        suite.time = round(run.seconds, 6)
        xml.add_testsuite(suite)
    xml.update_statistics()
    return xml


def _where(run: Ran, one: Verdict) -> str:
    return f"{run.file}:{one.line}:{one.column}" if one.line else run.file


def write_junit(runs: Sequence[Ran], path: Path) -> None:
    """Write `junit` into a file: a new one, or in place of a report. Raises `OSError`, `RecordingError`."""
    made: Any = junit(runs)
    if path.exists() and not path.is_file():
        made.write(str(path), pretty=True)  # a pipe, say
        return
    refuse_existing(path, force=True)
    if path.exists() and _REPORT not in path.read_bytes()[:_HEAD] and path.stat().st_size:
        raise RecordingError(f"{path} is there already, and is no report", hint="name another file")
    # Whoever publishes reports may be another user: it gets the rights that files have here.
    with tempfile.TemporaryDirectory(prefix=".report-", dir=path.parent) as folder:
        part = Path(folder, "report.xml")
        made.write(str(part), pretty=True)
        os.replace(part, path)


def _xml(text: str) -> str:
    """Text that an XML parser takes: control characters become visible ones."""
    return _NOT_XML.sub("�", sanitize(text, lines=True))


def github_lines(*runs: Ran) -> Iterator[str]:
    """Lines for GitHub Actions, all of one step: an error for each that failed, a notice for each that was found and
    does not count, a warning for each rule that never matched. Of more of one kind than a step shows, the last one
    stands for the rest.
    """
    found = [(run, one) for run in runs for one in run.verdicts if one.messages]
    yield from _annotations("error", [(run, one) for run, one in found if one.status == "failed"])
    unused = [(run, Verdict("never matched", "ok", messages=(said,))) for run in runs for said in run.unused]
    yield from _annotations("warning", unused)
    yield from _annotations("notice", [(run, one) for run, one in found if one.status == "ok"])


def _annotations(kind: str, found: Sequence[tuple[Ran, Verdict]]) -> Iterator[str]:
    alone = found if len(found) <= MOST_ANNOTATIONS else found[: MOST_ANNOTATIONS - 1]
    for run, one in alone:
        message = "\n".join((*one.messages, *([one.hint] if one.hint else ())))
        where = f"file={_property(run.file)}" + (f",line={one.line},col={one.column}" if one.line else "")
        yield f"::{kind} {where},title={_property(one.name)}::{_escaped(message)}"
    if rest := found[len(alone) :]:
        several = len({run.file for run, _ in rest}) > 1
        told = [f"{f'{run.file}: ' if several else ''}{one.name}: {one.messages[0]}" for run, one in rest]
        more = [f"… and {len(rest) - MOST_GROUPED} more"] if len(rest) > MOST_GROUPED else []
        title = _property(f"{len(rest)} more")
        text = _escaped("\n".join((*told[:MOST_GROUPED], *more)))
        yield f"::{kind} file={_property(rest[0][0].file)},title={title}::{text}"


def _escaped(text: str) -> str:
    return sanitize(text, lines=True).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
