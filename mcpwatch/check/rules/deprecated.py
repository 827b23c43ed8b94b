"""The one rule about what still works and is on its way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.events import Opened
from mcpwatch.model.shapes import mapping


@rule(
    "info",
    "A deprecated feature",
    why="It works in this revision and may be gone in a later one.",
    do="Roots: pass folders as arguments or configuration. Sampling: call a model yourself. Logging: stderr, or "
    "OpenTelemetry. HTTP+SSE: Streamable HTTP. includeContext: leave it out.",
    on=("opened", "notification notifications/message", "response", "request sampling/createMessage"),
    spec={MODERN: "deprecated", LEGACY: "client/sampling#capabilities"},
    by="server",
)
def deprecated(link: Link, thing: Opened | Message) -> Iterator[str]:
    for feature in _used(link, thing):
        if link.once(("deprecated", feature)):
            yield feature


def _used(link: Link, thing: Opened | Message) -> Iterator[str]:
    if isinstance(thing, Opened):
        if thing.transport == "sse":
            yield "the HTTP+SSE transport"
    elif thing.type == "request":
        yield from _context(thing.params)
    elif thing.type == "notification":
        if link.era == "modern" and thing.dir == "s2c":
            yield "logging"
    elif thing.dir == "s2c" and mapping(thing.result).get("resultType") == "input_required":
        for asked in mapping(mapping(thing.result).get("inputRequests")).values():
            method = mapping(asked).get("method")
            if method == "sampling/createMessage":
                yield "sampling"
                yield from _context(mapping(mapping(asked).get("params")))
            elif method == "roots/list":
                yield "roots"


def _context(said: Mapping[str, Any]) -> Iterator[str]:
    if said.get("includeContext") in ("thisServer", "allServers"):
        yield f"includeContext: {said['includeContext']}"
