"""The answers that were given, as rules: each question is matched by what it says, or by its number where that changes.

What nobody answered was refused, and is refused again: a draft does what the recording did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mcpwatch.check.draft.stable import is_plain
from mcpwatch.model import Question as Asked
from mcpwatch.model import Timeline
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.answers.saving import rule_for

__all__ = ["drafted_roots", "drafted_rules", "question_of"]

ANSWERED = ("answered", "refused")


def drafted_rules(timeline: Timeline, links: Sequence[str]) -> list[dict[str, Any]]:
    """The rules, in the order in which they were needed first."""
    rules: list[dict[str, Any]] = []
    counts: Counter[tuple[str, str]] = Counter()
    turns: dict[int, list[int]] = {}
    for asked in timeline.questions:
        about = asked.method if asked.kind == "other" else asked.kind
        counts[asked.link, about] += 1
        if asked.kind in ("ping", "roots") or asked.state not in ANSWERED or asked.answer_seq is None:
            continue
        question = question_of(asked, counts[asked.link, about])
        answer = mapping(asked.answer)
        given = Answer("recorded", error=dict(answer)) if asked.state == "refused" else Answer("recorded", answer)
        kind = question.kind
        rule = rule_for(question, given)
        said = question.text if kind in ("sampling", "elicitation") else ""
        if said and not is_plain(said):
            rule[kind] = {"nth": question.nth}
        if len(links) > 1:
            matcher = rule[kind] if isinstance(rule[kind], dict) else {"method": rule[kind]}
            rule[kind] = {**matcher, "link": asked.link}
        _merge(rules, rule, kind, question.turn if kind == "sampling" else 0, turns)
    return [_plain(rule, rules) for rule in rules]


def _merge(
    rules: list[dict[str, Any]], rule: dict[str, Any], kind: str, turn: int, turns: dict[int, list[int]]
) -> None:
    """Put a rule beside those that there are: the same question again is one rule with several answers."""
    own = {key: value for key, value in rule.items() if key != kind}
    for number, other in enumerate(rules):
        if kind not in other or other[kind] != rule[kind]:
            continue
        seen = turns[number]
        if turn == len(seen) and turn > 0 and "each" not in other:
            # A conversation goes on: the tool that the answer called was run.
            first = other.pop("turns", None) or [{key: other.pop(key) for key in list(other) if key != kind}]
            other["turns"] = [*first, own]
            seen.append(turn)
        elif "turns" in other:
            if turn >= len(other["turns"]) or other["turns"][turn] != own:
                continue
        elif {key: value for key, value in other.items() if key != kind} != own or "each" in other:
            first = other.pop("each", None) or [
                {key: other.pop(key) for key in list(other) if key != kind} for _ in seen
            ]
            other["each"] = [*first, own]
            seen.append(turn)
        else:
            seen.append(turn)
        return
    rules.append(rule)
    turns[len(rules) - 1] = [turn]


def _plain(rule: dict[str, Any], rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A matcher as a person would write it: a text that is contained, where that says the same, and where no other
    question contains it.
    """
    for kind, key in (("sampling", "text"), ("elicitation", "message")):
        matcher = mapping(rule.get(kind))
        if set(matcher) == {key} and set(mapping(matcher[key])) == {"equals"}:
            said = matcher[key]["equals"]
            others = [mapping(mapping(other.get(kind)).get(key)).get("equals") for other in rules if other is not rule]
            alone = not any(isinstance(other, str) and said in other for other in others)
            if said.strip() and "\n" not in said and alone:
                return {name: said if name == kind else value for name, value in rule.items()}
    return rule


def question_of(asked: Asked, nth: int = 1) -> Question:
    """A recorded question as whoever answers sees it."""
    during = asked.during
    tool = during.name if during is not None and during.method == "tools/call" else None
    params = asked.params
    return Question(asked.link, asked.method, dict(mapping(params)), asked.seq, asked.key, during=tool, nth=nth)


def drafted_roots(timeline: Timeline, folder: Path) -> list[str] | None:
    """The roots that were offered, from where the script will be; None where there were none."""
    for asked in timeline.questions:
        if asked.kind == "roots" and asked.state == "answered":
            uris = [mapping(root).get("uri") for root in items(mapping(asked.answer).get("roots"))]
            return [_folder(uri, folder) for uri in uris if isinstance(uri, str)] or None
    return None


def _folder(uri: str, folder: Path) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return uri
    path = Path(unquote(parts.path))
    if path == folder:
        return "."
    try:
        return f"./{path.relative_to(folder)}"
    except ValueError:
        return str(path)
