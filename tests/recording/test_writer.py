"""A recording is ours alone, complete up to the last event, and loud when it cannot be written."""

from __future__ import annotations

import errno
import gzip
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.errors import ExitCode, RecordingError
from mcpwatch.recording import Recording, Tail, Writer, encode, files, packed
from tests.recording.samples import EVERY_KIND, FEW, STARTED, frame


def test_every_event_is_in_the_file_as_soon_as_write_returns(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    expected = writer.path.read_bytes()
    assert expected.count(b"\n") == 1
    for event in EVERY_KIND:
        writer.write(event)
        expected += encode(event)
        assert writer.path.read_bytes() == expected
    assert writer.close(4) == writer.path
    last = writer.path.read_bytes()[len(expected) :]
    assert last == b'{"seq":40,"t":0.058500,"kind":"footer","events":39,"exit":4}\n'


def test_a_line_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = os.write

    def watched(descriptor: int, data: Any) -> int:
        written.append(bytes(data))
        return write(descriptor, data)

    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    monkeypatch.setattr(files.os, "write", watched)
    for event in FEW:
        writer.write(event)
    assert written == [encode(event) for event in FEW]


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def short(descriptor: int, data: Any) -> int:
        return write(descriptor, bytes(data[:7]))

    monkeypatch.setattr(files.os, "write", short)
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    for event in FEW:
        writer.write(event)
    path = writer.close(0)
    with Recording.open(path) as recording:
        assert list(recording.events()) == FEW
        assert recording.complete


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        for name in ("r.mcpw.jsonl", "r2.mcpw.jsonl.gz", "r3.mcpw.jsonl.zst"):
            writer = Writer(tmp_path / name, started=STARTED)
            assert writer.path.stat().st_mode & 0o777 == 0o600
            assert writer.close(0).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_children_do_not_inherit_it(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set[str]()
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    ours = set(os.listdir("/proc/self/fd")) - before if before else set[str]()
    for descriptor in ours:
        try:
            inheritable = os.get_inheritable(int(descriptor))
        except OSError:
            continue  # the listing's own
        assert not inheritable
    writer.close(0)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("dangling", [False, True])
def test_it_is_never_written_through_a_symbolic_link(tmp_path: Path, force: bool, dangling: bool) -> None:
    target = tmp_path / "target"
    if not dangling:
        target.write_text("precious")
    link = tmp_path / "r.mcpw.jsonl"
    link.symlink_to(target)
    with pytest.raises(RecordingError, match="symbolic link"):
        Writer(link, started=STARTED, force=force)
    assert link.is_symlink()
    assert target.exists() is not dangling


def test_an_existing_file_is_left_alone_without_force(tmp_path: Path) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    path.write_text("precious")
    with pytest.raises(RecordingError, match="exists already") as caught:
        Writer(path, started=STARTED)
    assert "--force" in caught.value.hint
    assert caught.value.exit_code == ExitCode.RECORDING
    assert path.read_text() == "precious"


def test_force_replaces_a_file_and_not_what_else_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    path.write_text("precious")
    path.chmod(0o666)
    other = tmp_path / "other-name"
    other.hardlink_to(path)
    writer = Writer(path, started=STARTED, force=True)
    writer.close(0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert other.read_text() == "precious"
    with Recording.open(path) as recording:
        assert recording.complete


@pytest.mark.parametrize("force", [False, True])
def test_a_second_writer_is_refused(tmp_path: Path, force: bool) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    first = Writer(path, started=STARTED)
    with pytest.raises(RecordingError, match="is being written by another mcpwatch"):
        Writer(path, started=STARTED, force=force)
    for event in FEW:
        first.write(event)
    first.close(0)
    with Recording.open(path) as recording:
        assert list(recording.events()) == FEW
    Writer(path, started=STARTED, force=True).close(0)


def test_who_comes_between_creating_and_locking_wins_and_the_other_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    lock = files.lock

    def late(descriptor: int) -> None:
        path.unlink()
        path.write_text("somebody else's")
        lock(descriptor)

    monkeypatch.setattr(files, "lock", late)
    with pytest.raises(RecordingError, match="another mcpwatch"):
        Writer(path, started=STARTED)
    assert path.read_text() == "somebody else's"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing/r.mcpw.jsonl", "there is no folder"),
        ("file/r.mcpw.jsonl", "there is no folder"),
        ("folder", "it is a folder"),
        ("x" * 300, "the name is too long"),
    ],
)
def test_a_path_where_no_file_can_be_is_refused_by_reason(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for force in (False, True):
        with pytest.raises(RecordingError, match=says) as caught:
            Writer(tmp_path / name, started=STARTED, force=force)
        assert str(tmp_path / name) in str(caught.value)


def test_a_device_is_no_recording() -> None:
    with pytest.raises(RecordingError, match="a device or a pipe"):
        Writer(Path("/dev/null"), started=STARTED, force=True)


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EROFS, "read-only"), (errno.EACCES, "permission denied"), (errno.ENOSPC, "disk is full")],
)
def test_the_reason_why_a_file_cannot_be_created_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    def refuse(*args: object) -> int:
        raise OSError(number, "x")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(RecordingError, match=says) as caught:
        Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    assert caught.value.hint


def _on_a_full_disk(writer: Writer) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._descriptor)  # pyright: ignore[reportPrivateUsage]
    os.close(full)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_an_error_at_once_and_stays_one(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write(FEW[0])
    _on_a_full_disk(writer)
    for event in FEW[1:3]:
        with pytest.raises(RecordingError, match="the disk is full") as caught:
            writer.write(event)
        assert caught.value.hint
        assert str(writer.path) in str(caught.value)
    for _ in range(2):
        with pytest.raises(RecordingError, match="the disk is full"):
            writer.close(0)
    with Recording.open(writer.path) as recording:
        assert list(recording.events()) == FEW[:1]
        assert not recording.complete


@contextmanager
def _files_of_at_most(size: int) -> Generator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_line_for_which_there_is_only_half_the_room_is_reported_and_readable_as_cut(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write(FEW[0])
    with _files_of_at_most(writer.path.stat().st_size + 40):
        with pytest.raises(RecordingError, match="larger than the system allows"):
            writer.write(FEW[1])
    with pytest.raises(RecordingError):
        writer.write(FEW[2])
    with pytest.raises(RecordingError):
        writer.close(0)
    with Recording.open(writer.path) as recording:
        assert list(recording.events()) == FEW[:1]
        assert recording.cut


def test_no_room_for_the_header_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "r.mcpw.jsonl"
    with _files_of_at_most(10):
        with pytest.raises(RecordingError, match="larger than the system allows"):
            Writer(path, started=STARTED)
    Writer(path, started=STARTED, force=True).close(0)


def test_numbers_that_go_back_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write(frame("notification", b"{}", seq=5))
    size = writer.path.stat().st_size
    for seq in (5, 4, 0):
        with pytest.raises(RecordingError, match=f"event {seq} comes after event 5"):
            writer.write(frame("notification", b"{}", seq=seq))
    assert writer.path.stat().st_size == size
    writer.write(frame("notification", b"{}", seq=7))
    assert writer.read(7).seq == 7
    with pytest.raises(RecordingError, match="there is no event 6"):
        writer.read(6)


def test_a_closed_recording_takes_no_more(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    path = writer.close(0)
    assert writer.close(1) == path
    with pytest.raises(RecordingError, match="closed"):
        writer.write(FEW[0])
    with Recording.open(path) as recording:
        assert recording.footer is not None
        assert recording.footer["exit"] == 0


@pytest.mark.parametrize("name", ["r.mcpw.jsonl", "r.mcpw.jsonl.gz", "r.mcpw.jsonl.zst"])
def test_what_was_written_can_be_read_back_before_and_after_the_end(tmp_path: Path, name: str) -> None:
    writer = Writer(tmp_path / name, started=STARTED)
    for event in EVERY_KIND:
        writer.write(event)
        assert writer.read(event.seq) == event
        assert writer.read(1) == EVERY_KIND[0]
    for seq in (0, -1, len(EVERY_KIND) + 1):
        with pytest.raises(RecordingError, match="there is no event"):
            writer.read(seq)
    writer.close(0)
    assert [writer.read(event.seq) for event in EVERY_KIND] == EVERY_KIND


def test_a_very_long_line_is_read_back(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    long = frame("notification", b'{"a":"' + b"x" * 3_000_000 + b'"}', seq=1)
    writer.write(long)
    assert writer.read(1) == long
    writer.write(frame("notification", b"{}", seq=2))
    assert writer.read(1) == long


def test_reading_from_other_threads_while_it_grows_gives_whole_events(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write(frame("notification", b"{}", seq=1))
    wrong: list[object] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seq = len(writer.index)
            found = writer.read(seq)
            if found.seq != seq:
                wrong.append(found)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for seq in range(2, 2000):
        writer.write(frame("notification", b'{"x":"%s"}' % (b"y" * (seq % 50)), seq=seq))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(("suffix", "magic"), [(".gz", b"\x1f\x8b"), (".zst", b"\x28\xb5\x2f\xfd")])
def test_a_compressed_recording_is_plain_while_it_is_written(tmp_path: Path, suffix: str, magic: bytes) -> None:
    final = tmp_path / f"r.mcpw.jsonl{suffix}"
    writer = Writer(final, started=STARTED)
    assert writer.path == tmp_path / "r.mcpw.jsonl"
    for event in FEW:
        writer.write(event)
    with Recording.open(writer.path) as recording:
        assert list(recording.events()) == FEW
    assert writer.close(0) == final == writer.path
    assert os.listdir(tmp_path) == [final.name]
    assert final.read_bytes().startswith(magic)
    with Recording.open(final) as recording:
        assert list(recording.events()) == FEW
        assert recording.complete


def test_gzip_can_read_what_we_compress(tmp_path: Path, record: Callable[..., Path]) -> None:
    assert gzip.decompress(record(name="r.mcpw.jsonl.gz").read_bytes()) == record(name="p.mcpw.jsonl").read_bytes()


def test_both_names_of_a_compressed_recording_are_protected(tmp_path: Path) -> None:
    final = tmp_path / "r.mcpw.jsonl.gz"
    for taken in (final, tmp_path / "r.mcpw.jsonl"):
        taken.write_text("precious")
        with pytest.raises(RecordingError, match="exists already"):
            Writer(final, started=STARTED)
        assert taken.read_text() == "precious"
        taken.unlink()


def test_a_name_that_is_taken_meanwhile_keeps_the_plain_file(tmp_path: Path) -> None:
    final = tmp_path / "r.mcpw.jsonl.gz"
    writer = Writer(final, started=STARTED)
    writer.write(FEW[0])
    final.write_text("precious")
    with pytest.raises(RecordingError, match="exists already; the recording is complete in") as caught:
        writer.close(0)
    assert str(writer.path) in str(caught.value)
    assert final.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["r.mcpw.jsonl", "r.mcpw.jsonl.gz"]
    with Recording.open(writer.path) as recording:
        assert recording.complete


def test_no_room_to_compress_keeps_the_plain_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl.zst", started=STARTED)
    writer.write(FEW[0])

    def full(*args: object) -> Iterator[bytes]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packed, "packed", full)
    with pytest.raises(RecordingError, match="the disk is full; the recording is complete in"):
        writer.close(0)
    assert os.listdir(tmp_path) == ["r.mcpw.jsonl"]
    with pytest.raises(RecordingError, match="the disk is full"):
        writer.close(0)


def test_a_killed_writer_leaves_all_that_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "r.mcpw.jsonl.gz"
    code = (
        "import sys; from pathlib import Path; from mcpwatch.recording import Writer\n"
        "from tests.recording.samples import FEW, STARTED\n"
        "writer = Writer(Path(sys.argv[1]), started=STARTED)\n"
        "for event in FEW: writer.write(event)\n"
        "print('written', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, path], stdin=-1, stdout=-1, cwd=Path(__file__).parents[2])
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"written\n"
    plain = tmp_path / "r.mcpw.jsonl"
    tail = Tail(plain)
    assert tail.read() == FEW
    assert tail.read() == []
    assert not tail.abandoned
    with pytest.raises(RecordingError, match="is being written"):
        Writer(plain, started=STARTED, force=True)
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert tail.read() == []
    assert tail.abandoned
    assert not tail.ended
    with Recording.open(plain) as recording:
        assert list(recording.events()) == FEW
        assert not recording.complete
        assert not recording.cut


def test_nothing_is_left_open(tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    before = len(os.listdir("/proc/self/fd"))
    for suffix in ("", ".gz", ".zst"):
        writer = Writer(tmp_path / f"r{suffix}", started=STARTED, force=True)
        writer.write(FEW[0])
        with Recording.open(writer.close(0)) as recording:
            list(recording.events())
            recording.read(1)
        del writer
    for bad in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(RecordingError):
            Recording.open(bad)
        with pytest.raises(RecordingError):
            Writer(bad / "x" / "y", started=STARTED)
    assert len(os.listdir("/proc/self/fd")) == before


def test_events_that_came_together_are_written_together_and_counted(tmp_path: Path) -> None:
    one, together = (Writer(tmp_path / name, started=STARTED, indexed=False) for name in ("one", "together"))
    for event in FEW:
        one.write(event)
    together.write_all(FEW)
    together.write_all([])
    assert one.close(0).read_bytes() == together.close(0).read_bytes()
    with Recording.open(together.path) as recording:
        assert list(recording.events()) == list(FEW)
        assert recording.complete
        assert recording.footer is not None
        assert recording.footer["events"] == len(FEW)


def test_with_an_index_what_was_written_together_can_be_read_back(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write_all(FEW)
    assert [writer.read(event.seq) for event in FEW] == list(FEW)
    writer.close(0)


def test_what_was_written_together_has_to_follow_what_is_there(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED, indexed=False)
    writer.write_all(FEW)
    with pytest.raises(RecordingError, match="comes after"):
        writer.write_all(FEW[-1:])
    writer.close(0)


def test_a_descriptor_that_was_closed_under_it_is_an_error_and_no_accident(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    writer.write(FEW[0])
    os.close(writer._descriptor)  # pyright: ignore[reportPrivateUsage]
    for call in (lambda: writer.write(FEW[1]), lambda: writer.close(0), lambda: writer.close(0)):
        with pytest.raises(RecordingError, match="cannot write"):
            call()
    with Recording.open(writer.path) as recording:
        assert list(recording.events()) == FEW[:1]


def test_what_the_system_says_only_at_the_close_is_an_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path / "r.mcpw.jsonl", started=STARTED)
    close = os.close

    def late(descriptor: int) -> None:
        close(descriptor)
        raise OSError(errno.EDQUOT, "x")

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "close", late)
        with pytest.raises(RecordingError, match="quota"):
            writer.close(0)
    with pytest.raises(RecordingError, match="quota"):
        writer.close(0)
