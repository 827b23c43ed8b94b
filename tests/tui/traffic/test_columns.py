"""A line keeps its columns at every width, whatever a server puts into them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import BatchItem, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.text import sanitize, width
from mcpwatch.tui.traffic.columns import Columns, columns_for, heading, line_of
from mcpwatch.view.style import Line, clip_line, plain
from tests.recording.samples import EVERY_KIND, events, frame
from tests.tui.traffic.talk import HOSTILE, everyday


def lines(found: list[Event], cells: int, link: int = 0) -> list[str]:
    columns = columns_for(cells, link)
    return [plain(clip_line(line_of(event, columns, links={}), cells)) for event in found]


@pytest.mark.parametrize("cells", [20, 30, 40, 60, 80, 100, 160, 300])
def test_every_width_has_columns(cells: int) -> None:
    columns = columns_for(cells, 10)
    assert all(each >= 0 for each in columns)
    assert cells < 60 or width(plain(heading(columns))) <= cells


def test_what_is_left_out_where_it_is_narrow_is_left_out_everywhere() -> None:
    assert columns_for(60, 10)[:1] == (0,)
    narrow, middle, wide = columns_for(50, 0), columns_for(80, 0), columns_for(140, 0)
    assert (narrow.ms, narrow.size) == (0, 0)
    assert middle.ms and not middle.size
    assert wide.ms and wide.size and wide.text > middle.text


def test_columns_stand_below_each_other() -> None:
    shown = lines(everyday().events, 140)
    column = shown[1].index("request")
    assert all(line[column - 1] == " " and line[column] != " " for line in shown)
    text = shown[6].index("n=7")
    assert shown[13][text:].startswith('"done it"')
    assert shown[6].index("add #6") == shown[13].index("add #6")


def test_links_have_a_column_where_there_are_several() -> None:
    (one,) = lines([frame("request", b"{}", method="ping", id=1)], 120, 8)
    assert one.index("server") < one.index("request")
    assert "server" not in lines([frame("request", b"{}", method="ping", id=1)], 120)[0]


def test_times_of_any_length_fit() -> None:
    talk = everyday().events[0]
    for t, told in (
        (0.0, "0.000"),
        (999.9994, "999.999"),
        (1000, "1000.0"),
        (35_999, "35999.0"),
        (360_000, "100:00:00"),
    ):
        assert lines([replace(talk, t=t)], 80)[0].startswith(f"{told:>8}")


def test_a_long_name_is_cut_and_its_id_is_not() -> None:
    asked = frame("request", b"{}", method="a/very/long/method/name/that/goes/on", id=12345, name="x" * 100)
    (line,) = lines([asked], 80)
    assert "…" in line and "#12345" in line


def test_signs_say_what_colours_say() -> None:
    shown = dict(zip((event.seq for event in everyday().events), lines(everyday().events, 140), strict=True))
    assert "→" in shown[7] and "←" in shown[14]
    assert all("✗" in shown[seq] for seq in (16, 18, 20))
    assert not any("✗" in shown[seq] for seq in (7, 14, 15, 21))
    marked = line_of(everyday().events[6], columns_for(80, 0), links={}, marked=True)
    assert "◆" in plain(marked)


@given(event=events, cells=st.integers(20, 200), link=st.integers(0, 40), depth=st.integers(0, 9))
def test_no_event_breaks_a_line(event: Any, cells: int, link: int, depth: int) -> None:
    _clean(line_of(event, columns_for(cells, link), links={}, depth=depth), cells)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_obeyed_nowhere(text: str) -> None:
    said: dict[str, Any] = {"a": text, text: [text]}
    found: list[Event] = [
        frame("request", b"{}", dir="c2s", method=text, id=text, name=text, message={"params": said}),
        frame("request", b"{}", method="sampling/createMessage", id=1, message={"params": {"messages": [text]}}),
        frame("request", b"{}", method="elicitation/create", id=1, message={"params": {"message": text}}),
        frame("response", b"{}", method="tools/call", id=1, re=1, name=text, message={"result": {"content": text}}),
        frame("response", b"{}", method="initialize", id=1, re=1, message={"result": {"serverInfo": {"name": text}}}),
        frame("response", b"{}", method=text, id=1, re=1, message={"result": {"isError": True, "content": [said]}}),
        frame("response", b"{}", method="tools/call", id=1, re=1,
              message={"result": {"resultType": "input_required", "inputRequests": {text: {}}}}),
        frame("error", b"{}", method="x", id=1, re=1, message={"error": {"code": text, "message": text, "data": said}}),
        frame("notification", b"{}", method=text, message={"params": said}),
        frame("notification", b"{}", method="notifications/message",
              message={"params": {"level": text, "logger": text, "data": text}}),
        frame("notification", b"{}", method="notifications/progress",
              message={"params": {"progress": text, "total": text, "message": text, "progressToken": text}}),
        frame("invalid", text.encode("utf-8", "surrogatepass"), error=text),
        frame("batch", b"[]", items=(BatchItem("request", text, text, text),)),
        Stderr(link=text, data=text.encode("utf-8", "surrogatepass"), seq=1),
        Note(link=text, what=text, data={text: text}, seq=1),
        Note(link=text, what="answered", data={"rule": text}, seq=1),
        Opened(link=text, mode="client", transport="stdio", target={"command": text, "args": [text]}, seq=1),
        Closed(link=text, reason=text, error=text, signal=text, seq=1),
        Http(link=text, phase="response", xid=1, status=500, headers=((text, text),), seq=1),
        Http(link=text, phase="error", xid=1, error=text, url=text, verb=text, seq=1),
        Http(link=text, phase="body", xid=1, text=text, seq=1),
    ]  # fmt: skip
    for event in found:
        for cells in (40, 80, 200):
            line = line_of(event, columns_for(cells, 10), links={text: 3})
            _clean(line, cells)
            assert not any("\x1b" in part for part, _ in line)


def test_every_kind_has_a_line() -> None:
    for event in EVERY_KIND:
        for cells in (40, 120):
            _clean(line_of(event, columns_for(cells, 8), links={}), cells)


def _clean(line: Line, cells: int) -> None:
    shown = clip_line(line, cells)
    assert all(part == sanitize(part) for part, _ in shown)
    assert width(plain(shown)) <= cells


def test_a_frame_with_no_method_is_named_too() -> None:
    orphan = Frame(link="s", dir="s2c", type="response", data=b"{}", id=3, message={"id": 3, "result": {}}, seq=1)
    (line,) = lines([orphan], 100)
    assert "#3" in line and "answers nothing" in line
    assert isinstance(columns_for(100, 0), Columns)
