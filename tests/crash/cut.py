"""A recording that is cut at any offset is read as far as it is whole, by everything that reads one.

`show`, `check` and `diff` run in this process, by their own command lines; the source of the screens reads the file as
it does under them.
"""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from mcpwatch.cli import main
from mcpwatch.errors import RecordingError
from mcpwatch.recording import Recording
from mcpwatch.tui.reading import Reading
from tests.cli.running import NEVER
from tests.crash.table import Row
from tests.recording.samples import GOLDEN
from tests.tui.conftest import wait_until

SOURCES = tuple(GOLDEN / f"v1-{name}.mcpw.jsonl" for name in ("session", "every-kind"))
_NO_HEADER = ("is empty", "is cut in its first line")


def rows(count: int | None) -> list[Row]:
    """Cut each source at every offset, or at so many of them; each reader reads what is left."""
    found = {name: Row(f"`{name}`") for name in READERS}
    with tempfile.TemporaryDirectory(prefix="mcpwatch-crash-") as folder:
        for source in SOURCES:
            for size in offsets(source, count):
                for name, read in READERS.items():
                    found[name].count(read_cut(read, source, size, Path(folder)))
    for row in found.values():
        row.seen = row.wrong[0] if row.wrong else "every event that is whole, or that there is no first line"
    return list(found.values())


def offsets(source: Path, count: int | None) -> list[int]:
    """Every offset at which it can be cut; or about `count`, with all around the ends of lines."""
    data = source.read_bytes()
    if count is None:
        return list(range(len(data) + 1))
    ends = {at + more for at, byte in enumerate(data) if byte == 0x0A for more in (0, 1, 2) if at + more <= len(data)}
    chosen = {at * len(data) // count for at in range(count)} | {0, 1, len(data)}
    return sorted(chosen | set(sorted(ends)[:: max(1, len(ends) // count)]))


def read_cut(read: Callable[[Path, Path, int], str | None], source: Path, size: int, folder: Path) -> str | None:
    """What is wrong with how the first `size` bytes of a recording are read, if anything."""
    data = source.read_bytes()[:size]
    path = folder / "cut.mcpw.jsonl"
    path.write_bytes(data)
    with Recording.open(source) as recording:
        numbers = [event.seq for event in recording.events()]
    # A line that lacks nothing but its end lacks nothing.
    whole = [line for line in data.split(b"\n") if _is_whole(line)]
    has_header = bool(whole) and b'"format"' in whole[0]
    events = -1 if not has_header else min(len(whole) - 1, len(numbers))
    wrong = read(path, source, events)
    return None if wrong is None else f"{source.name} cut at {size}: {wrong}"


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _ran(*argv: str) -> tuple[int, str, str]:
    """The command line in this process: exit code, stdout, stderr."""
    said = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(one, encoding="utf-8", write_through=True) for one in said)
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(argv)
        except SystemExit as ended:
            code = ended.code
    return int(str(code)), said[0].getvalue().decode(), said[1].getvalue().decode()


def _judged(ran: tuple[int, str, str], events: int, codes: tuple[int, ...]) -> str | None:
    code, out, err = ran
    if any(word in out + err for word in NEVER):
        return err
    if events < 0:
        return None if code == 6 and any(word in err for word in _NO_HEADER) else f"exit code {code}: {err}"
    return None if code in codes else f"exit code {code}: {err}"


def show(path: Path, source: Path, events: int) -> str | None:
    ran = _ran("show", "--events", str(path))
    shown = [json.loads(line) for line in ran[1].split("\n") if line]
    count = sum(line.get("kind") not in ("header", "footer") for line in shown)
    if events >= 0 and count != events:
        return f"{count} events of {events} are shown"
    return _judged(ran, events, (0,))


def check(path: Path, source: Path, events: int) -> str | None:
    return _judged(_ran("check", str(path)), events, (0, 1))


def diff(path: Path, source: Path, events: int) -> str | None:
    return _judged(_ran("diff", str(source), str(path)), events, (0, 1))


def screens(path: Path, source: Path, events: int) -> str | None:
    async def read() -> str | None:
        try:
            reading = Reading(path)
        except RecordingError as error:
            return None if events < 0 and any(word in str(error) for word in _NO_HEADER) else str(error)
        reading.start()
        try:
            await wait_until(lambda: reading.reading is None)
            if reading.problem is not None:
                return reading.problem
            return None if reading.rows == events else f"{reading.rows} rows of {events}"
        finally:
            await reading.close()

    return asyncio.run(read())


READERS: Mapping[str, Callable[[Path, Path, int], str | None]] = {
    "show": show,
    "check": check,
    "diff": diff,
    "tui": screens,
}
