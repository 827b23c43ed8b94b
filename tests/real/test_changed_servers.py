"""Servers that people have, with one thing changed in their source: the right difference is found, and only that."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.real.running import GOOD

CONFORMANCE = Path(__file__).parents[1] / "conformance"
ANSWERS = ("--sampling", "Paris", "--elicit", "name=Ada", "--root", ".", "--allow-errors")

Patch = tuple[str, str, str]
"""A file, what is taken out of it, and what is put there."""


@dataclass(frozen=True)
class Change:
    """What is changed in a server's source, what `diff` then says line by line, and the protocol rules it breaks."""

    patches: list[Patch]
    lines: list[str]
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Server:
    """A server: what is called of it, and what is changed, one thing at a time."""

    calls: tuple[str, ...]
    renamed: tuple[str, str]
    """The tool that `rename` renames: how it was called, and how it is."""
    changes: Mapping[str, Change]
    slow: tuple[Patch, str]
    """What makes a call of one tool take seconds, which is a difference only for who asks."""


def renamed(old: str, new: str) -> list[str]:
    return [
        "interface",
        f"  breaking  tool {old} is gone, renamed to {new} as it seems",
        f"  added     tool {new} is new",
        f"tools/call {old}",
        f"  only in A; nearest: tools/call {new} (another name with the same arguments)",
        f"tools/call {new}",
        f"  only in B; nearest: tools/call {old} (another name with the same arguments)",
    ]


def fastmcp(*swapped: str) -> Server:
    progress = 'report_progress(number, n, f"{number} of {n}")'
    return Server(
        calls=("add a=2 b=3", "count n=2", "broken"),
        renamed=("add", "plus"),
        changes={
            "rename": Change([("server.py", "def add(", "def plus(")], renamed("add", "plus")),
            "drop": Change(
                [("server.py", progress, "report_progress(number, n)")],
                [
                    "tools/call count",
                    '  progress 1: params.message is gone: "1 of 2"',
                    '  progress 2: params.message is gone: "2 of 2"',
                ],
            ),
            "swap": Change(
                [("server.py", 'ctx.info(f"at {number}"', 'ctx.info(f"at {n + 1 - number}"')],
                ["tools/call count", *swapped],
            ),
        },
        slow=(("server.py", "asyncio.sleep(pause)", "asyncio.sleep(pause + 2)"), "count"),
    )


# Each log of FastMCP 3 carries its number beside its text, so that what is swapped is the texts.
FASTMCP_3 = fastmcp('  log 1: params.data.msg: "at 1" → "at 2"', '  log 2: params.data.msg: "at 2" → "at 1"')
FASTMCP_4 = fastmcp(
    '  log 1 ({"msg": "at 1", "extra": null}) moved: it was the 1st, now it is the 3rd',
    '  log 2 ({"msg": "at 2", "extra": null}) moved: it was the 3rd, now it is the 1st',
)
WEATHER, LONG = "dist/tools/get-structured-content.js", "dist/tools/trigger-long-running-operation.js"
EVERYTHING = Server(
    # The last call takes so long that what this server asks by itself after its start comes while it runs.
    calls=(
        "echo message=hi",
        "get-structured-content location=Chicago",
        "trigger-long-running-operation duration=1.2 steps=4",
    ),
    renamed=("echo", "repeat"),
    changes={
        "rename": Change(
            [("dist/tools/echo.js", 'const name = "echo"', 'const name = "repeat"')], renamed("echo", "repeat")
        ),
        "drop": Change(
            [
                (WEATHER, 'humidity: z.number().describe("Humidity percentage"),', ""),
                (WEATHER, "humidity: 82,", ""),
            ],
            [
                "interface",
                "  breaking  tool get-structured-content: result field humidity is gone",
                "tools/call get-structured-content",
                "  result.content.0.text.humidity is gone: 82",
                "  result.structuredContent.humidity is gone: 82",
            ],
        ),
        "swap": Change(
            [(LONG, "progress: i,", "progress: [0, 2, 1, 3, 4][i],")],
            [
                "tools/call trigger-long-running-operation",
                "  progress 2 (2) moved: it was the 2nd, now it is the 1st",
            ],
            frozenset({"progress-not-increasing"}),
        ),
    },
    slow=((LONG, "stepDuration * 1000", "stepDuration * 5000"), "trigger-long-running-operation"),
)
FIXTURE = Server(
    calls=(
        "test_simple_text",
        'json_schema_2020_12_tool {"phone": "1", "contactMethod": "phone"}',
        "test_tool_with_logging",
        "test_input_required_result_elicitation",
    ),
    renamed=("test_simple_text", "test_plain_text"),
    changes={
        "rename": Change(
            [("telling.py", "test_simple_text", "test_plain_text")], renamed("test_simple_text", "test_plain_text")
        ),
        "drop": Change(
            [("telling.py", '{"taken": len(call.arguments)}', "{}")],
            [
                "tools/call json_schema_2020_12_tool",
                "  result.content.0.text.taken is gone: 2",
                "  result.structuredContent.taken is gone: 2",
            ],
            frozenset({"output-schema"}),
        ),
        "swap": Change(
            [
                ("telling.py", '"Tool execution started"', '"TEMPORARY"'),
                ("telling.py", '"Tool processing data"', '"Tool execution started"'),
                ("telling.py", '"TEMPORARY"', '"Tool processing data"'),
            ],
            [
                "tools/call test_tool_with_logging",
                '  log 2 ("Tool processing data") moved: it was the 2nd, now it is the 1st',
            ],
        ),
    },
    slow=(("telling.py", "await call.pause(0.05)", "await call.pause(2)"), "test_tool_with_logging"),
)
SERVERS = [
    ("everything", "legacy", EVERYTHING),
    ("fastmcp3", "legacy", FASTMCP_3),
    ("fastmcp4", "legacy", FASTMCP_4),
    ("fastmcp4", "modern", FASTMCP_4),
    ("conformance", "legacy", FIXTURE),
    ("conformance", "modern", FIXTURE),
]


def copied(servers: Path, name: str, folder: Path, patches: list[Patch]) -> list[str]:
    """A copy of a server with its patches, in a folder of its own; its command line."""
    folder.mkdir()
    if name == "everything":
        modules = servers / "node_modules"
        shutil.copytree(modules / "@modelcontextprotocol" / "server-everything", folder, dirs_exist_ok=True)
        (folder / "node_modules").symlink_to(modules)
        argv, root = ["node", str(folder / "dist" / "index.js"), "stdio"], folder
    elif name == "conformance":
        root = folder / "tests" / "conformance"
        root.mkdir(parents=True)
        for package in (root.parent, root):
            (package / "__init__.py").touch()
        for file in ("server.py", "telling.py", "asking.py"):
            shutil.copy(CONFORMANCE / file, root / file)
        started = f"import sys; sys.path.insert(0, {str(folder)!r}); from tests.conformance.server import main; main()"
        argv = [sys.executable, "-c", started]
    else:
        root = folder
        shutil.copy(GOOD / f"{name}_server.py", folder / "server.py")
        argv = [str(servers / name / "bin" / "python"), str(folder / "server.py")]
    for file, old, new in patches:
        text = (root / file).read_text("utf-8")
        assert old in text, (file, old)
        (root / file).write_text(text.replace(old, new), "utf-8")
    return argv


@pytest.mark.parametrize(("name", "era", "server"), SERVERS, ids=[f"{row[0]}-{row[1]}" for row in SERVERS])
def test_what_was_changed_is_found_and_only_that(
    name: str, era: str, server: Server, servers_folder: Path, tmp_path: Path
) -> None:
    def recorded(change: str, patches: list[Patch]) -> str:
        file = str(tmp_path / f"{change}.mcpw.jsonl")
        argv = copied(servers_folder, name, tmp_path / change, patches)
        old, new = server.renamed
        calls = [call.replace(old, new, 1) if change == "rename" else call for call in server.calls]
        steps = [word for call in calls for word in ("--call", call)]
        ran = mcpwatch("run", "-q", "-o", file, "--era", era, "--list", *steps, *ANSWERS, "--", *argv, cwd=tmp_path)
        assert ran.code == 0, ran.err
        return file

    before = recorded("before", [])
    assert rules(before) == set()
    for change, wanted in server.changes.items():
        after = recorded(change, wanted.patches)
        assert told(before, after)[:-1] == wanted.lines, change
        assert rules(after) == wanted.rules, change
    patch, slowed = server.slow
    after = recorded("slow", [patch])
    assert [line.split(":")[0] for line in told(before, after)] == ["same"]
    ran = mcpwatch("diff", before, after, "--latency", "2")
    assert f"tools/call {slowed} " in ran.out and "  slower: " in ran.out.partition(f"tools/call {slowed} ")[2]
    assert rules(after) == set()


def told(before: str, after: str) -> list[str]:
    """What `diff` says, without the times at which exchanges began."""
    lines = [line for line in mcpwatch("diff", before, after).out.splitlines() if line]
    return [line if line.startswith((" ", "same", "different")) else line.split("  ")[0] for line in lines]


def rules(file: str) -> set[str]:
    """The protocol rules that a server broke, but for those that are only information."""
    found = mcpwatch("check", file, "--by", "server", "--json").json["rules"]
    return {rule["id"] for rule in found if rule["severity"] != "info"}
