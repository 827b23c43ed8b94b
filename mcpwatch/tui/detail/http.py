"""How a message travelled over HTTP: the heads of its exchange, and the event of the stream that carried it.

The steps of an exchange are lines of the recording of their own, somewhere around the message. They are looked for
backwards to the request and forwards to the end, in a thread.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Final

from mcpwatch.events import Event, Frame, Http
from mcpwatch.recording import Entry, Index
from mcpwatch.recording.scan import Read, Scan, event_at
from mcpwatch.text import size
from mcpwatch.view.style import Line, clean
from mcpwatch.view.values import cut

__all__ = ["http_lines", "http_steps"]

_FARTHEST: Final = 200_000
"""Rows that are looked through on either side."""
_MOST: Final = 200


class _Exchange:
    """What wants the steps of one HTTP exchange."""

    timed = searches = False

    def __init__(self, xid: int) -> None:
        self._xid = xid
        self._needle = b'"xid":%d' % xid

    def timely(self, t: float) -> bool:
        return True

    def glance(self, entry: Entry) -> bool | None:
        return None if entry.kind == "http" else False

    def precheck(self, lines: bytes) -> bool:
        return self._needle in lines or b'"xid" ' in lines or b'"xid": ' in lines

    def decide(self, line: bytes) -> bool | None:
        return None if self.precheck(line) else False

    def accepts(self, event: Event, line: bytes | None = None) -> bool:
        return isinstance(event, Http) and event.xid == self._xid


def http_steps(index: Index, read: Read, row: int, xid: int, enough: Callable[[], bool]) -> list[tuple[int, Http]]:
    """The steps of an HTTP exchange around a row, in order, with their rows. Raises RecordingError."""
    scan = Scan(index, read, _Exchange(xid))
    rows = array("I")
    at, least = row, max(row - _FARTHEST, 0)
    while at > least and not enough():
        found, at = scan.back(at, least, enough)
        if found is None:
            break
        rows.insert(0, found)
        at = found
        event, _ = event_at(index, read, found)
        if isinstance(event, Http) and event.phase == "request":
            break
    after, _ = scan.rows(row, min(row + _FARTHEST, len(index)), enough)
    rows.extend(after)
    steps: list[tuple[int, Http]] = []
    for found in rows[:_MOST]:
        event, _ = event_at(index, read, found)
        if isinstance(event, Http):
            steps.append((found, event))
            if event.phase in ("end", "error"):
                break
    return steps


def http_lines(event: Event, row: int, steps: list[tuple[int, Http]]) -> list[Line]:
    """The heads, and of a message in a stream the event it came in. Clean."""
    xid = event.xid if isinstance(event, Frame | Http) else None
    if xid is None:
        return [[("This did not come over HTTP.", "dim")]]
    lines: list[Line] = []
    sse = [step for at, step in steps if step.phase == "sse" and at < row]
    for at, step in steps:
        match step.phase:
            case "request":
                lines.append([("→ ", "out"), (f"{step.verb or ''} {step.url or ''}", "strong"), _xid(step)])
                lines += _headers(step)
            case "response":
                style = "warning" if (step.status or 0) >= 400 else "strong"
                lines.append([("← ", "in"), (str(step.status or ""), style), (f"  at {step.t:.3f} s", "time")])
                lines += _headers(step)
            case "sse":
                if (isinstance(event, Frame) and sse and step is sse[-1]) or at == row:
                    lines.append([("  event ", "strong"), (f"at {step.t:.3f} s", "time")])
                    lines += _fields(step)
            case "body":
                lines.append([("  body ", "strong"), (cut(step.text or "", 4_000), "")])
            case "error":
                lines.append([("✗ ", "error"), (step.error or "failed", "warning")])
            case _:
                total = f", {size(step.size)}" if step.size is not None else ""
                lines.append([("  end ", "strong"), (f"at {step.t:.3f} s{total}", "time")])
    if isinstance(event, Frame) and event.dir == "s2c" and sse:
        lines.append([(f"  came in a stream of {len(sse)} events so far", "dim")])
    return [clean(line) for line in lines] or [[("Its HTTP exchange is not in the recording.", "dim")]]


def _xid(step: Http) -> tuple[str, str]:
    return f"  exchange x{step.xid} at {step.t:.3f} s", "time"


def _headers(step: Http) -> list[Line]:
    return [[("    ", ""), (name, "name"), (": ", "dim"), (value, "")] for name, value in step.headers] + [[]]


def _fields(step: Http) -> list[Line]:
    found = (("event", step.event), ("id", step.event_id), ("retry", step.retry), ("comment", step.comment))
    return [
        [("    ", ""), (name, "name"), (": ", "dim"), (str(value), "")] for name, value in found if value is not None
    ]
