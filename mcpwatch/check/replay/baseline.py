"""Whether a recording may be what others are held to: nothing in it failed, unless somebody says that it should.

A call that failed while it was recorded would be the expected result for ever after, and the run that repairs it the
one that fails.
"""

from __future__ import annotations

from collections.abc import Iterable

from mcpwatch.check.recorded import RecordedLink
from mcpwatch.model import Exchange
from mcpwatch.model.listing import METHODS

__all__ = ["failed_calls"]

_TRIED = frozenset({*METHODS, "initialize", "server/discover", "ping", "logging/setLevel", "subscriptions/listen"})
"""What a client asks to find out whether there is such a thing: a no is an answer."""
_SAID = {
    "failed": "ended in an error",
    "tool_error": "ended in a tool's error",
    "lost": "never got an answer",
    "running": "never got an answer",
    "input_required": "stopped at a question",
}


def failed_calls(links: Iterable[RecordedLink]) -> list[str]:
    """The calls that failed, a sentence each: `tools/call fail (#35) ended in an error`."""
    return [
        f"{one.method}{f' {one.name}' if one.name else ''} (#{one.seq}) {_SAID[one.state]}"
        for link in links
        for each in link.exchanges
        for one in (each.exchange,)
        if one.by != "mcpwatch" and one.method not in _TRIED and _failed(one)
    ]


def _failed(exchange: Exchange) -> bool:
    return exchange.state in _SAID
