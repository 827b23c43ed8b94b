"""What came of checking one recording: how bad it is, as a document, and as verdicts for JUnit and GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcpwatch.check.rules import RULES, SEVERITIES, SIDES, Checker, ProtocolFinding, Rule, Tally, named, severe
from mcpwatch.errors import ExitCode, UsageError
from mcpwatch.events import Event

if TYPE_CHECKING:
    from mcpwatch.check.report import Ran

__all__ = ["Checked", "Checking", "ignored_ids", "rule_document", "unknown_rule"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One recording (or session) and the findings in it. `fail_on` is the least severity that counts."""

    file: str
    tally: Tally
    fail_on: str = "error"
    events: int = 0
    complete: bool = True
    cut: bool = False
    gaps: int = 0
    """How often events were taken out, so that what seems to be missing may only have been left out."""
    unmet: tuple[tuple[str, str], ...] = ()
    """Expectations that were not met: where each stands, and a sentence."""

    @property
    def failed(self) -> bool:
        """Whether anything counts."""
        return bool(self.unmet) or any(severe(rule.severity, self.fail_on) for rule, _ in self.tally.rules)

    def count(self, rule: Rule) -> int:
        return self.tally.counts[rule.id]

    def document(self) -> dict[str, Any]:
        """The one JSON document of `--json`. `more` counts findings of a rule that are not in it."""
        counts = self.tally.severities()
        return {
            "file": self.file,
            "ok": not self.failed,
            "complete": self.complete,
            "events": self.events,
            "failOn": self.fail_on,
            "counts": {severity: counts[severity] for severity in SEVERITIES},
            "by": {side: self.tally.sides[side] for side in SIDES},
            "ignored": self.tally.ignored,
            "unmet": [{"at": at, "message": message} for at, message in self.unmet],
            "rules": [
                {
                    **rule_document(rule),
                    "count": self.count(rule),
                    "more": self.count(rule) - len(kept),
                    "findings": [_finding_document(finding) for finding in kept],
                }
                for rule, kept in self.tally.rules
            ],
        }

    def ran(self, exit: int = 0) -> Ran:
        """As a script would report it: a verdict a rule, one for all where nothing was found."""
        from mcpwatch.check.report import Ran, Verdict  # brings what plays scripts, which only reports pay for

        verdicts: list[Verdict] = []
        for rule, kept in self.tally.rules:
            said = [
                f"#{finding.seq} at {finding.t:.3f} s, by {finding.whose}: {finding.message}" for finding in kept[:10]
            ]
            if self.count(rule) > len(said):
                said.append(f"and {self.count(rule) - len(said)} more")
            status = "failed" if severe(rule.severity, self.fail_on) else "ok"
            verdicts.append(
                Verdict(f"{rule.id}: {rule.title}", status, messages=(*said, rule.why), hint=rule.do, seq=kept[0].seq)
            )
        if self.unmet:
            verdicts.append(Verdict("expect", "failed", messages=tuple(f"{at}: {said}" for at, said in self.unmet)))
        if not verdicts:
            verdicts.append(Verdict("protocol", "ok"))
        if exit == ExitCode.RECORDING:
            verdicts.append(Verdict("complete", "failed", messages=("the recording is incomplete",)))
        return Ran(self.file, self.file, tuple(verdicts), exit=exit)


class Checking:
    """A session that is checked while it happens: attach `take` to its hub, ask for `checked` at the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._checker = Checker()
        self._tally = Tally()

    def take(self, event: Event) -> None:
        self._tally.add(self._checker.feed(event))

    def checked(self) -> Checked:
        """What was found so far."""
        return Checked(self._name, self._tally, events=self._checker.events, gaps=self._checker.gaps)


def rule_document(rule: Rule) -> dict[str, Any]:
    """A rule as JSON, with everything that is known about it."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "by": rule.by,
        "why": rule.why,
        "do": rule.do,
        "specification": [
            {"revision": revision, "section": page, "url": rule.url(revision)} for revision, page in rule.spec.items()
        ],
    }


def _finding_document(finding: ProtocolFinding) -> Mapping[str, Any]:
    revision, _ = finding.rule.section(finding.revision)
    return {
        "link": finding.link,
        "seq": finding.seq,
        "t": round(finding.t, 6),
        "by": finding.by,
        "mode": finding.mode,
        "message": finding.message,
        "excerpt": finding.excerpt,
        "revision": revision,
    }


def ignored_ids(words: Sequence[str], where: str = "--ignore") -> frozenset[str]:
    """The rules that `words` name, each an id or a pattern (`progress-*`). Raises `UsageError` for one that is none."""
    found: set[str] = set()
    for word in words:
        ids = named(word)
        if not ids:
            raise unknown_rule(word, f"{where} ")
        found.update(ids)
    return frozenset(found)


def unknown_rule(word: str, where: str = "") -> UsageError:
    """The error for a rule that there is not, with the one that may have been meant."""
    near: Iterable[str] = get_close_matches(word, RULES, n=1, cutoff=0.5)
    meant = next((f"Did you mean {one}?" for one in near), "mcpwatch check --list names them all.")
    return UsageError(f"{where}{word!r} is no rule.", hint=meant)
