"""What a server made use of, and what a client must be able to do for it: the numbers behind the `used:` line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Used(NamedTuple):
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

    @classmethod
    def sum(cls, several: Iterable[Used]) -> Used:
        """What several links used together."""
        all_of_them = list(several)
        counts = [sum(column) for column in zip(*(one[:-1] for one in all_of_them), strict=True)]
        return cls(*counts, needs=tuple(sorted({need for one in all_of_them for need in one.needs})))
