"""Which ways of answering a question there are, the usual one first, and which of them is on the screen."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.question import Question
from mcpwatch.tui.questions.address import AddressWay
from mcpwatch.tui.questions.asked import is_url
from mcpwatch.tui.questions.forms import FormWay, ToolWay
from mcpwatch.tui.questions.way import FoldersWay, JsonWay, NotYet, TextWay, Way
from mcpwatch.view.blank.jsontext import json_text
from mcpwatch.view.values import entries

__all__ = ["Ways", "ways_for"]


class Ways(Vertical):
    """All ways of answering `question`, of which one is seen: `now`."""

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._all = ways_for(question)
        self.now = self._all[0]
        for one in self._all[1:]:
            one.display = False

    def compose(self) -> ComposeResult:
        yield from self._all

    def on_mount(self) -> None:
        self._show(self.now)

    @property
    def many(self) -> bool:
        """Whether there is more than one."""
        return len(self._all) > 1

    @property
    def touched(self) -> bool:
        """Whether the person has typed something into one of them."""
        return any(way.touched for way in self._all)

    def turn(self) -> None:
        """Show the next one, which starts from what this one would send."""
        before = self.now
        following = self._all[(self._all.index(before) + 1) % len(self._all)]
        if following is before:
            return
        if before.touched and not following.touched:
            try:
                following.fill(before.result())
            except NotYet:
                pass  # there is nothing to start from
        self._show(following)
        following.enter()

    def start(self, result: Any) -> None:
        """Start from a draft, in the first way that can show it."""
        for way in self._all:
            if way.fill(result):
                self._show(way)
                return

    def _show(self, way: Way) -> None:
        self.now = way
        for one in self._all:
            one.display = one is way
        # A form takes all the room that there is.
        self.screen.set_class(isinstance(way, FormWay | ToolWay), "-form")
        self.screen.refresh_bindings()


def ways_for(question: Question) -> list[Way]:
    """The widgets, each with an id of its own. The last is always the result as JSON."""
    match question.kind:
        case "sampling":
            tools = [ToolWay(question, id="way-tool")] if entries(question.params.get("tools")) else []
            return [TextWay(question, id="way-text"), *tools, JsonWay(question, id="way-json")]
        case "elicitation" if is_url(question.method, question.params):
            return [AddressWay(question, id="way-address"), _json(question, {"action": "accept"})]
        case "elicitation":
            return [FormWay(question, id="way-form"), _json(question, _accepted(question))]
        case "roots":
            return [FoldersWay(question, id="way-folders"), _json(question, {"roots": []})]
        case _:
            return [_json(question, {})]


def _json(question: Question, start: object) -> JsonWay:
    return JsonWay(question, json_text(start), id="way-json")


def _accepted(question: Question) -> object:
    """An acceptance with the form's defaults, and null where there is none."""
    return {
        "action": "accept",
        "content": {name: mapping(field).get("default") for name, field in question.fields.items()},
    }
