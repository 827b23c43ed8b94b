"""What passes, as events: in order, whole, and as far behind as it may be."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import pytest

from mcpwatch.events import Closed, Event, Frame, Note, Stderr
from mcpwatch.hub import Hub
from mcpwatch.wire.proxy import copies as module
from mcpwatch.wire.proxy.copies import MOST, Copies

ASK = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}\n'


class Kept:
    """Copies into a hub, and what came out of it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures: list[Exception] = []
        self.hub = Hub()
        self.hub.attach(self.events.append)
        self.copies = Copies("x", self.hub, self.failures.append)

    @property
    def frames(self) -> list[Frame]:
        return [event for event in self.events if isinstance(event, Frame)]


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_an_answer_that_is_published_takes_its_request_along(kept: Kept) -> None:
    kept.copies.came("c2s", ASK, 1.0)  # whose thread is still busy handing it on
    kept.copies.came("s2c", ANSWER, 2.0)
    kept.copies.record()
    ask, answer = kept.frames
    assert (ask.dir, answer.dir, answer.re) == ("c2s", "s2c", ask.seq)
    assert answer.method == "tools/list"


def test_lines_are_whole_however_they_are_cut(kept: Kept) -> None:
    for byte in ASK * 3 + b"rest":
        kept.copies.came("c2s", bytes([byte]), 1.0)
        kept.copies.came("s2c", b"\xff", 1.0)
        kept.copies.record()
    kept.copies.end("c2s", 2.0)
    kept.copies.end("s2c", 2.0)
    ours = [frame.data + frame.eol.encode() for frame in kept.frames if frame.dir == "c2s"]
    assert ours == [ASK, ASK, ASK, b"rest"]
    assert kept.frames[-1].data == b"\xff" * (len(ASK) * 3 + 4)


def test_a_line_has_the_time_at_which_its_end_was_read(kept: Kept) -> None:
    begun = perf_counter()
    kept.copies.came("c2s", ASK[:5], begun + 1)
    kept.copies.came("c2s", ASK[5:], begun + 2)
    kept.copies.came("stderr", b"later\n", begun + 3.5)
    kept.copies.record()
    line, later = kept.events
    assert later.t - line.t == pytest.approx(1.5, abs=2e-6)  # both have six digits


def test_stderr_stands_among_the_messages_where_it_came(kept: Kept) -> None:
    kept.copies.came("c2s", ASK, 1.0)
    kept.copies.came("stderr", b"thinking\n", 1.5)
    kept.copies.came("s2c", ANSWER, 2.0)
    kept.copies.record()
    assert [type(event) for event in kept.events] == [Frame, Stderr, Frame]


def test_a_note_comes_after_what_came_before_it(kept: Kept) -> None:
    kept.copies.came("c2s", ASK, 1.0)
    kept.copies.note("client-closed")
    kept.copies.close(Closed(link="x", reason="exit", code=0))
    assert [type(event) for event in kept.events] == [Frame, Note, Closed]


def test_nothing_follows_the_end(kept: Kept) -> None:
    kept.copies.close(Closed(link="x", reason="exit", code=0))
    kept.copies.came("c2s", ASK, 1.0)
    kept.copies.record()
    kept.copies.note("late")
    assert len(kept.events) == 1


@pytest.mark.parametrize(("unsent", "lost"), [(1, [3]), (len(ASK), [3]), (len(ASK) + 1, [2, 3]), (1000, [1, 2, 3])])
def test_messages_that_were_not_handed_on_whole_are_named(kept: Kept, unsent: int, lost: list[int]) -> None:
    kept.copies.came("c2s", ASK * 3, 1.0)
    kept.copies.not_sent(unsent, "closed")
    notes = [event for event in kept.events if isinstance(event, Note)]
    assert [note.re for note in notes] == lost
    assert notes[0].data == {"error": "closed", "type": "request", "method": "tools/list", "id": 1}


def test_what_was_not_handed_on_of_an_unfinished_line_names_no_message_before_it(kept: Kept) -> None:
    kept.copies.came("c2s", ASK + b"half", 1.0)
    kept.copies.not_sent(4, "closed")
    assert not [event for event in kept.events if isinstance(event, Note)]


def test_nothing_is_held_of_what_a_server_says_by_itself() -> None:
    hub = Hub()
    written: list[int] = []
    hub.record(lambda event: None, in_brief=lambda link, entries: written.append(len(entries)))
    copies = Copies("x", hub, lambda error: None)
    copies.came("c2s", ASK, 1.0)
    copies.record()
    tracemalloc.start()
    try:
        for number in range(100):
            line = b'{"jsonrpc":"2.0","method":"notifications/x","params":{"x":"%s"}}\n' % (b"%04d" % number * 10_000)
            copies.came("s2c", line, 2.0)
            copies.record()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written == [1] * 101
    assert held < 400_000


def test_a_line_without_an_end_is_kept_in_pieces(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 100)
    for _ in range(5):
        kept.copies.came("s2c", b"x" * 60, 1.0)
        kept.copies.record()
    kept.copies.came("s2c", b"y\n" + ANSWER, 1.0)
    kept.copies.record()
    *pieces, whole = kept.frames
    assert b"".join(piece.data + piece.eol.encode() for piece in pieces) == b"x" * 300 + b"y\n"
    assert {piece.type for piece in pieces} == {"invalid"}
    assert all("a piece of a line" in (piece.error or "") for piece in pieces)
    assert (whole.type, whole.error) == ("response", None)


def test_what_is_put_off_never_grows_beyond_what_a_pipe_holds(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAG", 1e9)
    most, most_behind, came = MOST, 0, 0
    for _ in range(300):
        chunk = (ASK * 2000)[:most][:999]
        came += len(chunk)
        kept.copies.came("c2s", chunk, 1.0)
        most_behind = max(most_behind, came - sum(frame.size + 1 for frame in kept.frames))
        most = kept.copies.keep_up("c2s", len(chunk), 1.0)
        assert most > 0
    assert MOST // 4 < most_behind <= MOST


def test_what_is_put_off_is_published_when_nothing_follows(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAG", 1e9)
    published, over = threading.Event(), threading.Event()
    kept.hub.on_wake(published.set)
    thread = threading.Thread(target=kept.copies.attend, args=(over,))
    thread.start()
    try:
        for _ in range(3):  # it rests in between
            published.clear()
            at = perf_counter()
            kept.copies.came("c2s", ASK, at)
            kept.copies.keep_up("c2s", len(ASK), at)
            assert published.wait(60)
    finally:
        over.set()
        kept.copies.wake()
        thread.join(60)
    assert len(kept.frames) == 3


def test_a_failure_that_nobody_expected_is_told_once_and_nothing_raises() -> None:
    class Broken:
        in_brief = False

        def publish(self, event: Any, /, *, at: float | None = None) -> Any:
            raise ZeroDivisionError

        def publish_all(self, events: Sequence[Event], /, *, at: float | None = None) -> None:
            raise ZeroDivisionError

        def publish_in_brief(self, link: str, briefs: Sequence[Any], whole: bytes, /) -> int | None:
            raise ZeroDivisionError

    failures: list[Exception] = []
    copies = Copies("x", Broken(), failures.append)
    for _ in range(3):
        copies.came("c2s", ASK, 1.0)
        copies.record()
    copies.end("c2s", 1.0)
    copies.note("late")
    assert [type(failure) for failure in failures] == [ZeroDivisionError]


def test_without_a_hub_nothing_is_held() -> None:
    copies = Copies("x", None, print)
    copies.came("c2s", ASK, 1.0)
    assert copies.keep_up("c2s", MOST, 1.0) > 0
    copies.end("c2s", 1.0)
    copies.close(Closed(link="x", reason="exit"))
