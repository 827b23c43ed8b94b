"""One exchange of a recording as lines, with all that came meanwhile on its link: what a report shows of a failure.

The lines are those of `mcpwatch show`. Two passes over the file, none of its messages is kept: it may be long.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mcpwatch.errors import RecordingError
from mcpwatch.model import Timeline
from mcpwatch.recording import Recording
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import plain

__all__ = ["exchange_trees"]

WIDTH: Final = 120
MOST_LINES: Final = 40
"""Of one exchange: the first half of them and the last."""


def exchange_trees(recording: Recording, seqs: Iterable[int]) -> dict[int, list[str]]:
    """The exchange that each of `seqs` belongs to, or during which it came, as plain lines; else only that event.

    A number that the recording does not have gets nothing. Never raises over what a recording holds.
    """
    wanted = sorted(set(seqs))
    if not wanted:
        return {}
    timeline, links = Timeline(), dict[int, str]()
    try:
        for event in recording.events():
            timeline.apply(event)
            if event.seq in wanted:
                links[event.seq] = event.link
        return {seq: _tree(recording, timeline, seq, link) for seq, link in links.items()}
    except RecordingError:
        return {}  # which is said where the recording is read to be judged


def _tree(recording: Recording, timeline: Timeline, seq: int, link: str) -> list[str]:
    first, last = _range(timeline, seq, link)
    describer = Describer(timeline, Look(width=WIDTH))
    head: list[str] = []
    tail: list[str] = []
    dropped = 0
    for event in recording.events():
        if event.seq > last:
            break
        if event.seq < first or event.link != link:
            describer.see(event)
            continue
        for line in describer.describe(event):
            if len(head) < MOST_LINES // 2:
                head.append(plain(line))
                continue
            tail.append(plain(line))
            if len(tail) > MOST_LINES // 2:
                del tail[0]
                dropped += 1
    return [*head, *([f"… {dropped:,} lines"] if dropped else []), *tail]


def _range(timeline: Timeline, seq: int, link: str) -> tuple[int, int]:
    """From which event to which: of the last exchange that holds `seq`, or that ran when it came."""
    found = seq, seq
    for exchange in timeline.exchanges:
        if exchange.seq > seq:
            break
        if exchange.link != link:
            continue
        if exchange.seq == seq or exchange.holds(seq):
            return _ends(exchange.seqs(), seq)
        if exchange.answered is not None and exchange.answered >= seq and not exchange.long_running:
            found = _ends(exchange.seqs(), seq)
        elif exchange.answered is None and exchange.dir == "c2s" and not exchange.long_running:
            found = _ends(exchange.seqs(), seq)
    return found


def _ends(seqs: list[int], seq: int) -> tuple[int, int]:
    return seqs[0], max(seqs[-1], seq)
