"""Wrong ends, silence and pipes: processes that die, hang, stop reading, stop writing, or do not go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from _talk import Message, dump, log, messages, say, serve, token, write
from wrong_fault import Faults, done

FAULTS = Faults()


@FAULTS.server
def exits_at_once() -> None:
    os.write(2, b"error: API_KEY is not set\n")
    sys.exit(1)


@FAULTS.server
def exits_at_once_without_a_word() -> None:
    sys.exit(0)


@FAULTS.server
def prints_its_usage() -> None:
    write(b"usage: server --port PORT\n")
    sys.exit(2)


@FAULTS.server
def dies_of_an_exception() -> None:
    """What Python prints of one is not ours."""
    raise RuntimeError("no database")


@FAULTS.work
def exit_0_in_a_call(message: Message) -> None:
    os._exit(0)


@FAULTS.work
def exit_3_in_a_call(message: Message) -> None:
    write(b'{"jsonrpc":"2.0","id":')
    os.write(2, b"fatal: out of cheese\n")
    os._exit(3)


@FAULTS.work
def segmentation_fault(message: Message) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)


@FAULTS.work
def killed(message: Message) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@FAULTS.work
def answers_and_exits(message: Message) -> None:
    say(done(message))
    os._exit(0)


@FAULTS.work
def answers_and_dies(message: Message) -> None:
    say(done(message))
    os._exit(9)


@FAULTS.work
def dies_while_it_asks(message: Message) -> None:
    say({"jsonrpc": "2.0", "id": "q", "method": "roots/list"})
    os._exit(4)


@FAULTS.work
def stdout_closed(message: Message) -> None:
    say(log("going quiet"))
    os.close(1)
    sys.stdin.buffer.read()


@FAULTS.work
def stdin_closed(message: Message) -> None:
    """Answers, and hears nothing from then on; it lives until it is told to go."""
    os.close(0)
    say(done(message))
    signal.alarm(300)
    signal.pause()


@FAULTS.work
def stderr_closed(message: Message) -> None:
    os.close(2)
    say(done(message))


@FAULTS.server
def says_nothing() -> None:
    for _ in messages():
        pass


@FAULTS.work
def never_answers(message: Message) -> None:
    say(log("thinking"))


@FAULTS.work
def answers_too_late(message: Message) -> None:
    """Once it was told that nobody waits."""
    for other in messages():
        if other.get("method") == "notifications/cancelled":
            break
    say(done(message))


@FAULTS.work
def progress_that_stops(message: Message) -> None:
    say(
        {
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": {"progressToken": token(message), "progress": 1, "total": 9},
        }
    )


@FAULTS.work
def stops_reading(message: Message) -> None:
    """Reads no more, so that what is sent fills the pipe."""
    signal.alarm(300)
    signal.pause()


@FAULTS.work
def half_an_answer(message: Message) -> None:
    """Stops in the middle of a line, and lives on."""
    write(dump(done(message))[:20])


@FAULTS.work
def ends_its_half_line_later(message: Message) -> None:
    """The rest of it comes when it is told to go; until then, a message in pieces."""
    data = dump(done(message)) + b"\n"
    write(data[:20])
    threading.Event().wait(0.3)
    write(data[20:])


@FAULTS.work
def loud_stderr(message: Message) -> None:
    """2 MB that nobody has to read before the answer."""
    block = (b"x" * 99 + b"\n") * 1000
    for _ in range(20):
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(2, rest) :]
    say(done(message))


@FAULTS.work
def stderr_of_no_utf8(message: Message) -> None:
    os.write(2, b"caf\xe9 \xff\xfe \x1b[2J no line end")
    say(done(message))


@FAULTS.server
def stubborn() -> None:
    """Ignores the end of its input and SIGTERM."""
    signal.alarm(300)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(tools=("work", "after"))
    while True:
        signal.pause()


@FAULTS.work
def leaves_a_child_with_its_pipes(message: Message) -> None:
    """A daemon of its own keeps stdout open when the server has gone."""
    subprocess.Popen(["sleep", "300"], start_new_session=True)
    say(done(message))


@FAULTS.server
def child_with_its_pipes_and_exit() -> None:
    subprocess.Popen(["sleep", "300"], start_new_session=True)
    serve(lambda message: os._exit(5))


@FAULTS.server
def slow_start() -> None:
    threading.Event().wait(0.5)
    serve(tools=("work", "after"))
