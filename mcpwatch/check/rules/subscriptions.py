"""Rules about what a server tells by itself: only what the client has subscribed to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import META, Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import items, label, mapping

_MEMBERS: Final = {
    "notifications/tools/list_changed": "toolsListChanged",
    "notifications/prompts/list_changed": "promptsListChanged",
    "notifications/resources/list_changed": "resourcesListChanged",
    "notifications/resources/updated": "resourceSubscriptions",
}


@rule(
    "warning",
    "An update of a resource that nobody subscribed to",
    why="The client did not ask to be told, so it has no use for it, and some report an error.",
    do="Remember who sent resources/subscribe for which URI, and tell only them.",
    on="notification notifications/resources/updated",
    spec={LEGACY: "server/resources#subscriptions"},
    by="server",
)
def update_without_subscription(link: Link, message: Message) -> Iterator[str]:
    if link.era != "legacy" or not link.whole or message.dir == "c2s":
        return
    uri = message.params.get("uri")
    if not any(_covers(subscribed, uri) for subscribed in (link.subscribed if isinstance(uri, str) else ())):
        yield f"{label(uri)} was updated, and nobody subscribed to it"


@rule(
    "error",
    "A notification outside of any subscription",
    why="In 2026-07-28 a client hears only what it has opened a stream for. Anything else reaches nobody.",
    do="Send it on the subscriptions/listen that asked for it, after the acknowledgement, with its subscriptionId in "
    "_meta.",
    on=tuple(f"notification {method}" for method in _MEMBERS),
    spec={MODERN: "basic/patterns/subscriptions#receiving-notifications"},
    by="server",
)
def not_listened_to(link: Link, message: Message) -> Iterator[str]:
    if link.era != "modern" or message.dir == "c2s":
        return
    listen = link.listening(message)
    member = _MEMBERS[message.method]
    if listen is None:
        named = META + "subscriptionId" in mapping(message.params.get("_meta"))
        yield "its subscription is none that was opened" if named else "it names no subscription"
    elif not listen.acknowledged:
        yield "its subscription was not acknowledged before"
    elif listen.state != "open":
        yield "its subscription is over"
    elif member != "resourceSubscriptions":
        if listen.listens.get(member) is not True:
            yield f"its subscription is not about {member}"
    else:
        uri = message.params.get("uri")
        wanted = [one for one in items(listen.listens.get(member)) if isinstance(one, str)]
        if not isinstance(uri, str) or not any(_covers(one, uri) for one in wanted):
            yield f"its subscription is not about {label(uri)}"


def _covers(subscribed: str, uri: object) -> bool:
    """A part of a resource may change too."""
    return isinstance(uri, str) and (uri == subscribed or uri.startswith(subscribed.rstrip("/") + "/"))
