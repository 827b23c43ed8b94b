"""The fixture server as a target: its command line, and a process with an address."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.real.running import serving

CHECKOUT = Path(__file__).parents[2]
WHOLE = Path(__file__).with_name("whole.mcpw.yaml")
"""The script of everything that it has."""
COMMAND = (
    sys.executable,
    "-c",
    f"import sys; sys.path.append({str(CHECKOUT)!r}); from tests.conformance.server import main; main()",
)
"""How to start it on its standard streams, from any folder."""


@contextmanager
def served() -> Generator[str]:
    """The fixture server over Streamable HTTP; its URL."""
    with serving([*COMMAND, "--http", "0"], r"listening on (\S+)") as url:
        yield url
