"""A line becomes an event, whoever wrote it, or it is refused with a reason."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Event, Frame, Note
from mcpwatch.recording import decode, encode
from mcpwatch.recording.parse import deeper_than
from tests.recording.samples import EVERY_KIND, events, frame

HEAD = '"seq":1,"t":0.5,"kind":"frame","link":"s","dir":"s2c","type":"response","bytes":2'


@given(event=events, order=st.randoms(use_true_random=False), spaced=st.booleans())
def test_any_order_and_spacing_gives_the_same_event(event: Event, order: Any, spaced: bool) -> None:
    line = encode(event)
    members = list(json.loads(line).items())
    order.shuffle(members)
    again = json.dumps(dict(members), separators=(", ", ": ") if spaced else (",", ":"), allow_nan=False).encode()
    expected = decode(line)
    found = decode(again)
    assert expected is not None
    if isinstance(expected, Frame):
        assert isinstance(found, Frame)
        if expected.error is None:
            # Here the other tool has spelled the message anew; what it says is the same.
            assert encode_again(found.data) == encode_again(expected.data)
            found = replace(found, data=expected.data)
    assert found == expected


def encode_again(data: bytes) -> Any:
    return json.dumps(json.loads(data))


def test_the_message_is_taken_as_it_stands_wherever_it_stands() -> None:
    message = b'{"n":1E2,"n":2,"s":"\\/","msg":{"msg":1}}'
    for line in (
        b'{"msg":' + message + b"," + HEAD.encode() + b"}",
        b'{ "msg" : ' + message + b" , " + HEAD.encode() + b" }\r\n",
        b"{" + HEAD.encode() + b',"msg":' + message + b',"later":[1]}\n',
        b"{" + HEAD.encode() + b',"x":{"y":1,"msg":2},"msg":' + message + b"}\n",
        b'{"msg":{"first":1},' + HEAD.encode() + b',"msg":' + message + b"}\n",
    ):
        found = decode(line)
        assert isinstance(found, Frame)
        assert found.data == message
        assert found.message == {"n": 2, "s": "/", "msg": {"msg": 1}}


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b'{"a":"\\ud800"}', {"a": "\ud800"}), (b"[1e400]", [math.inf]), (b"\xef\xbb\xbf[1]", [1]), (b"nope", None)],
)
def test_raw_is_read_as_leniently_as_python_can(data: bytes, expected: Any) -> None:
    found = decode(encode(frame("invalid", data, error="why", seq=1)))
    assert isinstance(found, Frame)
    assert found.message == expected


def test_raw_that_is_too_deep_to_walk_has_no_message() -> None:
    for levels in (300, 100_000):
        found = decode(encode(frame("invalid", b"[" * levels + b"]" * levels, error="deep", seq=1)))
        assert isinstance(found, Frame)
        assert found.message is None


def test_numbers_of_thousands_of_digits_are_read() -> None:
    found = decode(encode(frame("invalid", b"[" + b"9" * 5000 + b"]", error="out of range", seq=1)))
    assert isinstance(found, Frame)
    assert found.message == [math.inf]


def test_raw_without_a_reason_is_never_spliced_later() -> None:
    found = decode(b"{" + HEAD.encode() + b',"enc":"utf8","raw":"}\\n{"}')
    assert isinstance(found, Frame)
    assert found.error
    assert encode(found).count(b"\n") == 1


@pytest.mark.parametrize("kind", ["header", "footer", "heartbeat", ""])
def test_a_kind_that_is_no_event_gives_none(kind: str) -> None:
    assert decode(b'{"seq":1,"kind":"%s"}' % kind.encode()) is None


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: f"{event.seq}-{type(event).__name__}")
def test_unknown_keys_are_passed_over(event: Event) -> None:
    found = decode(encode(event)[:-2] + b',"later":{"seq":5}}\n')
    if isinstance(event, Note):
        assert isinstance(found, Note)
        assert found.data == {**event.data, "later": {"seq": 5}}
    else:
        assert found == event


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: f"{event.seq}-{type(event).__name__}")
def test_a_value_of_the_wrong_type_is_refused_and_never_a_crash(event: Event) -> None:
    members = json.loads(encode(event))
    refused = 0
    for key in members:
        for value in (None, 5, -1, "x", [5], {"a": [1]}, True, 1.5, 10**400, 1e308):
            try:
                found = decode(json.dumps({**members, key: value}).encode())
            except ValueError as error:
                refused += 1
                assert str(error)
            else:
                assert found is None or encode(found)
    assert refused > 20


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: f"{event.seq}-{type(event).__name__}")
def test_a_line_without_what_every_event_has_is_refused_by_name(event: Event) -> None:
    members = json.loads(encode(event))
    for key in ("seq", "t", "kind", "link"):
        with pytest.raises(ValueError, match=key):
            decode(json.dumps({each: value for each, value in members.items() if each != key}).encode())


@given(line=st.binary(max_size=60) | st.binary(max_size=30).map(lambda rest: b"{" + HEAD.encode() + b',"msg":' + rest))
def test_rubbish_is_a_value_error_and_nothing_else(line: bytes) -> None:
    try:
        decode(line)
    except ValueError:
        pass


def test_nan_is_refused_wherever_it_stands() -> None:
    for line in (f'{{{HEAD},"msg":[NaN]}}', f'{{{HEAD},"ms":NaN,"msg":[]}}', '{"kind":"x","a":Infinity}'):
        with pytest.raises(ValueError, match="not JSON"):
            decode(line.encode())


def test_depth_is_counted_without_recursion() -> None:
    deep: Any = []
    for _ in range(99_999):
        deep = [deep]
    assert deeper_than(99_999, deep)
    assert not deeper_than(100_000, deep)
    assert not deeper_than(1, {"a": 1})
    assert deeper_than(0, {})
    assert not deeper_than(0, 5)
