"""What a server offers, before and after: what breaks a client, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.check.recordings import ADD, Session, difference


def told(folder: Path, a: Session, b: Session, **options: Any) -> list[tuple[str, bool]]:
    """Each change as `subject name message`, and whether it is breaking."""
    (link,) = difference(folder, a, b, interface_only=True, **options).links
    return [(f"{one.subject} {one.name} {one.message}", one.breaking) for one in link.interface]


def listing(method: str, member: str, *items: Any) -> Session:
    made = Session()
    made.request(method, {}, id="l")
    made.result({member: list(items)}, id="l")
    return made


def test_a_tool_that_is_gone_breaks_and_a_new_one_does_not(tmp_path: Path) -> None:
    one, other = Session(tools=[ADD]), Session(tools=[ADD, {"name": "more", "inputSchema": {"type": "object"}}])
    assert told(tmp_path, one, other) == [("tool more is new", False)]
    assert told(tmp_path, other, one) == [("tool more is gone", True)]


def test_a_tools_schemas_are_compared_from_the_clients_side(tmp_path: Path) -> None:
    shape = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
    one = Session(tools=[{**ADD, "outputSchema": shape}])
    less = {**shape, "properties": {}, "required": []}
    stricter: dict[str, Any] = {**ADD["inputSchema"], "required": ["a", "b"], "properties": {"a": {}, "b": {}}}
    other = Session(tools=[{**ADD, "inputSchema": stricter, "outputSchema": less}])
    assert told(tmp_path, one, other) == [
        ("tool add argument a: type integer → any", False),
        ("tool add argument b is new and required", True),
        ("tool add result field sum is gone", True),
    ]


def test_an_output_schema_that_comes_or_goes(tmp_path: Path) -> None:
    one, other = Session(), Session(tools=[{**ADD, "outputSchema": {"type": "object"}}])
    assert told(tmp_path, one, other) == [("tool add outputSchema is new", False)]
    assert told(tmp_path, other, one) == [("tool add outputSchema is gone", True)]


def test_words_break_nothing(tmp_path: Path) -> None:
    one, other = Session(tools=[{**ADD, "description": "Adds."}]), Session(tools=[{**ADD, "description": "Sums."}])
    assert told(tmp_path, one, other) == [('tool add description: "Adds." → "Sums."', False)]
    assert told(tmp_path, one, other, ignore=["result.tools.add.description"]) == []
    assert told(tmp_path, one, other, ignore=["result.tools.*.description"]) == []


def test_another_order_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    more = {**ADD, "name": "more"}
    one, other = Session(tools=[ADD, more]), Session(tools=[more, ADD])
    assert told(tmp_path, one, other) == [("tool  the same ones are listed in another order", False)]


def test_a_prompts_arguments(tmp_path: Path) -> None:
    def prompts(*arguments: Any) -> Session:
        return listing("prompts/list", "prompts", {"name": "greet", "arguments": list(arguments)})

    who, style = {"name": "who"}, {"name": "style", "required": True}
    assert told(tmp_path, prompts(who), prompts(who, style)) == [
        ("prompt greet argument style is new and required", True)
    ]
    assert told(tmp_path, prompts(who, style), prompts(who)) == [("prompt greet argument style is gone", True)]
    needed = {**who, "required": True}
    assert told(tmp_path, prompts(who), prompts(needed)) == [("prompt greet argument who is required now", True)]
    assert told(tmp_path, prompts(needed), prompts(who)) == [("prompt greet argument who is optional now", False)]


def test_resources_and_templates(tmp_path: Path) -> None:
    note = {"uri": "x://note", "name": "note", "mimeType": "text/plain"}
    one = listing("resources/list", "resources", note)
    other = listing("resources/list", "resources", {**note, "mimeType": "text/html"})
    assert told(tmp_path, one, other) == [('resource x://note mimeType: "text/plain" → "text/html"', True)]
    template = {"uriTemplate": "x://{n}", "name": "n"}
    one = listing("resources/templates/list", "resourceTemplates", template)
    other = listing("resources/templates/list", "resourceTemplates")
    assert told(tmp_path, one, other) == [("template x://{n} is gone", True)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"tools": {}}, {"tools": {}, "logging": {}}, [("capability logging is new", False)]),
        ({"tools": {}, "logging": {}}, {"tools": {}}, [("capability logging is gone", True)]),
        ({"tools": {"listChanged": True}}, {"tools": {}}, [("capability tools.listChanged is gone", True)]),
        (
            {"tools": {"listChanged": True}},
            {"tools": {"listChanged": False}},
            [("capability tools.listChanged is gone", True)],
        ),
        ({"tools": {}}, {"tools": {"listChanged": False}}, []),
        ({"tools": {"listChanged": False}}, {"tools": {}}, []),
    ],
)
def test_capabilities(before: Any, after: Any, expected: Any, tmp_path: Path) -> None:
    assert told(tmp_path, Session(capabilities=before), Session(capabilities=after)) == expected


def test_who_the_server_says_it_is(tmp_path: Path) -> None:
    one, other = Session(instructions="Be kind."), Session(version="2", instructions="Be quick.")
    assert told(tmp_path, one, other) == [
        ('server version "1" → "2"', False),
        ('server instructions "Be kind." → "Be quick."', False),
    ]
