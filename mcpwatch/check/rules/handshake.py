"""Rules about how a link begins: the handshake of the sessions, the `_meta` of the requests without one, and methods
that belong to the other era."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import META, Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import mapping

_BEFORE: Final = frozenset({"initialize", "ping", "server/discover"})
"""What a client may send before the handshake is over."""
_REMOVED: Final = {
    "ping": "there is nothing to keep alive",
    "logging/setLevel": "each request says its own level in _meta",
    "resources/subscribe": "subscriptions/listen replaces it",
    "resources/unsubscribe": "subscriptions/listen replaces it",
    "initialize": "each request says its own version in _meta",
    "notifications/initialized": "there is no handshake",
    "notifications/roots/list_changed": "a server asks for roots when it needs them",
    "notifications/elicitation/complete": "the client learns it from its next try",
}


@rule(
    "error",
    "A request without a negotiated version",
    why="Without initialize, and without a version in the request, both sides guess which protocol they speak.",
    do="Send initialize first (up to 2025-11-25), or put the version into each request's _meta (2026-07-28). A server "
    "has to name its protocolVersion in the result.",
    on=("request", "response initialize"),
    spec={LEGACY: "basic/lifecycle#version-negotiation", MODERN: "basic/versioning#protocol-version-negotiation"},
)
def version_not_negotiated(link: Link, message: Message) -> Iterator[str]:
    if message.type == "response":
        if not isinstance(mapping(message.result).get("protocolVersion"), str):
            yield "the result of initialize names no protocolVersion"
    elif (
        message.dir == "c2s"
        and link.whole
        and link.era is None
        and message.method not in _BEFORE
        and not _says_version(message)
        and link.once("version-not-negotiated")
    ):
        yield f"{message.method} came without initialize before it"


@rule(
    "warning",
    "A request before the handshake was over",
    why="Until initialize is answered, and until notifications/initialized, neither side knows what the other can do. "
    "Some servers refuse such a request, some never answer it.",
    do="Wait for the result of initialize; servers wait for notifications/initialized. Only ping is allowed before.",
    on="request",
    spec={LEGACY: "basic/lifecycle#initialization"},
)
def early_request(link: Link, message: Message) -> Iterator[str]:
    if link.era != "legacy" or message.method in _BEFORE or _says_version(message):
        return
    if message.dir == "c2s" and not link.shaken:
        yield f"{message.method} was sent before initialize was answered"
    elif message.dir == "s2c" and not link.initialized:
        yield f"{message.method} was sent before notifications/initialized"


@rule(
    "error",
    "The client never said that it is initialized",
    why="A server may wait for notifications/initialized before it sends anything by itself, and may refuse requests "
    "until then.",
    do="Send notifications/initialized right after the result of initialize.",
    on="request",
    spec={LEGACY: "basic/lifecycle#initialization"},
    by="client",
)
def initialized_missing(link: Link, message: Message) -> Iterator[str]:
    if link.era == "legacy" and link.shaken and not link.initialized and message.dir == "c2s":
        if message.method not in _BEFORE and link.once("initialized-missing"):
            yield f"{message.method} came before notifications/initialized"


@rule(
    "error",
    "A 2026-07-28 request without its _meta",
    why="There is no session: each request has to say which version it is and what its client can do. A server has to "
    "refuse it with -32602 otherwise.",
    do="Put io.modelcontextprotocol/protocolVersion and io.modelcontextprotocol/clientCapabilities into the _meta of "
    "each request.",
    on="request",
    spec={MODERN: "basic#meta"},
    by="client",
)
def meta_missing(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "s2c" or message.method == "initialize" or link.era == "legacy":
        return
    meta = mapping(message.params.get("_meta"))
    if link.era is None and META + "protocolVersion" not in meta:
        return
    missing = [
        name
        for name, wanted in (("protocolVersion", str), ("clientCapabilities", dict))
        if not isinstance(meta.get(META + name), wanted)
    ]
    if missing:
        yield f"{message.method} lacks {' and '.join(META + name for name in missing)}"


@rule(
    "error",
    "A request of the server where there are none",
    why="In 2026-07-28 a server only answers. Its request reaches no handler, and its call waits for an answer that "
    "cannot come.",
    do="Return a result with resultType input_required and inputRequests, and go on when the call comes again.",
    on="request",
    spec={MODERN: "basic/transports/stdio#receiving-messages"},
    by="server",
)
def server_request(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "s2c" and link.era == "modern":
        yield f"the server sent {message.method}"


@rule(
    "error",
    "A method that this revision does not have",
    why="It was removed with the session, so the other side does not know it any more.",
    do="Use what replaced it, or speak the earlier revision: initialize first.",
    on=("request", "notification"),
    spec={MODERN: "changelog"},
)
def removed_method(link: Link, message: Message) -> Iterator[str]:
    if link.era == "modern" and message.method in _REMOVED and not (message.type == "request" and message.dir == "s2c"):
        yield f"{message.method}: {_REMOVED[message.method]}"


def _says_version(message: Message) -> bool:
    return META + "protocolVersion" in mapping(message.params.get("_meta"))
