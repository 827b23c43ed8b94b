"""Protocol findings: what the specification forbids, found in a recording or while it happens.

`rule.py` says what a rule is, `link.py` what rules know, `checker.py` calls them, and the rules themselves are in the
files that `book.py` names. `docs/findings.md` is made from them.
"""

from __future__ import annotations

from mcpwatch.check.rules.book import RULES, named
from mcpwatch.check.rules.checker import Checker, Tally, protocol_findings
from mcpwatch.check.rules.rule import LEGACY, MODERN, SEVERITIES, SIDES, ProtocolFinding, Rule, Severity, Side, severe

__all__ = [
    "LEGACY",
    "MODERN",
    "RULES",
    "SEVERITIES",
    "SIDES",
    "Checker",
    "ProtocolFinding",
    "Rule",
    "Severity",
    "Side",
    "Tally",
    "named",
    "protocol_findings",
    "severe",
]
