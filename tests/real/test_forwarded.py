"""What a real aggregator passes on of what its backends say: FastMCP 4 before two servers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mcpwatch import Recording
from tests.cli.running import mcpwatch
from tests.real.running import GOOD, command

QUIET = {"PYTHONWARNINGS": "ignore"}


def test_a_gateway_before_two_backends(servers_folder: Path, tmp_path: Path) -> None:
    python, backend = command(servers_folder, "fastmcp4", tmp_path)
    gateway = str(GOOD / "fastmcp4_gateway.py")
    servers = {
        "alpha": {"command": python, "args": [backend]},
        "beta": {"command": python, "args": [backend]},
        "via": {"command": python, "args": [gateway]},
    }
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    steps = ("alpha:count n=2", "via:alpha_count n=2", "beta:count n=3", "via:beta_count n=3")
    calls = [word for step in steps for word in ("--call", step)]
    ran = mcpwatch("run", "mcp.json", "--compare", *calls, "-o", "t.mcpw.jsonl", cwd=tmp_path, env=QUIET)
    assert ran.code == 1, ran.err
    told = ran.out.splitlines()
    assert any(line.startswith("alpha → via  2 of 4 came through") for line in told)
    assert any(line.startswith("beta → via  3 of 6 came through") for line in told)
    assert "  notifications/progress  2 sent · 2 came through" in told
    assert "  notifications/message   2 sent · 2 lost" in told


def test_a_recording_of_each_side_tells_the_same(tmp_path: Path) -> None:
    target = ("--", sys.executable, "-m", "mcpwatch.demo", "--pace", "0")
    for name, call in (("backend", "work label=a n=3"), ("front", "work label=a n=2")):
        mcpwatch("run", "--call", call, "-q", "-o", f"{name}.mcpw.jsonl", *target, cwd=tmp_path)
    ran = mcpwatch("diff", "backend.mcpw.jsonl", "front.mcpw.jsonl", "--forwarded", "--json", cwd=tmp_path)
    assert ran.code == 1
    (methods,) = ran.json["backends"].values()
    assert methods["notifications/progress"]["sent"] == 3
    same = mcpwatch("diff", "backend.mcpw.jsonl", "backend.mcpw.jsonl", "--forwarded", cwd=tmp_path)
    assert same.code == 0
    assert "came through" in same.out
    with Recording.open(tmp_path / "backend.mcpw.jsonl") as recording:
        assert recording.complete
