from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from mcpwatch.events import Closed, Event, Frame, Note, Stderr
from mcpwatch.wire.process import Child, Exit
from mcpwatch.wire.stdio import StdioPipe

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the bad servers are POSIX programs")

BAD = Path(__file__).parent.parent / "servers" / "bad"
EventT = TypeVar("EventT", bound=Event)
ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"
WAITS = "import signal; signal.alarm(120)\nwhile True: signal.pause()"


class Session:
    """A pipe on one server, with everything that it published, delivered and told, in order."""

    def __init__(self, *argv: str, truth: Path | None = None) -> None:
        self.events: list[Event] = []
        self.delivered: list[Frame] = []
        self.ends: list[str] = []
        self.deliver: Callable[[Frame], None] = self.delivered.append
        self._changed = threading.Condition()
        self._truth = truth
        env = {**os.environ, "MCPWATCH_TEST_TRUTH": str(truth)} if truth else dict(os.environ)
        self.child = Child.start(sys.executable, argv, env=env)
        self.pipe = StdioPipe(
            self.child,
            link="a",
            publish=self.publish,
            deliver=lambda frame: self._change(lambda: self.deliver(frame)),
            on_end=lambda reason: self._change(lambda: self.ends.append(reason)),
        )

    def publish(self, event: EventT, *, at: float | None = None) -> EventT:
        with self._changed:
            event = replace(event, seq=len(self.events) + 1)
            self.events.append(event)
            self._changed.notify_all()
            return event

    def _change(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def until(self, what: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, timeout=60), self.events[-5:]

    def send(self, method: str, number: int | None = None, **params: object) -> None:
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        if number is None:
            del message["id"]
        self.pipe.send(json.dumps(message).encode(), by="user")

    def call(self, tool: str = "work") -> None:
        """The handshake and a call; returns when a ping after it is answered, or nothing more can come."""
        self.send("initialize", 1, protocolVersion="2025-11-25", capabilities={})
        self.send("notifications/initialized")
        self.send("tools/call", 2, name=tool)
        self.send("ping", 3)
        self.until(lambda: bool(self.ends) or any(b'"id":3' in frame.data for frame in self.delivered))

    def of(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self.events if isinstance(event, kind)]

    def frames(self, direction: str = "s2c") -> list[Frame]:
        return [frame for frame in self.of(Frame) if frame.dir == direction]

    def received(self) -> bytes:
        return b"".join(frame.data + frame.eol.encode() for frame in self.frames())

    def written(self) -> bytes:
        assert self._truth
        return self._truth.read_bytes() if self._truth.exists() else b""

    def notes(self, what: str) -> list[Note]:
        return [note for note in self.of(Note) if note.what == what]


@pytest.fixture
def opened() -> Iterator[list[Session]]:
    sessions: list[Session] = []
    yield sessions
    for session in sessions:
        session.pipe.close(grace=0)
        assert session.pipe.failure is None or session.ends == ["failed"]
        assert [type(event) for event in session.events].count(Closed) == 1
        assert isinstance(session.events[-1], Closed)
        assert len(session.ends) == 1


@pytest.fixture
def bad(opened: list[Session], tmp_path: Path) -> Callable[..., Session]:
    def bad(name: str, *args: str) -> Session:
        opened.append(Session(str(BAD / f"{name}.py"), *args, truth=tmp_path / "truth"))
        return opened[-1]

    return bad


@pytest.fixture
def code(opened: list[Session]) -> Callable[[str], Session]:
    def code(program: str) -> Session:
        opened.append(Session("-c", program))
        return opened[-1]

    return code


@pytest.mark.parametrize(
    ("server", "tools"),
    [
        ("junk_lines", "work"),
        ("unterminated", "work"),
        ("invalid_utf8", "log result"),
        ("batches", "work logs empty"),
        ("odd_ids", "null float string missing twice"),
        ("unasked", "work"),
        ("odd_requests", "answered"),
        ("odd_numbers", "nan infinity huge exact"),
        ("duplicate_keys", "work"),
        ("lone_surrogates", "text key"),
        ("nesting", "work"),
        ("long_line 2", "work"),
        ("flood 5000", "work"),
        ("loud_stderr 3", "work"),
        ("exit_3", "work"),
        ("segfault", "work"),
        ("never_answers", "work"),
        ("stdout_closed", "work"),
        ("discover_no_id null", "work"),
        ("slow_start 50", "work"),
        ("exits_at_once", "work"),
        ("crlf", "work"),
        ("pretty", "work"),
    ],
)
def test_the_frames_are_the_bytes_that_the_server_wrote(bad: Callable[..., Session], server: str, tools: str) -> None:
    session = bad(*server.split())
    for tool in tools.split():
        session.call(tool)
    session.pipe.close()
    assert session.received() == session.written()
    assert (session.written() == b"") == (server == "exits_at_once")


def test_all_of_a_server_that_prints_every_message_over_several_lines_is_seen(bad: Callable[..., Session]) -> None:
    session = bad("pretty", "all")
    session.send("ping", 1)
    session.until(lambda: any(frame.data == b"}" for frame in session.delivered))
    session.pipe.close()
    assert session.received() == session.written() == b'{\n  "jsonrpc": "2.0",\n  "id": 1,\n  "result": {}\n}\n'
    assert {frame.type for frame in session.delivered} == {"invalid"}


def test_a_request_is_published_before_its_answer_and_an_answer_before_it_is_delivered(
    bad: Callable[..., Session],
) -> None:
    session = bad("crlf")
    published_first: list[bool] = []
    session.deliver = lambda frame: (
        published_first.append(frame in session.events),
        session.delivered.append(frame),
    )[0]
    session.call()
    assert [(frame.dir, frame.by) for frame in session.of(Frame) if frame.id == 2] == [("c2s", "user"), ("s2c", None)]
    assert all(published_first)
    assert session.delivered == session.frames()
    assert all(frame.seq for frame in session.delivered)


def test_what_is_sent_from_many_threads_arrives_whole_and_in_the_order_of_its_frames(
    code: Callable[[str], Session],
) -> None:
    session = code(ECHO)

    def send(worker: int) -> None:
        for number in range(100):
            session.send("x", worker * 1000 + number, text="y" * 5000)

    workers = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    session.pipe.close(grace=60)
    assert len(session.frames("c2s")) == 400
    assert [frame.data for frame in session.frames()] == [frame.data for frame in session.frames("c2s")]


def test_a_last_line_without_an_end_is_a_frame_without_one(bad: Callable[..., Session]) -> None:
    session = bad("unterminated")
    session.call()
    last = session.delivered[-1]
    assert (last.type, last.id, last.eol) == ("response", 2, "")


def test_a_server_that_exits_is_closed_without_our_doing_with_its_code_and_last_words(
    bad: Callable[..., Session],
) -> None:
    session = bad("exit_3")
    session.call()
    assert session.ends == ["exit"]
    assert session.pipe.last_words == b"fatal: out of cheese\n"
    session.until(lambda: bool(session.of(Closed)))
    assert session.of(Closed) == [Closed(link="a", reason="exit", code=3, seq=len(session.events))]
    assert session.pipe.close() == Exit(code=3)


def test_a_server_that_crashes_is_closed_with_its_signal(bad: Callable[..., Session]) -> None:
    session = bad("segfault")
    session.call()
    assert session.ends == ["signal"]
    session.until(lambda: bool(session.of(Closed)))
    assert session.of(Closed) == [Closed(link="a", reason="signal", signal="SIGSEGV", seq=len(session.events))]


def test_a_server_that_we_ended_is_closed_by_us_with_what_it_made_of_it(bad: Callable[..., Session]) -> None:
    session = bad("stubborn")
    session.call()
    assert session.pipe.close(grace=0.05) == session.pipe.close() == Exit(signal="SIGKILL")
    assert session.ends == ["closed"]
    assert session.of(Closed) == [Closed(link="a", reason="closed", signal="SIGKILL", seq=len(session.events))]


def test_a_closed_stdout_of_a_living_server_is_said_and_ends_the_delivery(bad: Callable[..., Session]) -> None:
    session = bad("stdout_closed")
    session.call()
    assert session.ends == ["eof"]
    assert session.child.exit is None
    assert session.notes("stdout-closed")[0].data == {"pid": session.child.pid}


def test_children_that_hold_the_pipes_open_keep_no_link_from_closing(bad: Callable[..., Session]) -> None:
    session = bad("daemons")
    session.call()
    pids: list[int] = json.loads(session.delivered[1].message["result"]["content"][0]["text"])
    assert len(pids) == 2
    os.kill(session.child.pid, 9)
    session.until(lambda: bool(session.of(Closed)))
    assert session.ends == ["signal"]
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        assert not stat.exists() or ") Z " in stat.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing says that it is gone")
def test_a_writer_that_escaped_keeps_no_link_from_closing(code: Callable[[str], Session]) -> None:
    session = code(
        "import os, sys\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    forever = 'import os\\nwhile True: os.write(1, b\"{}\\\\n\" * 1000)'\n"
        "    os.execve(sys.executable, [sys.executable, '-c', forever], {})\n"
        "os.wait()\n"
        "sys.stdin.read()"
    )
    session.until(lambda: bool(session.delivered))
    session.pipe.close()
    assert session.ends == ["closed"]
    assert set(session.received().split(b"\n")) <= {b"{}", b"{", b""}


def test_stderr_comes_in_whole_lines_and_its_rest_when_nothing_follows(code: Callable[[str], Session]) -> None:
    session = code(
        "import os, sys\n"
        "os.write(2, b'one\\ntwo\\ncaf\\xc3')\n"
        "sys.stdin.readline()\n"
        "os.write(2, b'\\xa9')\n"
        "sys.stdin.readline()\n"
        "os.write(2, b' open\\nnever \\xf0\\x9f')\n"
    )
    session.until(lambda: len(session.of(Stderr)) == 2)
    session.send("go/on")
    session.until(lambda: len(session.of(Stderr)) == 3)
    session.send("go/on")
    session.until(lambda: bool(session.of(Closed)))
    texts = [event.data for event in session.of(Stderr)]
    assert texts[:3] == [b"one\ntwo\n", b"caf", b"\xc3\xa9"]
    assert b"".join(texts[3:]) == b" open\nnever \xf0\x9f"
    assert session.pipe.last_words == b"".join(texts)


def test_a_long_line_on_stderr_comes_in_pieces_that_split_no_character(code: Callable[[str], Session]) -> None:
    text = b"x" + "é€😀".encode() * 50_000
    session = code("import os\nrest = b'x' + 'é€😀'.encode() * 50_000\nwhile rest: rest = rest[os.write(2, rest):]")
    session.until(lambda: bool(session.of(Closed)))
    pieces = [event.data for event in session.of(Stderr)]
    assert b"".join(pieces) == text
    assert max(map(len, pieces)) <= 64 * 1024
    assert all(piece.decode() for piece in pieces)


def test_a_loud_stderr_is_drained_before_the_link_closes(bad: Callable[..., Session]) -> None:
    session = bad("loud_stderr", "8")
    session.call()
    session.pipe.close()
    assert b"".join(event.data for event in session.of(Stderr)) == (b"x" * 99 + b"\n") * 80_000
    assert len(session.pipe.last_words) == 4096


def test_what_a_server_that_closed_its_stdin_was_sent_is_noted_once_for_each(code: Callable[[str], Session]) -> None:
    session = code(f"import os; os.close(0); os.write(1, b'{{}}\\n'); {WAITS}")
    session.until(lambda: bool(session.delivered))
    session.send("ping", 1)
    session.send("ping", 2)
    session.until(lambda: len(session.notes("not-sent")) == 2)
    (frame,) = session.frames("c2s")
    first, second = session.notes("not-sent")
    assert (first.re, second.re) == (frame.seq, None)
    assert second.data == {"error": "the server's stdin is closed", "type": "request", "method": "ping", "id": 2}
    assert session.ends == []


def test_a_server_that_does_not_read_keeps_no_link_from_closing(code: Callable[[str], Session]) -> None:
    session = code(WAITS)
    session.send("big", 1, text="x" * 1_000_000)
    session.send("ping", 2)
    session.until(lambda: bool(session.frames("c2s")))
    assert session.pipe.close(grace=0.05) == Exit(signal="SIGTERM")
    first, second = session.notes("not-sent")
    assert first.re == session.frames("c2s")[0].seq
    assert "the server read only" in first.data["error"]
    assert (second.re, second.data["id"]) == (None, 2)


def test_what_is_sent_after_the_end_is_dropped(bad: Callable[..., Session]) -> None:
    session = bad("exits_at_once")
    session.until(lambda: bool(session.of(Closed)))
    count = len(session.events)
    session.send("ping", 1)
    session.pipe.close()
    assert len(session.events) == count


def test_what_is_queued_is_written_before_the_link_closes(code: Callable[[str], Session]) -> None:
    session = code(ECHO)
    for number in range(50):
        session.send("ping", number)
    session.pipe.close(grace=60)
    assert [frame.id for frame in session.frames()] == list(range(50))


def test_a_consumer_that_fails_ends_the_delivery_but_not_the_recording(bad: Callable[..., Session]) -> None:
    session = bad("flood", "10")

    def fail(frame: Frame) -> None:
        raise ValueError("no")

    session.deliver = fail
    session.send("initialize", 1)
    session.send("tools/call", 2, name="work")
    session.until(lambda: any(frame.id == 2 for frame in session.frames()))
    session.pipe.close()
    assert session.ends == ["failed"]
    assert isinstance(session.pipe.failure, ValueError)
    assert session.received() == session.written()


def test_no_thread_and_no_descriptor_is_left(bad: Callable[..., Session]) -> None:
    before = set(os.listdir("/dev/fd"))
    session = bad("crlf")
    session.call()
    session.pipe.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("mcpwatch-")] == []
    assert set(os.listdir("/dev/fd")) == before
