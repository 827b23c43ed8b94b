"""Compressed recordings are told by their content, and damage to them is never silent."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.recording import Recording
from tests.recording.conftest import HEADER, Record, written, zstd
from tests.recording.samples import FEW, frame


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_compressed_recording_cut_at_any_byte_gives_what_is_before_the_cut(
    tmp_path: Path, record: Record, packing: str
) -> None:
    plain = record().read_bytes()
    whole = gzip.compress(plain) if packing == "gzip" else zstd.compress(plain)
    read = 0
    for size in range(1, len(whole) + 1):
        path = written(tmp_path, whole[:size])
        try:
            with Recording.open(path) as recording:
                events = list(recording.events())
                assert events == FEW[: len(events)]
                assert recording.cut == (size < len(whole))
                assert size < len(whole) or recording.complete
                assert len(recording.index) == len(events)
                assert [recording.read(event.seq) for event in events] == events
            read += 1
        except RecordingError as error:
            assert re.search("cut in its first line|is not an mcpwatch recording", str(error))
    assert read > 0


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_damaged_compression_is_reported(record: Record, suffix: str) -> None:
    events = [frame("invalid", os.urandom(2000), error="x", seq=seq) for seq in range(1, 200)]
    path = record(events, name=f"r{suffix}")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 64] = b"\xff" * 64
    path.write_bytes(whole)
    with pytest.raises(RecordingError, match="cannot be unpacked to its end|is damaged in line"):
        with Recording.open(path) as recording:
            list(recording.events())
    with pytest.raises(RecordingError, match="cannot be unpacked to its end"):
        with Recording.open(path) as recording:
            recording.read(1)


def test_two_streams_in_one_file_are_one_recording(tmp_path: Path, record: Record) -> None:
    whole = record().read_bytes()
    for compress in (gzip.compress, zstd.compress):
        path = written(tmp_path, compress(whole[:300]) + compress(whole[300:]))
        with Recording.open(path) as recording:
            assert list(recording.events()) == FEW
            assert recording.complete


def test_a_bomb_is_unpacked_in_small_pieces(tmp_path: Path) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = bomb.compress(HEADER) + b"".join(bomb.compress(b"\n" * 1_000_000) for _ in range(20)) + bomb.flush()
    with Recording.open(written(tmp_path, content)) as recording:
        with pytest.raises(RecordingError, match="damaged in line 2"):
            list(recording.events())
