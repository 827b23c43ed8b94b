"""How long it takes until something is there: a server's catalogue, a recording, the help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.files import write_recording
from tests.bench.measure import CHECKOUT, Program, in_turns, mcpwatch
from tests.bench.table import Row

HERE = Path(__file__).parent
SERVERS = {
    "a server written with the Python SDK": (CHECKOUT / "tests/servers/good/sdk_server.py", "0.7"),
    "a server that starts at once": (HERE / "servers/instant.py", "1.0"),
}


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The starts: two servers with a client against a bare client, and two offline commands against an import."""
    rounds = 3 if quick else 11
    for what, (server, reach) in SERVERS.items():
        command = [sys.executable, str(server)]
        programs = {
            "ours": Program(mcpwatch("run", "--list", "--", *command)),
            "theirs": Program([sys.executable, str(HERE / "clients/list_everything.py"), *command]),
        }
        runs = in_turns(programs, rounds, folder)
        yield Row(f"`run --list` on {what}", runs["ours"], "SDK client", runs["theirs"], f"≤ {reach}")
    recording = write_recording(folder / "small.mcpw.jsonl", 20)
    programs = {
        "theirs": Program([sys.executable, "-c", "import typer, rich"]),
        "show": Program(mcpwatch("show", str(recording))),
        "proxy": Program(mcpwatch("proxy", "--", "true")),
        "--help": Program(mcpwatch("--help")),
    }
    runs = in_turns(programs, rounds, folder)
    for name in ("show", "proxy", "--help"):
        yield Row(f"start of `{name}`", runs[name], "`import typer, rich`", runs["theirs"], "≤ 1.5")
