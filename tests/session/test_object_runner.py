from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.events import Stderr
from mcpwatch.session.target import parse_target
from tests.session.linked import linked

pytestmark = pytest.mark.anyio

SERVERS = Path(__file__).parents[1] / "servers" / "good" / "object_server.py"
FASTMCP_LIKE = """
import sys

class Server:
    def __init__(self, name):
        self.name = name

    def run(self, transport=None):
        import json
        assert transport == "stdio"
        for line in sys.stdin:
            message = json.loads(line)
            if message.get("method") == "initialize":
                info = {"name": self.name, "version": repr(sys.argv)}
                result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info}
                print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)

class Holder:
    inner = Server("inner")

async def later():
    return Server("later")

print("imported", file=sys.stderr)
if __name__ == "__main__":
    sys.exit("this is no script")
"""


def server(file: Path, name: str) -> Any:
    return parse_target([f"{file}:{name}"], python=sys.executable)


@pytest.mark.parametrize(("name", "called", "tool"), [
    ("mcp", "object", "shout"), ("app", "object-lowlevel", "whisper"), ("make", "object-made", "shout")
])  # fmt: skip
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_an_object_of_the_sdk_is_served_over_stdio(name: str, called: str, tool: str, era: str) -> None:
    async with linked(server(SERVERS, name), era=era) as link:
        info = link.client.negotiated.result
        assert called in str(info)
        assert [row["name"] for row in await link.client.catalogue.fetch("tools") or []] == [tool]
        reply = await link.client.call(tool, {"text": "psst"})
        assert reply.result["content"][0]["text"].lower() == "psst"


@pytest.mark.parametrize(("name", "called"), [("Holder.inner", "inner"), ("later", "later")])
async def test_an_object_that_only_runs_is_run(name: str, called: str, tmp_path: Path) -> None:
    file = tmp_path / "like.py"
    file.write_text(FASTMCP_LIKE, encoding="utf-8")
    async with linked(server(file, name), era="legacy") as link:
        info = link.client.negotiated.result["serverInfo"]
        assert info == {"name": called, "version": repr([str(file)])}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "dict is no MCP server"),
        ("no.such", "object_server.py has no no.such; it has: "),
        ("mcp.name.nosuch", "has no mcp.name.nosuch"),
    ],
)
async def test_what_is_no_server_ends_with_a_sentence_on_stderr(name: str, words: str) -> None:
    async with linked(server(SERVERS, name), connect=False) as link:
        with pytest.raises(ConnectError, match="exited with code 1"):
            await link.client.connect()
        said = b"".join(event.data for event in link.events if isinstance(event, Stderr)).decode()
        assert words in said
        assert "Traceback" not in said


async def test_a_neighbour_of_the_file_can_be_imported_and_one_of_the_runner_cannot(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text(FASTMCP_LIKE, encoding="utf-8")
    file = tmp_path / "like.py"
    file.write_text(
        "from neighbour import Server\ntry:\n    import dispatch\nexcept ImportError:\n    mcp = Server('alone')\n",
        encoding="utf-8",
    )
    async with linked(server(file, "mcp"), era="legacy") as link:
        assert link.client.negotiated.result["serverInfo"]["name"] == "alone"


def test_the_runner_needs_nothing_of_mcpwatch(tmp_path: Path) -> None:
    file = tmp_path / "like.py"
    file.write_text("import sys\nclass mcp:\n    def run(transport):\n        print(*sorted(sys.modules))\n", "utf-8")
    runner = Path(sys.modules["mcpwatch.session.target"].__file__ or "").with_name("object_runner.py")
    done = subprocess.run([sys.executable, runner, file, "mcp"], capture_output=True, text=True, check=True, timeout=20)
    assert not [name for name in done.stdout.split() if name.split(".")[0] in ("mcpwatch", "mcp", "anyio")]


async def test_a_wrong_name_is_told_with_the_name_of_the_server_that_the_file_has() -> None:
    async with linked(server(SERVERS, "ap"), connect=False) as link:
        with pytest.raises(ConnectError, match="exited with code 1"):
            await link.client.connect()
        said = b"".join(event.data for event in link.events if isinstance(event, Stderr))
        assert b"Did you mean object_server.py:app or object_server.py:mcp?" in said
