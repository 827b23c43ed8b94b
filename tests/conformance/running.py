"""The fixture server as a target: its command line, and a process with an address."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.real.running import serving

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tests.conformance.server")
"""How to start it on its standard streams, with the checkout as the current folder."""


@contextmanager
def served() -> Generator[str]:
    """The fixture server over Streamable HTTP; its URL."""
    with serving([*COMMAND, "--http", "0"], r"listening on (\S+)", cwd=CHECKOUT) as url:
        yield url
