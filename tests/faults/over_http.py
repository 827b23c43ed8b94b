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
from tests.faults.fault import Outcome
from tests.faults.inside import command
from tests.faults.web import Exchange, WebFault, serve
from tests.faults.written import lost as missing

__all__ = ["FAULTS", "lost", "run"]

FAULTS: list[WebFault] = [
    *(*http_streams.FAULTS, *http_bodies.FAULTS, *http_statuses.FAULTS, *http_ends.FAULTS),
]


def run(fault: WebFault, folder: Path) -> tuple[Outcome, list[Exchange]]:
    """Run it once; the recording stands in `folder`."""
    file = folder / "t.mcpw.jsonl"
    with _set_for(fault), serve(fault.make) as site:
        options = ["-o", str(file), "--timeout", f"{fault.timeout:g}", "--transport", fault.transport]
        code, screen = command("run", site.url, *options, *fault.steps)
    with Recording.open(file) as recording:
        return Outcome(code, screen, list(recording.events()), recording.complete), site.exchanges


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
