"""What a frame teaches about the server: identity, era, lists, levels, subscriptions, changes.

Functions that write to one `Server`. They are told of requests of the client, of results, and of the server's
notifications; which exchange those belong to has been found out before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.model.exchange import Exchange
from mcpwatch.model.listing import METHODS, Change
from mcpwatch.model.server import LIMIT, OTHERS, Identity, Seen, Server, Subscription, tally
from mcpwatch.model.shapes import EMPTY, items, label, mapping, text

META: Final = "io.modelcontextprotocol/"
FIRST_MODERN: Final = "2026-07-28"
_LEVELS: Final = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
RANKS: Final = {level: rank for rank, level in enumerate(_LEVELS)}

_LIST_CHANGES: Final = {
    "notifications/tools/list_changed": "tools",
    "notifications/prompts/list_changed": "prompts",
    "notifications/resources/list_changed": "resources",
    "notifications/roots/list_changed": "roots",
}
_LISTENED: Final = {
    "toolsListChanged": "tools",
    "promptsListChanged": "prompts",
    "resourcesListChanged": "resources",
}
_KNOWN: Final = frozenset(
    {
        *_LIST_CHANGES,
        "notifications/cancelled",
        "notifications/elicitation/complete",
        "notifications/initialized",
        "notifications/message",
        "notifications/progress",
        "notifications/resources/updated",
        "notifications/subscriptions/acknowledged",
        "notifications/tasks/status",
    }
)


def asked(server: Server, method: str, said: Mapping[str, Any], meta: Mapping[str, Any]) -> Any:
    """The client sent a request. Returns what `told` will need to know about it, or None."""
    version = meta.get(META + "protocolVersion")
    if version is not None:
        server.asked_version = text(version)
        _client(server, meta.get(META + "clientInfo"), meta.get(META + "clientCapabilities"))
        level = text(meta.get(META + "logLevel"))
        if level is not None and level != server.log_level:
            server.log_level = level
            server.log_floor = RANKS.get(level, 0)
    if method in METHODS:
        return said.get("cursor") is None
    if method == "logging/setLevel":
        level = text(said.get("level"))
        server.log_level = level if level is not None else server.log_level
        return level
    if method in ("resources/subscribe", "resources/unsubscribe"):
        return text(said.get("uri"))
    if method == "initialize":
        _client(server, said.get("clientInfo"), said.get("capabilities"))
    return said.get("arguments")


def listening(server: Server, exchange: Exchange, said: Mapping[str, Any], t: float) -> None:
    """The client opened a `subscriptions/listen` stream."""
    subscription = Subscription(exchange.seq, t, listen=True)
    _honour(subscription, said)
    server.subscriptions[exchange.number] = subscription
    server.subscribed += 1


def told(server: Server, exchange: Exchange, result: Mapping[str, Any], memo: Any, seq: int, t: float) -> Change | None:
    """The server answered a request of the client with a result. Returns what a new listing changed, if it did."""
    method = exchange.method
    if method == "initialize":
        _initialized(server, result)
    elif method == "server/discover":
        _discovered(server, result)
    else:
        if server.era is None and server.asked_version is not None:
            server.era, server.protocol_version = "modern", server.asked_version
        if server.identity is None and server.era == "modern":
            server.identity = _identity(mapping(result.get("_meta")).get(META + "serverInfo"))
    if method in METHODS:
        listing = server.listings[METHODS[method]]
        change = listing.page(result, first=memo is True, link=server.link, seq=seq, t=t)
        if change:
            server.changes.append(change)
            return change
    elif method == "resources/subscribe" and memo is not None:
        server.subscriptions[memo] = Subscription(exchange.seq, t, uris=(memo,), acknowledged=True)
        server.subscribed += 1
    elif method == "resources/unsubscribe" and memo is not None:
        server.subscriptions.pop(memo, None)
    elif method == "logging/setLevel" and memo is not None:
        server.log_floor = RANKS.get(memo, 0)
    return None


def notified(server: Server, method: str, said: Mapping[str, Any], exchange: Exchange | None, t: float) -> None:
    """The server sent a notification that is neither progress nor a log. `exchange` is the request of its stream."""
    kind = _LIST_CHANGES.get(method)
    if kind is not None:
        seen(server.list_changes, kind, t)
    elif method == "notifications/resources/updated":
        seen(server.updates, label(said.get("uri")), t)
    elif method == "notifications/subscriptions/acknowledged":
        _acknowledged(server, said, exchange)
    elif method not in _KNOWN:
        tally(server.unknown_notifications, method)


def roots_changed(server: Server, t: float) -> None:
    """The client said that its roots changed."""
    seen(server.list_changes, "roots", t)


def seen(kept: dict[str, Seen], name: str, t: float) -> None:
    """Count one more of `name`, seen at `t`."""
    one = kept.get(name)
    if one is None:
        if len(kept) >= LIMIT:
            name = OTHERS
        one = kept.setdefault(name, Seen(first=t))
    one.count += 1
    one.last = t


def _client(server: Server, info: Any, capabilities: Any) -> None:
    if isinstance(info, dict):
        server.client = _identity(info)
    if isinstance(capabilities, dict):
        server.client_capabilities = mapping(capabilities)


def _identity(value: Any) -> Identity | None:
    info = mapping(value)
    if not info:
        return None
    return Identity(text(info.get("name")), text(info.get("title")), text(info.get("version")))


def _initialized(server: Server, result: Mapping[str, Any]) -> None:
    server.era = "legacy"
    server.protocol_version = text(result.get("protocolVersion"))
    _offered(server, result, result.get("serverInfo"))


def _discovered(server: Server, result: Mapping[str, Any]) -> None:
    """Evidence of the modern era only if it names a modern version: some older servers answer with what they have."""
    versions = tuple(v for v in items(result.get("supportedVersions")) if isinstance(v, str))
    server.supported_versions = versions
    modern = [v for v in versions if v >= FIRST_MODERN]
    if not modern:
        return
    server.era = "modern"
    server.protocol_version = server.asked_version if server.asked_version in modern else max(modern)
    _offered(server, result, mapping(result.get("_meta")).get(META + "serverInfo", result.get("serverInfo")))


def _offered(server: Server, result: Mapping[str, Any], info: Any) -> None:
    server.identity = _identity(info)
    server.capabilities = mapping(result.get("capabilities"))
    server.instructions = text(result.get("instructions"))


def _acknowledged(server: Server, said: Mapping[str, Any], exchange: Exchange | None) -> None:
    if exchange is None or exchange.number not in server.subscriptions:
        listens = [one for one in server.subscriptions.values() if one.listen and not one.acknowledged]
        subscription = listens[0] if listens else None
    else:
        subscription = server.subscriptions[exchange.number]
    if subscription is not None:
        _honour(subscription, said)
        subscription.acknowledged = True


def _honour(subscription: Subscription, said: Mapping[str, Any]) -> None:
    wanted = mapping(said.get("notifications")) or EMPTY
    subscription.lists = tuple(kind for member, kind in _LISTENED.items() if wanted.get(member) is True)
    uris = items(wanted.get("resourceSubscriptions"))
    subscription.uris = tuple(uri for uri in uris if isinstance(uri, str))
