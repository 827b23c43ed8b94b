"""How a server ended, why one did before the protocol was settled, as far as it shows, and what to try next.

Owns the sentences. What is known of the process (its last words, whether it ever read anything) is the wire's, and
when to ask is the client's. Most servers that end at once never came to speak MCP: advice about the protocol would
send their authors the wrong way.
"""

from __future__ import annotations

import re

from mcpwatch.events import Closed
from mcpwatch.session.target import Target

__all__ = ["hint_at_start", "how_it_ended"]

_MISSING = re.compile(r"^ModuleNotFoundError: No module named '(?P<name>[^']+)'", re.MULTILINE)
_TRACEBACK = re.compile(r"^(?:Traceback \(most recent call last\):|[A-Za-z_.]*Error: |\s*File \".*\", line \d+)", re.M)


def hint_at_start(target: Target, last_words: str, *, probed: bool, heard: bool) -> str:
    """What may help with a process that is gone; empty where its own words say it best.

    `probed`: `server/discover` would have been its first request. `heard`: it read something of what it was sent, or
    nobody knows.
    """
    from_file = target.spoken.partition(":")[0].endswith(".py")
    if missing := _MISSING.search(last_words):
        if from_file and target.command != "uv":
            return f"That is {target.command}: name the one that has {missing['name']} with --python PATH."
        return ""
    if not heard:
        if from_file and not last_words.strip():
            return "It read nothing: a file that only defines its server is named with the object (server.py:mcp)."
        return ""
    if probed and ("discover" in last_words or not _TRACEBACK.search(last_words)):
        return "Some servers end when they are asked server/discover: try --era legacy."
    return ""


def how_it_ended(closed: Closed | None, otherwise: str) -> str:
    """A server's end in a sentence, by its exit code or signal; `otherwise` where there was none, or we ended it."""
    if closed is None or closed.reason == "closed":
        return otherwise
    if closed.signal is not None:
        return f"The server was ended by {closed.signal}."
    if closed.code is not None:
        return f"The server exited with code {closed.code}."
    return otherwise
