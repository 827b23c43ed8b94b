"""Works, but ignores the end of its stdin, SIGTERM and SIGINT: only SIGKILL ends it (or five minutes)."""

import signal

from _talk import serve

signal.alarm(300)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
serve()
while True:
    signal.pause()
