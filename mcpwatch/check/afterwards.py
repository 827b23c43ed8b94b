"""What a script expects of a whole session, held against a recording of one: whoever made it, and however long ago.

The steps of the script are not looked at. Questions come from the timeline in place of the clients that answered them;
everything else is judged as it is live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcpwatch.check.came import Came
from mcpwatch.check.compare import text_finding
from mcpwatch.check.expect import LOG, happened_findings
from mcpwatch.check.finding import Finding
from mcpwatch.check.heard import Kept
from mcpwatch.check.schema import SCRIPT_SCHEMA
from mcpwatch.check.script import Step
from mcpwatch.documents import Document, check_document, read_document
from mcpwatch.events import Event
from mcpwatch.model import Question as Recorded
from mcpwatch.model import Timeline
from mcpwatch.model.exchange import Fetch
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.asked import Asked
from mcpwatch.session.matching import number_matches
from mcpwatch.session.templates import Unresolved, environment, expand

__all__ = ["Expected", "read_expected"]

PLACE = ("expect",)
_SCHEMA = {**SCRIPT_SCHEMA, "required": ["mcpwatch", "expect"]}


@dataclass(frozen=True, slots=True)
class Expected:
    """The `expect` of a script."""

    document: Document
    wanted: Mapping[str, Any]

    @property
    def fail_on(self) -> str | None:
        """The least severity of a protocol finding that counts, where the script says one."""
        return mapping(self.wanted.get("findings")).get("fail_on")

    @property
    def ignore(self) -> Sequence[str]:
        """The protocol rules that may be broken."""
        return [str(id) for id in items(mapping(self.wanted.get("findings")).get("ignore"))]

    def judge(self, fetch: Fetch) -> Judge:
        """What takes the events of one recording; `fetch` reads one of them back."""
        return Judge(self, fetch)


class Judge:
    """Fed a recording's events in their order, then asked what is wrong."""

    def __init__(self, expected: Expected, fetch: Fetch) -> None:
        self._expected = expected
        self._timeline = Timeline(fetch)
        self._kept = Kept(_methods(expected.wanted), stderr="stderr" in expected.wanted)
        self._last = 0.0

    def take(self, event: Event) -> None:
        self._timeline.apply(event)
        self._kept.take(event)
        self._last = event.t

    def findings(self) -> list[tuple[str, str]]:
        """Where each expectation stands that was not met (`ci.mcpw.yaml:12:5`), and a sentence."""
        wanted, document = self._expected.wanted, self._expected.document
        asked = _asked(self._timeline)
        came = Came(Step("together", ()), asked=asked, seconds=self._last)
        found = happened_findings(wanted, PLACE, self._kept, self._timeline, came)
        if "stderr" in wanted:
            said = self._kept.stderr.decode("utf-8", "replace")
            finding = text_finding(wanted["stderr"], said, (*PLACE, "stderr"), "stderr")
            found += [] if finding is None else [finding]
        silent = sum(not one.answer.answered for one in asked)
        if "unanswered" in wanted and not number_matches(wanted["unanswered"], silent):
            found.append(Finding(f"unanswered: expected {wanted['unanswered']}, got {silent}", (*PLACE, "unanswered")))
        return [(document.at(finding.place), finding.message) for finding in found]


def read_expected(path: Path) -> Expected:
    """Read a script, or a file with `mcpwatch: 1` and `expect` alone. Raises `UsageError` with line and column."""
    document = read_document(path)
    if not mapping(document.value):
        raise document.error((), "It is a mapping with `mcpwatch: 1` and `expect`.")
    check_document(document, _SCHEMA)
    written = mapping(mapping(document.value).get("expect"))
    try:
        return Expected(document, mapping(expand(written, environment)))
    except Unresolved as error:
        raise document.error((*PLACE, *error.path), str(error), hint=error.hint) from None


def _methods(wanted: Mapping[str, Any]) -> set[str]:
    """The methods that the expectations speak of."""
    found = {LOG} if "logs" in wanted else set[str]()
    told = wanted.get("notifications")
    return found | {str(mapping(one).get("method", "*")) for one in items(told) or ((told,) if told else ())}


def _asked(timeline: Timeline) -> list[Asked]:
    counts: Counter[tuple[str, str]] = Counter()
    found: list[Asked] = []
    for one in timeline.questions:
        asked = Question(
            one.link,
            one.method,
            dict(mapping(one.params)),
            one.seq,
            one.key,
            during=None if one.during is None else one.during.name,
        )
        about = asked.method if asked.kind == "request" else asked.kind
        counts[one.link, about] += 1
        found.append(Asked(replace(asked, nth=counts[one.link, about]), _answer(one)))
    return found


def _answer(asked: Recorded) -> Answer:
    given = asked.answer
    # Of an error the timeline has only the object: it has a code, and no result has one beside a message.
    error = mapping(given) if "code" in mapping(given) and "message" in mapping(given) else None
    return Answer(
        rule=asked.rule or "",
        result=None if error is not None else given,
        error=None if error is None else dict(error),
        answered=not asked.unanswered and asked.state not in ("waiting", "lost", "cancelled"),
    )
