"""What works on a recording made as a client works on one that the proxy made, of real clients with real servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.real.proxied import calls_of, recorded, talk
from tests.real.test_mock import on_pipes, served

PAIRS = [
    ("sdk", "everything"),
    ("sdk", "fastmcp4"),
    ("fastmcp3", "fastmcp3"),
    ("fastmcp4", "fastmcp4"),
    ("fastmcp4", "fastmcp3"),
    ("mcporter", "everything"),
    ("inspector", "fastmcp4"),
]
KNOWN = {("fastmcp4", "fastmcp3", "http"): {"response-without-request"}}
"""Rules that a server really breaks: SDK 1.x refuses what is not of its era under the id `server-error`."""


@pytest.mark.parametrize("over", ["stdio", "http"])
@pytest.mark.parametrize(("client", "name"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_a_recording_of_the_proxy_is_as_good_as_any(
    client: str, name: str, over: str, servers_folder: Path, tmp_path: Path
) -> None:
    calls = calls_of(client, name) if client not in ("mcporter", "inspector") else calls_of(client, name)[:1]
    with recorded(client, name, over, servers_folder, tmp_path) as made:
        file, clean = str(made.file), str(tmp_path / "clean.mcpw.jsonl")

        shown = mcpwatch("show", file, "--method", "tools/call", "--events")
        asked = [json.loads(line) for line in shown.out.splitlines()]
        assert list(dict.fromkeys(one["name"] for one in asked if "name" in one)) == [tool for tool, _ in calls]
        assert not any("by" in one for one in asked)

        checked = mcpwatch("check", file, "--by", "server", "--fail-on", "warning", "--json")
        assert {rule["id"] for rule in checked.json["rules"] if rule["severity"] != "info"} == KNOWN.get(
            (client, name, over), set()
        ), checked.out
        mine = mcpwatch("check", file, "--by", "client", "--fail-on", "warning")
        assert mine.code == 0, mine.out

        assert mcpwatch("redact", file, "-o", clean).code == 0
        same = mcpwatch("diff", file, clean)
        assert same.code == 0 and "same: " in same.out, same.out

        where = made.target if over == "http" else ["--as-recorded"]
        again = mcpwatch("replay", clean, "--allow-errors", "--no-record", *where, cwd=tmp_path)
        assert again.code == 0 and "same: " in again.out, again.out + again.err

        drafted = mcpwatch("init-script", clean, cwd=tmp_path)
        (tmp_path / "drafted.mcpw.yaml").write_text(drafted.out)
        played = mcpwatch("test", "drafted.mcpw.yaml", cwd=tmp_path)
        assert played.code == 0, drafted.out + played.out + played.err

    # And now without the server: the same client meets the recording.
    if over == "http":
        with served(made.file) as mock:
            said = talk(client, over, mock.url, calls, servers_folder, tmp_path)
    else:
        # FastMCP 3's client leaves by killing what it started, so that the proxy cannot say that it is over.
        said = talk(client, over, [*on_pipes(made.file), "--allow-incomplete"], calls, servers_folder, tmp_path)
    assert json.loads(said) == json.loads(made.said)


@pytest.mark.parametrize(("name", "over"), [("everything", "stdio"), ("fastmcp4", "http")])
def test_two_recordings_of_the_proxy_are_the_same(name: str, over: str, servers_folder: Path, tmp_path: Path) -> None:
    files: list[str] = []
    for which in "ab":
        (folder := tmp_path / which).mkdir()
        with recorded("sdk", name, over, servers_folder, folder) as made:
            files.append(str(made.file))
    ran = mcpwatch("diff", *files, "--ignore", "**.PORT")
    assert ran.code == 0 and ran.out.startswith("same: "), ran.out
