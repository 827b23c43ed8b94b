"""`mcpwatch run` with several servers: one timeline, each line with its link."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mcpwatch.events import Closed, Frame, Opened
from tests.cli.running import QUICK, SERVERS, Ran, events, mcpwatch

NOBODY = "http://127.0.0.1:9/mcp"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two servers: one with a tool `say`, and the demo."""
    servers = {
        "quick": {"command": sys.executable, "args": [QUICK[-1]]},
        "demo": {"command": sys.executable, "args": ["-m", "mcpwatch.demo", "--pace", "0"]},
    }
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    return tmp_path / "mcp.json"


def run(config: Path, *argv: str) -> Ran:
    return mcpwatch("run", str(config), *argv, cwd=config.parent)


def test_every_line_says_whose_it_is_and_all_are_in_one_recording(config: Path, file: Path) -> None:
    ran = run(config, "--call", "say text=hi", "--call", "demo:look_around", "-o", str(file))
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert all(
        line.split()[1] in ("quick", "demo") for line in lines if line.startswith("   0.") and "says" not in line
    )
    assert any(line.startswith("quick offers ") for line in lines)
    assert any(line.startswith("demo offers ") for line in lines)
    happened = events(file)
    assert {event.link for event in happened if isinstance(event, Opened)} == {"quick", "demo"}
    calls = {(one.link, one.name) for one in happened if isinstance(one, Frame) and one.method == "tools/call"}
    assert calls == {("quick", "say"), ("demo", "look_around")}


def test_the_summary_and_the_document_are_by_link(config: Path) -> None:
    ran = run(config, "--list", "--call", "quick:say text=hi", "--notify", "demo:x/y", "--json")
    assert ran.code == 0
    assert "quick  used: " in ran.err
    links = ran.json["links"]
    assert list(links) == ["quick", "demo"]
    assert [step["step"] for step in links["quick"]["steps"]] == ["list", "call"]
    assert [step["step"] for step in links["demo"]["steps"]] == ["list", "notify"]
    assert links["quick"]["steps"][1]["result"]["content"][0]["text"] == "hi"


def test_a_server_that_cannot_be_reached_leaves_the_others_and_is_told_once(config: Path) -> None:
    ran = mcpwatch("run", f"gone={NOBODY}", f"{config}:quick", "--call", "say text=hi", cwd=config.parent)
    assert ran.code == 3
    assert ran.err.count("connection refused") == 1
    assert '"hi"' in ran.out
    assert not ran.err.count("not done")


def test_where_none_can_be_reached_each_says_why(config: Path) -> None:
    ran = mcpwatch("run", f"one={NOBODY}", f"two={NOBODY}", "--list", cwd=config.parent)
    assert ran.code == 3
    assert ran.err.count("connection refused") == 2


def test_one_that_dies_leaves_the_others_running_and_shown(config: Path, file: Path) -> None:
    dies = SERVERS / "bad" / "exit_3.py"
    argv = ("--call", "dies:work", "--call", "quick:say text=still", "--allow-errors", "-o", str(file))
    ran = mcpwatch("run", f"dies={dies}", f"{config}:quick", *argv, cwd=config.parent)
    assert ran.code == 3
    ends = {event.link: event for event in events(file) if isinstance(event, Closed)}
    assert ends["dies"].code == 3
    assert ends["quick"].code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--call", "sya text=hi"), "Did you mean 'say'?"),
        (("--request", "ping {}"), "Put the link before it"),
        (("--read", "nowhere://x"), "Put the link before it"),
        (("--env", "A=1"), "--env is for one target; there are 2"),
    ],
)
def test_a_step_that_is_for_nobody_says_how_to_name_a_link(config: Path, argv: tuple[str, ...], said: str) -> None:
    ran = run(config, *argv)
    assert ran.code == 2
    assert said in ran.err


def test_a_tool_that_several_offer_has_to_be_addressed(config: Path) -> None:
    twice = (f"a={config}:quick", f"b={config}:quick")
    ran = mcpwatch("run", *twice, "--call", "say text=hi", cwd=config.parent)
    assert ran.code == 2
    assert "call say is offered by a, b" in ran.err
    assert mcpwatch("run", *twice, "--call", "b:say text=hi", cwd=config.parent).code == 0


def test_time_that_is_up_counts_the_steps_that_are_left_and_not_the_links(config: Path) -> None:
    done = run(config, "--list", "--for", "3s")
    assert done.code == 0, done.err
    stuck = run(config, "--list", "--call", "quick:hang", "--for", "3s")
    assert stuck.code == 5
    assert "1 of 2 steps left" in stuck.err
