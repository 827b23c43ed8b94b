"""Sessions are kept in one folder, found again by short names, and go when there are too many."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest

from mcpwatch.errors import RecordingError
from mcpwatch.events import Opened
from mcpwatch.recording import Writer, new_path, prune, resolve, sessions_folder
from mcpwatch.recording.elsewhere import KEEP
from mcpwatch.recording.kept import Newest, announce, kept, live_elsewhere
from tests.recording.samples import EVERY_KIND, FEW, STARTED


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCPWATCH_SESSIONS", str(tmp_path / "kept"))
    return tmp_path / "kept"


def keep(name: str, *, minutes: int = 0, ended: bool = True, pad: int = 0) -> Path:
    """A session that began so many minutes after the first; `pad` bytes are added where nobody looks at them."""
    started = STARTED + timedelta(minutes=minutes)
    path = new_path(name, started=started)
    assert path is not None
    writer = Writer(path, started=started)
    for event in FEW:
        writer.write(event)
    if ended:
        writer.close(3)
    else:
        _living.append(writer)
    if pad:
        os.truncate(path, pad)
    return path


_living: list[Writer] = []


@pytest.fixture(autouse=True)
def end_the_living() -> Iterator[None]:
    yield
    for writer in _living:
        writer.close(0)
    _living.clear()


def test_sessions_are_kept_in_the_state_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MCPWATCH_SESSIONS", raising=False)
    monkeypatch.setattr(platformdirs, "user_state_path", lambda name, appauthor: tmp_path / name)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert sessions_folder() == tmp_path / "mcpwatch" / "sessions"
    monkeypatch.setenv("MCPWATCH_SESSIONS", "  ")
    assert sessions_folder() == tmp_path / "mcpwatch" / "sessions"


@pytest.mark.parametrize("value", ["off", "OFF", "no", "0", "false"])
def test_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MCPWATCH_SESSIONS", value)
    assert sessions_folder() is None
    assert new_path("x") is None
    assert prune() == []
    assert kept() == []
    with pytest.raises(RecordingError, match="no session is kept yet") as caught:
        resolve("last")
    assert "MCPWATCH_SESSIONS" in caught.value.hint


def test_a_folder_of_ones_own_may_be_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCPWATCH_SESSIONS", "here")
    assert sessions_folder() == tmp_path / "here"


def test_a_name_says_when_and_what_and_is_free(folder: Path) -> None:
    path = new_path("My Server/..\x1b[31m\N{SNOWMAN}", started=datetime(2026, 11, 21, 4, 45, 12, tzinfo=UTC))
    assert path is not None
    assert path.parent == folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.name.startswith("20261121-044512-my-server-..-31m-")
    assert path.name.endswith(".mcpw.jsonl")
    assert not path.exists()
    for odd in ("", "...", "\N{SNOWMAN}"):
        named = new_path(odd)
        assert named is not None
        assert "-session-" in named.name
    names = {new_path("x", started=STARTED) for _ in range(50)}
    assert len(names) > 45


def test_a_folder_that_cannot_be_made_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCPWATCH_SESSIONS", str(tmp_path / "file" / "sessions"))
    with pytest.raises(RecordingError, match="cannot keep sessions in") as caught:
        new_path("x")
    assert "--no-record" in caught.value.hint
    assert kept() == []


def test_last_counts_back_from_the_newest(folder: Path) -> None:
    second, third, first = keep("b", minutes=1), keep("a", minutes=2), keep("c", minutes=0)
    assert [resolve(name) for name in ("last", "last~0", "last~1", "last~2")] == [third, third, second, first]
    with pytest.raises(RecordingError, match="there is no last~3: 3 sessions are kept"):
        resolve("last~3")


def test_a_session_is_found_by_its_id_its_start_and_its_letters(folder: Path) -> None:
    one, other = keep("server"), keep("other", minutes=1)
    id_ = one.name.removesuffix(".mcpw.jsonl")
    assert resolve(id_) == one
    assert resolve(id_[:15]) == one
    assert resolve(id_[-4:]) == one
    assert resolve(other.name.removesuffix(".mcpw.jsonl")) == other
    with pytest.raises(RecordingError, match="several sessions are meant by 2026") as caught:
        resolve("2026")
    assert id_ in str(caught.value)


def test_a_path_goes_first(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = keep("server")
    monkeypatch.chdir(tmp_path)
    id_ = one.name.removesuffix(".mcpw.jsonl")
    Path(id_).write_text("")
    assert resolve(id_) == Path(id_)
    Path("last").write_text("")
    assert resolve("last") == one
    assert resolve("./last") == Path("./last")
    assert resolve(str(one)) == one


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("lasst", "did you mean last?"),
        ("nothing/like", "mcpwatch sessions"),
        ("~nobody-at-all", "mcpwatch sessions"),
        ("", "mcpwatch sessions"),
    ],
)
def test_what_is_not_there_is_said_with_what_might_be_meant(folder: Path, text: str, hint: str) -> None:
    keep("server")
    with pytest.raises(RecordingError, match=f"there is no file and no session .?{text}") as caught:
        resolve(text)
    assert hint in caught.value.hint


def test_the_list_says_what_each_session_was(folder: Path) -> None:
    done = keep("server")
    living = keep("other", minutes=1, ended=False)
    killed = keep("third", minutes=2)
    os.truncate(killed, killed.stat().st_size - 70)
    broken = keep("fourth", minutes=3)
    broken.write_text("rubbish\n")
    rows = kept()
    assert [row.path for row in rows] == [broken, killed, living, done]
    assert [(row.live, row.complete, row.exit, row.readable) for row in rows] == [
        (False, False, None, False),
        (False, False, None, True),
        (True, False, None, True),
        (False, True, 3, True),
    ]
    assert rows[3].started == STARTED
    assert rows[3].id == done.name.removesuffix(".mcpw.jsonl")
    assert rows[3].size == done.stat().st_size
    assert (rows[3].links, rows[3].targets) == (("s",), ("c",))
    assert rows[0].started.replace(microsecond=0) == (STARTED + timedelta(minutes=3)).replace(microsecond=0)


def test_targets_are_command_lines_and_urls(folder: Path) -> None:
    path = new_path("x", started=STARTED)
    assert path is not None
    writer = Writer(path, started=STARTED)
    for event in EVERY_KIND:
        writer.write(event)
    writer.close(0)
    (row,) = kept()
    assert row.links == ("server", "web", "proxied")
    assert row.targets == ("python srv.py", "https://example.org/mcp", "node index.js")
    assert row.spoken == row.targets


@pytest.mark.parametrize(
    ("command", "spoken"),
    [
        ("/env/bin/python server.py", "server.py"),
        ("/env/bin/python /env/mcpwatch/session/object_runner.py server.py app", "server.py:app"),
        ("/usr/bin/uv run --script server.py", "server.py"),
        ("/env/bin/python -m mcpwatch.demo", "demo"),
        ("/env/bin/python server.py --port 1", "/env/bin/python server.py --port 1"),
        ("python server.py", "python server.py"),
        ("srv", "srv"),
    ],
)
def test_a_target_is_spoken_of_as_it_was_typed(folder: Path, command: str, spoken: str) -> None:
    path = new_path("x", started=STARTED)
    assert path is not None
    writer = Writer(path, started=STARTED)
    first, *rest = command.split()
    target = {"command": first, "args": rest}
    writer.write(Opened(link="s", mode="client", transport="stdio", target=target, seq=1))
    writer.close(0)
    (row,) = kept()
    assert (row.targets, row.spoken) == ((command,), (spoken,))


def test_the_oldest_go_when_there_are_too_many(folder: Path) -> None:
    paths = [keep("x", minutes=minute) for minute in range(6)]
    assert prune(sessions=6) == []
    assert prune(sessions=4) == paths[:2]
    assert [row.path for row in kept()] == paths[:1:-1]


def test_the_oldest_go_when_they_are_too_large(folder: Path) -> None:
    paths = [keep("x", minutes=minute, pad=1_000_000) for minute in range(4)]
    assert prune(size=4_000_000) == []
    assert prune(size=2_500_000) == paths[:2]
    assert prune(size=10) == paths[2:3]
    assert [row.path for row in kept()] == paths[3:]


def test_what_is_being_written_is_never_deleted(folder: Path) -> None:
    living = keep("x", minutes=0, ended=False)
    old, new = keep("x", minutes=1), keep("x", minutes=2)
    assert prune(sessions=1) == [old]
    assert living.exists()
    assert new.exists()


def test_nothing_is_deleted_that_was_not_named_here(folder: Path, tmp_path: Path) -> None:
    keep("x")
    own = folder / "important.mcpw.jsonl"
    own.write_text("")
    inside = folder / "20261121-014500-dir-abcd.mcpw.jsonl"
    inside.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("")
    link = folder / "20201121-014500-link-abcd.mcpw.jsonl"
    link.symlink_to(outside)
    keep("y", minutes=1)
    assert len(prune(sessions=0)) == 1
    assert own.exists()
    assert inside.exists()
    assert link.is_symlink()
    assert outside.exists()


def test_what_cannot_be_deleted_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [keep("x", minutes=minute) for minute in range(3)]

    def refuse(path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    assert prune(sessions=1) == []
    assert all(path.exists() for path in paths)


def elsewhere(path: Path, *, ended: bool) -> Path:
    """A recording of the user's own, which was announced."""
    writer = Writer(path, started=STARTED)
    for event in FEW:
        writer.write(event)
    announce(path, "mine", started=STARTED + timedelta(minutes=5))
    if ended:
        writer.close(0)
    else:
        _living.append(writer)
    return path


def test_the_newest_session_is_found_wherever_it_is_written(folder: Path, tmp_path: Path) -> None:
    here = keep("here", ended=False)
    assert Newest().look() == here
    there = elsewhere(tmp_path / "there.mcpw.jsonl", ended=False)  # which began later
    assert Newest().look() == there
    assert [(one.path, one.live, one.spoken) for one in live_elsewhere()] == [(there, True, kept()[0].spoken)]


def test_one_elsewhere_that_has_ended_is_followed_only_by_who_saw_it_begin(folder: Path, tmp_path: Path) -> None:
    elsewhere(tmp_path / "before.mcpw.jsonl", ended=True)
    newest = Newest()
    assert newest.look() is None
    assert live_elsewhere() == []
    after = elsewhere(tmp_path / "after.mcpw.jsonl", ended=True)
    assert newest.look() == after
    after.unlink()
    assert newest.look() is None


def test_what_was_announced_takes_no_room_and_is_no_session(folder: Path, tmp_path: Path) -> None:
    path = elsewhere(tmp_path / "r.mcpw.jsonl", ended=True)
    for _ in range(KEEP + 5):
        announce(path, "mine")
    assert len(list((folder / "elsewhere").iterdir())) == KEEP
    assert kept() == []
    assert prune(sessions=0) == []


def test_where_no_sessions_are_kept_nothing_is_announced(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCPWATCH_SESSIONS", "off")
    elsewhere(tmp_path / "r.mcpw.jsonl", ended=False)
    assert not folder.exists()
    assert live_elsewhere() == []


def test_a_folder_that_cannot_be_written_is_no_hindrance(folder: Path, tmp_path: Path) -> None:
    folder.write_text("a file")
    elsewhere(tmp_path / "r.mcpw.jsonl", ended=True)
    assert live_elsewhere() == []
