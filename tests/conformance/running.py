"""The fixture server as a target: its command line, a process with an address, and a proxy in front of it."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.running import running
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
CLIENT = shlex.join(
    (
        sys.executable,
        "-c",
        f"import sys; sys.path.append({str(CHECKOUT)!r}); from tests.conformance.client import main; sys.exit(main())",
    )
)
"""mcpwatch as the suite starts a client; the URL comes last."""


@contextmanager
def served() -> Generator[str]:
    """The fixture server over Streamable HTTP; its URL."""
    with serving([*COMMAND, "--http", "0"], r"listening on (\S+)") as url:
        yield url


@contextmanager
def proxied(url: str, file: Path) -> Generator[str]:
    """`mcpwatch proxy` in front of `url`, which records into `file`; its URL."""
    with running("proxy", url, "--record", str(file)) as proxy:
        proxy.wait_for("\n", "err")
        yield proxy.read("err").split()[-1]
        proxy.signal(signal.SIGTERM)
        assert proxy.end().code == 143, proxy.read("err")
