"""Which hints were given: each once per link, in the order in which they were found.

What a hint says is `hints`'; when to look is the fold's, which tells here what it saw.
"""

from __future__ import annotations

from collections.abc import Iterable

from mcpwatch.model import hints
from mcpwatch.model.hints import Hint
from mcpwatch.model.question import Question
from mcpwatch.model.server import Server


class Hinting:
    """The hints of all links. `at(seq, t)` comes before what is seen in that event."""

    def __init__(self) -> None:
        self.given: list[Hint] = []
        self._known: set[tuple[str, str]] = set()
        self._probe_refused: set[str] = set()
        self._probe_on_stderr: set[str] = set()
        self._seq = 0
        self._t = 0.0

    def at(self, seq: int, t: float) -> None:
        """What comes next was seen in the event with this `seq` and time."""
        self._seq, self._t = seq, t

    def give(self, server: Server, id: str | None) -> None:
        """Give a hint, unless there is none or it was given on this link before."""
        if id is None or (server.link, id) in self._known:
            return
        self._known.add((server.link, id))
        self.given.append(hints.hint(id, server, self._seq, self._t))

    def kept_waiting(self, server: Server, waiting: Iterable[Question]) -> None:
        """Somebody waits for long, or the link is over: what the server waits for, or that it never said a word."""
        for question in waiting:
            self.give(server, hints.of_question(question))
        self.silent(server)

    def silent(self, server: Server) -> None:
        """Where a server had the time to speak. Over HTTP there were statuses and bodies to look at; only a pipe can be
        silent.
        """
        if server.transport == "stdio" and server.s2c.frames == 0 and server.c2s.frames > 0:
            self.give(server, "silent")

    def probe_refused(self, server: Server) -> None:
        """The server turned `server/discover` down."""
        self._probe_refused.add(server.link)
        self._noisy_probe(server)

    def probe_on_stderr(self, server: Server) -> None:
        """The server's stderr speaks of `server/discover`."""
        self._probe_on_stderr.add(server.link)
        self._noisy_probe(server)

    def _noisy_probe(self, server: Server) -> None:
        """Once a refused probe left words on stderr, whichever came first."""
        if server.link in self._probe_refused and server.link in self._probe_on_stderr:
            self.give(server, "probe-on-stderr")
