"""Kept sessions: where they are, when there are none, how they are named and listed, and which go."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcpwatch.events import Opened
from mcpwatch.recording import Writer, new_path
from tests.cli.running import DEMO, QUICK, events, mcpwatch, running


def kept_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.exists() else []


def test_a_session_is_kept_for_its_user_alone_and_said_where(kept_sessions: Path) -> None:
    ran = mcpwatch("call", "say", "text=hi", *QUICK)
    (kept,) = kept_in(kept_sessions)
    assert re.fullmatch(r"\d{8}-\d{6}-quick-[a-z0-9]{4}\.mcpw\.jsonl", kept.name)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept_sessions.stat().st_mode & 0o777 == 0o700
    assert f"recording: {kept}  (mcpwatch show last)" in ran.err
    assert events(kept)


def test_by_default_they_are_in_the_users_state(tmp_path: Path) -> None:
    env = {"MCPWATCH_SESSIONS": "", "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    ran = mcpwatch("call", "say", "text=hi", *QUICK, env=env)
    (kept,) = kept_in(tmp_path / "state" / "mcpwatch" / "sessions")
    assert f"recording: ~/state/mcpwatch/sessions/{kept.name}" in ran.err


@pytest.mark.parametrize(
    ("options", "env"),
    [
        (("--no-record",), {}),
        ((), {"CI": "1"}),
        ((), {"CI": "true"}),
        ((), {"MCPWATCH_SESSIONS": "off"}),
        (("-o", "{folder}/t.mcpw.jsonl"), {}),
    ],
)
def test_nothing_is_kept_where_that_is_not_wanted(
    options: tuple[str, ...], env: dict[str, str], kept_sessions: Path, tmp_path: Path
) -> None:
    given = [option.format(folder=tmp_path) for option in options]
    ran = mcpwatch("call", "say", "text=hi", *given, *QUICK, env={**env, "TMPDIR": str(tmp_path)})
    assert (ran.code, ran.out) == (0, "hi\n")
    assert not kept_in(kept_sessions)
    assert "show last" not in ran.err
    left = [path.name for path in tmp_path.iterdir()]
    assert left == (["t.mcpw.jsonl"] if options[:1] == ("-o",) else []), "no temporary file stays"


def test_ci_that_is_false_is_none_and_in_ci_a_recording_can_be_asked_for(kept_sessions: Path, file: Path) -> None:
    mcpwatch("run", "--list", "-q", *QUICK, env={"CI": "false"})
    assert len(kept_in(kept_sessions)) == 1
    mcpwatch("run", "--list", "-q", "-o", str(file), *QUICK, env={"CI": "1"})
    assert events(file)


def test_the_newest_is_last_and_others_are_counted_back_or_named_by_id(kept_sessions: Path) -> None:
    for text in ("first", "second"):
        mcpwatch("call", "say", f"text={text}", "-q", *QUICK)
    newest, oldest = mcpwatch("sessions", "--json").json
    assert '"second"' in mcpwatch("show").out
    assert mcpwatch("show", "last").out == mcpwatch("show", newest["id"]).out == mcpwatch("show", newest["path"]).out
    assert '"first"' in mcpwatch("show", "last~1").out
    assert '"first"' in mcpwatch("show", oldest["id"].rpartition("-")[2]).out
    ran = mcpwatch("show", "last~2")
    assert ran.code == 6
    assert "2 sessions are kept" in ran.err


def test_the_list_says_how_each_ended_and_what_it_watched(kept_sessions: Path) -> None:
    mcpwatch("call", "fail", "-q", *QUICK)
    (kept,) = kept_in(kept_sessions)
    kept.with_name(kept.name.replace("quick", "cut")).write_bytes(b"".join(kept.read_bytes().splitlines(True)[:-1]))
    rows = {row["id"].split("-")[2]: row for row in mcpwatch("sessions", "--json").json}
    assert rows["quick"]["exit"] == 1
    assert rows["quick"]["links"] == ["quick"]
    assert rows["quick"]["targets"] == [" ".join(QUICK[1:])]
    assert (rows["quick"]["complete"], rows["quick"]["live"]) == (True, False)
    assert (rows["cut"]["complete"], rows["cut"]["live"], rows["cut"]["exit"]) == (False, False, None)
    listed = mcpwatch("sessions").out
    assert re.search(r"^last(~1)? +\w{4}  .* exit 1 ", listed, re.MULTILINE)
    assert re.search(r"^last(~1)? +\w{4}  .* cut off ", listed, re.MULTILINE)


def test_the_list_names_a_target_as_it_was_typed() -> None:
    mcpwatch("call", QUICK[-1], "say", "text=x", "-q")
    assert mcpwatch("sessions").out.splitlines()[1].endswith(f"  {QUICK[-1]}")


def test_a_session_that_is_being_written_is_live_and_last() -> None:
    with running("run", "--call", "hang", *QUICK) as run:
        run.wait_for("thinking")
        (row,) = mcpwatch("sessions", "--json").json
        assert (row["live"], row["complete"]) == (True, False)
        assert " live " in mcpwatch("sessions").out
        shown = mcpwatch("show")
        assert "thinking" in shown.out
        assert "being written" in shown.err
        run.signal(signal.SIGTERM)
        run.end()
    (row,) = mcpwatch("sessions", "--json").json
    assert (row["live"], row["exit"]) == (False, 143)


def test_fifty_sessions_are_kept_and_what_is_not_a_session_stays(kept_sessions: Path) -> None:
    kept_sessions.mkdir(parents=True)
    mine = kept_sessions / "my-own.mcpw.jsonl"
    mine.write_text("mine")
    for number in range(60):
        path = kept_sessions / f"20250101-0000{number:02d}-old-aaaa.mcpw.jsonl"
        path.write_bytes(b"")
        os.utime(path, (1, 1))
    mcpwatch("run", "--list", "-q", *QUICK)
    found = [path for path in kept_in(kept_sessions) if path != mine]
    assert len(found) == 50
    assert found[0].name.startswith("20250101-000011"), "the oldest went"
    assert mine.read_text() == "mine"


def test_an_empty_list_is_said_and_is_an_empty_document(kept_sessions: Path) -> None:
    ran = mcpwatch("sessions")
    assert (ran.code, ran.out) == (0, "")
    assert str(kept_sessions) in ran.err
    assert mcpwatch("sessions", "--json").json == []
    assert "off" in mcpwatch("sessions", env={"MCPWATCH_SESSIONS": "off"}).err
    ran = mcpwatch("show", env={"MCPWATCH_SESSIONS": "off"})
    assert ran.code == 6
    assert "none are kept" in ran.err


def test_a_kept_session_is_redacted() -> None:
    mcpwatch("call", "env", "name=MY_API_KEY", "-q", *QUICK, env={"MY_API_KEY": "sup3r-s3cr3t-value"})
    assert "[redacted]" in mcpwatch("show").out


def test_the_name_of_a_session_is_that_of_its_link(kept_sessions: Path) -> None:
    mcpwatch("run", "--list", "-q", f"Some_Name={QUICK[-1]}")
    mcpwatch("run", "--list", "-q", *DEMO)
    names = [path.name.split("-", 2)[2].rpartition("-")[0] for path in kept_in(kept_sessions)]
    assert sorted(names) == ["mcpwatch.demo", "some_name"]


def test_a_server_with_many_links_is_named_once(kept_sessions: Path) -> None:
    path = new_path("web")
    assert path is not None
    writer = Writer(path, started=datetime.now(UTC))
    for seq in (1, 2, 3):
        link = f"web#{seq}"
        writer.write(Opened(link=link, mode="proxy", transport="http", target={"url": "http://web/mcp"}, seq=seq))
    writer.close(0)
    assert "  http://web/mcp (3 links)\n" in mcpwatch("sessions").out
