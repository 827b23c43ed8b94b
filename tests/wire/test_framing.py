from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcpwatch.events import BatchItem, Frame, FrameType
from mcpwatch.wire.framing import LineSplitter, classify, name_of


def frame(data: bytes | str, **kwargs: Any) -> Frame:
    return classify(data.encode() if isinstance(data, str) else data, link="server", dir="s2c", **kwargs)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` in pieces: the cuts are taken modulo its length, empty pieces included."""
    edges = [0, *sorted(at % (len(data) + 1) for at in cuts), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def lines_of(chunks: list[bytes]) -> list[tuple[bytes, str]]:
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    rest = splitter.close()
    return lines if rest is None else [*lines, rest]


# --- lines


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b"", []),
        (b"\n", [(b"", "\n")]),
        (b"a\nb\n", [(b"a", "\n"), (b"b", "\n")]),
        (b"a\r\nb\n", [(b"a", "\r\n"), (b"b", "\n")]),
        (b"a\rb\n", [(b"a\rb", "\n")]),
        (b"a\r\r\n", [(b"a\r", "\r\n")]),
        (b"\r\n", [(b"", "\r\n")]),
        (b"a\nrest", [(b"a", "\n"), (b"rest", "")]),
        (b"rest\r", [(b"rest\r", "")]),
        (b"\xff\x00\n", [(b"\xff\x00", "\n")]),
        ("\u2028\x0b\x85\n".encode(), [("\u2028\x0b\x85".encode(), "\n")]),
    ],
)
def test_a_line_ends_with_lf_or_crlf_and_nothing_else(stream: bytes, lines: list[tuple[bytes, str]]) -> None:
    assert lines_of([stream]) == lines
    assert lines_of([stream[at : at + 1] for at in range(len(stream))]) == lines


@given(st.lists(st.sampled_from([b"a", b"{}", b"\r", b"\n", b"\r\n", b"\xff"])).map(b"".join), st.lists(st.integers(0)))
def test_chunks_do_not_change_the_lines_and_no_byte_is_lost(stream: bytes, cuts: list[int]) -> None:
    lines = lines_of(cut(stream, cuts))
    assert lines == lines_of([stream])
    assert b"".join(line + eol.encode() for line, eol in lines) == stream


def test_a_line_is_complete_with_the_chunk_that_ends_it() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"on") == []
    assert splitter.feed(b"e\ntw") == [(b"one", "\n")]
    assert splitter.close() == (b"tw", "")
    assert splitter.close() is None


# --- what a line is


@pytest.mark.parametrize(
    ("data", "type_", "method", "id_"),
    [
        ('{"jsonrpc":"2.0","id":1,"method":"ping"}', "request", "ping", 1),
        ('{"jsonrpc":"2.0","id":"1","method":"ping"}', "request", "ping", "1"),
        ('{"jsonrpc":"2.0","id":null,"method":"ping"}', "request", "ping", None),
        ('{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "request", "ping", 1.5),
        ('{"jsonrpc":"2.0","id":true,"method":"ping"}', "request", "ping", True),
        ('{"jsonrpc":"2.0","method":"notifications/x"}', "notification", "notifications/x", None),
        ('{"jsonrpc":"2.0","id":1,"result":{}}', "response", None, 1),
        ('{"jsonrpc":"2.0","id":null,"result":{}}', "response", None, None),
        ('{"jsonrpc":"2.0","id":1,"result":null}', "response", None, 1),
        ('{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x"}}', "error", None, 1),
        ('{"jsonrpc":"2.0","error":{"code":-1,"message":"x"}}', "error", None, None),
        ('{"jsonrpc":"2.0","id":1,"error":null}', "error", None, 1),
        # sloppy, and still what they are
        ('{"id":1,"method":"ping"}', "request", "ping", 1),
        ('{"jsonrpc":"1.0","id":1,"result":{}}', "response", None, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', "request", "ping", 1),
        ('{"jsonrpc":"2.0","id":1,"result":{},"error":null}', "response", None, 1),
        ('{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1}}', "error", None, 1),
        ('{"jsonrpc":"2.0","id":1,"method":null,"result":{}}', "response", None, 1),
        ('  {"jsonrpc":"2.0","id":1,"result":{}}\t ', "response", None, 1),
        ('{"jsonrpc":"2.0","id":1,"id":2,"result":{}}', "response", None, 2),
        ('{"jsonrpc":"2.0","id":"\\ud83d\\ude00","result":{}}', "response", None, "😀"),
    ],
)
def test_a_message_is_sorted_and_can_be_recorded_as_it_is(data: str, type_: FrameType, method: str, id_: Any) -> None:
    seen = frame(data)
    assert (seen.type, seen.method, seen.id, seen.error) == (type_, method, id_, None)
    assert type(seen.id) is type(id_)
    assert seen.message == json.loads(data)
    assert (seen.data, seen.size) == (data.encode(), len(data.encode()))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("42", "not a JSON-RPC message: not an object"),
        ("null", "not a JSON-RPC message: not an object"),
        ('"text"', "not a JSON-RPC message: not an object"),
        ("{}", "not a JSON-RPC message: neither method, result nor error"),
        ('{"a":1}', "not a JSON-RPC message: neither method, result nor error"),
        ('{"level":"info","id":7}', "not a JSON-RPC message: neither method, result nor error"),
        ('{"id":1,"method":5}', "not a JSON-RPC message: its method is not a string"),
        ('{"id":1,"method":null}', "not a JSON-RPC message: its method is not a string"),
        ('{"id":1,"method":5,"result":{}}', "not a JSON-RPC message: its method is not a string"),
        ('{"jsonrpc":"2.0","result":{}}', "not a JSON-RPC message: a result without an id"),
        ('{"id":[],"result":{}}', "not a JSON-RPC message: its id is neither a string nor a number nor null"),
        ('{"id":{},"method":"x"}', "not a JSON-RPC message: its id is neither a string nor a number nor null"),
    ],
)
def test_json_that_is_no_message_says_why_and_is_still_parsed(data: str, error: str) -> None:
    seen = frame(data)
    assert (seen.type, seen.method, seen.id, seen.error) == ("invalid", None, None, error)
    assert seen.message == json.loads(data)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "not JSON: nothing there"),
        (b" \t", "not JSON: nothing there"),
        (b"hello", "not JSON: expecting value at character 1"),
        (b"[INFO] started", "not JSON: expecting value at character 2"),
        (b'{"id":1,"method":"x"', "not JSON: expecting ',' delimiter at character 21"),
        (b'{"method":"x"} trailing', "not JSON: extra data at character 16"),
        (b'{"method":"a\x01b"}', "not JSON: invalid control character at character 13"),
        (b'{"method":"a\nb"}', "not JSON: invalid control character at character 13; a raw line break"),
        (b'{"method":"\xff"}', "not UTF-8: byte 0xff at offset 11"),
        (b"\xed\xa0\x80", "not UTF-8: byte 0xed at offset 0"),
        (b"[" * 10_000 + b"]" * 10_000, "nested 10,000 levels deep, more than 256"),
    ],
)
def test_what_cannot_be_read_is_invalid_and_says_why(data: bytes, error: str) -> None:
    seen = frame(data)
    assert (seen.type, seen.method, seen.message, seen.error) == ("invalid", None, None, error)
    assert seen.data == data


@pytest.mark.parametrize(
    ("data", "type_", "error"),
    [
        (b'{"id":1,"result":{"x":NaN}}', "response", "NaN is not JSON"),
        (b'{"id":1,"result":[Infinity,-Infinity]}', "response", "-Infinity is not JSON; Infinity is not JSON"),
        (b'{"method":"x","params":{"a":1e400}}', "notification", "a number out of range (1e400)"),
        (b'{"id":1,"result":"\\ud800"}', "response", "a lone surrogate escape"),
        (b'{"id":1,"method":"x","params":{"\\udc00":1}}', "request", "a lone surrogate escape"),
        (b'{\n  "id": 1,\n  "result": {}\n}', "response", "a raw line break"),
        (b'{"id":1,\r"result":{}}', "response", "a raw line break"),
        (b'\xef\xbb\xbf{"method":"x"}', "notification", "a byte order mark"),
        (
            b'\xef\xbb\xbf{"id":1,\n"error":{"data":NaN}}',
            "error",
            "a byte order mark; a raw line break; NaN is not JSON",
        ),
        (b'{"a":NaN}', "invalid", "not a JSON-RPC message: neither method, result nor error; NaN is not JSON"),
        (b'[{"method":"x"},\n{"method":"y"}]', "batch", "a raw line break"),
    ],
)
def test_a_message_that_strict_tools_refuse_keeps_its_type(data: bytes, type_: FrameType, error: str) -> None:
    seen = frame(data)
    assert (seen.type, seen.error) == (type_, error)
    assert seen.message is not None


def test_lenient_values_reach_the_message() -> None:
    assert math.isnan(frame(b'{"id":1,"result":NaN}').message["result"])
    assert frame(b'{"id":1,"result":"\\ud800"}').message["result"] == "\ud800"


@pytest.mark.parametrize("id_", ["NaN", "-Infinity", "1e400", '"\\ud800"', "9" * 400, "9" * 5_000])
def test_an_id_that_strict_json_cannot_hold_is_not_taken_over(id_: str) -> None:
    seen = frame(f'{{"jsonrpc":"2.0","id":{id_},"method":"ping"}}')
    assert (seen.type, seen.id) == ("invalid", None)
    assert (seen.error or "").startswith("not a JSON-RPC message: its id is neither")


def test_a_method_that_strict_json_cannot_hold_is_not_taken_over() -> None:
    seen = frame(b'{"id":1,"method":"\\ud800"}')
    assert (seen.type, seen.method) == ("invalid", None)
    assert frame('{"id":1,"method":"größe"}').method == "größe"


def test_a_batch_names_each_of_its_messages() -> None:
    seen = frame(
        '[{"id":1,"method":"tools/call","params":{"name":"add"}},{"id":2,"result":{}},{"id":3,"error":{}},'
        '{"method":"x"},{"jsonrpc":"2.0","id":4},5,[{"id":6,"result":{}}]]'
    )
    assert (seen.type, seen.error, seen.id, seen.method) == ("batch", None, None, None)
    assert seen.items == (
        BatchItem("request", "tools/call", 1, "add"),
        BatchItem("response", None, 2),
        BatchItem("error", None, 3),
        BatchItem("notification", "x"),
        BatchItem("invalid", None, 4),
        BatchItem("invalid"),
        BatchItem("invalid"),
    )


def test_an_empty_batch_has_no_items() -> None:
    seen = frame("[]")
    assert (seen.type, seen.items, seen.error) == ("batch", (), None)


def test_what_the_caller_knows_is_carried_along() -> None:
    seen = classify(b"{}", link="alpha#2", dir="c2s", eol="\r\n", by="user", xid=4)
    assert (seen.link, seen.dir, seen.eol, seen.by, seen.xid) == ("alpha#2", "c2s", "\r\n", "user", 4)


# --- the id of what is broken

DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    ("data", "id_"),
    [
        (f'{{"jsonrpc":"2.0","id":7,"result":{DEEP}}}', 7),
        (f'{{"result":{{"id":5,"deep":{DEEP}}},"id":"listen-1","jsonrpc":"2.0"}}', "listen-1"),
        (f'{{"error":{{"code":1,"data":{DEEP}}}, "id" : -7 }}', -7),
        ('{"jsonrpc":"2.0","id":7,"result":{"text":"cut he', 7),
        ('{"jsonrpc":"2.0","id":7,"result":{"text":"cut he\\', 7),
        ('{"jsonrpc":"2.0","id":7,"result":{"text":"a \\"result\\" \x01"}}', 7),
        ('{"jsonrpc":"2.0","id":"a\\"b","result":{}', 'a"b'),
        ('{"id":7,"result":{}}{"method":"notifications/x"}', 7),
        ('{"id":7,"result":{}}}', 7),
        ('\ufeff {"id":7,"result":x}', 7),
        ('{"id":7,"result":{},"id":7,}', 7),
    ],
)
def test_a_broken_line_that_answers_one_id_has_that_id(data: str, id_: str | int) -> None:
    seen = frame(data)
    assert (seen.type, seen.id, type(seen.id)) == ("invalid", id_, type(id_))


def test_a_response_that_is_not_utf8_has_its_id() -> None:
    assert frame(b'{"jsonrpc":"2.0","id":7,"result":{"text":"\xff\xfe"}}').id == 7


def test_a_response_whose_result_was_undefined_has_its_id() -> None:
    seen = frame('{"jsonrpc":"2.0","id":7}')
    assert (seen.type, seen.id) == ("invalid", 7)


@pytest.mark.parametrize(
    "data",
    [
        f'{{"jsonrpc":"2.0","id":7,"method":"x","params":{DEEP}}}',
        f'{{"jsonrpc":"2.0","id":7,"method":"x","result":{DEEP}}}',
        f'[{{"id":7,"result":{DEEP}}}]',
        f'{{"params":{{"id":7,"result":{DEEP}}}}}',
        '{"jsonrpc":"2.0","id":7,',
        '{"jsonrpc":"2.0","result":{},"id":12',
        '{"jsonrpc":"2.0","result":{},"id":"12',
        '{"result":{"id":7',
        '{"id":7,"result":{}}{"id":8,"result":{}}',
        '{"id":7,"result":{},"id":8,"x"}',
        '{"id":7.5,"result":}',
        '{"id":007,"result":}',
        '{"id":null,"result":}',
        '{"id":"\\ud800","result":}',
        'sent {"id":7,"result":{}}',
        '"id":7,"result":{}',
        "{'id': 7, 'result': {}}",
    ],
)
def test_no_id_is_guessed(data: str) -> None:
    seen = frame(data)
    assert (seen.type, seen.id) == ("invalid", None)


# --- names


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("tools/call", {"name": "add", "uri": "x"}, "add"),
        ("prompts/get", {"name": "greet"}, "greet"),
        ("resources/read", {"uri": "file:///a", "name": "x"}, "file:///a"),
        ("resources/subscribe", {"uri": "file:///a"}, "file:///a"),
        ("resources/unsubscribe", {"uri": "file:///a"}, "file:///a"),
        ("notifications/resources/updated", {"uri": "file:///a"}, "file:///a"),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "greet"}}, "greet"),
        ("completion/complete", {"ref": {"type": "ref/resource", "uri": "file:///{x}"}}, "file:///{x}"),
        ("completion/complete", {"ref": "greet"}, None),
        ("notifications/progress", {"name": "x", "uri": "y"}, None),
        ("x/custom", {"name": "x"}, None),
        ("tools/call", {"name": 5}, None),
        ("tools/call", {"name": "\ud800"}, None),
        ("tools/call", {}, None),
        ("tools/call", ["add"], None),
        ("tools/call", None, None),
    ],
)
def test_a_message_is_about_the_name_or_uri_that_its_method_asks_for(
    method: str, params: Any, name: str | None
) -> None:
    assert name_of(method, params) == name


def test_a_request_carries_the_name_of_what_it_is_about() -> None:
    assert frame('{"id":1,"method":"tools/call","params":{"name":"add"}}').name == "add"


# --- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
MESSAGES = st.dictionaries(
    st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error", "other"]), JSON | st.just("tools/call")
)
BYTES = st.one_of(
    st.binary(),
    (MESSAGES | JSON | st.lists(MESSAGES, max_size=3)).map(lambda message: json.dumps(message).encode()),
    MESSAGES.map(lambda message: json.dumps(message, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from(
            [
                '{"id":',
                "7",
                ',"result":',
                '"',
                "\\",
                "\\ud800",
                "\\udc00",
                "1e400",
                "NaN",
                "}",
                "{",
                "[",
                "]",
                ",",
                " ",
                "\r",
            ]
        )
    ).map(lambda parts: "".join(parts).encode()),
)


def refuse(word: str) -> Any:
    raise ValueError(word)


def finite(literal: str) -> float:
    assert math.isfinite(float(literal))
    return float(literal)


@given(BYTES)
@example(b'{"method":"x","method":1e400,"method":"y"}')
def test_any_bytes_become_a_frame_that_keeps_what_it_promises(data: bytes) -> None:
    seen = frame(data)
    assert seen.data == data
    assert seen.size == len(data)
    assert (seen.type == "invalid") <= (seen.error is not None)
    if seen.error is None:
        assert b"\n" not in data and b"\r" not in data
        strict = json.loads(data.decode("utf-8"), parse_constant=refuse, parse_float=finite)
        assert seen.message == strict
        json.dumps(strict, ensure_ascii=False).encode("utf-8")
    for part in (seen, *seen.items):
        json.dumps([part.method, part.id, part.name], ensure_ascii=False, allow_nan=False).encode("utf-8")


@given(MESSAGES)
def test_a_strict_message_has_no_error_unless_it_is_none(message: dict[str, Any]) -> None:
    try:
        data = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError:  # NaN, or a lone surrogate
        return
    seen = frame(data)
    assert (seen.error is None) == (seen.type != "invalid")
    assert seen.message == message
