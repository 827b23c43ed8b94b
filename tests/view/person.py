"""A person at a terminal for the tests: types what a test says, and keeps what was on the screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcpwatch.session.answers.over import Over
from mcpwatch.view.ask import TerminalAsker, Validate
from mcpwatch.view.editor import Editor

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name"},
        "seats": {"type": "integer", "minimum": 1, "maximum": 8, "default": 2},
        "window": {"type": "boolean"},
        "meal": {"type": "string", "enum": ["none", "vegan"]},
    },
    "required": ["name", "seats"],
}
TOOL = {
    "name": "weather",
    "description": "What the sky does.",
    "inputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Where"}, "days": {"type": "integer", "default": 1}},
        "required": ["city"],
    },
}


class Person:
    """Types the lines of a script; an exception among them is raised instead. `screen` is what they saw, `pasted` says
    after how many lines the rest of a paste is there already, and `editor` the command that is their editor."""

    def __init__(self, *typed: str | type[BaseException] | BaseException, pasted: int = 0, editor: str = "") -> None:
        self.typed = list(typed)
        self.screen = ""
        self.pasted = pasted
        self.opened: list[str] = []
        self.editor = Editor(environ={"VISUAL": editor} if editor else {"EDITOR": "/nowhere/vi"})

    def write(self, text: str) -> None:
        self.screen += text

    def readline(self) -> str:
        if not self.typed:
            raise EOFError
        line = self.typed.pop(0)
        if not isinstance(line, str):
            raise line
        return line

    def more(self) -> bool:
        self.pasted -= 1
        return self.pasted >= 0

    def open(self, url: str) -> bool:
        self.opened.append(url)
        return True

    def asker(self, validate: Validate | None = None, **more: Any) -> TerminalAsker:
        given: dict[str, Any] = {"write": self.write, "lines": self, "colour": False, "editor": self.editor}
        return TerminalAsker(validate=validate, opener=self.open, **given, **more)

    def asked(self, method: str, params: Any, validate: Validate | None = None, **more: Any) -> dict[str, Any]:
        question = {"link": "demo", "kind": "x", "method": method, "params": params, **more}
        return self.asker(validate).ask(question, Over())


def elicit(person: Person, schema: Mapping[str, Any] = FORM, **more: Any) -> dict[str, Any]:
    return person.asked("elicitation/create", {"message": "Who travels?", "requestedSchema": schema}, **more)


def accepted(**content: Any) -> dict[str, Any]:
    return {"action": "result", "result": {"action": "accept", "content": content}}


def sampled(person: Person, *messages: Any, **params: Any) -> Any:
    """The content of what was answered to a sampling request."""
    return person.asked("sampling/createMessage", {"messages": list(messages), **params})["result"]["content"]


def said(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def program(folder: Path, code: str) -> str:
    """The command for an editor that is a Python program: `file` is what it edits, `folder` a place of its own."""
    script = folder / "editor.py"
    head = "import pathlib, sys\nfolder, file = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])\n"
    script.write_text(head + code)
    return f"{sys.executable} {script} {folder}"


UPPER = "file.write_text(file.read_text().upper())"
