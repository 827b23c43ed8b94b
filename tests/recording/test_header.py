"""Line 1 tells what a file is, and the sentence fits what is wrong with it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.recording import Recording
from tests.recording.conftest import HEADER, written, zstd


def test_a_file_that_is_no_recording_is_called_what_it_is(tmp_path: Path) -> None:
    for content in (
        b"hello\n",
        b"{}\n",
        b"[1]\n",
        b"\x00" * 5000,
        b"\n",
        b'{"seq":1,"t":0,"kind":"closed"}\n',
        b"x" * 3_000_000,
    ):
        with pytest.raises(RecordingError, match="is not an mcpwatch recording|is empty") as caught:
            Recording.open(written(tmp_path, content))
        assert caught.value.exit_code == ExitCode.RECORDING
    for content in (b"", gzip.compress(b""), zstd.compress(b"")):
        with pytest.raises(RecordingError, match="is empty"):
            Recording.open(written(tmp_path, content))


@pytest.mark.parametrize("version", ["2", "99"])
def test_a_newer_version_is_refused_clearly(tmp_path: Path, version: str) -> None:
    header = HEADER.replace(b'"version":1', b'"version":' + version.encode())
    with pytest.raises(RecordingError, match=f"newer version of mcpwatch: its format is {version}") as caught:
        Recording.open(written(tmp_path, header))
    assert "update" in caught.value.hint


@pytest.mark.parametrize("version", [b"0", b"-1", b'"1"', b"true", b"1.0", b"null"])
def test_a_version_that_is_none_makes_it_no_recording(tmp_path: Path, version: bytes) -> None:
    with pytest.raises(RecordingError, match="is not an mcpwatch recording"):
        Recording.open(written(tmp_path, HEADER.replace(b'"version":1', b'"version":' + version)))


@pytest.mark.parametrize("started", [b"null", b"5", b'"yesterday"'])
def test_a_header_must_say_when_it_started(tmp_path: Path, started: bytes) -> None:
    header = re.sub(rb'"started":"[^"]*"', b'"started":' + started, HEADER)
    with pytest.raises(RecordingError, match="when it was started"):
        Recording.open(written(tmp_path, header))
