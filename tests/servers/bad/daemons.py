"""A call starts two children that outlive the server and keep its pipes open: one calls setsid, one forks twice.

The result's text is their pids, as JSON. They end after five minutes by themselves; the second ignores SIGTERM.
"""

import json
import os
import signal

from _talk import Message, result, say, serve, text


def stay(report: int, *, twice: bool) -> None:
    if os.fork():
        return
    os.setsid()
    if twice and os.fork():
        os._exit(0)
    signal.alarm(300)
    if twice:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(report, b"%d\n" % os.getpid())
    os.close(report)
    while True:
        signal.pause()


def call(message: Message) -> None:
    reading, writing = os.pipe()
    stay(writing, twice=False)
    stay(writing, twice=True)
    os.close(writing)
    with os.fdopen(reading) as report:
        say(result(message, text(json.dumps([int(line) for line in report]))))


serve(call)
