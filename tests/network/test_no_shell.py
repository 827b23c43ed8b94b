"""No shell, ever: nothing in the source hands a line to one, and what is started gets its arguments as they are."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import SERVERS, mcpwatch
from tests.conftest import CHECKOUT

SOURCES = sorted((CHECKOUT / "mcpwatch").rglob("*.py"))
SHELLS = {
    *("os.system", "os.popen", "os.execl", "os.execlp", "os.execle", "os.spawnl", "os.spawnlp", "os.spawnvp"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "subprocess.call", "subprocess.check_output"),
    *("asyncio.create_subprocess_shell", "commands.getoutput", "pty.spawn", "webbrowser.open", "webbrowser.get"),
    *("anyio.run_process", "anyio.open_process", "pickle.load", "pickle.loads", "marshal.loads", "yaml.load"),
}
"""What takes a line for a shell, may take one, or runs what is in data."""
STARTERS = {"subprocess.Popen", "subprocess.run", "asyncio.create_subprocess_exec", "os.startfile"}
STARTING = {
    "wire/process.py",  # the server that the person named, and `ps`
    "view/editor.py",  # the person's own editor
    "session/auth/browser.py",  # the person's own browser, with a checked address
    "tui/call/files.py",  # the desktop, with an image or a sound that was saved
}
"""The only files that start anything."""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_no_line_is_handed_to_a_shell() -> None:
    starting: set[str] = set()
    for path in SOURCES:
        name = path.relative_to(CHECKOUT / "mcpwatch").as_posix()
        for function, call in calls(path):
            where = f"{name}:{call.lineno}: {function}"
            assert function not in SHELLS | {"eval", "exec"}, where
            assert not any(keyword.arg == "shell" for keyword in call.keywords), where
            if function in STARTERS:
                starting.add(name)
                assert not isinstance(call.args[0], ast.Constant | ast.JoinedStr), f"{where}: arguments are a list"
    assert starting == STARTING


ARGUMENTS = [
    *("a b", "", "'", '"', "\\", "$HOME", "${HOME}", "$(touch x)", "`touch x`", "; touch x", "&& touch x", "| tee x"),
    *("> x", "< /etc/passwd", "*", "?", "~", "!", "#", "%PATH%", "^", "\n", "\t", "é", "\u202e", "--", "-c", "x=1"),
]


@pytest.mark.parametrize("how", ["command", "target", "config", "proxy"])
def test_arguments_reach_the_server_as_they_were_given(how: str, tmp_path: Path) -> None:
    # In a config and in a script `${NAME}` is a variable, as the docs say; nothing else is anything.
    arguments = [one for one in ARGUMENTS if one != "${HOME}" or how in ("command", "proxy")]
    server = [sys.executable, str(SERVERS / "good" / "tells_argv.py"), *arguments]
    told = tmp_path / "argv.json"
    env = {"MCPWATCH_TELLS": str(told)}
    config = tmp_path / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"s": {"command": server[0], "args": server[1:]}}}))
    script = tmp_path / "t.mcpw.json"
    script.write_text(json.dumps({"mcpwatch": 1, "target": {"command": server}, "steps": [{"list": "tools"}]}))
    argv = {
        "command": ("run", "--list", "--", *server),
        "target": ("test", str(script)),
        "config": ("run", f"{config}:s", "--list"),
        "proxy": ("proxy", "--", *server),
    }[how]
    mcpwatch(*argv, env=env, cwd=tmp_path)
    assert json.loads(told.read_text()) == arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["argv.json", "mcp.json", "t.mcpw.json"]
