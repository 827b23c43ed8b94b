"""Which ways of answering a question there are, the usual one first."""

from __future__ import annotations

from mcpwatch.model.shapes import mapping
from mcpwatch.session.answers.question import Question
from mcpwatch.tui.questions.address import AddressWay
from mcpwatch.tui.questions.asked import is_url
from mcpwatch.tui.questions.forms import FormWay, ToolWay
from mcpwatch.tui.questions.way import FoldersWay, JsonWay, TextWay, Way
from mcpwatch.view.blank.jsontext import json_text
from mcpwatch.view.values import entries

__all__ = ["ways_for"]


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
