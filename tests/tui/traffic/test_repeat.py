"""A request becomes the command line that sends it again, or none where it would do anything else."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Frame
from mcpwatch.session.arguments import read_arguments
from mcpwatch.tui.traffic.repeat import command_for
from tests.tui.traffic.talk import HOSTILE, Talk

TARGET = {"command": "python", "args": ["my server.py"], "env_keys": ["API_KEY"]}


def asked(method: str, params: Any = None, **more: Any) -> Frame:
    talk = Talk(opened=False)
    talk.request(method, params, **more)
    frame = talk.events[0]
    assert isinstance(frame, Frame)
    return frame


def command(method: str, params: Any = None, target: Any = TARGET, **more: Any) -> str | None:
    return command_for(asked(method, params, **more), target)


@pytest.mark.parametrize(
    ("frame", "target", "line"),
    [
        (
            asked("tools/call", {"name": "add", "arguments": {"a": 1, "b": "two"}}, name="add"),
            TARGET,
            "mcpwatch call add a:=1 b=two -- python 'my server.py'",
        ),
        (
            asked("tools/call", {"name": "add", "arguments": {"a": "1", "b": "", "c": "@f", "d": None}}, name="add"),
            {"url": "https://example.org/mcp"},
            "mcpwatch call https://example.org/mcp add 'a:=\"1\"' 'b:=\"\"' 'c:=\"@f\"' d:=null",
        ),
        (asked("tools/call", {"name": "t"}, name="t"), TARGET, "mcpwatch call t -- python 'my server.py'"),
        (
            asked("tools/call", {"name": "t", "arguments": {"a.b": 1}}, name="t"),
            {"command": "srv", "cwd": "/tmp/x"},
            "mcpwatch call --cwd /tmp/x t '{\"a.b\": 1}' -- srv",
        ),
        (
            asked("tools/call", {"name": "t", "arguments": [1]}, name="t"),
            {"command": "srv"},
            'mcpwatch run --request \'tools/call {"name": "t", "arguments": [1]}\' -- srv',
        ),
        (
            asked("tools/call", {"name": "--record=x", "arguments": {}}, name="--record=x"),
            {"command": "srv"},
            'mcpwatch run --request \'tools/call {"name": "--record=x", "arguments": {}}\' -- srv',
        ),
        (
            asked("resources/read", {"uri": "file:///a b"}, name="file:///a b"),
            {"command": "srv"},
            "mcpwatch run --read 'file:///a b' -- srv",
        ),
        (asked("tools/list", {"_meta": {"x": 1}}), {"command": "srv"}, "mcpwatch run --request tools/list -- srv"),
        (asked("ping"), {}, "mcpwatch run TARGET --request ping"),
        (asked("ping"), None, "mcpwatch run TARGET --request ping"),
        (asked("initialize", {}), TARGET, None),
        (asked("ping", dir="s2c"), TARGET, None),
    ],
)
def test_the_line_that_sends_it_again(frame: Frame, target: Any, line: str | None) -> None:
    assert command_for(frame, target) == line


@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_does_more_in_a_terminal_than_being_read(text: str) -> None:
    lines = [
        command("tools/call", {"name": "t", "arguments": {"x": text, text: 1}}, name="t"),
        command("tools/call", {"name": text, "arguments": {}}, name=text),
        command("resources/read", {"uri": text}, name=text),
        command(text, {"a": text}),
        command("ping", target={"command": "srv", "args": [text]}),
        command("ping", target={"url": text}),
    ]
    assert all(line is None or line.isprintable() for line in lines)
    assert lines[0] is not None


NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@given(arguments=st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_the_command_reads_is_what_was_sent(arguments: dict[str, Any]) -> None:
    line = command("tools/call", {"name": "tool", "arguments": arguments}, name="tool", target={"command": "srv"})
    assert line is not None
    words = shlex.split(line)
    assert words[:3] == ["mcpwatch", "call", "tool"] and words[-2:] == ["--", "srv"]
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    read = read_arguments(words[3:-2], schema)
    assert json.dumps(read, sort_keys=True) == json.dumps(arguments, sort_keys=True)
