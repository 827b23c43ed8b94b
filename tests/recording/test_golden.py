"""The golden files: what was recorded once must be read for ever, to the same events."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Frame
from mcpwatch.recording import Recording, Writer, encode, format
from tests.recording.samples import EVERY_KIND, FEW, GOLDEN, STARTED

VERSION_1 = ["v1-every-kind.mcpw.jsonl", "v1-every-kind.mcpw.jsonl.gz", "v1-every-kind.mcpw.jsonl.zst"]


@pytest.mark.parametrize("name", VERSION_1)
def test_every_kind_is_read_to_the_events_that_were_written(name: str) -> None:
    with Recording.open(GOLDEN / name) as recording:
        assert list(recording.events()) == EVERY_KIND
        assert recording.started == STARTED
        assert recording.complete
        assert not recording.cut
        assert recording.footer is not None
        assert recording.footer["events"] == len(EVERY_KIND)
        assert recording.footer["exit"] == 0
        assert recording.unknown == 0


def test_the_writer_still_writes_the_golden_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format, "__version__", "0.1.0")  # what wrote it may change, what it wrote may not
    writer = Writer(tmp_path / "again.mcpw.jsonl", started=STARTED)
    for event in EVERY_KIND:
        writer.write(event)
    assert writer.close(0).read_bytes() == (GOLDEN / VERSION_1[0]).read_bytes()


def test_a_message_stands_in_the_file_byte_for_byte() -> None:
    lines = (GOLDEN / VERSION_1[0]).read_bytes().splitlines()
    spliced = [event for event in EVERY_KIND if isinstance(event, Frame) and event.error is None]
    assert spliced
    for frame in spliced:
        assert lines[frame.seq].endswith(b',"msg":' + frame.data + b"}")


def test_every_line_of_every_golden_file_is_read_by_a_strict_parser() -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    for path in sorted(GOLDEN.glob("*.mcpw.jsonl")):
        lines = path.read_bytes().splitlines()
        for line in lines[:-1] if "-cut" in path.name else lines:
            json.loads(line.decode(), parse_constant=refuse)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_reads_every_line() -> None:
    path = GOLDEN / VERSION_1[0]
    done = subprocess.run(["jq", "-r", ".kind", path], capture_output=True, check=True, text=True)
    assert done.stdout.split() == [
        "header",
        *[json.loads(encode(event))["kind"] for event in EVERY_KIND],
        "footer",
    ]


def test_a_file_of_another_tool_is_read_whatever_its_spacing_order_and_extras() -> None:
    with Recording.open(GOLDEN / "v1-foreign.mcpw.jsonl") as recording:
        opened, request, response, chat = recording.events()
        assert recording.unknown == 1
        assert recording.complete
        assert recording.started.timestamp() == int(STARTED.timestamp())
    assert (opened.link, opened.seq) == ("s", 1)
    assert isinstance(request, Frame)
    assert request.method == "tools/call"
    assert request.data == b'{"jsonrpc": "2.0", "id": 1, "method": "tools\\/call", "n": 1E2, "n": 2}'
    assert isinstance(response, Frame)
    assert response.data == b'{"jsonrpc":"2.0","id":1,"result":{}}'
    assert isinstance(chat, Frame)
    assert (chat.seq, chat.method) == (9, "chat")


def test_a_cut_file_gives_what_is_whole_and_says_that_it_is_cut() -> None:
    with Recording.open(GOLDEN / "v1-cut.mcpw.jsonl") as recording:
        assert list(recording.events()) == FEW[:4]
        assert recording.cut
        assert not recording.complete


def test_a_newer_version_is_refused_with_a_sentence() -> None:
    with pytest.raises(RecordingError, match="newer version of mcpwatch: its format is 2, this one reads up to 1"):
        Recording.open(GOLDEN / "v2-newer.mcpw.jsonl")
