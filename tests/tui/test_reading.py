"""A file as a source: read in a thread, followed while it is written, and looked at as it was at some time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.recording import Writer
from mcpwatch.tui import folding
from mcpwatch.tui.reading import Reading
from tests.model.story import Story
from tests.tui.conftest import GOLDEN, wait_until
from tests.tui.told import begun, written

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def reading(path: Path) -> AsyncGenerator[Reading]:
    source = Reading(path)
    source.start()
    try:
        await wait_until(lambda: source.reading is None)
        yield source
    finally:
        await source.close()


def calls(count: int) -> Story:
    story = begun()
    for number in range(count):
        story.request("tools/call", {"name": f"tool {number}"})
        story.result({"content": []})
    return story


async def test_everything_is_indexed_and_folded_and_read_back() -> None:
    async with reading(GOLDEN / "v1-every-kind.mcpw.jsonl") as source:
        assert source.rows == len(source.index) > 10
        assert source.timeline.seq == source.index.last == source.event(source.rows - 1).seq
        assert (source.live, source.session, source.problem) == (False, None, None)
        assert source.footer is not None
        assert source.now() == source.timeline.t


@pytest.mark.parametrize("packed", [".gz", ".zst"])
async def test_a_compressed_recording_is_read_like_a_plain_one(packed: str) -> None:
    async with reading(GOLDEN / "v1-every-kind.mcpw.jsonl") as plain:
        async with reading(GOLDEN / f"v1-every-kind.mcpw.jsonl{packed}") as source:
            assert list(map(source.event, range(source.rows))) == list(map(plain.event, range(plain.rows)))


async def test_growth_is_told_on_the_loop_and_many_at_once(tmp_path: Path) -> None:
    story = calls(2_000)
    source = Reading(written(story, tmp_path))
    told: list[int] = []
    loop = asyncio.get_running_loop()

    def grew() -> None:
        assert asyncio.get_running_loop() is loop
        told.append(len(source.index))

    leave = source.subscribe(grew)
    source.start()
    await wait_until(lambda: source.reading is None and told and told[-1] == len(story.events))
    assert len(told) < 1_000
    leave()
    source.grew()
    await asyncio.sleep(0)
    await source.close()


@pytest.mark.parametrize("large", [10**9, 0])
async def test_the_past_is_what_had_come_by_then_and_the_present_comes_back(
    large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "LARGE", large)
    story = calls(400)
    async with reading(written(story, tmp_path)) as source:
        assert len(source.timeline.exchanges) == 401

        async def at(row: int) -> None:
            seq, t = story.events[row].seq, story.events[row].t
            source.until = t
            await wait_until(lambda: source.timeline.seq == seq)
            assert source.rows == row + 1
            assert source.now() == t

        await at(300)
        assert len(source.timeline.exchanges) == 149 + 1
        await at(301)
        await at(700)
        await at(100)
        source.until = None
        await wait_until(lambda: len(source.timeline.exchanges) == 401)
        assert source.rows == len(story.events)


async def test_a_session_that_is_being_written_is_followed_to_its_end(tmp_path: Path) -> None:
    story = calls(3)
    writer = Writer(tmp_path / "t.mcpw.jsonl", started=datetime.now(UTC))
    first, last = story.events[:4], story.events[4:]
    for event in first:
        writer.write(event)
    async with reading(writer.path) as source:
        assert source.live
        await wait_until(lambda: source.timeline.seq == first[-1].seq)
        for event in last:
            writer.write(event)
        await wait_until(lambda: source.timeline.seq == last[-1].seq)
        assert source.footer is None
        writer.close(0)
        await wait_until(lambda: not source.live)
        assert source.footer is not None
        assert source.event(source.rows - 1) == last[-1]


async def test_a_recording_whose_writer_was_ended_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    story = calls(3)
    path = written(story, tmp_path, footer=False)
    path.write_bytes(path.read_bytes()[:-20])
    async with reading(path) as source:
        assert source.rows == len(story.events) - 1
        assert (source.live, source.footer, source.code) == (False, None, ExitCode.OK)


async def test_a_damaged_recording_is_shown_up_to_the_damage_and_says_where(tmp_path: Path) -> None:
    story = calls(3)
    path = written(story, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5] = b"{broken\n"
    path.write_bytes(b"".join(lines))
    async with reading(path) as source:
        assert source.rows == 4
        assert "is damaged in line 6" in (source.problem or "")
        assert source.code == ExitCode.RECORDING


async def test_what_is_no_recording_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.mcpw.jsonl"
    path.write_text("hello\n")
    with pytest.raises(RecordingError):
        Reading(path)


async def test_large_messages_are_not_kept_in_memory(tmp_path: Path) -> None:
    story = begun()
    story.request("tools/call", {"name": "x", "arguments": {"text": "x" * 200_000}})
    async with reading(written(story, tmp_path)) as source:
        row = source.rows - 1
        assert source.event(row) == source.event(row) == story.events[-1]
        assert source.event(row) is not source.event(row)
        assert source.event(0) is source.event(0)
