"""Rules about capabilities: nobody uses what the other side, or it itself, has not declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import mapping

_NEGOTIATED: Final = {LEGACY: "basic/lifecycle#capability-negotiation", MODERN: "server/discover"}
_OF_SERVER: Final = {
    "tools/list": ("tools",),
    "tools/call": ("tools",),
    "prompts/list": ("prompts",),
    "prompts/get": ("prompts",),
    "resources/list": ("resources",),
    "resources/read": ("resources",),
    "resources/templates/list": ("resources",),
    "resources/subscribe": ("resources", "subscribe"),
    "resources/unsubscribe": ("resources", "subscribe"),
    "completion/complete": ("completions",),
    "logging/setLevel": ("logging",),
}
_LIST_CHANGES: Final = tuple(
    f"notification notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources")
)
_WITH_COMPLETIONS: Final = "2025-03-26"
"""Before that revision completion needed no capability."""


@rule(
    "error",
    "A capability that the server did not declare",
    why="Clients look at the capabilities and nowhere else: a feature that is not declared does not exist for them, "
    "and a server may refuse what it did not declare.",
    do="Servers: declare it, if the request is answered. Clients: ask only for what is declared.",
    on=tuple(f"{type} {method}" for type in ("request", "response") for method in _OF_SERVER),
    spec=_NEGOTIATED,
)
def server_capability(link: Link, message: Message) -> Iterator[str]:
    request = message.request
    asks = request is None
    if link.server is None or message.dir == ("s2c" if asks else "c2s"):
        return
    # What a person asks for to see what the server does is nobody's mistake; that it works and is not declared is.
    if asks and message.frame.by == "user":
        return
    method = message.method if request is None else request.method
    wanted = _OF_SERVER[method]
    if method == "completion/complete" and (link.version or LEGACY) < _WITH_COMPLETIONS:
        return
    if not _declares(link.server, *wanted) and link.once(("server-capability", method)):
        yield f"{method} was {'sent' if asks else 'answered'}, but {'.'.join(wanted)} is not declared"


@rule(
    "error",
    "Logs without the logging capability",
    why="A client that sees no logging capability does not show logs, nor ask for a level.",
    do='Declare "logging": {} in the capabilities.',
    on="notification notifications/message",
    spec={LEGACY: "server/utilities/logging#capabilities", MODERN: "server/utilities/logging#capabilities"},
    by="server",
)
def logging_capability(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "s2c" and link.server is not None and "logging" not in link.server:
        if link.once("logging-capability"):
            yield "the server sends logs, but logging is not declared"


@rule(
    "error",
    "A list change without the capability",
    why="A client that was not told of listChanged need not listen, and keeps its old list.",
    do='Declare "listChanged": true for that list.',
    on=_LIST_CHANGES,
    spec={LEGACY: "server/tools#capabilities", MODERN: "server/tools#capabilities"},
    by="server",
)
def list_changed_capability(link: Link, message: Message) -> Iterator[str]:
    kind = message.method.split("/")[1]
    if (
        message.dir == "s2c"
        and link.server is not None
        and mapping(link.server.get(kind)).get("listChanged") is not True
    ):
        if link.once(("list-changed-capability", kind)):
            yield f"{message.method} came, but {kind}.listChanged is not declared"


@rule(
    "error",
    "A capability that the client did not declare",
    why="A client that did not declare it has nothing to answer with, and refuses the request or ends the call.",
    do="Look at the client's capabilities before asking, and have another way where they lack it.",
    on=("request", "response"),
    spec={
        LEGACY: "basic/lifecycle#capability-negotiation",
        MODERN: "basic/patterns/mrtr#server-requirements-basic-workflow",
    },
    by="server",
)
def client_capability(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "c2s":
        return
    if message.type == "request":
        if link.client is not None:
            yield from _undeclared(link.client, message.method, message.params)
        return
    if message.request is None or message.request.capabilities is None:
        return
    result = mapping(message.result)
    if result.get("resultType") == "input_required":
        for asked in mapping(result.get("inputRequests")).values():
            method = mapping(asked).get("method")
            if isinstance(method, str):
                yield from _undeclared(message.request.capabilities, method, mapping(mapping(asked).get("params")))


@rule(
    "error",
    "Root changes that were not announced",
    why="A server that was not told of roots.listChanged need not listen, and works with the old roots.",
    do='Declare "roots": {"listChanged": true}.',
    on="notification notifications/roots/list_changed",
    spec={LEGACY: "client/roots#capabilities"},
    by="client",
)
def roots_changed_capability(link: Link, message: Message) -> Iterator[str]:
    if link.era != "legacy" or link.client is None or message.dir == "s2c":
        return
    if mapping(link.client.get("roots")).get("listChanged") is not True:
        yield "notifications/roots/list_changed came, but roots.listChanged is not declared"


def _undeclared(declared: Mapping[str, Any], method: str, said: Mapping[str, Any]) -> Iterator[str]:
    if method == "sampling/createMessage":
        if "sampling" not in declared:
            yield "sampling/createMessage, but sampling is not declared"
        elif ("tools" in said or "toolChoice" in said) and "tools" not in mapping(declared["sampling"]):
            yield "sampling with tools, but sampling.tools is not declared"
    elif method == "roots/list" and "roots" not in declared:
        yield "roots/list, but roots is not declared"
    elif method == "elicitation/create":
        modes = mapping(declared.get("elicitation"))
        mode = "url" if said.get("mode") == "url" else "form"
        if "elicitation" not in declared:
            yield "elicitation/create, but elicitation is not declared"
        elif mode not in modes and (mode == "url" or modes):  # an empty object means forms
            yield f"elicitation in {mode} mode, but elicitation.{mode} is not declared"


def _declares(declared: Mapping[str, Any], name: str, inner: str = "") -> bool:
    return name in declared and (not inner or mapping(declared[name]).get(inner) is True)
