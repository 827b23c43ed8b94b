"""Servers that do one wrong thing each, and what becomes of it: over pipes, over HTTP and through the proxy.

`python -m tests.faults` runs all of them and prints a table; `--write` puts it into docs/reliability.md. What every
fault has to stand, whatever it is, is in `judged`; what is its own (exit code, the sentence on the screen, whether a
later call is answered) stands beside its name in `over_stdio` and `over_http`.
"""
