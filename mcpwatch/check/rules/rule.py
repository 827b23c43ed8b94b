"""What a protocol rule is: what it is called, what it rests on, why it matters, and the function that looks for it.

A rule is a function of what is known of a link and of one thing that happened on it; it yields a sentence for each time
that it is broken. `rule` makes it known under its own name. The files beside this one hold the rules, `link.py` what
they know, `checker.py` calls them. No rule changes anything, reads a clock or does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mcpwatch.check.rules.link import Link

__all__ = [
    "LEGACY",
    "MODERN",
    "RULES",
    "SEVERITIES",
    "SIDES",
    "Earlier",
    "ProtocolFinding",
    "Rule",
    "Severity",
    "Side",
    "rule",
    "severe",
]

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
"""The worst first."""
Side: TypeAlias = Literal["client", "server"]
SIDES: Final[tuple[Side, ...]] = ("server", "client")
"""Who can break a rule."""
LEGACY: Final = "2025-11-25"
MODERN: Final = "2026-07-28"
"""The revisions that rules rest on: the last with a handshake, and the first without a state."""
SITE: Final = "https://modelcontextprotocol.io/specification"


class Earlier(NamedTuple):
    """A sentence about an event that came before, where the one that is looked at only shows it; `by` whom."""

    message: str
    seq: int
    t: float
    by: Side


Look: TypeAlias = "Callable[[Link, Any], Iterator[str | Earlier]]"
"""Looks at one thing and yields a sentence for each time that the rule is broken by it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `spec` maps a revision to a page of the specification, with the section after `#`."""

    id: str
    severity: Severity
    title: str
    why: str
    do: str
    spec: Mapping[str, str]
    on: tuple[str, ...]
    """What it looks at: `frame`; `flawed`, a frame that is no message or not written as one; `posted`, a message of the
    client that HTTP carried; `http`, `closed`, `opened`; or messages as `TYPE` or `TYPE METHOD`."""
    look: Look
    by: Side | None = None
    """Whose fault it always is; None where either side can break it."""

    def section(self, revision: str) -> tuple[str, str]:
        """The revision and the section that it rests on, for a link that speaks `revision`."""
        if revision in self.spec:
            return revision, self.spec[revision]
        return next(iter(self.spec.items()))

    def url(self, revision: str) -> str:
        """Where that section can be read."""
        found, page = self.section(revision)
        return f"{SITE}/{found}/{page}"


@dataclass(frozen=True, slots=True)
class ProtocolFinding:
    """A rule that was broken: by which frame (`seq`, 0 where there is none), when (seconds), how, and by whom."""

    rule: Rule
    link: str
    seq: int
    t: float
    message: str
    by: Side = "server"
    excerpt: str = ""
    """The beginning of the message that broke it, as the server or client wrote it: not fit for a screen as it is."""
    revision: str = LEGACY
    """The revision that the link speaks, as far as it was known by then."""
    mode: Literal["client", "proxy"] | None = None
    """Whether mcpwatch was the link's client itself, or stood between a client and a server."""

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    @property
    def whose(self) -> str:
        """Who is to blame, in words."""
        return "mcpwatch, the client" if self.by == "client" and self.mode == "client" else f"the {self.by}"


RULES: Final[dict[str, Rule]] = {}
"""Every rule by its id, in the order in which the files beside this one define them."""


def rule(
    severity: Severity,
    title: str,
    *,
    why: str,
    do: str,
    on: str | tuple[str, ...],
    spec: Mapping[str, str],
    by: Side | None = None,
) -> Callable[[Look], Look]:
    """Make a function a rule; its name, with hyphens, is the rule's id."""

    def known(look: Look) -> Look:
        id = look.__name__.replace("_", "-")
        assert id not in RULES, id
        RULES[id] = Rule(id, severity, title, why, do, spec, (on,) if isinstance(on, str) else on, look, by)
        return look

    return known


def severe(severity: str, limit: str) -> bool:
    """Whether a finding of `severity` counts where `limit` is the least that does."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(limit)  # type: ignore[arg-type]
