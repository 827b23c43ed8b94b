"""Answers that are forms: an elicitation's own, and the arguments of a tool that a sampling request offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from mcpwatch.session.answers.content import calls_so_far
from mcpwatch.session.answers.question import Question
from mcpwatch.tui.call.choice import Choice
from mcpwatch.tui.call.form import FormWidget
from mcpwatch.tui.questions.way import NotYet, Way, sampled
from mcpwatch.view.blank.jsontext import BadJson, json_text, read_json
from mcpwatch.view.values import entries, members, text_of

__all__ = ["FormWay", "ToolWay"]


class FormWay(Way):
    """The form of an elicitation, with its defaults filled in. Accepted only where it fits the schema."""

    NAME = "form"
    SUFFIX = ".json"
    DEFAULT_CSS = """
    FormWay { height: 1fr; min-height: 6; }
    """

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(question, id=id)
        self._first: Any = None

    def compose(self) -> ComposeResult:
        yield FormWidget(self.question.schema, submit="Accept")

    def on_mount(self) -> None:
        for form in self.query(FormWidget):  # none where the app ends while it is being made
            self._first = form.value

    @property
    def form(self) -> FormWidget:
        return self.query_one(FormWidget)

    @property
    def touched(self) -> bool:
        return any(form.blank.bad is not None or form.value != self._first for form in self.query(FormWidget))

    def result(self) -> Any:
        return {"action": "accept", "content": filled_in(self.form)}

    def fill(self, result: Any) -> bool:
        self.form.put(members(result).get("content", {}))
        return True

    def edited(self) -> str:
        return json_text(self.form.value) + "\n"

    def take(self, text: str) -> None:
        self.form.put(_read(text))

    def enter(self) -> None:
        self.form.focus()


class ToolWay(Way):
    """A call of one of the tools that a sampling request offers to the model."""

    NAME = "tool"
    SUFFIX = ".json"
    DEFAULT_CSS = """
    ToolWay { height: 1fr; min-height: 7; }
    ToolWay #arguments { height: 1fr; }
    """

    def __init__(self, question: Question, *, id: str | None = None) -> None:
        super().__init__(question, id=id)
        self._tools: list[Mapping[str, Any]] = [members(tool) for tool in entries(question.params.get("tools"))]
        self._at = 0

    def compose(self) -> ComposeResult:
        yield Choice([text_of(tool.get("name")) for tool in self._tools], 0)
        with Vertical(id="arguments"):
            yield self._form()

    def _form(self) -> FormWidget:
        return FormWidget(members(self._tools[self._at].get("inputSchema")), submit="Call it")

    @property
    def form(self) -> FormWidget:
        return self.query_one(FormWidget)

    @on(Choice.Chosen)
    async def _chosen(self, event: Choice.Chosen) -> None:
        if event.choice.parent is not self:
            return  # one of the form's own
        event.stop()
        chosen = event.choice.chosen or 0
        if chosen != self._at:
            self._at = chosen
            arguments = self.query_one("#arguments", Vertical)
            await arguments.remove_children()
            await arguments.mount(self._form())

    @property
    def touched(self) -> bool:
        return self._at != 0 or any(form.value for form in self.query(FormWidget))

    def result(self) -> Any:
        name = text_of(self._tools[self._at].get("name"))
        given = filled_in(self.form)
        id = f"call_{calls_so_far(self.question) + 1}"
        return sampled({"type": "tool_use", "id": id, "name": name, "input": given}, "toolUse")

    def edited(self) -> str:
        return json_text(self.form.value) + "\n"

    def take(self, text: str) -> None:
        self.form.put(_read(text))

    def enter(self) -> None:
        self.query_one(Choice).focus()


def filled_in(form: FormWidget) -> Any:
    """What a form holds. Raises `NotYet` where that does not fit its schema, and goes to the first such place."""
    if form.blank.bad is None and not form.errors:
        return form.value
    form.insist()
    raise NotYet("the form does not fit yet; the result as JSON (F3) is sent as it stands.")


def _read(text: str) -> Any:
    try:
        return read_json(text)
    except BadJson as error:
        raise NotYet(f"{error}.") from None
