"""Rules about what a result has to hold, in each era."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mcpwatch.check.rules.link import Link, Message, in_era
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import items, label, mapping

_CACHEABLE: Final = ("server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list",
                     "resources/read")  # fmt: skip
_WANTED: Final[Mapping[str, Mapping[str, type]]] = {
    "initialize": {"capabilities": dict, "serverInfo": dict},
    "server/discover": {"supportedVersions": list, "capabilities": dict},
    "tools/list": {"tools": list},
    "tools/call": {"content": list},
    "prompts/list": {"prompts": list},
    "prompts/get": {"messages": list},
    "resources/list": {"resources": list},
    "resources/templates/list": {"resourceTemplates": list},
    "resources/read": {"contents": list},
    "completion/complete": {"completion": dict},
    "sampling/createMessage": {"role": str, "model": str},
    "elicitation/create": {"action": str},
    "roots/list": {"roots": list},
}
_NAMES: Final = {dict: "an object", list: "an array", str: "a string"}
_CONTENT: Final = {"tools/call": "content", "resources/read": "contents"}


@rule(
    "error",
    "A result of the wrong shape",
    why="Typed clients refuse a result that lacks a member, and the caller gets a validation error in place of the "
    "answer.",
    do="Send the members that the method's result must have, empty where there is nothing.",
    on="response",
    spec={LEGACY: "schema", MODERN: "schema"},
)
def result_shape(link: Link, message: Message) -> Iterator[str]:
    if message.request is None:
        return
    if not _is_object(message.result):
        yield f"the result of {message.of} is no object"
        return
    result = mapping(message.result)
    if result.get("resultType", "complete") != "complete" or "task" in result:
        return
    for name, wanted in _WANTED.get(message.of, {}).items():
        if not isinstance(result.get(name), wanted):
            how = f"no {name}" if name not in result else f"a {name} that is not {_NAMES[wanted]}"
            yield f"the result of {message.of} has {how}"
    member = _CONTENT.get(message.of)
    for number, block in enumerate(items(result.get(member)) if member else ()):
        if not isinstance(block, dict):
            yield f"{member}[{number}] is no object"
        elif message.of == "tools/call" and not isinstance(mapping(block).get("type"), str):
            yield f"{member}[{number}] has no type"


@rule(
    "error",
    "A result without resultType",
    why="In 2026-07-28 it says whether the result is complete or asks for input. Clients take its absence for a server "
    "of an earlier revision.",
    do='Add "resultType": "complete" to every result.',
    on="response",
    spec={MODERN: "basic#resulttype"},
    by="server",
)
def result_type_missing(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "s2c" and message.request is not None and in_era(link, message):
        if _is_object(message.result) and not isinstance(mapping(message.result).get("resultType"), str):
            yield f"the result of {message.of}"


@rule(
    "error",
    "An unknown resultType",
    why="A client has to take it for invalid, so the result is lost.",
    do='Send "complete" or "input_required", or declare the extension that knows another.',
    on="response",
    spec={MODERN: "basic#resulttype"},
    by="server",
)
def result_type_unknown(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "c2s" or message.request is None or not in_era(link, message):
        return
    said = mapping(message.result).get("resultType")
    extended = mapping(mapping(link.server).get("extensions")) or mapping(
        mapping(message.request.capabilities).get("extensions")
    )
    if isinstance(said, str) and said not in ("complete", "input_required") and not extended:
        yield f"{message.of} ended with resultType {label(said)}"


@rule(
    "error",
    "A cacheable result without ttlMs",
    why="Clients do not know for how long the list holds, and ask again each time or too late.",
    do='Send "ttlMs", an integer of milliseconds that is not negative; 0 is never cached.',
    on=tuple(f"response {method}" for method in _CACHEABLE),
    spec={MODERN: "server/utilities/caching#time-to-live-ttl-field"},
    by="server",
)
def ttl_missing(link: Link, message: Message) -> Iterator[str]:
    if _is_cacheable(link, message):
        said = mapping(message.result).get("ttlMs")
        if isinstance(said, bool) or not isinstance(said, int | float) or said < 0 or said != int(said):
            yield f"the result of {message.of} has " + ("no ttlMs" if said is None else f"a ttlMs of {label(said)}")


@rule(
    "error",
    "A cacheable result without cacheScope",
    why="Without it a shared cache cannot know whether it may give one user's list to another.",
    do='Send "cacheScope": "private", or "public" where the result is the same for everybody.',
    on=tuple(f"response {method}" for method in _CACHEABLE),
    spec={MODERN: "server/utilities/caching#cache-scope-field"},
    by="server",
)
def cache_scope_missing(link: Link, message: Message) -> Iterator[str]:
    if _is_cacheable(link, message):
        said = mapping(message.result).get("cacheScope")
        if said not in ("public", "private"):
            how = "no cacheScope" if said is None else f"a cacheScope of {label(said)}"
            yield f"the result of {message.of} has {how}"


@rule(
    "error",
    "A sampling message with an unknown role",
    why="MCP knows user and assistant. Clients refuse others: system belongs into systemPrompt, tool results into a "
    "user message.",
    do='Use "user" or "assistant".',
    on=("request sampling/createMessage", "response"),
    spec={LEGACY: "client/sampling#messages", MODERN: "client/sampling#messages"},
)
def sampling_role(link: Link, message: Message) -> Iterator[str]:
    if message.type == "request":
        yield from _roles(message.params)
    elif message.of == "sampling/createMessage":
        yield from _role(mapping(message.result))
    else:
        for asked in mapping(mapping(message.result).get("inputRequests")).values():
            if mapping(asked).get("method") == "sampling/createMessage":
                yield from _roles(mapping(mapping(asked).get("params")))


def _roles(said: Mapping[str, Any]) -> Iterator[str]:
    for one in items(said.get("messages")):
        yield from _role(mapping(one))


def _role(one: Mapping[str, Any]) -> Iterator[str]:
    role = one.get("role")
    if role not in ("user", "assistant"):
        yield "a message has no role" if role is None else f"a message has the role {label(role)}"


def _is_cacheable(link: Link, message: Message) -> bool:
    if message.dir == "c2s" or message.request is None or not in_era(link, message):
        return False
    return _is_object(message.result) and mapping(message.result).get("resultType", "complete") == "complete"


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
