"""Rules about notifications/message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import LEVELS, RANKS, Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import label

_ON: Final = "notification notifications/message"
_MESSAGES: Final = {
    LEGACY: "server/utilities/logging#log-message-notifications",
    MODERN: "server/utilities/logging#log-message-notifications",
}


@rule(
    "error",
    "A log below the level that was asked for",
    why="The client said what it wants to hear; it has to throw this away, and pays for it all the same.",
    do="Keep the level of logging/setLevel (or of the request's _meta), and send only that and what is more severe.",
    on=_ON,
    spec={
        LEGACY: "server/utilities/logging#setting-log-level",
        MODERN: "server/utilities/logging#per-request-log-level",
    },
    by="server",
)
def log_below_level(link: Link, message: Message) -> Iterator[str]:
    level = message.params.get("level")
    rank = RANKS.get(level) if isinstance(level, str) else None
    if rank is None or message.dir == "c2s":
        return
    floor = link.floor
    if link.era == "modern":
        asked = [RANKS[one.level] for one in link.wants_logs(message) if one.level in RANKS]
        floor = min(asked, default=0)
    if rank < floor:
        yield f"{level}, where {LEVELS[floor]} was asked for"


@rule(
    "error",
    "A log that nobody asked for",
    why="In 2026-07-28 each request says whether it wants logs. A log that belongs to none of them has no place on "
    "the wire.",
    do="Send logs only while a request with io.modelcontextprotocol/logLevel runs, on its stream; else use stderr.",
    on=_ON,
    spec={MODERN: "server/utilities/logging#per-request-log-level"},
    by="server",
)
def log_not_asked_for(link: Link, message: Message) -> Iterator[str]:
    if link.era == "modern" and message.dir == "s2c" and not any(one.level for one in link.wants_logs(message)):
        yield "no request in flight asks for logs"


@rule(
    "error",
    "A log without data",
    why="data is what the log says. Typed clients drop the message without it.",
    do="Send data, any JSON. Null counts, but some serialisers leave a member out that is null.",
    on=_ON,
    spec=_MESSAGES,
    by="server",
)
def log_without_data(link: Link, message: Message) -> Iterator[str]:
    if "data" not in message.params:
        yield "it has no data"


@rule(
    "error",
    "An unknown log level",
    why="Clients that know the eight levels drop the message, or cannot sort it.",
    do=f"Use one of {', '.join(LEVELS)}.",
    on=_ON,
    spec={LEGACY: "server/utilities/logging#log-levels", MODERN: "server/utilities/logging#log-levels"},
    by="server",
)
def log_unknown_level(link: Link, message: Message) -> Iterator[str]:
    level = message.params.get("level")
    if not isinstance(level, str) or level not in RANKS:
        yield "it has no level" if "level" not in message.params else f"its level is {label(level)}"
