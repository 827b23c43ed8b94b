from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mcpwatch.view.result import result_text, write_result
from mcpwatch.view.screen import Screen
from tests.view.scene import HOSTILE


def _text(text: Any) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _piped(result: Any) -> bytes:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8", newline="\r\n")
    write_result(result, file)
    return raw.getvalue()


def _on_terminal(result: Any, *, colour: bool = False) -> str:
    written: list[str] = []
    write_result(result, io.StringIO(), Screen(written.append, True, colour, lambda: (80, 24)))
    return "".join(written)


def test_structured_content_is_json_and_comes_before_text() -> None:
    result = {"content": [_text('{"a": "ü"}')], "structuredContent": {"a": "ü", "n": [1, 2.5]}}

    assert json.loads(_piped(result)) == {"a": "ü", "n": [1, 2.5]}
    assert '"a": "ü"' in _piped(result).decode()


@pytest.mark.parametrize("text", ["done", "two\r\nlines\n", HOSTILE, "tabs\tand\x00zero"])
def test_a_pipe_gets_the_text_as_it_is_and_a_line_end_if_it_has_none(text: str) -> None:
    assert _piped({"content": [_text(text)]}) == (text if text.endswith("\n") else text + "\n").encode()


def test_a_terminal_gets_lines_and_nothing_else_that_it_acts_on() -> None:
    shown = _on_terminal({"content": [_text("two\n\tlines"), _text(HOSTILE)]})

    assert shown.startswith("two\n\tlines\n")
    assert shown.replace("\n", "").replace("\t", "").isprintable()
    assert _on_terminal({"structuredContent": {HOSTILE: HOSTILE}}).replace("\n", "").isprintable()


def test_json_on_a_terminal_is_coloured_and_stays_the_same_text() -> None:
    result = {"structuredContent": {"key": ['text with \\ and " : in it', -1.5e3, True, None], "n": 3}}
    plain, coloured = _on_terminal(result), _on_terminal(result, colour=True)

    assert '\x1b[36m"key"\x1b[0m:' in coloured
    for code in ("\x1b[0m", "\x1b[32m", "\x1b[33m", "\x1b[36m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_what_is_no_text_is_named_with_its_type_and_size() -> None:
    content = [
        _text("see:"),
        {"type": "image", "data": "AAAA" * 256, "mimeType": "image/png"},
        {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "demo://x", "name": "x", "mimeType": "text/plain"},
        {"type": "resource", "resource": {"uri": "demo://y", "text": "hi", "mimeType": "text/plain"}},
        {"type": "new kind", "x": 1},
    ]

    assert result_text({"content": content})[0].split("\n") == [
        "see:",
        "[image image/png 768 B]",
        "[audio audio/wav 3 B]",
        "[link x demo://x text/plain]",
        "[resource demo://y text/plain 2 B]",
        '{"type": "new kind", "x": 1}',
    ]


def test_resources_and_prompts_are_results_too() -> None:
    contents = [{"uri": "demo://x", "text": "the text"}, {"uri": "demo://y", "blob": "AAAA", "mimeType": "image/gif"}]
    assert result_text({"contents": contents})[0] == "the text\n[resource demo://y image/gif 3 B]"
    assert result_text({"messages": [{"role": "user", "content": _text("Hello")}]})[0] == "user: Hello"


def test_a_result_whose_content_is_no_list_is_data_as_it_is() -> None:
    assert json.loads(_piped({"content": "sunny"})) == {"content": "sunny"}


@pytest.mark.parametrize("result", [None, 7, [], {}, {"content": 5}, {"content": [None]}, {"messages": [3]}])
def test_no_shape_of_a_result_raises(result: Any) -> None:
    assert _piped(result).endswith(b"\n")


def test_a_lone_surrogate_is_written_as_its_escape() -> None:
    assert json.loads(_piped({"structuredContent": {"a": "\udc80"}})) == {"a": "\udc80"}
