"""A recording of what comes in brief is, byte for byte, the one of the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Direction, Event
from mcpwatch.hub import Hub
from mcpwatch.recording import Recording, Writer
from mcpwatch.redact import Redactor
from mcpwatch.wire.proxy.copies import Copies
from tests.wire.test_brief import UNUSUAL, USUAL

SECRET = "hunter2-Xq9-correct"


def talk() -> list[tuple[Direction, bytes]]:
    """Chunks of both directions: what is usual in front of, behind and between what is not, and secrets among it."""
    usual, unusual = (b"".join(line + b"\n" for line in lines) for lines in (USUAL, UNUSUAL))
    mixed = b"".join(line + b"\n" for pair in zip(USUAL, UNUSUAL, strict=False) for line in pair)
    secret = b'{"id":"s","method":"tools/call","params":{"name":"%b"}}\n' % SECRET.encode()
    hidden = b'{"id":"h","method":"tools/call","params":{"name":"\\u0068unter2-Xq9-correct"}}\n'
    answers = b'{"id":"h","result":{}}\n{"id":"s","result":{}}\n{"id":7,"result":{}}\n{"id":"7","error":{}}\n'
    asked = b'{"id":"7","method":"q"}\n{"id":7,"method":"r"}\n'
    long = b'{"id":1,"method":"%b","params":{"text":"%b"}}\n' % (b"m" * 300, b"x" * 100_000)
    chunks = (
        usual,
        unusual,
        mixed,
        usual * 40 + secret + usual * 40,
        hidden,
        asked,
        long,
        usual.replace(b"\n", b"\r\n"),
    )
    both: list[tuple[Direction, bytes]] = []
    for chunk in chunks:
        both.extend((("c2s", chunk), ("s2c", answers), ("s2c", chunk[:100])))
    return both


def recorded(path: Path, *, brief: bool, **redacted: Any) -> tuple[bytes, int]:
    """A recording of it, all at time 0, and how many frames came in brief."""
    redactor = Redactor(secrets=[SECRET], **redacted)
    hub = Hub(redact=redactor, cleared=redactor)
    writer = Writer(path, started=hub.started, indexed=False)
    came = 0

    def entries(link: str, entries: Sequence[Any]) -> None:
        nonlocal came
        came += len(entries)
        writer.write_entries(link, entries)

    failures: list[Exception] = []
    hub.record(writer.write, writer.write_all, entries if brief else None)
    copies = Copies("x\u00e9", hub, failures.append)
    for lane, chunk in talk():
        copies.came(lane, chunk, 0.0)
        copies.record()
    copies.end("c2s", 0.0)
    copies.end("s2c", 0.0)
    writer.close(0)
    assert not failures
    return path.read_bytes().partition(b"\n")[2], came


@pytest.mark.parametrize("redacted", [{}, {"keys": ["uri"]}, {"keys": ["name"]}], ids=str)
def test_it_makes_no_difference_to_the_file(tmp_path: Path, redacted: dict[str, Any]) -> None:
    brief, came = recorded(tmp_path / "brief", brief=True, **redacted)
    whole, none = recorded(tmp_path / "whole", brief=False, **redacted)
    assert brief == whole
    assert SECRET.encode() not in brief
    assert came > 200 > none == 0


def test_times_are_those_of_the_bytes(tmp_path: Path) -> None:
    hub = Hub()
    writer = Writer(tmp_path / "r", started=hub.started, indexed=False)
    hub.record(writer.write, writer.write_all, writer.write_entries)
    copies = Copies("x", hub, print)
    copies.came("c2s", b'{"id":1,"method":"a"}\n', 1e9)
    copies.came("c2s", b'{"id":2,"method":"b"}\n', 1e9 + 1)
    copies.came("s2c", b'{"id":1,"result":{}}\n', 1e9 + 2)
    copies.record()
    writer.close(0)
    with Recording.open(tmp_path / "r") as recording:
        first, second, answer = recording.events()
    assert (round(second.t - first.t, 6), round(answer.t - first.t, 6)) == (1, 2)
    assert getattr(answer, "ms", None) == pytest.approx(2000, abs=0.01)


def test_what_comes_in_brief_is_found_again_by_its_number(tmp_path: Path) -> None:
    hub = Hub()
    writer = Writer(tmp_path / "r", started=hub.started, indexed=False)
    hub.record(writer.write, writer.write_all, writer.write_entries)
    copies = Copies("x", hub, print)
    for at in range(300):
        copies.came("c2s", b'{"id":%d,"method":"m","params":{"text":"%b"}}\n' % (at, b"x" * 999), 0.0)
        copies.record()
    found: list[Event] = [writer.read(seq) for seq in (1, 150, 300)]
    assert [getattr(event, "id", None) for event in found] == [0, 149, 299]
    writer.close(0)


def test_a_recorder_that_indexes_takes_nothing_in_brief(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r", started=Hub().started)
    with pytest.raises(RecordingError, match="in brief"):
        writer.write_entries("x", [(1, 0.0, "c2s", "request", b"{}", "m", 1, None, None, None)])
    writer.close(0)
