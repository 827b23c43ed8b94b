"""What a large recording costs: finding a thousandth of it by its envelope."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mcpwatch.events import Closed, Event, Frame, Opened
from mcpwatch.recording import encode, footer_line, header_line
from tests.bench.measure import Program, in_turns, mcpwatch
from tests.bench.table import Row

PROGRESS = (
    b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":%d,"message":"x"}}'
)
REQUEST = b'{"jsonrpc":"2.0","id":%d,"method":"resources/read","params":{"uri":"file:///notes.txt"}}'
RARE = 1000
"""Of so many frames one is a request, and the others are progress."""


def write_recording(path: Path, frames: int) -> Path:
    """A recording of so many frames, in the shape that the writer gives it."""
    with path.open("wb", buffering=1 << 20) as file:
        file.write(header_line(datetime.now(UTC)))
        file.write(encode(Opened(link="server", mode="client", transport="stdio", target={"command": "srv"}, seq=1)))
        for seq in range(2, frames + 2):
            file.write(encode(_frame(seq)))
        last = frames + 2
        file.write(encode(Closed(link="server", reason="exit", code=0, seq=last, t=last / 1e4)))
        file.write(footer_line(seq=last + 1, t=last / 1e4, events=last, exit=0))
    return path


def _frame(seq: int) -> Event:
    if seq % RARE == 0:
        method, data = "resources/read", REQUEST % seq
        return Frame(
            link="server",
            dir="c2s",
            type="request",
            data=data,
            method=method,
            id=seq,
            size=len(data),
            seq=seq,
            t=seq / 1e4,
        )
    method, data = "notifications/progress", PROGRESS % seq
    return Frame(
        link="server", dir="s2c", type="notification", data=data, method=method, size=len(data), seq=seq, t=seq / 1e4
    )


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """`show` with a filter, as lines of the recording like jq's, and as it was seen live."""
    frames = 100_000 if quick else 1_000_000
    recording = write_recording(folder / "large.mcpw.jsonl", frames)
    selected = {name: folder / f"{name}.out" for name in ("ours", "theirs")}
    filtered = ("show", str(recording), "--method", "resources/read")
    programs = {
        "ours": Program(mcpwatch(*filtered, "--events"), out=selected["ours"]),
        "shown": Program(mcpwatch(*filtered)),
    }
    jq = shutil.which("jq")
    if jq is not None:
        expression = 'select(.method=="resources/read")'
        programs["theirs"] = Program([jq, "-c", expression, str(recording)], out=selected["theirs"])
    runs = in_turns(programs, 1 if quick else 3, folder, warm_up=False)
    found = {name: out.read_bytes().count(b'"kind":"frame"') for name, out in selected.items() if name in programs}
    if set(found.values()) != {frames // RARE}:
        raise RuntimeError(f"{found} of {frames // RARE} were found")
    what = f"`show --method … --events` of {frames:,} frames"
    yardstick = "`jq -c 'select(…)'`" if jq else "no jq here"
    yield Row(what, runs["ours"], yardstick, runs.get("theirs"), "≤ 0.2")
    yield Row("the same without `--events`", runs["shown"], yardstick, runs.get("theirs"), "≤ 0.2")
