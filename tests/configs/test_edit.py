from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.configs.edit import body_of, is_wrapped, snippet, unwrap, unwrapped, wrap
from mcpwatch.configs.entry import entry_of
from mcpwatch.errors import UsageError

LAUNCHER = ["/opt/bin/mcpwatch", "proxy", "--name", "weather", "--"]
SECTION = ("mcpServers",)

COMMENTED = """\
{
  // all of mine
  "mcpServers": {
    "other": { "command": "a", "args": ["b"] }, // stays
    "weather": {
      "command": "npx", // runs it
      "args": [
        "-y",
        "weather-srv", /* the one */
      ],
      "env": { "KEY": "${env:KEY}", },
    },
  },
}
"""


def entry(text: str, name: str = "weather") -> dict[str, Any]:
    return body_of(text)["mcpServers"][name]


def test_the_proxy_goes_before_the_command_and_all_else_stays() -> None:
    after = wrap(COMMENTED, SECTION, "weather", LAUNCHER)
    assert entry(after) == {
        "command": "/opt/bin/mcpwatch",
        "args": ["proxy", "--name", "weather", "--", "npx", "-y", "weather-srv"],
        "env": {"KEY": "${env:KEY}"},
    }
    before, now = COMMENTED.splitlines(), after.splitlines()
    assert [line for line in before if line not in now] == ['      "command": "npx", // runs it', '      "args": [']
    assert is_wrapped(entry_of(entry(after)))
    assert not is_wrapped(entry_of(entry(COMMENTED)))


@pytest.mark.parametrize(
    "written",
    [
        '{"command": "uvx"}',
        '{ "command": "uvx", "env": {} }',
        '{"command":"uvx","args":["a"]}',
        '{"command": "uvx",\n "args": []}',
        '{"command": "uvx", "args": []}',
        '{"command": "uvx", "args": [ ]}',
        '{"command": "uvx", "args": [/* none */]}',
        '{"args": ["-m", "x"], "command": "python"}',
        '{"args": [\n  // first\n  "-m",\n  "x",\n], "command": "python",}',
        '{"command": "C:\\\\bin\\\\x.exe", "args": ["ä", "\\u00e4"]}',
        '{"command": "x", "args": ["--", "y", "proxy", "--"]}',
    ],
)
def test_unwrapping_gives_back_every_byte(written: str) -> None:
    text = f'{{"mcpServers": {{\n  "weather": {written}\n}}}}\n'
    wrapped = wrap(text, SECTION, "weather", LAUNCHER)
    before, after = entry(text), entry(wrapped)
    assert unwrapped(after["command"], after["args"]) == [before["command"], *before.get("args", [])]
    assert unwrap(wrapped, SECTION, "weather") == text


WORDS = st.text(min_size=1, max_size=8)


@given(command=WORDS, args=st.lists(st.text(max_size=8), max_size=4), indent=st.sampled_from([None, 0, 2, 4]))
def test_any_command_line_comes_back_as_it_was(command: str, args: list[str], indent: int | None) -> None:
    body = {"mcpServers": {"weather": {"command": command, "args": args}}}
    if unwrapped(command, args) is not None:
        return
    text = json.dumps(body, indent=indent, ensure_ascii=False)
    wrapped = wrap(text, SECTION, "weather", LAUNCHER)
    assert entry(wrapped)["args"] == [*LAUNCHER[1:], command, *args]
    again = body_of(unwrap(wrapped, SECTION, "weather"))["mcpServers"]["weather"]
    assert again == body["mcpServers"]["weather"] or (args == [] and again == {"command": command})


def test_a_config_with_a_byte_order_mark_and_dos_line_ends_keeps_them() -> None:
    text = "\ufeff" + COMMENTED.replace("\n", "\r\n")
    after = wrap(text, SECTION, "weather", LAUNCHER)
    assert after.startswith("\ufeff")
    assert after.count("\r\n") == text.count("\r\n") == after.count("\n")
    assert unwrap(after, SECTION, "weather") == text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"url": "https://h/mcp"}', "no command that could be wrapped"),
        ('{"command": 5}', "its command is no text"),
        ('{"command": "x", "args": "a b"}', "its args are no list of texts"),
        ('{"command": "x", "args": [1]}', "its args are no list of texts"),
        ('{"command": "x", "command": "y"}', "'command' is there twice"),
        ('{"command": "x", "args": [], "args": ["a"]}', "'args' is there twice"),
        ('{"command": "mcpwatch", "args": ["proxy", "--", "x"]}', "wrapped already"),
    ],
)
def test_what_is_not_understood_is_refused(written: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wrap(f'{{"mcpServers": {{"weather": {written}}}}}', SECTION, "weather", LAUNCHER)


def test_a_server_that_is_there_twice_is_left_alone() -> None:
    text = '{"mcpServers": {"weather": {"command": "x"}, "weather": {"command": "y"}}}'
    with pytest.raises(UsageError, match="'weather' is there twice"):
        wrap(text, SECTION, "weather", LAUNCHER)


def test_there_is_nothing_to_take_out_of_what_is_not_wrapped() -> None:
    with pytest.raises(UsageError, match="weather is not wrapped"):
        unwrap(COMMENTED, SECTION, "weather")


@pytest.mark.parametrize(
    ("command", "args", "behind"),
    [
        ("mcpwatch", ["proxy", "--", "srv", "-x"], ["srv", "-x"]),
        ("/a/mcpwatch", ["proxy", "--record", "f", "--", "srv"], ["srv"]),
        ("C:\\x\\mcpwatch.exe", ["proxy", "--", "srv"], ["srv"]),
        ("python", ["-m", "mcpwatch", "proxy", "--", "srv", "--", "more"], ["srv", "--", "more"]),
        ("uvx", ["--from", "mcpwatch-inspector", "mcpwatch", "proxy", "--", "srv"], ["srv"]),
        ("mcpwatch", ["proxy", "--"], None),
        ("mcpwatch", ["run", "--", "srv"], None),
        ("srv", ["--", "mcpwatch", "proxy", "--", "x"], None),
        ("srv", ["proxy", "--", "x"], None),
        ("", [], None),
    ],
)
def test_a_proxy_of_ours_is_known_however_it_is_started(
    command: str, args: list[str], behind: list[str] | None
) -> None:
    assert unwrapped(command, args) == behind


def test_what_is_not_written_can_be_pasted() -> None:
    words = ["mcpwatch", "proxy", "--", "npx", "-y"]
    assert snippet("a-b", words, ".toml") == (
        '[mcp_servers.a-b]\ncommand = "mcpwatch"\nargs = ["proxy", "--", "npx", "-y"]\n'
    )
    assert snippet("a b", words, ".yaml") == (
        'extensions:\n  "a b":\n    cmd: "mcpwatch"\n    args: ["proxy", "--", "npx", "-y"]\n'
    )
    assert json.loads(snippet("x", words, ".json"))["mcpServers"]["x"]["args"] == words[1:]


@pytest.mark.parametrize("suffix", [".toml", ".yaml", ".json"])
def test_what_is_pasted_holds_nothing_that_cannot_be_seen(suffix: str) -> None:
    words = ["npx", "\x1b]0;x\x07", "\x9b2J", "\u202eexe", "\U000e0041", "käse"]
    text = snippet("\u202ea\x1b", words, suffix)
    assert text.replace("\n", "").isprintable()
    if suffix == ".toml":
        assert tomllib.loads(text)["mcp_servers"]["\u202ea\x1b"]["args"] == words[1:]
