"""The faults of servers at a URL, and how one is run. What each server does stands in `http_*`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcpwatch import Recording
from mcpwatch.session import presence, standing
from mcpwatch.wire import body, encoding
from tests.faults import http_bodies, http_ends, http_statuses, http_streams
from tests.faults.fault import RECORDING, Outcome, argv
from tests.faults.inside import command
from tests.faults.web import Exchange, Site, WebFault, serve
from tests.faults.written import lost as missing

__all__ = ["FAULTS", "lost", "meet", "run"]

FAULTS: list[WebFault] = [
    *(*http_streams.FAULTS, *http_bodies.FAULTS, *http_statuses.FAULTS, *http_ends.FAULTS),
]


def run(fault: WebFault, folder: Path) -> tuple[Outcome, list[Exchange]]:
    """Run it once; the recording stands in `folder`."""
    with serve(fault.make) as site:
        return meet(fault, site, folder), site.exchanges


def meet(fault: WebFault, site: Site, folder: Path) -> Outcome:
    """What `mcpwatch run` makes of this server."""
    with _set_for(fault):
        code, screen = command(*argv(fault, {"url": site.url, "transport": fault.transport}, folder))
    with Recording.open(folder / RECORDING) as recording:
        return Outcome(code, screen, list(recording.events()), recording.complete)


def lost(fault: WebFault, outcome: Outcome, exchanges: list[Exchange]) -> str:
    """What of the bodies that the server wrote is missing from the recording; empty for nothing."""
    return missing(exchanges, outcome.events, cut=fault.cut)


@contextmanager
def _set_for(fault: WebFault) -> Generator[None]:
    """Pauses between attempts are as short as they can be, and limits as small as the fault wants them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "RECONNECT_AFTER", 0.01)
        patch.setattr(presence, "BETWEEN", 0.0)
        if fault.limit is not None:
            patch.setattr(body, "KEPT", fault.limit)
            patch.setattr(encoding, "MOST_UNPACKED", 2 * fault.limit)
        yield
