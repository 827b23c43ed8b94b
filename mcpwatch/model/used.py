"""What a server made use of, and what a client must be able to do for it: the numbers behind the `used:` line."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Used:
    """Counts over one link, or added up over several. `progress` counts tokens, everything else messages."""

    logging: int = 0
    progress: int = 0
    sampling: int = 0
    elicitation_form: int = 0
    elicitation_url: int = 0
    roots: int = 0
    pings: int = 0
    other_requests: int = 0
    """Requests of the server that the specification does not know."""
    other_notifications: int = 0
    """Notifications of the server that the specification does not know."""
    list_changes: int = 0
    resource_updates: int = 0
    subscriptions: int = 0
    needs: tuple[str, ...] = ()
    """The client capabilities that the server used, sorted: `sampling`, `sampling.tools`, `elicitation`,
    `elicitation.url`, `roots`."""

    def __add__(self, other: Used) -> Used:
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Used) if f.name != "needs"}
        return Used(**counts, needs=tuple(sorted({*self.needs, *other.needs})))
