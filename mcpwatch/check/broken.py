"""Protocol rules that were broken while a script was played, for its `expect: { findings: … }`.

The rules and what looks for them are `rules`' business; here they become findings of a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mcpwatch.check.finding import Finding
from mcpwatch.check.rules import RULES, Checker, Tally, named, severe
from mcpwatch.check.script import Script
from mcpwatch.events import Event
from mcpwatch.model.shapes import items, mapping

__all__ = ["Broken", "check_rules"]

SHOWN = 3
"""How often one rule's findings are told one by one."""


class Broken:
    """Attach `take` to a hub, ask for `findings` when the links are closed."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self._limit: str = wanted.get("fail_on", "error")
        self._checker = Checker()
        self._tally = Tally(ignore=items(wanted.get("ignore")), most=SHOWN)

    def take(self, event: Event) -> None:
        self._tally.add(self._checker.feed(event))

    def findings(self) -> list[Finding]:
        """A finding for each rule that was broken and counts, the worst first."""
        found: list[Finding] = []
        for rule, kept in self._tally.rules:
            if not severe(rule.severity, self._limit):
                continue
            count = self._tally.counts[rule.id]
            said = [f"{one.message} ({one.link}, event {one.seq}, by {one.whose})" for one in kept]
            found += [Finding(f"{rule.severity} {rule.id}: {one}", PLACE) for one in said]
            if count > len(kept):
                found.append(Finding(f"{rule.severity} {rule.id}: {count - len(kept)} more", PLACE))
        return found


PLACE = ("expect", "findings")


def check_rules(script: Script) -> None:
    """Raises `UsageError` where a script ignores a rule that there is not."""
    for number, id in enumerate(items(mapping(script.expect.get("findings")).get("ignore"))):
        if not named(str(id)):
            near = get_close_matches(str(id), list(RULES), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(RULES)}."
            raise script.document.error((*PLACE, "ignore", number), f"There is no rule {id!r}.", hint=hint)
