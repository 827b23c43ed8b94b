"""What is typed as a filter is understood, told where it is wrong, and no short cut says otherwise than the event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.errors import UsageError
from mcpwatch.events import Event, Frame, Note, Stderr
from mcpwatch.recording import Index, decode, encode
from mcpwatch.recording.query import EXAMPLES, KEYS, Query, parse_query
from tests.recording.samples import EVERY_KIND, events, frame


def _as_read(event: Event) -> Event:
    back = decode(encode(event))
    assert back is not None
    return back


def seqs(text: str) -> list[int]:
    wanted = parse_query(text)
    return [event.seq for event in map(_as_read, EVERY_KIND) if wanted.accepts(event)]


def test_nothing_typed_wants_everything() -> None:
    assert seqs("  ") == [event.seq for event in EVERY_KIND]
    assert not parse_query("")
    assert parse_query("x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("method:tools/call", [4, 8, 9, 15]),
        ("method:ping,notifications/*", [5, 7, 12, 13]),
        ("method:ping method:notifications/*", [5, 7, 12, 13]),
        ("method:ping -id:1.5", [5]),
        ("dir:c2s", [4, 14]),
        ("dir:out", [4, 14]),
        ("kind:batch", [15, 16]),
        ("type:batch", [15, 16]),
        ("kind:junk", [15, 17, 18, 19, 20]),
        ("kind:stderr,notes", [25, 26, 34, 35, 36]),
        ("link:proxied", [3, 14, 38]),
        ("id:7", [4, 8, 15]),
        ('id:"7"', []),
        ("err", [9, 10, 11, 15, *range(17, 25), 33, 38, 39]),
        ("err -kind:junk -link:web", [9, 10, 11, 21, 22, 23, 38]),
        ("ERR example.org/mcp", []),
        ("example.org/mcp", [2, 27]),
        ("https://example.org/mcp -kind:http", [2]),
        ('"on \\"port\\" 80"', [18]),
        ("CAFÉ", [9]),
        ("name:add", [4, 8, 15]),
        ("name:a* -name:add", []),
        ("-name:add ms>6", [9]),
        ("by:user", [4]),
        ("ms>6", [9]),
        ("ms>=6", [8, 9]),
        ("ms>=6 -ms>10", [8]),
        ("ms=6", [8]),
        ("ms<0.01s", [8]),
        ("t<=3ms", [1, 2]),
        ("t>0.054 -t>0.056", [37]),
        ("size>100 kind:error", []),
    ],
    ids=str,
)
def test_a_query_wants_what_it_says(text: str, expected: list[int]) -> None:
    assert seqs(text) == expected


@pytest.mark.parametrize("example", [example for example, _ in EXAMPLES], ids=str)
def test_every_example_of_the_help_is_understood(example: str) -> None:
    assert parse_query(example)


def test_every_key_has_an_example_that_is_understood() -> None:
    for key, told in KEYS.items():
        words = [word for word in told.split() if word.startswith(key) and word != key and word[len(key)] in ":<>="]
        assert words, key
        for word in words:
            assert parse_query(word), word


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("methd:x", "there is no methd:", "did you mean method:?"),
        ("xyzzy:1", "there is no xyzzy:", "put it into quotes"),
        ("kind:stdr", "there is no kind:stdr", "did you mean stderr?"),
        ("kind:xyzzy", "there is no kind:xyzzy", "one of request, response"),
        ("dir:up", "there is no dir:up", "c2s"),
        ("ms:100", "ms: is not how it is asked: ms>100", ""),
        ("method>3", "method> is not how it is asked: method:…", ""),
        ("ms>fast", "ms>fast is no number", "latency"),
        ("size>10x", "size>10x is no number", "size"),
        ("ms>", "ms> what?", ""),
        ("link:", "link: what?", ""),
        ('say "hello', "a quote is not closed", ""),
        ("a -", "- what?", ""),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_in_one_sentence(text: str, told: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(text)
    assert str(caught.value).startswith(told)
    assert hint in caught.value.hint


def test_a_word_in_quotes_is_only_text() -> None:
    event = Stderr(link="s", data=b"err: method:x is -not here", seq=1)
    for text in ('"err"', '"method:x"', '"-not here"', '"err: m"'):
        assert parse_query(text).accepts(event), text
    assert not parse_query("err").accepts(event)
    assert not parse_query('-"not here"').accepts(event)


def test_two_queries_are_one_that_wants_what_both_want() -> None:
    both = parse_query("kind:note").also(parse_query("x"))
    assert both.accepts(Note(link="s", what="x", seq=1))
    assert not both.accepts(Note(link="s", what="y", seq=1))
    assert not both.accepts(frame("notification", b'{"x":1}'))


def test_its_texts_are_those_that_must_be_there() -> None:
    assert parse_query('one -two "three four" kind:note').texts == ("one", "three four")


QUERIES = (
    *("method:tools/call", "method:*", "kind:request,response", "err", "dir:s2c", "link:server", "id:7", "x", "-x"),
    *("name:add", "name:*", "-name:add", "by:user", "ms>5", "-ms>5", "size>20", "t<1", "kind:http", "-err", "-dir:c2s"),
    *("-kind:note", "-method:ping", "-link:server", "-id:7", "text -err"),
)


@given(event=events, words=st.lists(st.sampled_from(QUERIES), max_size=3))
def test_neither_the_index_nor_the_bytes_say_otherwise_than_the_event(event: Any, words: list[str]) -> None:
    wanted = parse_query(" ".join(words))
    line = encode(event)[:-1]
    read = decode(line)
    assert read is not None
    truth = wanted.accepts(read, line)
    assert wanted.decide(line) in (None, truth)
    assert wanted.precheck(line) or not truth
    index = Index()
    index.add_line(line, 0)
    entry = index.entry(0)
    if wanted.timely(entry.t):
        assert wanted.glance(entry) in (None, truth)
    else:
        assert not truth


def test_an_empty_query_is_decided_by_a_glance() -> None:
    index = Index()
    index.add(frame("request", b"{}", method="ping", id=1), 0)
    assert parse_query("").glance(index.entry(0)) is True
    assert Query().decide(b"{}") is True
    assert isinstance(_as_read(frame("request", b"{}", method="ping", id=1)), Frame)
