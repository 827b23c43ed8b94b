"""A model answers what real servers ask: plain text, pictures, and tools over several turns, in both eras."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")

from tests.cli.running import mcpwatch
from tests.real.running import GOOD, command
from tests.servers.http.chat import Reply, endpoint, said, used

ALONE = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}


def both_cities(body: dict[str, Any]) -> Reply:
    """A model that looks at the weather of two cities at once, fails once, and then knows."""
    results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    if not results:
        return said(
            "Let me see.",
            used("call_a", "weather", {"city": "Rome"}),
            used("call_b", "weather", {"city": "Oslo"}),
            finish="tool_calls",
        )
    if len(results) == 2 and any(tool["function"]["name"] == "fail" for tool in body["tools"]):
        return said(None, used("call_c", "fail", ""), finish="tool_calls")
    return said(f"Go: {'; '.join(results)}")


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_tools_are_used_over_several_turns_in_both_eras(era: str) -> None:
    tool = "travel_push" if era == "legacy" else "travel_round"
    server = ("--", sys.executable, str(GOOD / "tools_server.py"))
    with endpoint(then=both_cities) as served:
        ran = mcpwatch("call", tool, "--era", era, "--llm", "tiny", "--llm-url", served.url, *server, env=ALONE)
    assert ran.code == 0, ran.err
    shows = "(What the tool showed follows: 1.)"
    assert ran.json["result"] == f"Go: sunny in Rome\n{shows}; sunny in Oslo\n{shows}; Error: it broke"
    turns = [[message["role"] for message in asked.body["messages"]] for asked in served.asked]
    first = ["user"]
    second = [*first, "assistant", "tool", "tool", "user"]
    assert turns == [first, second, [*second, "assistant", "tool"]]
    last = served.asked[-1].body
    assert [call["id"] for call in last["messages"][1]["tool_calls"]] == ["call_a", "call_b"]
    assert json.loads(last["messages"][1]["tool_calls"][1]["function"]["arguments"]) == {"city": "Oslo"}
    assert [part["type"] for part in last["messages"][4]["content"]] == ["image_url", "image_url"]
    assert last["tool_choice"] == "auto"


def test_fastmcp_3_samples_with_text_pictures_and_tools(servers_folder: Path, tmp_path: Path) -> None:
    server = ("--", *command(servers_folder, "fastmcp3", tmp_path))
    with endpoint(said("Paris"), said("A dot."), then=both_cities) as served:
        calls = ("--call", "ask question='capital of France'", "--call", "look", "--call", "travel")
        ran = mcpwatch("run", *calls, "--llm", "tiny", "--llm-url", served.url, "--json", *server, env=ALONE)
    assert ran.code == 0, ran.err
    texts = [step["result"]["content"][0]["text"] for step in ran.json["steps"]]
    assert texts == ["Paris", "A dot.", "Go: sunny in Rome; sunny in Oslo"]
    asked = [one.body for one in served.asked]
    assert asked[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "capital of France"},
    ]
    assert (asked[0]["temperature"], asked[0]["max_tokens"]) == (0.2, 50)
    assert asked[1]["messages"][-1]["content"][0]["image_url"] == {"url": "data:image/png;base64,aGk="}
    assert asked[2]["tools"][0]["function"]["name"] == "weather"


def test_everything_samples(servers_folder: Path, tmp_path: Path) -> None:
    server = ("--", *command(servers_folder, "everything", tmp_path))
    with endpoint(said("Paris")) as served:
        options = ("--llm", "tiny", "--llm-url", served.url)
        ran = mcpwatch("call", "trigger-sampling-request", "prompt=hello", *options, *server, env=ALONE)
    assert ran.code == 0, ran.err
    assert "Paris" in ran.out
    (asked,) = served.asked
    assert "hello" in json.dumps(asked.body["messages"])
