"""Expectations of a result, with values: no server is needed for these."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch.check.came import Came
from mcpwatch.check.expect import came_findings
from mcpwatch.check.script import Step, StepKind
from mcpwatch.session.dispatch import Reply


def came(kind: StepKind, result: Any = None, error: Any = None, **more: Any) -> Came:
    return Came(Step(kind, ("steps", 0), "tools"), reply=Reply(1, result=result, error=error), **more)


def said(one: Came, **expect: Any) -> list[str]:
    return [finding.message for finding in came_findings(one, expect)]


TOOL = {"content": [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]}


def test_the_text_of_a_result_is_that_of_its_blocks() -> None:
    assert came("call", TOOL).text == "a\nb"
    assert came("read", {"contents": [{"text": "x"}, {"blob": "eA=="}]}).text == "x"
    messages = [{"content": {"type": "text", "text": "one"}}, {"content": [{"text": "two"}, 5]}, 7]
    assert came("prompt", {"messages": messages}).text == "one\ntwo"


@pytest.mark.parametrize("odd", [None, 5, [], {"content": 5}, {"content": [5, {"text": 6}]}, {"contents": None}])
@pytest.mark.parametrize("kind", ["call", "read", "prompt", "complete", "request"])
def test_a_result_of_any_shape_is_judged(odd: Any, kind: StepKind) -> None:
    one = came(kind, odd)
    assert one.text == ""
    assert said(one, ok=True) == []
    assert said(one, text="x") == ['text: "x" is not in ""']
    assert one.saved()["ok"] is True


def test_data_is_what_it_is_for_each_kind() -> None:
    assert came("call", {"structuredContent": {"a": 1}}).data == {"a": 1}
    assert came("read", {"contents": [{"text": '{"a": 1}'}]}).data == {"a": 1}
    assert came("complete", {"completion": {"values": []}}).data == {"values": []}
    assert came("request", {"a": 1}).data == {"a": 1}
    assert said(came("call", TOOL), data={}) == ['data: the result has no structuredContent; its text is "a\\nb"']
    assert said(came("read", {"contents": [{"text": "x"}]}), data={}) == ['data: the text is no JSON: "x"']
    assert said(came("call", TOOL), data=None) == []


def test_an_error_explains_why_the_rest_is_not_there() -> None:
    one = came("call", error={"code": -1, "message": "no"})
    assert said(one, data={"a": 1}, text="x") == ["it ended in an error: no (-1)"]
    assert said(one, error={"code": "<0", "message": {"equals": "no"}}) == []
    assert said(one, error={"data": {"a": 1}}) == ["error.data: expected a mapping, got null"]
    assert said(came("call", error={"code": "x"}), error={"code": 1, "message": "y"}) == [
        "error.code: expected 1, there is none",
        'error.message: "y" is not in ""',
    ]


def test_an_error_can_be_expected_without_a_word_about_it() -> None:
    assert said(came("call", error={"code": -1, "message": "no"}), error={}) == []
    assert said(came("call", TOOL), error={}) == [f"it should have failed, but ended well: {json.dumps(TOOL)}"]
    assert said(came("call", {**TOOL, "isError": True}), error={}) == [
        'error: expected a JSON-RPC error, got isError: "a\\nb"'
    ]


def test_all_that_is_there_is_as_much_as_is_expected() -> None:
    one = Came(Step("list", (), "prompts"), rows=[{"name": "a"}, {"name": "b"}])
    assert said(one, equals=[{"name": {"regex": "."}}, "a"]) == []
    assert said(one, equals=["a", "a", "b"]) == ["prompts: a missing"]
    twice = Came(Step("complete", ()), rows=["a", "a"])
    assert said(twice, equals=["a"]) == ["values: a not expected"]


def test_what_came_to_nothing_is_saved_as_not_ok() -> None:
    assert came("call", TOOL).saved()["ok"] is True
    assert Came(Step("call", ())).saved()["ok"] is False
    assert Came(Step("wait", ())).saved()["ok"] is False
    assert Came(Step("wait", ()), said={}).saved()["ok"] is True


def test_what_is_cancelled_has_no_result_to_judge() -> None:
    assert said(came("call", error={"code": 1}, cancelled=True), ok=False) == []


def test_entries_are_found_by_name_by_uri_or_by_a_part() -> None:
    rows = [{"name": "a", "uri": "x://a", "size": 3}, {"name": "b", "uri": "x://b"}, 5]
    one = Came(Step("list", (), "resources"), rows=rows)
    assert one.names == ["x://a", "x://b", ""]
    assert said(one, includes=["a", "x://b", {"uri": "x://a", "size": ">2"}], excludes=["c"], count=3) == []
    assert said(one, includes=[{"name": "a", "size": 4}, "c"]) == [
        "resources: a: size: expected 4, got 3",
        "resources: c is not there; there is x://a, x://b, ",
    ]
    assert said(one, equals=["a"]) == ["resources: x://b,  not expected"]


def test_the_values_of_a_completion_are_entries_too() -> None:
    one = came("complete", {"completion": {"values": ["Oslo"]}}, rows=["Oslo"])
    assert said(one, includes=["Oslo", {"regex": "^O"}], equals=["Oslo"]) == []
    assert said(one, includes=["Rome"]) == ["values: Rome is not there; there is Oslo"]
