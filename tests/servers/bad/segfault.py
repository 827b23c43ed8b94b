"""Dies of SIGSEGV in the middle of a call."""

import os
import resource
import signal

from _talk import Message, log, say, serve


def call(message: Message) -> None:
    say(log("about to crash"))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)


serve(call)
