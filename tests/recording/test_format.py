"""An event becomes one line of strict JSON, whatever is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given

from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.recording import decode, encode, footer_line, header_line
from tests.recording.samples import EVERY_KIND, STARTED, events, frame, frames


def strictly(line: bytes) -> dict[str, Any]:
    """Parse as the strictest tools do: UTF-8, no NaN, one object on one line."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    parsed: dict[str, Any] = json.loads(line.decode(), parse_constant=refuse)
    json.dumps(parsed, ensure_ascii=False).encode()  # fails for a lone surrogate
    return parsed


def same_types(one: Event | None, other: Event) -> bool:
    """`1 == 1.0 == True` in Python, but not on the wire."""
    assert one is not None
    return all(type(getattr(one, name)) is type(getattr(other, name)) for name in one.__slots__ if name != "message")


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: f"{event.seq}-{type(event).__name__}")
def test_every_kind_survives_the_round_trip(event: Event) -> None:
    line = encode(event)
    strictly(line)
    back = decode(line)
    assert back == event
    assert back is not None
    assert same_types(back, event)
    assert encode(back) == line


@given(event=events)
def test_any_event_survives_the_round_trip(event: Event) -> None:
    line = encode(event)
    strictly(line)
    back = decode(line)
    assert back == event
    assert same_types(back, event)


@given(event=frames())
def test_a_frame_without_raw_has_its_bytes_in_msg(event: Frame) -> None:
    line = encode(event)
    if event.error is None:
        assert line.endswith(b',"msg":' + event.data + b"}\n")
    else:
        assert "raw" in strictly(line)


def test_the_keys_come_in_the_order_of_the_format() -> None:
    event = Frame(
        link="s", dir="s2c", type="batch", data=b"[NaN]", method="m", id=1, name="n", re=1, ms=1.0, by="user", size=5,
        eol="", error="NaN", items=(BatchItem("request"),), xid=3, redacted=2, seq=9, t=1,
    )  # fmt: skip
    assert list(strictly(encode(event))) == (
        "seq t kind link dir type method id name re ms by xid items bytes eol redacted error enc raw".split()
    )
    whole = strictly(encode(replace(event, data=b"[\n]")))
    assert list(whole)[-1] == "msg"


def test_what_is_not_there_is_left_out() -> None:
    line = encode(frame("notification", b'{"method":"x"}', method="x", seq=1, t=0.25))
    assert line == (
        b'{"seq":1,"t":0.250000,"kind":"frame","link":"server","dir":"s2c","type":"notification","method":"x"'
        b',"bytes":14,"msg":{"method":"x"}}\n'
    )


def test_ms_has_three_decimals_and_t_six() -> None:
    parsed = strictly(encode(frame("response", b"{}", id=1, re=1, ms=1.23456789, seq=2, t=0.1234567)))
    assert (parsed["ms"], parsed["t"]) == (1.235, 0.123457)


@pytest.mark.parametrize("type_", ["request", "response", "error"])
def test_an_id_of_null_is_written_where_there_is_one(type_: Any) -> None:
    assert strictly(encode(frame(type_, b"{}")))["id"] is None


@pytest.mark.parametrize("type_", ["notification", "invalid", "batch"])
def test_no_id_is_made_up(type_: Any) -> None:
    assert "id" not in strictly(encode(frame(type_, b"{}")))


@pytest.mark.parametrize("id_", [float("nan"), float("inf"), int("9" * 4000) ** 2], ids=["nan", "inf", "endless"])
def test_an_id_that_json_cannot_hold_is_null(id_: Any) -> None:
    assert strictly(encode(frame("request", b"{}", id=id_)))["id"] is None


def test_lone_surrogates_in_the_envelope_become_replacement_characters() -> None:
    line = encode(frame("request", b"{}", method="a\ud800b", name="\udfff", id="\ud83d\ude00", link="\udc80"))
    parsed = strictly(line)
    assert (parsed["method"], parsed["name"], parsed["link"]) == ("a\ufffdb", "\ufffd", "\ufffd")
    assert parsed["id"] == "\ufffd\ufffd"


def test_very_long_names_are_written_whole() -> None:
    assert strictly(encode(frame("request", b"{}", method="m" * 10_000)))["method"] == "m" * 10_000


@pytest.mark.parametrize(
    ("data", "msg"),
    [
        (b'{"a":\n1}', b'{"a": 1}'),
        (b'\r\n{"a":"\\n"\r\n}\r\n', b'  {"a":"\\n"  }  '),
        (b'{"x":1}', b'{"x":1}'),
        (b'{"a":"\n"}', None),
        (b"[NaN]", None),
        (b"[-Infinity]", None),
        (b"[1e400]", None),
        (b'{"a":1e400,"a":1}', None),
        (b"[" + b"9" * 400 + b"]", None),
        (b'["\\ud800"]', None),
        (b"\xef\xbb\xbf{}", None),
        (b"[" * 126 + b"]" * 126, b"[" * 126 + b"]" * 126),
        (b"[" * 127 + b"]" * 127, None),
        (b"[" * 100_000, None),
        (b"{} {}", None),
        (b"", None),
        (b"\xff", None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_beside_raw_there_is_msg_only_where_strict_tools_can_read_it(data: bytes, msg: bytes | None) -> None:
    line = encode(frame("response", data, id=1, error="some reason"))
    strictly(line)
    assert line.partition(b',"msg":')[2] == (b"" if msg is None else msg + b"}\n")
    back = decode(line)
    assert isinstance(back, Frame)
    assert back.data == data


@pytest.mark.parametrize("data", [b"", b'{"a":\n1}'])
def test_bytes_that_would_break_the_file_are_kept_apart_even_if_nobody_warned(data: bytes) -> None:
    back = decode(encode(frame("response", data, id=1)))
    assert isinstance(back, Frame)
    assert back.data == data
    assert back.error


def test_raw_is_text_where_it_can_be() -> None:
    parsed = strictly(encode(frame("invalid", "caf\u00e9\x00".encode(), error="not JSON")))
    assert (parsed["enc"], parsed["raw"]) == ("utf8", "caf\u00e9\x00")
    assert strictly(encode(frame("invalid", b"\xff", error="not UTF-8")))["enc"] == "base64"


def test_a_note_keeps_its_data_from_standing_for_something_else() -> None:
    note = Note(link="s", what="w", re=1, data={"seq": 0, "link": "x", "kind": "frame", "data": {"a": 1}, "rule": "r"})
    parsed = strictly(encode(replace(note, seq=5)))
    assert (parsed["seq"], parsed["link"], parsed["kind"], parsed["re"]) == (5, "s", "note", 1)
    assert parsed["rule"] == "r"
    assert parsed["data"] == {"seq": 0, "link": "x", "kind": "frame", "data": {"a": 1}}
    assert decode(encode(replace(note, seq=5))) == replace(note, seq=5)


def test_what_is_no_json_is_said_in_words() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    data = {
        "path": Path("x"),
        "nan": float("nan"),
        "huge": 10**5000,
        "bytes": b"\xffa",
        "proxy": MappingProxyType({1: {2}}),
        "endless": endless,
        "deep": deep,
        "lone": "\ud800",
    }
    line = encode(Note(link="s", what="w", data=data, seq=1))
    parsed = strictly(line)
    assert (parsed["path"], parsed["nan"], parsed["huge"]) == ("x", "out of range", "out of range")
    assert (parsed["bytes"], parsed["proxy"], parsed["lone"]) == ("\ufffda", {"1": "{2}"}, "\ufffd")
    assert isinstance(decode(line), Note)


def test_stderr_that_is_not_utf8_can_be_read_by_people_and_is_kept_exactly() -> None:
    event = Stderr(link="s", data=b"a\xffb\n", seq=1)
    assert strictly(encode(event))["text"] == "a\ufffdb\n"
    assert decode(encode(event)) == event


def test_surrogates_cannot_break_any_kind() -> None:
    lone = "\udcff"
    for event in (
        Opened(link=lone, mode="client", transport="stdio", target={"command": lone, "args": [lone]}, seq=1),
        Http(link=lone, phase="response", xid=1, headers=((lone, lone),), text=lone, error=lone, seq=1),
        Closed(link=lone, reason=lone, signal=lone, error=lone, seq=1),
        Note(link=lone, what=lone, data={lone: [lone, {lone: lone}]}, seq=1),
    ):
        strictly(encode(event))


def test_the_header_says_what_wrote_it_and_when() -> None:
    parsed = strictly(header_line(STARTED, policy="none"))
    assert list(parsed) == ["format", "version", "kind", "started", "tool", "redaction"]
    assert parsed["started"] == "2026-11-21T01:45:00.123456Z"
    assert parsed["redaction"] == {"policy": "none"}


def test_the_footer_counts_the_events() -> None:
    assert footer_line(seq=9, t=0.5, events=8, exit=0) == (
        b'{"seq":9,"t":0.500000,"kind":"footer","events":8,"exit":0}\n'
    )
