"""A line that is told in brief is one of which `classify` says the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcpwatch.wire.brief import Line, in_brief
from mcpwatch.wire.framing import classify

USUAL = (
    b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    b'{"jsonrpc":"2.0","id":"a\\u00e9","method":"tools/call","params":{"name":"add","arguments":{"a":1}}}',
    b'{"id":-7,"method":"resources/read","params":{"uri":"file:///x"}}',
    b'{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///x","title":"y"}}',
    b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.5,"progressToken":1}}',
    b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\xc3\xa9\\n"}],"isError":false}}',
    b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}',
    b'{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}',
    b'{"id":1,"id":2,"result":{},"result":{"a":1}}',
    b' {"id" : 1, "method" : "x\\u002fy", "params": {} } ',
    b'{"id":9223372036854775807,"method":"x"}',
    b'{"id":1,"method":"tools/call","params":{}}',
    b'{"id":1,"result":{"deep":' + b"[" * 120 + b"]" * 120 + b"}}",
)

UNUSUAL = (
    b"",
    b"ready",
    b"[]",
    b'[{"id":1,"method":"x"}]',
    b"null",
    b"\xef\xbb\xbf{}",
    b"{}",
    b'{"jsonrpc":"2.0","id":1}',
    b'{"id":null,"method":"x"}',
    b'{"id":1.5,"method":"x"}',
    b'{"id":true,"method":"x"}',
    b'{"id":{},"method":"x"}',
    b'{"id":9223372036854775808,"method":"x"}',
    b'{"id":1,"method":7}',
    b'{"id":1,"method":null,"result":{}}',
    b'{"id":1,"method":"x","params":[1]}',
    b'{"id":1,"method":"tools/call","params":{"name":3}}',
    b'{"id":1,"method":"completion/complete","params":{"ref":{"name":"x"}}}',
    b'{"result":{}}',
    b'{"id":1,"result":[]}',
    b'{"id":1,"result":null}',
    b'{"id":1,"error":null,"result":{}}',
    b'{"id":1,"result":{"a":NaN}}',
    b'{"id":1,"result":{"a":-Infinity}}',
    b'{"id":1,"result":{"a":1e400}}',
    b'{"id":1,"result":{"a":' + b"9" * 400 + b"}}",
    b'{"id":1,"result":{"a":"\\ud800"}}',
    b'{"id":1,"result":{"a":"\xff"}}',
    b'{"id":1,"result":{"a":"\x01"}}',
    b'{"id":1,\r"result":{}}',
    b'{"id":1,"result":{}',
    b'{"id":1,"result":{}}}',
    b'{"id":1,"result":{"a":tru}}',
    b'{"id":1,"result":{"deep":' + b"[" * 127 + b"]" * 127 + b"}}",
)

NAMES = st.sampled_from(["id", "method", "params", "result", "error", "jsonrpc", "name", "uri", "x"])
SCALARS = st.sampled_from(
    [None, True, 0, -3, 1.5, "", "tools/call", "resources/read", "a\u00e9\n", 10**400, float("nan")]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
MESSAGES = st.dictionaries(NAMES, VALUES, max_size=5).map(json.dumps).map(str.encode)


def told(data: bytes, eol: str = "\n", flaw: str = "") -> bool:
    """Whether it comes in brief; then it says what `classify` says."""
    briefs = in_brief([("c2s", 1.5, data, eol, flaw)], data)
    if briefs is None:
        return False
    frame = classify(data, link="x", dir="c2s")
    assert briefs == [("c2s", 1.5, frame.type, data, frame.method, frame.id, frame.name)]
    assert type(briefs[0][5]) is type(frame.id)
    assert frame.error is None
    assert not frame.items
    return True


@pytest.mark.parametrize("data", USUAL)
def test_what_is_usual_comes_in_brief(data: bytes) -> None:
    assert told(data)


@pytest.mark.parametrize("data", UNUSUAL)
def test_what_is_unusual_does_not(data: bytes) -> None:
    assert not told(data)


@pytest.mark.parametrize(("eol", "flaw"), [("\r\n", ""), ("", ""), ("\n", "a piece of a line")])
def test_a_line_that_ends_unusually_or_is_no_line_does_not(eol: str, flaw: str) -> None:
    assert not told(USUAL[0], eol, flaw)


@given(
    MESSAGES
    | st.sampled_from(USUAL + UNUSUAL).flatmap(lambda data: st.integers(0, len(data)).map(lambda at: data[:at]))
)
@example(b'{"id":1,"method":"x","error":{}}')
def test_whatever_comes_in_brief_is_what_it_would_be_at_length(data: bytes) -> None:
    told(data)


def test_one_unusual_line_among_many_is_enough() -> None:
    lines = [*USUAL, UNUSUAL[-1]]
    told_of: list[Line] = [("s2c", 0.0, data, "\n", "") for data in lines]
    assert in_brief(told_of, b"\n".join(lines)) is None
    assert [brief[3] for brief in in_brief(told_of[:-1], b"\n".join(USUAL)) or ()] == list(USUAL)
