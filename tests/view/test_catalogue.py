from __future__ import annotations

import shlex
from typing import Any

from mcpwatch.session.arguments import read_arguments
from mcpwatch.text import width
from mcpwatch.view.catalogue import call_command, catalogue, counts
from mcpwatch.view.style import plain
from tests.view.scene import HOSTILE

WORK = {
    "name": "work",
    "description": "\n  Works in n steps.\n  And more about it.",
    "inputSchema": {
        "type": "object",
        "properties": {"verbose": {"type": "boolean", "default": False}, "n": {"type": "integer"}},
        "required": ["n"],
    },
}


def _tool(**properties: Any) -> dict[str, Any]:
    return {"name": "t", "inputSchema": {"type": "object", "properties": properties, "required": list(properties)}}


def test_a_small_server_fits_on_a_screen() -> None:
    lines = catalogue(
        tools=[WORK, {"name": "ping"}],
        prompts=[{"name": "greet", "arguments": [{"name": "style"}, {"name": "who", "required": True}]}],
        resources=[{"uri": "demo://a", "name": "A", "mimeType": "text/plain", "description": "The first."}],
        templates=[{"uriTemplate": "demo://{x}", "name": "any"}],
        target=["server.py"],
    )

    assert (
        "\n".join(map(plain, lines))
        == """
offers 2 tools · 1 prompt · 1 resource · 1 template

tools
  work(n: integer, *, verbose: boolean = false)
          Works in n steps.
  ping()

prompts
  greet(who, *, style)

resources
  demo://a  A · text/plain · The first.

templates
  demo://{x}  any

call one
  mcpwatch call server.py work n=1
  mcpwatch call server.py ping
"""
    )


def test_descriptions_stand_in_a_column_beside_the_names() -> None:
    tools = [{"name": name, "description": f"Does {name}."} for name in ("a", "longer_name")]

    assert [plain(line) for line in catalogue(tools=tools)[4:6]] == [
        "  a()            Does a.",
        "  longer_name()  Does longer_name.",
    ]


def test_two_hundred_tools_take_a_line_or_two_each_and_fit_80_columns() -> None:
    tools = [
        {**WORK, "name": f"tool_number_{n}", "description": "A description that is rather long. " * 5}
        for n in range(200)
    ]

    lines = catalogue(tools=tools, target=["a.py"], limit=80)
    assert plain(lines[1]) == "offers 200 tools"
    assert max(width(plain(line)) for line in lines) <= 80
    assert len(lines) == 1 + 1 + 2 + 400 + 2 + 200 + 1


def test_a_command_is_never_cut() -> None:
    tool = _tool(**{f"argument_{n}": {"type": "string"} for n in range(20)})

    (command,) = [
        plain(line) for line in catalogue(tools=[tool], target=["a.py"], limit=80) if "mcpwatch call" in plain(line)
    ]
    assert command.endswith("argument_19=text")


def test_the_words_of_a_command_come_back_as_they_were() -> None:
    tool = _tool(
        s={"type": "string", "default": "it's $HOME; rm -rf ~"},
        at={"type": "string", "default": "@file"},
        xs={"type": "array", "items": {"type": "number"}},
        o={"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
        digits={"type": "string", "default": "007"},
    )

    command = call_command(tool, target=["--era", "legacy", "my server.py"])
    assert command is not None
    words = shlex.split(command)
    assert words[:6] == ["mcpwatch", "call", "--era", "legacy", "my server.py", "t"]
    assert read_arguments(words[6:], tool["inputSchema"]) == {
        "s": "it's $HOME; rm -rf ~",
        "at": "@file",
        "xs": [1],
        "o": {"a": True},
        "digits": "007",
    }


def test_a_command_after_the_dashes_comes_last() -> None:
    assert call_command(WORK, command=["npx", "-y", "a server"]) == "mcpwatch call work n=1 -- npx -y 'a server'"


def test_arguments_whose_names_would_be_misread_go_into_one_json_object() -> None:
    for name in ("a=b", "--option", "with space", "a.b", "a:b", "@x", ""):
        command = call_command(_tool(**{name: {"type": "integer"}}), target=["a.py"])
        assert command is not None
        assert read_arguments(shlex.split(command)[4:], {}) == {name: 1}


def test_a_tool_that_would_be_read_as_an_option_gets_no_command() -> None:
    assert call_command({"name": "--record=/etc/passwd"}, target=["a.py"]) is None
    assert call_command({"name": "a\nb"}, target=["a.py"]) is None
    assert call_command({}, target=["a.py"]) is None
    shown = [plain(line) for line in catalogue(tools=[{"name": "--record=x"}], target=["a.py"])]
    assert "  # --record=x has no name for a command line" in shown


def test_hostile_names_and_descriptions_are_made_visible() -> None:
    item = {"name": HOSTILE, "uri": HOSTILE, "uriTemplate": HOSTILE, "description": HOSTILE, "mimeType": HOSTILE}
    schema = {"properties": {HOSTILE: {"type": HOSTILE, "default": HOSTILE}}, "required": [HOSTILE]}
    tools = [{**item, "inputSchema": schema}, {**item, "name": "ok", "inputSchema": schema}]

    lines = catalogue(
        tools=tools, prompts=[item], resources=[item], templates=[item], target=[HOSTILE], link=HOSTILE, limit=120
    )
    assert all(plain(line).isprintable() for line in lines)


def test_what_is_no_list_of_objects_is_no_error() -> None:
    assert catalogue(tools=[None, 7, {"name": 5, "inputSchema": []}], resources=["x"], target=["a.py"])
    assert counts(tools=0) == "nothing"
    assert counts(tools=1, templates=1_200) == "1 tool · 1,200 templates"
