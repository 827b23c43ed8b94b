from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.answers.giving import Unfit, give, listed
from tests.session.answers.asking import FORM, form, question, roots, sampling, url

HERE = Path(__file__).parent
ADD = {"name": "add", "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}}
WITH_TOOLS = replace(sampling(), params={**sampling().params, "tools": [ADD]})


def result(answer: dict[str, Any], asked: Any, folder: Path = HERE) -> Any:
    given, error = give(answer, asked, folder)
    assert error is None
    return given


def unfit(answer: dict[str, Any], asked: Any, folder: Path = HERE) -> Unfit:
    with pytest.raises(Unfit) as caught:
        give(answer, asked, folder)
    return caught.value


def test_a_text_is_a_whole_assistants_message() -> None:
    said = {
        "role": "assistant",
        "content": {"type": "text", "text": "Paris"},
        "model": "mcpwatch",
        "stopReason": "endTurn",
    }
    assert result({"text": "Paris"}, sampling()) == said
    named = result({"text": "", "model": "m", "stopReason": "maxTokens"}, sampling())
    assert (named["model"], named["stopReason"], named["content"]["text"]) == ("m", "maxTokens", "")


def test_several_blocks_go_out_as_a_list_and_one_alone() -> None:
    block = {"type": "text", "text": "a"}
    assert result({"content": block}, sampling())["content"] == block
    assert result({"content": [block]}, sampling())["content"] == block
    assert result({"content": [block, block]}, sampling())["content"] == [block, block]


def test_an_image_can_be_a_file_beside_the_rules(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    block = result({"content": {"type": "image", "file": "a.png"}}, sampling(), tmp_path)["content"]
    assert block == {"type": "image", "mimeType": "image/png", "data": base64.b64encode(b"\x89PNG").decode()}


@pytest.mark.parametrize(
    ("block", "path", "said"),
    [
        ({"type": "text"}, ("content",), "needs text"),
        ({"type": "text", "text": 5}, ("content", "text"), "is a text"),
        ({"type": "text", "text": "a", "data": "b"}, ("content", "data"), "has no data"),
        ({"type": "video"}, ("content", "type"), "no content of type 'video'"),
        ({"type": "image", "data": "!!", "mimeType": "image/png"}, ("content", "data"), "not base64"),
        ({"type": "image", "data": "aGk="}, ("content",), "needs mimeType"),
        ({"type": "image", "file": "none.png"}, ("content", "file"), "No such file"),
        ({"type": "image", "file": "asking.zzz"}, ("content", "file"), "cannot be read"),
        ({"type": "tool_use", "name": "add", "input": {}, "id": "1"}, ("content", "name"), "is not offered"),
        ({"type": "tool_result"}, ("content", "type"), "no content of type"),
    ],
)
def test_a_block_that_is_not_well_formed_does_not_go_out(block: Any, path: Any, said: str) -> None:
    wrong = unfit({"content": block}, sampling())
    assert (wrong.path, said in str(wrong)) == (path, True), str(wrong)
    assert unfit({"content": [{"type": "text", "text": "a"}, block]}, sampling()).path == (path[0], 1, *path[1:])


@pytest.mark.parametrize("file", ["nowhere.png", "~nobody-at-all/a.png", "a\0.png"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, file: str) -> None:
    assert unfit({"content": {"type": "image", "file": file}}, sampling(), tmp_path).path == ("content", "file")


@pytest.mark.parametrize("folder", ["nowhere", "~nobody-at-all", "a\0b"])
def test_a_folder_that_is_none_is_told(tmp_path: Path, folder: str) -> None:
    with pytest.raises(Unfit, match="is no folder"):
        listed([folder], tmp_path)


def test_a_file_whose_type_nobody_can_tell_needs_a_mime_type(tmp_path: Path) -> None:
    (tmp_path / "a.zzz").write_bytes(b"x")
    assert "add mimeType" in str(unfit({"content": {"type": "audio", "file": "a.zzz"}}, sampling(), tmp_path))


def test_a_call_of_a_tool_gets_an_id_of_its_own() -> None:
    made = result({"tool_use": {"name": "add", "input": {"a": 1}}}, WITH_TOOLS)
    assert made["content"] == {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}}
    assert made["stopReason"] == "toolUse"
    later = replace(WITH_TOOLS, params={**WITH_TOOLS.params, "messages": [made]})
    two = result(
        {"tool_use": [{"name": "add", "input": {"a": 1}}, {"name": "add", "input": {"a": 2}, "id": "x"}]}, later
    )
    assert [block["id"] for block in two["content"]] == ["call_2", "x"]


@pytest.mark.parametrize(
    ("call", "path", "said"),
    [
        ({"name": "ad"}, ("tool_use", "name"), "did you mean 'add'?"),
        ({"name": "zzz"}, ("tool_use", "name"), "there is add."),
        ({"name": "add"}, ("tool_use", "input"), "'a' is a required property"),
        ({"name": "add", "input": {"a": "x"}}, ("tool_use", "input"), "a: 'x' is not of type 'integer'"),
    ],
)
def test_a_call_has_to_be_of_a_tool_that_is_offered(call: Any, path: Any, said: str) -> None:
    wrong = unfit({"tool_use": call}, WITH_TOOLS)
    assert (wrong.path, said in str(wrong)) == (path, True), str(wrong)


def test_without_tools_on_offer_nothing_can_be_called() -> None:
    assert "none is." in str(unfit({"tool_use": {"name": "add"}}, sampling()))


def test_a_form_is_accepted_with_its_defaults() -> None:
    content = {"name": "Ada", "seats": 2, "meal": "none"}
    assert result({"accept": {"name": "Ada"}}, form()) == {"action": "accept", "content": content}
    easy = form({"properties": {"a": {"type": "string", "default": "x"}}})
    assert result({"action": "accept"}, easy) == {"action": "accept", "content": {"a": "x"}}


@pytest.mark.parametrize(
    ("answer", "path", "said"),
    [
        ({"accept": {}}, ("accept",), "needs name"),
        ({"action": "accept"}, ("action",), "needs name"),
        ({"accept": {"name": 5}}, ("accept", "name"), "name: 5 is not of type 'string'"),
        ({"accept": {"name": "a", "meal": "fish"}}, ("accept", "meal"), "'fish' is not one of"),
        ({"accept": {"nme": "a"}}, ("accept", "nme"), "no field 'nme'"),
    ],
)
def test_what_does_not_fit_the_form_does_not_go_out(answer: Any, path: Any, said: str) -> None:
    wrong = unfit(answer, form(FORM))
    assert (wrong.path, said in str(wrong)) == (path, True), str(wrong)


def test_a_page_to_visit_never_carries_fields() -> None:
    assert result({"accept": {}}, url()) == result({"action": "accept"}, url()) == {"action": "accept"}
    assert "without fields" in str(unfit({"accept": {"a": 1}}, url()))


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_turning_down_carries_nothing(action: str) -> None:
    assert result({"action": action}, form()) == result({"action": action}, url()) == {"action": action}


def test_roots_are_folders_beside_the_rules_or_uris(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    given = result({"folders": ["a", "git://x/y"]}, roots(), tmp_path)
    assert given == {"roots": [{"uri": (tmp_path / "a").as_uri(), "name": "a"}, {"uri": "git://x/y"}]}
    wrong = unfit({"folders": [".", "b"]}, roots(), tmp_path)
    assert (wrong.path, str(wrong)) == (("folders", 1), "b is no folder.")


def test_a_result_goes_out_as_it_stands() -> None:
    for whole in ({"odd": 1}, None, [1], "text"):
        assert result({"result": whole}, sampling()) == whole
        assert result({"result": whole}, question("x/y")) == whole


def test_an_error_has_at_least_a_message() -> None:
    assert give({"error": "no"}, sampling(), HERE) == (None, {"code": -1, "message": "no"})
    full = {"code": -5, "message": "no", "data": {"a": 1}}
    assert give({"error": full}, sampling(), HERE) == (None, full)
