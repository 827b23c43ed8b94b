"""What the servers asked, held against what a script says they ask.

Each expectation needs a question of its own. Where none fits, the nearest one is named with what was different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcpwatch.check.assign import assigned
from mcpwatch.check.compare import number_finding, shown
from mcpwatch.check.finding import Finding
from mcpwatch.check.schema import KINDS
from mcpwatch.check.script import Place
from mcpwatch.model import Timeline
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import Question
from mcpwatch.session.answers.matchers import is_for
from mcpwatch.session.asked import Asked
from mcpwatch.session.matching import mismatch, number_matches, text_matches

__all__ = ["asked_findings"]

_MATCHERS: Mapping[str, frozenset[str]] = {
    "sampling": frozenset({"text", "any", "system", "tools", "model", "params", "nth", "link"}),
    "elicitation": frozenset({"mode", "fields", "params", "nth", "link"}),
    "roots": frozenset({"nth", "link"}),
    "request": frozenset({"method", "params", "nth", "link"}),
}
"""The keys that mean what they mean in rules. Others are compared with the parameter of that name."""


def asked_findings(wanted: Any, place: Place, asked: Sequence[Asked], timeline: Timeline) -> Iterator[Finding]:
    """A finding for each expectation that no question fits, or for their number."""
    asked = [one for one in asked if one.question.kind != "ping"]
    if not isinstance(wanted, list):
        if not number_matches(wanted, len(asked)):
            finding = number_finding(wanted, len(asked), place, "asked")
            assert finding is not None
            yield Finding(f"{finding.message}{_list(asked)}", place, finding.rewrite)
        return
    if not wanted and asked:
        yield Finding(f"asked: expected nothing, got {len(asked)}{_list(asked)}", place, len(asked))

    def fits(want: Mapping[str, Any], question: Asked) -> bool:
        return _why_not(want, question, timeline) is None

    entries = [mapping(one) for one in items(wanted)]
    single = [number for number, want in enumerate(entries) if "count" not in want]
    owners = dict(zip(single, assigned([entries[number] for number in single], asked, fits), strict=True))
    left = [question for number, question in enumerate(asked) if number not in owners.values()]
    for number, want in enumerate(entries):
        at = (*place, number)
        if number not in owners:
            fitting = sum(fits(want, question) for question in asked)
            found = number_finding(want["count"], fitting, (*at, "count"), f"asked: {_described(want)}")
            if found is not None:
                yield found
            continue
        if owners[number] is not None:
            continue
        near = [question for question in left or asked if question.question.kind == _kind(want)]
        if near:
            yield Finding(f"asked: no {_described(want)}; nearest: {_why_not(want, near[0], timeline)}", at)
        else:
            yield Finding(f"asked: no {_described(want)}{_list(asked) or '; nothing was asked'}", at)


def _list(asked: Sequence[Asked]) -> str:
    return f"; it asked: {', '.join(one.question.method for one in asked[:6])}" if asked else ""


def _kind(want: Mapping[str, Any]) -> str | None:
    return next((kind for kind in KINDS if kind in want), None)


def _described(want: Mapping[str, Any]) -> str:
    kind = _kind(want)
    return f"{kind} {shown(want[kind])}" if kind is not None and want[kind] else kind or "question"


def _why_not(want: Mapping[str, Any], asked: Asked, timeline: Timeline) -> str | None:
    """What is different about a question; None where it fits."""
    question, kind = asked.question, _kind(want)
    if kind not in (None, "request", question.kind):  # any question is a request
        return f"{question.method} is no {kind}"
    if kind is not None and (said := _content(kind, want[kind], question, timeline)) is not None:
        return said
    if "link" in want and question.link != want["link"]:
        return f"link: expected {want['link']}, got {question.link}"
    if "rule" in want and not text_matches(want["rule"], asked.answer.rule):
        return f"rule: expected {shown(want['rule'])}, got {shown(asked.answer.rule)}"
    if "answer" in want:
        given = asked.answer.result if asked.answer.error is None else dict(asked.answer.error)
        return mismatch(want["answer"], given, "answer")
    return None


def _content(kind: str, want: Any, question: Question, timeline: Timeline) -> str | None:
    """What is different about what a question asks; None where nothing is."""
    if isinstance(want, str):
        return None if is_for(kind, want, question) else f"{shown(want)} is not in {shown(_text(question))}"
    for key, value in mapping(want).items():
        if key == "tool":
            if (tool := _tool(question, timeline)) != value:
                return f"tool: expected {value}, got {tool or 'one that is not known'}"
        elif key in _MATCHERS[kind]:
            if not is_for(kind, {key: value}, question):
                got = {"text": question.text, "message": question.message, "system": question.system}.get(key)
                return f"{key}: {shown(value)} does not fit" + (f" {shown(got)}" if got is not None else "")
        elif key not in question.params:
            return f"{key} is missing; there is {', '.join(question.params) or 'nothing'}"
        else:
            said = _differs(value, question.params[key], key)
            if said is not None:
                return said
    return None


def _differs(want: Any, got: Any, name: str) -> str | None:
    """Texts match by containing, everything else as anywhere."""
    if isinstance(want, str) and isinstance(got, str):
        return None if text_matches(want, got) else f"{name}: {shown(want)} is not in {shown(got)}"
    return mismatch(want, got, name)


def _text(question: Question) -> str:
    return question.text or question.method


def _tool(question: Question, timeline: Timeline) -> str | None:
    if question.during is not None:
        return question.during
    known = timeline.question(question.seq, question.key)
    return None if known is None or known.during is None else known.during.name
