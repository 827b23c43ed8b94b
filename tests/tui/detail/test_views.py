"""What each view makes of an event: the tree, the written-out JSON, the bytes, of any shape and any length."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.events import Frame, Note, Stderr
from mcpwatch.recording import Recording
from mcpwatch.text import sanitize, width
from mcpwatch.tui.detail.body import Body, Hex, Lines, wrapped
from mcpwatch.tui.detail.jsontree import JsonTree
from mcpwatch.tui.detail.loaded import MOST, Loaded, load
from mcpwatch.tui.detail.pretty import MOST_LINES, pretty
from mcpwatch.view.style import plain
from tests.recording.samples import EVERY_KIND
from tests.tui.traffic.talk import HOSTILE, Talk, save


def text(body: Body, cells: int = 100) -> list[str]:
    body.fit(cells)
    return [plain(body.line(number, cells)) for number in range(body.count)]


def loaded(talk: Talk, folder: Path, row: int) -> Loaded:
    folder.mkdir(exist_ok=True)
    with Recording.open(talk.save(folder)) as recording:
        found = load(recording.index, recording.bytes_at, row)
    assert found is not None
    return found


# ---- what is read


def test_every_kind_of_event_can_be_looked_at(tmp_path: Path) -> None:
    with Recording.open(save(tmp_path / "r.mcpw.jsonl", EVERY_KIND)) as recording:
        for row, event in enumerate(EVERY_KIND):
            found = load(recording.index, recording.bytes_at, row)
            assert found is not None and found.event.seq == event.seq and not found.more
            if isinstance(event, Frame | Stderr):
                assert found.data == event.data
            if isinstance(event, Note):
                assert found.value["what"] == event.what
            assert text(JsonTree(found.value)) and pretty(found.value)
        assert load(recording.index, recording.bytes_at, len(EVERY_KIND)) is None


def test_of_a_very_long_message_the_beginning_is_read_and_the_rest_is_counted(tmp_path: Path) -> None:
    talk = Talk()
    talk.frame(
        "notification", "s2c", {"method": "x", "params": {"a": [1, 2], "big": "y" * (5 << 20), "b": 3}}, method="x"
    )
    found = loaded(talk, tmp_path, 1)
    assert isinstance(found.event, Frame)
    assert MOST - 500 < len(found.data) <= MOST
    assert found.data.startswith(b'{"method": "x", "params": {"a": [1, 2], "big": "yyy')
    assert found.more == found.event.size - len(found.data)
    assert found.rest == "… 4.0 MiB more"
    assert found.value["params"]["a"] == [1, 2]
    for body in (
        JsonTree(found.value, found.rest),
        Lines(pretty(found.value, found.rest)),
        Hex(found.data, found.rest),
    ):
        assert text(body)[-1] == "… 4.0 MiB more"


def test_so_it_is_with_long_junk_and_long_stderr(tmp_path: Path) -> None:
    talk = Talk()
    talk.junk(b"\xff" * (3 << 20))
    talk.stderr("words " * (1 << 19))
    found = loaded(talk, tmp_path / "1", 1)
    assert found.data.startswith(b"\xff\xff\xff") and 0 < len(found.data) < MOST and found.more > 1 << 20
    found = loaded(talk, tmp_path / "2", 2)
    assert found.data.startswith(b"words words") and found.more


# ---- the tree

VALUE: dict[str, Any] = {"a": 1, "b": {"c": [True, None, 2.5], "d": {}}, "text": "one\ntwo", "json": '{"x": [1]}'}


def test_the_tree_unfolds_what_is_little_and_folds_and_unfolds_the_rest() -> None:
    tree = JsonTree(VALUE)
    assert text(tree) == [
        "▾ {4}",
        "    a: 1",
        "  ▾ b: {2}",
        "    ▾ c: [3]",
        "        0: true",
        "        1: null",
        "        2: 2.5",
        "      d: {}",
        '  ▸ text: "one\\ntwo"',
        '  ▸ json: "{\\"x\\": [1]}"',
    ]
    assert tree.toggle(2)
    assert text(tree)[2] == '  ▸ b: {2} {"c": [true, null, 2.5], "d": {}}'
    assert not tree.toggle(1)
    assert tree.toggle(3)
    assert text(tree)[3:6] == ["  ▾ text: text of 7 characters", "      one", "      two"]
    assert tree.toggle(6)
    assert text(tree)[7] == '    ▸ (JSON): {1} {"x": [1]}'
    assert tree.toggle(7)
    assert text(tree)[8] == "      ▸ x: [1] [1]"
    assert tree.toggle(0)
    assert len(text(tree)) == 1


def test_of_a_long_array_a_part_is_shown_and_more_on_request() -> None:
    tree = JsonTree(list(range(5000)))
    assert tree.count == 1
    assert tree.toggle(0)
    assert tree.count == 202
    assert text(tree)[-1].strip() == "… 4,800 more"
    assert tree.toggle(201)
    assert text(tree)[-1].strip() == "… 3,800 more"


def test_what_is_nested_too_deep_breaks_nothing() -> None:
    value: Any = 1
    for _ in range(250):
        value = [value]
    tree = JsonTree(value)
    for number in range(140):
        tree.toggle(min(number, tree.count - 1))
    assert text(tree) and pretty(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9) | st.sampled_from(HOSTILE), inner),
    max_leaves=15,
)


@given(value=VALUES, folds=st.lists(st.integers(0, 60), max_size=12), cells=st.integers(12, 120))
def test_no_value_breaks_a_view_or_reaches_the_screen_raw(value: Any, folds: list[int], cells: int) -> None:
    tree = JsonTree(value)
    for fold in folds:
        tree.toggle(min(fold, tree.count - 1))
    for body in (tree, Lines(pretty(value)), Hex(repr(value).encode("utf-8", "surrogatepass"))):
        for line in text(body, cells):
            assert line == sanitize(line)
    assert all(width(line) <= max(cells, 1) for line in text(tree, cells))


# ---- written out


def test_json_is_written_out_as_people_read_it() -> None:
    assert "\n".join(map(plain, pretty(VALUE))) == json.dumps(VALUE, indent=2).replace("[\n", "[\n")
    assert [plain(line) for line in pretty([])] == ["[]"]
    assert [plain(line) for line in pretty("x")] == ['"x"']


def test_at_most_so_many_lines_are_written_out() -> None:
    lines = pretty(list(range(MOST_LINES + 10)))
    assert len(lines) == MOST_LINES + 1
    assert plain(lines[-1]).startswith("… more lines")


def test_what_is_too_wide_goes_on_below_itself() -> None:
    shown = text(Lines(pretty({"key": "word " * 40})), 40)
    assert len(shown) > 5 and all(width(line) <= 40 for line in shown)
    assert shown[2].startswith("    ")
    assert wrapped([[]], 10) == [[]]


# ---- bytes


@pytest.mark.parametrize(("cells", "step"), [(80, 16), (79, 16), (60, 8)])
def test_bytes_are_shown_as_numbers_and_letters(cells: int, step: int) -> None:
    data = bytes(range(32, 90))
    shown = text(Hex(data), cells)
    assert len(shown) == -(-len(data) // step)
    assert shown[0].startswith("00000000  20 21 22 23")
    assert shown[1].startswith(f"{step:08x}  {32 + step:02x}")
    assert shown[0].endswith(bytes(range(32, 32 + step)).decode())
    assert all(width(line) <= cells for line in shown)
    joined = "".join(line[10 : 10 + step * 3 + 1] for line in shown)
    assert bytes.fromhex(joined.replace(" ", "")) == data


def test_what_is_no_letter_is_a_dot_and_no_bytes_are_said() -> None:
    assert text(Hex(b"\x1b[31m\xff\n"))[0].endswith("·[31m··")
    assert text(Hex(b"")) == ["no bytes"]
    assert not Hex(b"x").toggle(0) and not Lines([]).toggle(0)
