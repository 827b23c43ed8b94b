"""A person at a terminal, asked by the servers that people have; and the same run again with what they said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.cli.terminal import Terminal, terminal
from tests.real.running import command


def prompt(screen: Terminal, label: str) -> None:
    screen.wait_for(label)
    screen.wait_for(" › ")


def test_a_form_with_every_kind_of_field_is_filled_in_and_the_next_run_needs_nobody(
    servers_folder: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.yaml"
    call = ("call", "trigger-elicitation-request", "-q", "--no-record")
    target = ("--", *command(servers_folder, "everything", tmp_path))
    with terminal(*call, "--save-answers", str(saved), *target) as screen:
        prompt(screen, "name")
        screen.type("Ada\r")
        for number in range(2, 14):
            prompt(screen, f"{number}/13 ")
            screen.type("\r" if number != 4 else "ada@example.com\r")
        prompt(screen, "Enter sends it")
        screen.type(":b 7\r")
        prompt(screen, "integer")
        screen.type("7\r")
        prompt(screen, "Enter sends it")
        screen.type("\r")
        assert screen.end() == 0
    again = mcpwatch(*call, "--answers", str(saved), *target)
    assert again.code == 0, again.err
    given = json.loads(again.out[again.out.rindex("Raw result:") + 11 :])
    assert given["action"] == "accept"
    assert given["content"] | {"name": "Ada", "email": "ada@example.com", "integer": 7} == given["content"]


@pytest.mark.parametrize(("typed", "said"), [("y\r", "accept"), (":d\r", "decline"), (":c\r", "cancel")])
def test_an_address_is_shown_and_agreed_to(servers_folder: Path, tmp_path: Path, typed: str, said: str) -> None:
    url = "url=https://good.example@evil.example/in"
    target = ("--", *command(servers_folder, "everything", tmp_path))
    with terminal("call", "trigger-url-elicitation", url, "-q", "--no-record", *target) as screen:
        screen.wait_for("what stands before @ is not the host")
        prompt(screen, "y/N")
        screen.type(typed)
        assert screen.end() == 0
        assert f'"action": "{said}"' in screen.written


def test_a_model_is_played(servers_folder: Path, tmp_path: Path) -> None:
    target = ("--", *command(servers_folder, "everything", tmp_path))
    with terminal("call", "trigger-sampling-request", "prompt=Why?", "-q", "--no-record", *target) as screen:
        screen.wait_for("You are a helpful test server.")
        prompt(screen, "answer")
        screen.type("Because.\r\r")
        assert screen.end() == 0
        assert "Because." in screen.written


def test_a_call_that_wants_a_page_visited_first_shows_the_address_and_its_host(
    servers_folder: Path, tmp_path: Path
) -> None:
    words = ("trigger-url-elicitation", "url=https://example.com/in", "errorPath=true")
    ran = mcpwatch("call", *words, "--", *command(servers_folder, "everything", tmp_path))
    assert ran.code == 1
    assert "error -32042" in ran.err
    shown = [line.split() for line in ran.err.splitlines()]
    assert ["url", "https://modelcontextprotocol.io"] in shown
    assert ["host", "modelcontextprotocol.io"] in shown
