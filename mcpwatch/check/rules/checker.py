"""Events in, findings out: one pass, in order, over a file as over a live hub.

Owns who is asked about what: each rule names the messages that it looks at, so that a frame that no rule is about costs
two look-ups. The rules themselves are in the files that `book.py` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mcpwatch.check.rules.book import RULES, named
from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import SEVERITIES, Earlier, ProtocolFinding, Rule, Side
from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened
from mcpwatch.model.shapes import items

__all__ = ["Checker", "Tally", "protocol_findings"]

EXCERPT = 240
"""Bytes of a message that a finding quotes."""


class Checker:
    """Fed one stamped event after the other. Keeps what it must of each link, and no finding."""

    def __init__(self) -> None:
        self.events = 0
        self.gaps = 0
        """How often the numbers of the events jumped: somebody took lines out."""
        self.links: dict[str, Link] = {}
        self._last = 0
        self._by: dict[str, tuple[Rule, ...]] = {}

    def feed(self, event: Event) -> Sequence[ProtocolFinding]:
        """What is wrong with this one event, given those before it."""
        self.events += 1
        if event.seq:
            self.gaps += event.seq != self._last + 1
            self._last = event.seq
        link = self.links.get(event.link)
        if link is None or isinstance(event, Opened):
            # A name that is opened again is a new link.
            link = self.links[event.link] = Link(event.link, event if isinstance(event, Opened) else None)
        if isinstance(event, Frame):
            return self._frame(link, event)
        if isinstance(event, Http):
            found = self._look("http", link, event, event)
            link.take_http(event)
            return found
        if isinstance(event, Opened):
            return self._look("opened", link, event, event)
        if isinstance(event, Closed):
            found = self._look("closed", link, event, event)
            link.take_closed(event)
            return found
        if isinstance(event, Note):
            link.take_note(event)
        return ()

    def _frame(self, link: Link, frame: Frame) -> Sequence[ProtocolFinding]:
        found = list(self._look("frame", link, frame, frame))
        if frame.error is not None or frame.eol != "\n" or frame.type == "batch":
            found += self._look("flawed", link, frame, frame)
        if frame.xid is not None and frame.dir == "c2s" and (exchange := link.exchange(frame.xid)) is not None:
            exchange.carries = frame.type
        if frame.type == "invalid":
            link.take_invalid(frame)
        elif frame.type == "batch":
            bodies = items(frame.message)
            for position, item in enumerate(frame.items):
                if item.type not in ("batch", "invalid"):
                    body = bodies[position] if position < len(bodies) else None
                    found += self._message(link, Message(frame, item.type, item.method, item.id, item.name, body))
        else:
            found += self._message(link, Message(frame, frame.type, frame.method, frame.id, frame.name, frame.message))
        return found

    def _message(self, link: Link, message: Message) -> Sequence[ProtocolFinding]:
        if message.type in ("response", "error"):
            link.answered_by(message)
            method = message.of
        else:
            method = message.method
            if method == "notifications/progress":
                message.token = link.token(message)
        found = self._look(message.type, link, message, message.frame, method)
        if message.frame.xid is not None and message.dir == "c2s" and link.transport == "http":
            found += self._look("posted", link, message, message.frame)
        link.take(message)
        return found

    def _look(self, kind: str, link: Link, thing: Any, event: Event, method: str = "") -> list[ProtocolFinding]:
        found: list[ProtocolFinding] = []
        for rule in self._rules(kind, method):
            found += [_finding(rule, link, event, said) for said in rule.look(link, thing)]
        return found

    def _rules(self, kind: str, method: str) -> tuple[Rule, ...]:
        name = f"{kind} {method}" if method in _METHODS else kind
        rules = self._by.get(name)
        if rules is None:
            rules = self._by[name] = tuple(rule for rule in RULES.values() if kind in rule.on or name in rule.on)
        return rules


_METHODS = frozenset(on.partition(" ")[2] for rule in RULES.values() for on in rule.on if " " in on)
"""The methods that rules are about; there is no end to others."""


def _finding(rule: Rule, link: Link, event: Event, said: str | Earlier) -> ProtocolFinding:
    if isinstance(said, Earlier):
        return ProtocolFinding(
            rule, link.name, said.seq, said.t, said.message, said.by, revision=link.revision, mode=link.mode
        )
    excerpt = ""
    if isinstance(event, Frame):
        data = event.data
        excerpt = data[:EXCERPT].decode("utf-8", "replace") + ("…" if len(data) > EXCERPT else "")
    elif isinstance(event, Http):
        excerpt = " ".join(str(part) for part in (event.verb, event.url, event.status) if part is not None)
    by = _by(rule, event)
    return ProtocolFinding(rule, link.name, event.seq, event.t, said, by, excerpt, link.revision, link.mode)


def _by(rule: Rule, event: Event) -> Side:
    """Who is to blame for what an event shows: who sent it, or of what nobody sent, whom the rule is about."""
    if isinstance(event, Frame):
        return "client" if event.dir == "c2s" else "server"
    if isinstance(event, Http):
        return "client" if event.phase == "request" else "server"
    return rule.by or "server"


def protocol_findings(events: Iterable[Event]) -> Iterator[ProtocolFinding]:
    """Everything that is wrong with a stream of events, in its order, as the events are read."""
    checker = Checker()
    for event in events:
        yield from checker.feed(event)


class Tally:
    """Findings by rule, the first `most` of each: a flood of one kind takes no memory and hides no other. `ignore`
    are ids, or patterns such as `progress-*`; `by` leaves out what the other side did.
    """

    def __init__(self, *, ignore: Iterable[str] = (), by: Side | None = None, most: int = 100) -> None:
        self.counts: Counter[str] = Counter()
        """How often each rule was broken, without those that are ignored."""
        self.sides: Counter[Side] = Counter()
        """How much each side did."""
        self.ignored = 0
        self._ignore = frozenset(id for word in ignore for id in named(word))
        self._by = by
        self._most = most
        self._kept: dict[str, list[ProtocolFinding]] = {}

    def add(self, findings: Iterable[ProtocolFinding]) -> None:
        for finding in findings:
            if finding.id in self._ignore or self._by not in (None, finding.by):
                self.ignored += 1
                continue
            self.counts[finding.id] += 1
            self.sides[finding.by] += 1
            kept = self._kept.setdefault(finding.id, [])
            if len(kept) < self._most:
                kept.append(finding)

    @property
    def rules(self) -> list[tuple[Rule, list[ProtocolFinding]]]:
        """What was broken, the worst first, else in the order in which it first was."""
        found = [(kept[0].rule, kept) for kept in self._kept.values()]
        return sorted(found, key=lambda one: SEVERITIES.index(one[0].severity))

    def severities(self) -> Counter[str]:
        """How many findings there are of each severity."""
        counts: Counter[str] = Counter()
        for id, count in self.counts.items():
            counts[RULES[id].severity] += count
        return counts
