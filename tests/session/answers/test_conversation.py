from __future__ import annotations

from typing import Any

from mcpwatch.session.answers.conversation import last_text, system_text, texts, tool_names, tool_result, turn

ASKED: dict[str, Any] = {"role": "user", "content": {"type": "text", "text": "What is 1 + 2?"}}
CALLED: dict[str, Any] = {
    "role": "assistant",
    "content": [{"type": "text", "text": "Let me see."}, {"type": "tool_use", "id": "c", "name": "add", "input": {}}],
}
RETURNED: dict[str, Any] = {
    "role": "user",
    "content": [{"type": "tool_result", "toolUseId": "c", "content": [{"type": "text", "text": "3"}]}],
}


def test_a_message_has_one_block_or_several() -> None:
    assert texts(ASKED) == "What is 1 + 2?"
    assert texts({"content": [{"text": "a"}, {"type": "image"}, {"text": "b"}]}) == "a\nb"
    assert texts(RETURNED) == ""
    assert [texts(odd) for odd in (None, {}, {"content": "text"}, {"content": [1]})] == ["", "", "", ""]


def test_what_is_asked_stays_the_same_while_tools_are_run() -> None:
    assert last_text([ASKED]) == last_text([ASKED, CALLED, RETURNED]) == "What is 1 + 2?"
    again = {"role": "user", "content": [*RETURNED["content"], {"type": "text", "text": "Hurry."}]}
    assert last_text([ASKED, CALLED, again]) == "Hurry."
    assert last_text([{"role": "user", "content": {"type": "image"}}]) == ""


def test_a_message_of_the_role_system_belongs_to_the_system_prompt() -> None:
    wrong = {"role": "system", "content": {"type": "text", "text": "Be brief."}}
    assert system_text({"systemPrompt": "Be kind.", "messages": [ASKED, wrong]}) == "Be kind.\nBe brief."
    assert last_text([ASKED, wrong]) == "What is 1 + 2?"


def test_results_that_come_together_are_one_turn() -> None:
    assert turn([ASKED]) == 0
    assert turn([ASKED, CALLED, RETURNED]) == 1
    assert turn([ASKED, CALLED, RETURNED, RETURNED]) == 1
    assert turn([ASKED, CALLED, RETURNED, CALLED, RETURNED]) == 2


def test_what_the_tools_returned_last_is_text() -> None:
    structured: dict[str, Any] = {"content": [{"type": "tool_result", "structuredContent": {"a": 1}, "content": []}]}
    assert tool_result([ASKED, CALLED, RETURNED]) == "3"
    assert tool_result([ASKED, CALLED, RETURNED, CALLED, structured]) == '{"a": 1}'
    assert tool_result([ASKED]) == ""


def test_tools_are_those_with_a_name() -> None:
    assert tool_names({"tools": [{"name": "a"}, {}, 1, {"name": 2}, {"name": "b"}]}) == ["a", "b"]
