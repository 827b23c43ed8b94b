"""What came of a call, as lines, and where they lead."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.tui.call.files import Media
from mcpwatch.tui.call.outcome import Link, Outcome, outcome_of
from mcpwatch.view.style import plain
from tests.model.story import Story


def outcome(
    result: Any = None,
    *,
    method: str = "tools/call",
    error: Any = None,
    tool: Any = None,
    markdown: bool = True,
    raw: bool = False,
    params: Any = None,
) -> Outcome:
    story = Story()
    story.opened()
    story.request(method, {"name": "work"} if params is None else params)
    story.result(result, error=error)
    made = outcome_of(story.timeline.exchanges[0], tool, markdown=markdown, raw=raw)
    made.fit(80)
    return made


def shown(made: Outcome) -> list[str]:
    return [plain(made.line(number, 80)).rstrip() for number in range(made.count)]


def text(*texts: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": one} for one in texts]}


def test_says_what_was_called_and_how_it_ended() -> None:
    made = outcome(text("fine"), params={"name": "work", "arguments": {"n": 5}})
    assert shown(made) == ["call work  is done  1.0 s", 'with {"n": 5}', "", "fine"]


def test_a_text_that_is_json_is_a_tree_that_folds() -> None:
    made = outcome(text('{"a": {"b": 1}}'))
    assert [line.strip() for line in shown(made)[2:]] == ["▾ {1}", "▾ a: {1}", "b: 1"]
    assert made.toggle(2)
    assert len(shown(made)) == 3


def test_json_that_is_the_structured_content_too_is_shown_once() -> None:
    made = shown(outcome({**text('{"a": 1}'), "structuredContent": {"a": 1}}))
    assert "the structured content, as text" in made
    assert sum("a: 1" in line for line in made) == 1


def test_structured_content_is_held_against_the_output_schema() -> None:
    tool = {"outputSchema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    made = shown(outcome({"content": [], "structuredContent": {"a": 1}}, tool=tool))
    assert "structured content  ✗ a: 1 is not of type 'string'" in made


def test_markdown_is_read_where_it_is_some_and_left_as_it_is_on_demand() -> None:
    assert "Title" in shown(outcome(text("# Title\n\n**x**")))
    assert "# Title" in shown(outcome(text("# Title\n\n**x**"), markdown=False))
    assert "a # b" in shown(outcome(text("a # b")))


def test_links_and_data_lead_somewhere_and_texts_do_not() -> None:
    blocks = [
        {"type": "text", "text": "[x](https://a.example)"},
        {"type": "resource_link", "uri": "demo://x", "name": "x"},
        {"type": "image", "mimeType": "image/png", "data": "aaaa"},
    ]
    made = outcome({"content": blocks})
    assert [target for _, target in made.targets] == [Link("demo://x"), Media("image", "image/png", "aaaa")]
    for number, target in made.targets:
        assert made.target(number) == target
    assert made.target(0) is None


def test_an_error_is_said_plainly_with_its_data() -> None:
    made = shown(outcome(error={"code": -32602, "message": "no", "data": {"why": "so"}}))
    assert made[0].startswith("call work  ✗ the server answered with an error")
    assert "error -32602: no" in made
    assert any('why: "so"' in line for line in made)


def test_a_prompt_is_its_messages_and_a_resource_its_contents() -> None:
    messages = [
        {"role": "user", "content": {"type": "text", "text": "hi"}},
        {"role": "assistant", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
    ]
    made = shown(outcome({"messages": messages, "description": "about"}, method="prompts/get"))
    assert [line for line in made if line][1:] == ["about", "user:", "hi", "assistant:", "one", "two"]
    read = outcome(
        {"contents": [{"uri": "a:b", "mimeType": "text/plain", "text": "# no"}]},
        method="resources/read",
        params={"uri": "a:b"},
    )
    assert shown(read)[2:] == ["a:b  text/plain", "# no"]


def test_the_whole_result_is_one_tree_on_demand() -> None:
    assert any("isError: true" in line for line in shown(outcome({**text("x"), "isError": True}, raw=True)))


ANYTHING: list[Any] = [None, [], "text", 7, {}, {"content": "x"}, {"content": [7, None, {}]}, {"x": 1}]


@pytest.mark.parametrize("result", ANYTHING)
def test_takes_any_result(result: Any) -> None:
    for method in ("tools/call", "prompts/get", "resources/read"):
        assert shown(outcome(result, method=method))


def test_very_much_is_cut_and_says_so() -> None:
    assert any("more blocks" in line for line in shown(outcome(text(*["x"] * 600))))
    assert any("more characters" in line for line in shown(outcome(text("x " * 200_000))))


def test_a_call_that_runs_says_that_it_does() -> None:
    story = Story()
    story.opened()
    story.request("tools/call", {"name": "work"})
    made = outcome_of(story.timeline.exchanges[0], None)
    made.fit(80)
    assert "the server has not answered yet (c cancels)" in shown(made)
