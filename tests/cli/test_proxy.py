"""`mcpwatch proxy -- COMMAND`: nothing is added, nothing is lost, and everything is in the recording."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mcpwatch.events import Closed, Frame, Note, Opened, Stderr
from tests.cli.proxied import WITHIN, Said, behind_proxy, client, python, raw, read, say, until
from tests.cli.running import SERVERS, exit_of, is_alive, mcpwatch, running
from tests.wire.proxy.torrent import torrent

BAD = SERVERS / "bad"
HELLO = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"x","version":"1"}}}\n'
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
    b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"work","arguments":{},"_meta":{"progressToken":3}}}\n'
)
ECHO = "import os\nwhile chunk := os.read(0, 65536): os.write(1, chunk)"
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'


@pytest.fixture
def own(file: Path) -> list[str]:
    """The options that record where the test can look."""
    return ["--record", str(file)]


# -- bytes


@pytest.mark.parametrize(
    "server",
    [
        "asks_twice",
        "batches",
        "crlf",
        "discover_no_id",
        "duplicate_keys",
        "exit_3",
        "hostile",
        "invalid_utf8",
        "junk_lines",
        "lone_surrogates",
        "long_line",
        "nesting",
        "never_answers",
        "odd_ids",
        "odd_numbers",
        "odd_requests",
        "pretty",
        "segfault",
        "silent",
        "stdout_closed",
        "unterminated",
    ],
)
def test_a_client_cannot_tell_the_proxy_from_the_server(server: str, own: list[str], file: Path) -> None:
    argv = [sys.executable, str(BAD / f"{server}.py"), *(["2"] if server == "long_line" else [])]
    direct = say(argv, HELLO)
    assert say(behind_proxy(*own, server=argv), HELLO) == direct
    assert raw(file, "s2c") == direct.out
    assert b"".join(event.data for event in read(file) if isinstance(event, Stderr)) == direct.err
    if server not in ("exit_3", "segfault", "unterminated", "stdout_closed", "asks_twice", "odd_numbers"):
        assert raw(file, "c2s") == HELLO  # the others do not hear all of it out


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_odd_messages_each_way_pass_and_are_recorded_byte_for_byte(
    seed: int, own: list[str], file: Path, tmp_path: Path
) -> None:
    sent, answered = torrent(seed), torrent(seed + 100)
    (tmp_path / "answers").write_bytes(answered)
    server = [sys.executable, str(BAD / "ferry.py"), str(tmp_path / "answers"), str(tmp_path / "heard")]
    with client(behind_proxy(*own, server=server)) as pipe:

        def send() -> None:
            pipe.write(sent)
            pipe.hang_up()

        sender = threading.Thread(target=send)
        sender.start()
        assert pipe.rest() == answered
        sender.join()
        assert pipe.end() == (0, b"")
    assert (tmp_path / "heard").read_bytes() == sent
    assert raw(file, "c2s") == sent
    assert raw(file, "s2c") == answered
    assert exit_of(file) == 0


def test_what_is_written_in_pieces_goes_on_in_pieces(own: list[str], file: Path) -> None:
    with client(behind_proxy(*own, server=python(ECHO))) as pipe:
        for byte in PING:
            pipe.write(bytes([byte]))
            assert os.read(pipe.stdout, 100) == bytes([byte])
        pipe.hang_up()
        assert pipe.end()[0] == 0
    assert [event.data for event in read(file) if isinstance(event, Frame)] == [PING[:-1], PING[:-1]]


def test_stderr_goes_on_as_it_is_and_secrets_are_redacted_in_the_recording_only(own: list[str], file: Path) -> None:
    server = python("import os, sys; sys.stderr.write(f'key is {os.environ[\"API_KEY\"]}\\n'); print('x', end='')")
    said = say(behind_proxy(*own, server=server), env={"API_KEY": "hunter2-hunter2"})
    assert said == Said(0, b"x", b"key is hunter2-hunter2\n")
    assert b"hunter2" not in file.read_bytes()
    assert [event.data for event in read(file) if isinstance(event, Stderr)] == [b"key is [redacted]\n"]


def test_the_environment_is_the_clients(own: list[str]) -> None:
    server = python("import json, os; print(json.dumps(dict(os.environ)))")
    assert say(behind_proxy(*own, server=server)) == say(server)


def test_a_client_that_reads_nothing_holds_back_its_server_and_nothing_else(own: list[str]) -> None:
    server = python(
        "import os, select, sys, threading\n"
        "def hear():\n"
        "    for line in sys.stdin: os.write(2, f'heard {line}'.encode())\n"
        "threading.Thread(target=hear).start()\n"
        "os.set_blocking(1, False)\n"
        "poll, count = select.poll(), 0\n"
        "poll.register(1, select.POLLOUT)\n"
        "while poll.poll(1000): count += os.write(1, b'x' * 4095 + b'\\n')\n"
        "os.write(2, f'held back after {count}\\n'.encode())"
    )
    with client(behind_proxy(*own, server=server)) as pipe:
        pipe.wait_for(b"held back after")
        pipe.write(b"one\n")
        pipe.wait_for(b"heard one")  # the other direction and stderr go on
        pipe.hang_up()
        count = len(pipe.rest())
        code, err = pipe.end()
    assert code == 0
    assert re.search(rb"held back after (\d+)", err)[1] == str(count).encode()  # pyright: ignore
    assert count < 1_000_000  # two pipes, and what is in our hands


# -- ends


def test_the_end_of_input_is_handed_on(own: list[str], file: Path) -> None:
    assert say(behind_proxy(*own, server=python(ECHO)), PING) == Said(0, PING, b"")
    closed = read(file)[-1]
    notes = [event.what for event in read(file) if isinstance(event, Note)]
    assert "client-closed" in notes
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.code, closed.signal) == ("left", 0, None)


def test_the_end_of_output_is_handed_on_though_the_server_lives_on(own: list[str], file: Path) -> None:
    server = python("import os, sys; print('last'); sys.stdout.flush(); os.close(1); sys.stdin.read(); os._exit(5)")
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.rest() == b"last\n"
        assert pipe.process.poll() is None
        until(lambda: any(isinstance(event, Note) and event.what == "stdout-closed" for event in read(file)))
        pipe.hang_up()
        assert pipe.end() == (5, b"")


def test_a_server_that_dies_first_ends_the_proxy_though_the_client_is_still_there(own: list[str], file: Path) -> None:
    with client(behind_proxy(*own, server=python("print('bye'); raise SystemExit(7)"))) as pipe:
        assert pipe.rest() == b"bye\n"
        assert pipe.end() == (7, b"")
    assert exit_of(file) == 7


def test_a_client_that_reads_no_more_is_met_by_its_server_as_without_us(own: list[str], file: Path) -> None:
    server = python(
        "import os\ntry:\n    while True: os.write(1, b'x' * 999 + b'\\n')\nexcept BrokenPipeError: os._exit(9)"
    )
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line()
        assert pipe.process.stdout
        pipe.process.stdout.close()
        assert pipe.end() == (9, b"")
    assert "client-gone" in [event.what for event in read(file) if isinstance(event, Note)]


def test_a_server_that_reads_no_more_is_met_by_its_client_as_without_us(own: list[str], file: Path) -> None:
    server = python("import os, time; os.close(0); print('deaf', flush=True); os.read(os.pipe()[0], 1)")
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line() == b"deaf\n"
        with pytest.raises(BrokenPipeError):
            while True:
                pipe.write(PING)
        pipe.process.send_signal(signal.SIGTERM)
        assert pipe.end()[0] == -signal.SIGTERM
    events = read(file)
    lost = next(event for event in events if isinstance(event, Note) and event.what == "not-sent")
    assert lost.data["method"] == "ping"
    assert any(event.seq == lost.re for event in events if isinstance(event, Frame))


def test_what_a_server_wrote_last_comes_though_a_daemon_holds_its_output(own: list[str], tmp_path: Path) -> None:
    daemon = "import os, sys; os.setsid(); open(sys.argv[1], 'w').write(str(os.getpid())); os.read(os.pipe()[0], 1)"
    server = python(
        "import os, subprocess, sys, pathlib\n"
        f"subprocess.Popen([sys.executable, '-c', {daemon!r}, sys.argv[1]])\n"
        "while not pathlib.Path(sys.argv[1]).exists() or not pathlib.Path(sys.argv[1]).read_text(): pass\n"
        "print('last words', flush=True)",
        str(tmp_path / "pid"),
    )
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line() == b"last words\n"
        assert pipe.end() == (0, b"")
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, signal.SIGKILL)  # it was left alone: it may be the client's to want


def test_what_is_left_of_the_servers_group_ends_with_it(own: list[str]) -> None:
    server = python(
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import os; os.read(os.pipe()[0], 1)'])\n"
        "print(child.pid, flush=True)"
    )
    said = say(behind_proxy(*own, server=server))
    assert not is_alive(int(said.out))


# -- signals and exit codes


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
def test_signals_go_on_to_the_server_and_its_answer_is_ours(name: str, own: list[str], file: Path) -> None:
    server = python(
        "import os, signal, sys\n"
        f"signal.signal(signal.{name}, lambda *_: (os.write(1, b'caught\\n'), os._exit(11)))\n"
        "print('ready', flush=True)\n"
        "os.read(0, 1)"
    )
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line() == b"ready\n"
        pipe.process.send_signal(getattr(signal, name))
        assert pipe.rest() == b"caught\n"
        assert pipe.end() == (11, b"")
    assert exit_of(file) == 11
    closed, notes = read(file)[-1], [event for event in read(file) if isinstance(event, Note)]
    assert [list(note.data["signals"]) for note in notes if note.what == "signalled"] == [[name]]
    assert isinstance(closed, Closed)
    assert closed.reason == ("exit" if name.startswith("SIGUSR") else "left")  # those two ask for no end
    assert [event.data for event in read(file) if isinstance(event, Note) and event.what == "signalled"] == [
        {"signals": [name]}
    ]


def test_a_signal_that_the_server_ignores_ends_nobody(own: list[str]) -> None:
    server = python(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'no\\n'))\n"
        "print('ready', flush=True)\n"
        "sys.exit(len(sys.stdin.read()))"
    )
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line() == b"ready\n"
        pipe.process.send_signal(signal.SIGTERM)
        assert pipe.line() == b"no\n"
        pipe.write(b"abc")
        pipe.hang_up()
        assert pipe.end()[0] == 3


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM", "SIGABRT", "SIGINT"])
def test_a_server_that_a_signal_ended_ends_us_by_the_same(name: str, own: list[str], file: Path) -> None:
    number = getattr(signal, name)
    default = "" if name == "SIGKILL" else f"signal.signal({number}, signal.SIG_DFL);"
    server = python(f"import os, signal; {default} os.kill(os.getpid(), {number})")
    assert say(behind_proxy(*own, server=server)).code == -number
    assert exit_of(file) == 128 + number


def test_a_client_that_takes_nothing_cannot_keep_a_terminated_server(own: list[str]) -> None:
    server = python("import os\nwhile True: os.write(1, b'x' * 999 + b'\\n')")
    with client(behind_proxy(*own, server=server)) as pipe:
        assert pipe.line()
        pipe.process.send_signal(signal.SIGTERM)
        assert pipe.end()[0] == -signal.SIGTERM


def test_a_server_that_cannot_be_started_is_said_with_a_hint() -> None:
    ran = mcpwatch("proxy", "--", "no-such-command-anywhere")
    assert (ran.code, ran.out) == (3, "")
    assert "was not found on PATH" in ran.err


def test_without_a_server_there_is_nothing_to_do() -> None:
    ran = mcpwatch("proxy")
    assert ran.code == 2
    assert "mcpwatch proxy --" in ran.err


# -- the recording


def test_the_link_is_a_proxys_and_is_called_as_its_server_is(own: list[str], file: Path) -> None:
    server = [sys.executable, str(SERVERS / "good" / "quick.py")]
    say(behind_proxy(*own, server=server), HELLO)
    opened = read(file)[0]
    assert isinstance(opened, Opened)
    assert (opened.link, opened.mode, opened.transport) == ("quick", "proxy", "stdio")
    assert opened.target == {"command": server[0], "args": server[1:]}
    frames = [event for event in read(file) if isinstance(event, Frame)]
    assert {frame.by for frame in frames} == {None}
    answered = {frame.id: frame.re for frame in frames if frame.type in ("response", "error")}
    asked = {frame.seq: frame.id for frame in frames if frame.type == "request"}
    assert {asked[re]: id for id, re in answered.items() if re is not None} == {1: 1, 2: 2, 3: 3}


def test_it_can_be_given_a_name(own: list[str], file: Path) -> None:
    say(behind_proxy(*own, "--name", "weather", server=python(ECHO)), PING)
    assert {event.link for event in read(file)} == {"weather"}


def test_a_session_is_kept_and_that_is_said_once(kept_sessions: Path) -> None:
    said = say(behind_proxy(server=python(ECHO)), PING)
    (kept,) = kept_sessions.iterdir()
    assert said.out == PING
    assert said.err.decode() == f"proxy: recording: {kept}  (mcpwatch show --follow)\n"
    assert raw(kept, "c2s") == PING
    assert say(behind_proxy("-q", server=python(ECHO)), PING) == Said(0, PING, b"")


@pytest.mark.parametrize(
    ("options", "env"), [(["--no-record"], {}), ([], {"CI": "1"}), ([], {"MCPWATCH_SESSIONS": "off"})]
)
def test_nothing_is_kept_where_that_is_not_wanted(
    options: list[str], env: dict[str, str], kept_sessions: Path, tmp_path: Path
) -> None:
    data = torrent(3, 500)
    assert say(behind_proxy(*options, server=python(ECHO)), data, env) == Said(0, data, b"")
    assert not kept_sessions.exists()


def test_one_that_is_killed_has_recorded_all_but_a_chunk_a_direction(
    own: list[str], file: Path, tmp_path: Path
) -> None:
    message = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"so and so"}}\n'
    (tmp_path / "answers").write_bytes(message * 1_000_000)
    server = [sys.executable, str(BAD / "ferry.py"), str(tmp_path / "answers"), str(tmp_path / "heard")]
    with client(behind_proxy(*own, server=server)) as pipe:
        sender = threading.Thread(target=_flood, args=(pipe.stdin,))
        sender.start()
        got = 0
        while got < 3_000_000:
            got += len(os.read(pipe.stdout, 65536))
        pipe.process.kill()
        got += len(pipe.rest())
        sender.join()
        pipe.process.wait()
        server_pid = next(event.pid for event in read(file) if isinstance(event, Opened))
    assert server_pid is not None
    until(lambda: (tmp_path / "heard.end").exists() or not is_alive(server_pid))  # killed too, or it has read it all
    recorded = {dir: len(raw(file, dir)) for dir in ("c2s", "s2c")}
    assert got - recorded["s2c"] <= 64 * 1024 + len(message)
    assert recorded["c2s"] > 0
    assert (tmp_path / "heard").stat().st_size - recorded["c2s"] <= 64 * 1024 + len(PING)
    assert "no footer" in mcpwatch("show", str(file), "--method", "nothing").err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can tell a server of it")
def test_a_server_that_ignores_the_end_of_its_input_is_killed_with_the_proxy(own: list[str]) -> None:
    with client(behind_proxy(*own, server=[sys.executable, str(BAD / "stubborn.py")])) as pipe:
        pipe.write(HELLO)
        pipe.line()
        server = next(event.pid for event in read(Path(own[1])) if isinstance(event, Opened))
        assert server is not None
        pipe.process.kill()
        until(lambda: not is_alive(server))


def _flood(fd: int) -> None:
    try:
        while True:
            os.write(fd, PING * 100)
    except BrokenPipeError:
        pass


# -- a recording that fails


def _little_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def test_traffic_goes_on_where_it_cannot_be_recorded_any_more(own: list[str]) -> None:
    data = torrent(4, 3_000)
    ran = mcpwatch("proxy", *own, "--", *python(ECHO), stdin=data, preexec=_little_room)
    assert ran.stdout == data
    assert ran.code == 6
    assert ran.err.count("proxy:") == 1
    assert "the traffic goes on unrecorded" in ran.err


def test_traffic_stops_there_if_that_is_wanted(own: list[str], file: Path) -> None:
    options = [*own, "--on-record-error", "stop"]
    server = python("import os\nwhile True: os.write(1, b'x' * 999 + b'\\n')")
    ran = mcpwatch("proxy", *options, "--", *server, preexec=_little_room)
    assert ran.code == 6
    assert "the traffic is stopped" in ran.err


def test_a_file_that_is_there_already_is_not_touched_and_the_traffic_goes_on(own: list[str], file: Path) -> None:
    file.write_text("mine")
    said = say(behind_proxy(*own, server=python(ECHO)), PING)
    assert (said.code, said.out) == (6, PING)
    assert b"exists already (--force replaces it); the traffic goes on unrecorded" in said.err
    assert file.read_text() == "mine"


def test_or_stops_before_anything_passed(own: list[str], file: Path) -> None:
    file.write_text("mine")
    said = say(behind_proxy(*own, "--on-record-error", "stop", server=python(ECHO)))
    assert (said.code, said.out) == (6, b"")


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--record", "x", "--no-record"], "contradict"), (["--redact-pattern", "("], "no regular expression")],
)
def test_options_that_make_no_sense_end_it_and_its_server(options: list[str], word: str) -> None:
    ran = mcpwatch("proxy", *options, "--", *python("import sys; sys.stdin.read()"))
    assert ran.code == 2
    assert word in ran.err


def test_a_command_without_dashes_is_told_how_it_is_written() -> None:
    ran = mcpwatch("proxy", "python", "my server.py")
    assert ran.code == 2
    assert "mcpwatch proxy -- python 'my server.py'" in ran.err


# -- from another terminal


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "recorded elsewhere"])
def test_it_is_listed_as_live_and_followed_from_its_first_message_to_its_end(own: list[str], kept: bool) -> None:
    with client(behind_proxy(*(() if kept else own), server=python(ECHO))) as pipe:
        pipe.write(PING)
        assert pipe.line() == PING
        assert "live" in mcpwatch("sessions").out
        with running("show", "--follow", "--raw") as follower:
            follower.wait_for('"ping"')
            pipe.write(PING.replace(b"ping", b"pong"))
            assert pipe.line()
            follower.wait_for('"pong"')
            pipe.hang_up()
            assert pipe.end()[0] == 0
            assert follower.end().stdout == mcpwatch("show", "last" if kept else own[1], "--raw").stdout
    assert "live" not in mcpwatch("sessions").out


def test_a_request_without_a_progress_token_gets_a_hint(own: list[str], file: Path) -> None:
    call = HELLO.replace(b',"_meta":{"progressToken":3}', b"")
    say(behind_proxy(*own, server=[sys.executable, str(SERVERS / "good" / "quick.py")]), call)
    assert "carried no progress token" in mcpwatch("show", "--follow", str(file)).err


# -- what it costs


def test_nothing_slow_is_imported(own: list[str]) -> None:
    said = say(behind_proxy(*own, server=python(ECHO)), PING, {"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in said.err.decode().splitlines()}
    assert "mcpwatch.wire.proxy.stdio" in imported
    for name in ("mcp", "rich", "textual", "anyio", "asyncio", "httpx2", "jsonschema", "yaml", "typer"):
        assert name not in imported


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_standard_stream_that_is_closed_is_no_accident(stream: str, own: list[str], file: Path) -> None:
    number = ("stdin", "stdout", "stderr").index(stream)
    shell = f'exec "$@" {number}{"<" if number == 0 else ">"}&-'
    said = say(["bash", "-c", shell, "bash", *behind_proxy(*own, server=python(ECHO))], PING)
    assert said.code in (0, 1)
    assert b"Traceback" not in said.err
    assert exit_of(file) == said.code


def test_a_client_on_sockets_that_do_not_block_is_served_as_well(own: list[str], file: Path) -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)  # so does Node, and whoever holds the same end sees it
    data = torrent(5, 5_000)
    with (
        ours,
        subprocess.Popen(
            behind_proxy(*own, server=python(ECHO)),
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        theirs.close()

        def send() -> None:
            ours.sendall(data)
            ours.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        heard = b""
        while piece := ours.recv(1 << 20):
            heard += piece
        sender.join()
        assert process.wait(WITHIN) == 0
    assert heard == data
    assert raw(file, "c2s") == raw(file, "s2c") == data
