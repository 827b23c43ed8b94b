"""What an import costs: offline commands start without the SDK, and the package's name alone imports nothing.

Which room may import which is a contract in `pyproject.toml`, checked by `lint-imports`. Here fresh interpreters say
what was really loaded.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import mcpwatch
from tests.conftest import CHECKOUT

SLOW = ("mcp", "mcp_types", "textual", "httpx2")
"""Packages that take longer to import than an offline command takes to run."""

RECORDING = (
    '{"format":"mcpwatch","version":1,"kind":"header","started":"2026-11-21T01:45:00.123456Z",'
    '"tool":{"name":"mcpwatch","version":"0.1.0"},"redaction":{"policy":"default"}}\n'
    '{"seq":1,"t":0.000010,"kind":"opened","link":"server","mode":"client","transport":"stdio",'
    '"target":{"command":"python","args":["srv.py"]},"pid":4242}\n'
    '{"seq":2,"t":0.000123,"kind":"frame","link":"server","dir":"c2s","type":"request","method":"ping","id":7,'
    '"by":"user","bytes":40,"msg":{"jsonrpc":"2.0","id":7,"method":"ping"}}\n'
    '{"seq":3,"t":0.5,"kind":"closed","link":"server","reason":"exit","code":0}\n'
    '{"seq":4,"t":0.5,"kind":"footer","events":3,"exit":0}\n'
)

PROBE = """
import json, sys
told, code = sys.argv.pop(), None
if sys.argv[1:]:
    try:
        from mcpwatch.cli import main
        main(sys.argv[1:])
    except SystemExit as end:
        code = end.code
else:
    import mcpwatch
with open(told, "w") as file:
    json.dump([code, sorted(sys.modules)], file)
"""


def loaded_by(*argv: str, cwd: Path) -> set[str]:
    """The modules that a fresh interpreter has loaded when the command has ended well; for no command those that
    `import mcpwatch` loads.
    """
    told = cwd / "modules.json"
    command = [sys.executable, "-c", PROBE, *argv, str(told)]
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert told.exists(), run.stderr
    code, modules = json.loads(told.read_text())
    assert code in (None, 0), run.stderr
    return set(modules)


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["show", "t.mcpw.jsonl"],
        ["show", "t.mcpw.jsonl", "--raw"],
        ["mock", "t.mcpw.jsonl"],
        ["show", "t.mcpw.jsonl", "--events", "--method", "ping"],
        ["check", "t.mcpw.jsonl", "--ignore", "never-*"],
        ["check", "--list"],
        ["diff", "t.mcpw.jsonl", "t.mcpw.jsonl"],
        ["diff", "t.mcpw.jsonl", "t.mcpw.jsonl", "--markdown"],
        ["sessions"],
        ["sessions", "--json"],
    ],
    ids=" ".join,
)
def test_an_offline_command_imports_neither_the_sdk_nor_a_screen(argv: list[str], tmp_path: Path) -> None:
    (tmp_path / "t.mcpw.jsonl").write_text(RECORDING)
    packages = {module.partition(".")[0] for module in loaded_by(*argv, cwd=tmp_path)}
    assert packages.isdisjoint(SLOW)


def test_importing_the_package_imports_nothing_else(tmp_path: Path) -> None:
    modules = loaded_by(cwd=tmp_path)
    assert {module for module in modules if module.startswith("mcpwatch.")} == set()
    assert not {"asyncio", "anyio", "dataclasses", "pydantic_core", "rich", "typer"} & modules


def test_the_public_names_are_sorted_and_each_is_there() -> None:
    assert mcpwatch.__all__ == sorted(mcpwatch.__all__)
    for name in mcpwatch.__all__:
        assert getattr(mcpwatch, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = mcpwatch.nonesuch


@pytest.mark.parametrize("path", ["session/object_runner.py", "demo"])
def test_what_runs_in_a_servers_own_process_imports_nothing_of_ours(path: str) -> None:
    room = CHECKOUT / "mcpwatch" / path
    files = [room] if room.is_file() else sorted(room.rglob("*.py"))
    assert files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "" if node.level == 0 else "mcpwatch"] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = path == "demo" and name.startswith("mcpwatch.demo")
                assert own or not name.startswith("mcpwatch"), f"{file.name}: {name}"
