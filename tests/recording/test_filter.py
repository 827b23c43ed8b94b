"""A filter accepts what its options say, and no short cut through the bytes ever says otherwise."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Stderr
from mcpwatch.recording import Filter, decode, encode, is_wrong
from tests.recording.samples import EVERY_KIND, events, frame


def seqs(**options: Any) -> list[int]:
    wanted = Filter(**options)
    return [event.seq for event in map(_as_read, EVERY_KIND) if wanted.accepts(event)]


def _as_read(event: Event) -> Event:
    back = decode(encode(event))
    assert back is not None
    return back


def test_no_condition_accepts_everything() -> None:
    assert seqs() == [event.seq for event in EVERY_KIND]
    assert Filter().precheck(b"")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"methods": ["tools/call"]}, [4, 8, 9, 15]),
        ({"methods": ["notifications/*"]}, [12, 13]),
        ({"methods": ["*"]}, [4, 5, 6, 7, 8, 9, 12, 13, 14, 15]),
        ({"methods": ["ping", "x/*"]}, [5, 6, 7]),
        ({"methods": ["call"]}, [4, 8, 9, 15]),
        ({"methods": ["all"]}, []),
        ({"methods": ["*/*/*"]}, [13]),
        ({"methods": ["[pt]ing", "pin?"]}, []),
        ({"dirs": ["c2s"]}, [4, 14]),
        ({"types": ["error"]}, [11]),
        ({"types": ["batch"]}, [15, 16]),
        ({"types": ["request"]}, [4, 5, 6, 7, 15]),
        ({"types": ["stderr", "note"]}, [25, 26, 34, 35, 36]),
        ({"types": ["frame"], "links": ["web", "proxied"]}, [14, 24]),
        ({"types": ["batch"], "methods": ["tools/call"]}, [15]),
        ({"links": ["proxied"]}, [3, 14, 38]),
        ({"ids": ["7"]}, [4, 8, 15]),
        ({"ids": [7]}, [4, 8, 15]),
        ({"ids": ['"7"']}, []),
        ({"ids": ["listen-1", 1.5]}, [5, 7]),
        ({"ids": ["1.5"]}, [7]),
        ({"ids": ["true"]}, [10]),
        ({"ids": [True]}, [10]),
        ({"ids": [1]}, [15]),
        ({"ids": ["null"]}, [6, 11]),
        ({"ids": ["3"]}, [19]),
        ({"ids": ["1"], "methods": ["tools/call"], "types": ["response"]}, []),
        ({"since": 0.0555, "until": 0.057}, [37, 38]),
        ({"text": "CAF\u00c9"}, [9]),
        ({"text": "hello\nw\u00f6rld"}, [25]),
        ({"text": 'on "port" 80'}, [18]),
        ({"text": "/\u00e9"}, [10]),
        ({"text": "example.org/mcp"}, [2, 27]),
        ({"text": '"isError":true'}, [9]),
        ({"errors": True}, [9, 10, 11, 15, *range(17, 25), 33, 38, 39]),
        ({"errors": True, "links": ["web"]}, [24, 33, 39]),
        ({"errors": True, "text": "SIGSEGV"}, [38]),
    ],
    ids=str,
)
def test_a_condition_accepts_what_it_says(options: dict[str, Any], expected: list[int]) -> None:
    assert seqs(**options) == expected


def test_a_string_stands_for_the_json_it_spells_and_a_number_only_for_itself() -> None:
    def accepted(wanted: Any) -> list[Any]:
        ids: list[Any] = [7, "7", 7.0, '"7"', True, "true", None, "null"]
        return [id_ for id_ in ids if Filter(ids=[wanted]).accepts(frame("request", b"{}", id=id_))]

    assert accepted("7") == [7, "7"]
    assert accepted('"7"') == ["7", '"7"']
    assert accepted("7.0") == [7.0]
    assert [type(each) for each in accepted(7)] == [int]
    assert [type(each) for each in accepted(7.0)] == [float]
    assert accepted("true") == [True, "true"]
    assert accepted("null") == [None, "null"]
    assert accepted(None) == [None]


def test_a_notification_has_no_id_to_ask_for() -> None:
    wanted = Filter(ids=["null", "7"])
    assert not wanted.accepts(frame("notification", b"{}", method="x"))
    assert not wanted.accepts(frame("invalid", b"{}"))


def test_text_is_looked_for_in_the_line_as_it_stands() -> None:
    event = frame("notification", b'{"method":"a\\/b","x":"caf\\u00e9 \\"q\\""}', method="a/b")
    for text in ("a/b", "A\\/B", "caf\u00e9", "CAF\\u00E9", '"q"', '\\"q\\"', '"method":"a'):
        assert Filter(text=text).accepts(event), text
    line = b'{ "kind" : "note", "what" : "w", "link" : "s", "t" : 1, "seq" : 1 }'
    note = decode(line)
    assert note is not None
    assert Filter(text='"KIND" : "note"').accepts(note, line)
    assert not Filter(text='"KIND" : "note"').accepts(note)


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (frame("error", b"{}"), True),
        (frame("invalid", b"", error="x"), True),
        (frame("response", b"", message={"result": {"isError": True}}), True),
        (frame("response", b"", message={"result": {"isError": "true"}}, re=1), False),
        (frame("response", b"", message={"result": [1]}, re=1), False),
        (frame("response", b"", message=None, re=1), False),
        (frame("response", b"", message={"result": {}}), True),
        (frame("request", b"", message={"result": {"isError": True}}), False),
        (frame("batch", b"", items=(BatchItem("notification"), BatchItem("error"))), True),
        (frame("batch", b"", items=(BatchItem("response"),), message=[5, {"result": {"isError": True}}]), True),
        (frame("batch", b"", items=(BatchItem("response"),), message=[{"result": {}}]), False),
        (Closed(link="s", reason="exit", code=0), False),
        (Closed(link="s", reason="closed"), False),
        (Closed(link="s", reason="exit", code=1), True),
        (Closed(link="s", reason="signal", signal="SIGTERM"), True),
        (Closed(link="s", reason="lost", error="reset"), True),
        (Http(link="s", phase="error", xid=1, error="reset"), True),
        (Http(link="s", phase="response", xid=1, status=401), False),
        (Stderr(link="s", data=b"error"), False),
        (Note(link="s", what="handler-failed"), False),
    ],
)
def test_what_went_wrong(event: Event, wrong: bool) -> None:
    assert is_wrong(event) is wrong


_escape = re.compile(r"[a-zA-Z0-9/]")


@st.composite
def respelled(draw: st.DrawFn, event: Event) -> bytes:
    """The same line as another tool might write it: any order of keys, spacing, and escapes in strings."""
    line = encode(event)[:-1]
    how = draw(st.sampled_from(["ours", "reordered", "annotated", "escaped", "solidus"]))
    if how == "ours":
        return line
    if how == "annotated":
        return line[:-1] + b',"zz":{"method":"tools/call","id":7,"isError":true}}'
    members = list(json.loads(line).items())
    members = draw(st.permutations(members)) if how == "reordered" else members
    again = json.dumps(dict(members), separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])), allow_nan=False)
    if how == "solidus":
        return again.replace("/", "\\/").encode()
    if how == "escaped":
        # Only inside strings, and not what follows a backslash.
        pieces = re.split(r'("(?:[^"\\]|\\.)*")', again)
        pieces[1::2] = [
            re.sub(
                r"\\.|[a-zA-Z/]", lambda found: found[0] if found[0][0] == "\\" else f"\\u{ord(found[0]):04X}", piece
            )
            if "\\u" not in piece
            else piece
            for piece in pieces[1::2]
        ]
        return "".join(pieces).encode()
    return again.encode()


_some_events = events | st.sampled_from(EVERY_KIND)
_values = st.text(max_size=5) | st.sampled_from(
    [
        "server",
        "web",
        "tools/call",
        "notifications/*",
        "*",
        "a*b",
        "request",
        "batch",
        "stderr",
        "c2s",
        "7",
        '"7"',
        "null",
    ]
)


@st.composite
def filters_for(draw: st.DrawFn, event: Event) -> Filter:
    """Filters that have a fair chance to accept `event`."""
    options: dict[str, Any] = {}
    if isinstance(event, Frame):
        candidates: dict[str, list[Any]] = {
            "methods": [event.method, *(item.method for item in event.items)],
            "dirs": [event.dir],
            "types": [event.type, "frame", *(item.type for item in event.items)],
            "ids": [event.id, json.dumps(event.id), str(event.id), *(item.id for item in event.items)],
        }
    else:
        candidates = {"types": [type(event).__name__.lower()]}
    candidates["links"] = [event.link]
    for name, values in candidates.items():
        if draw(st.booleans()):
            values = [value for value in values if value is not None or name == "ids"]
            options[name] = draw(st.lists(st.sampled_from(values) | _values if values else _values, max_size=2))
    if draw(st.booleans()):
        options["since"] = draw(st.sampled_from([0.0, event.t, event.t + 1]))
        options["until"] = draw(st.sampled_from([None, event.t, event.t + 1]))
    if draw(st.integers(0, 3)) == 0:
        line = encode(event).decode()
        start = draw(st.integers(0, len(line) - 2))
        options["text"] = line[start : start + draw(st.integers(0, 12))].rstrip("\n").upper()
    options["errors"] = draw(st.integers(0, 3)) == 0
    return Filter(**options)


@given(data=st.data(), event=_some_events)
def test_the_short_cuts_never_reject_or_accept_what_a_close_look_would_not(data: st.DataObject, event: Event) -> None:
    line = data.draw(respelled(event))
    wanted = data.draw(filters_for(event))
    read = decode(line)
    assert read is not None
    accepted = wanted.accepts(read, line)
    if accepted:
        assert wanted.precheck(line)
        assert wanted.precheck(b'{"other":1}\n' + line + b"\n{}\n")
    assert wanted.decide(line) in (None, accepted)


@given(data=st.data(), event=_some_events)
def test_an_event_is_accepted_alike_live_and_from_its_line(data: st.DataObject, event: Event) -> None:
    wanted = data.draw(filters_for(event))
    read = _as_read(event)
    assert wanted.accepts(read) == wanted.accepts(read, encode(event))


def test_the_short_cuts_do_save_the_look() -> None:
    lines = [encode(event)[:-1] for event in EVERY_KIND]
    wanted = Filter(methods=["tools/call"], dirs=["s2c"], links=["server"], since=0.0)
    decided = [wanted.decide(line) for line in lines]
    assert decided[7] is True
    assert decided[3] is False
    assert decided[11] is False
    assert sum(each is not None for each in decided) > 30
    assert not Filter(methods=["nothing/like/it"]).precheck(lines[3] + b"\n" + lines[11])


def test_escapes_that_could_spell_the_value_are_not_rejected() -> None:
    for line in (
        encode(frame("request", b"{}", method="tools/call")).replace(b"tools/call", b"tools\\/call"),
        encode(frame("request", b"{}", method="tools/call")).replace(b"tools/call", b"\\u0074ools/call"),
    ):
        read = decode(line)
        assert read is not None
        wanted = Filter(methods=["tools/call"])
        assert wanted.accepts(read, line)
        assert wanted.precheck(line)
        assert wanted.decide(line) is not False


def test_what_stands_behind_the_message_counts() -> None:
    line = encode(frame("response", b"{}", id=1))[:-2] + b',"method":"tools/call"}'
    read = decode(line)
    assert read is not None
    wanted = Filter(methods=["tools/call"])
    assert wanted.accepts(read, line)
    assert wanted.decide(line) is not False


@pytest.mark.parametrize(
    ("spelled", "wanted"), [("1.50", "1.5"), ("15e-1", 1.5), ("-0", "0"), ("-0", 0), ("1E2", "100.0")]
)
def test_a_number_may_be_spelled_in_other_ways(spelled: str, wanted: Any) -> None:
    line = encode(frame("request", b"{}", id=77, method="m")).replace(b'"id":77', b'"id":' + spelled.encode())
    read = decode(line)
    assert read is not None
    assert Filter(ids=[wanted]).accepts(read, line)
    assert Filter(ids=[wanted]).precheck(line)
    assert Filter(ids=[wanted]).decide(line) is not False


def test_what_looks_like_an_id_on_a_notification_is_none() -> None:
    line = encode(frame("notification", b"{}", id=7, method="m"))
    read = decode(line)
    assert read is not None
    assert not Filter(ids=["7"]).accepts(read, line)
    assert Filter(ids=["7"]).decide(line) is not True
