"""`show --follow`: a session that goes on, from its beginning to its end, with nothing missing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.running import QUICK, bad, mcpwatch, running


@pytest.mark.parametrize("options", [(), ("--raw",), ("--events",), ("--method", "notifications/message")])
def test_it_shows_what_comes_while_it_comes_and_ends_with_the_session(options: tuple[str, ...], file: Path) -> None:
    with running("run", "--call", "count n=2", "--call", "hang", "-q", "-o", str(file), *QUICK) as run:
        run.until(lambda: file.exists() and b"thinking" in file.read_bytes())
        with running("show", "--follow", str(file), *options) as follower:
            follower.wait_for("thinking")
            assert follower.process.poll() is None
            run.signal(signal.SIGTERM)
            assert run.end().code == 143
            followed = follower.end()
    assert followed.code == 0
    assert not followed.err
    assert followed.stdout == mcpwatch("show", str(file), *options).stdout


def test_a_flood_is_followed_to_its_last_message(file: Path) -> None:
    with running("run", "--call", "work", "-q", "-o", str(file), *bad("flood", "20000")) as run:
        run.until(lambda: file.exists() and file.stat().st_size > 0)
        with running("show", "--follow", str(file), "--raw") as follower:
            assert run.end().code == 0
            followed = follower.end()
    assert followed.stdout == mcpwatch("show", str(file), "--raw").stdout
    assert followed.stdout.count(b"something happened") == 10_000


def test_following_a_writer_that_was_killed_ends_and_says_so(file: Path) -> None:
    with running("run", "--call", "hang", "-o", str(file), *QUICK) as run:
        run.wait_for("thinking")
        with running("show", "--follow", str(file)) as follower:
            follower.wait_for("thinking")
            run.process.kill()
            run.process.wait()
            followed = follower.end()
    assert followed.code == 0
    assert "no footer" in followed.err


def test_following_what_is_complete_shows_it_and_ends(file: Path) -> None:
    mcpwatch("run", "--list", "-q", "-o", str(file), *QUICK)
    ran = mcpwatch("show", "-f", str(file))
    assert (ran.code, ran.out) == (0, mcpwatch("show", str(file)).out)


def test_the_newest_session_is_followed_by_default() -> None:
    with running("run", "--call", "hang", *QUICK) as run:
        run.wait_for("thinking")
        with running("show", "--follow") as follower:
            follower.wait_for("thinking")
            run.signal(signal.SIGINT)
            follower.wait_for("ended")
            assert follower.end().code == 0


def test_ctrl_c_ends_the_following_alone(file: Path) -> None:
    with running("run", "--call", "hang", "-o", str(file), *QUICK) as run:
        run.wait_for("thinking")
        with running("show", "--follow", str(file)) as follower:
            follower.wait_for("thinking")
            follower.signal(signal.SIGINT)
            assert follower.end().code == 130
        assert run.process.poll() is None


@pytest.mark.parametrize("name", ["v1-every-kind.mcpw.jsonl.gz", "no-such-file"])
def test_what_cannot_grow_cannot_be_followed(name: str) -> None:
    golden = Path(__file__).parent.parent / "golden"
    ran = mcpwatch("show", "--follow", str(golden / name))
    assert ran.code == 6


def test_where_none_goes_on_the_next_session_to_begin_is_waited_for_and_shown_from_its_start() -> None:
    mcpwatch("call", "say", "text=earlier", *QUICK)
    with running("show", "--follow") as follower:
        follower.wait_for("Waiting for one to begin", "err")
        assert mcpwatch("call", "say", "text=later", *QUICK).code == 0
        followed = follower.end()
    assert followed.code == 0
    assert followed.out == mcpwatch("show", "last").out
    assert "later" in followed.out
    assert "earlier" not in followed.out


def test_a_session_that_goes_on_is_followed_though_a_newer_one_has_ended() -> None:
    with running("run", "--call", "hang", *QUICK) as run:
        run.wait_for("thinking")
        mcpwatch("call", "say", "text=newer", *QUICK)
        with running("show", "--follow") as follower:
            follower.wait_for("thinking")
            run.signal(signal.SIGINT)
            followed = follower.end()
    assert "newer" not in followed.out


def test_where_no_sessions_are_kept_there_is_none_to_follow() -> None:
    ran = mcpwatch("show", "--follow", env={"MCPWATCH_SESSIONS": "off"})
    assert ran.code == 6
    assert "no sessions are kept" in ran.err
    assert "name a file" in ran.err
