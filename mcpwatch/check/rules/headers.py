"""Rules about the headers of Streamable HTTP that repeat what a request's body says."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mcpwatch.check.rules.link import META, Exchange, Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.events import Http
from mcpwatch.model.shapes import mapping

_VERSION: Final = "mcp-protocol-version"
_WITH_VERSION: Final = "2025-06-18"
"""The first revision with that header."""
_NAMED: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SPEC: Final = {
    LEGACY: "basic/transports#protocol-version-header",
    MODERN: "basic/transports/streamable-http#request-metadata",
}
_REDACTED: Final = "[redacted]"


@rule(
    "error",
    "A missing header",
    why="Servers and proxies route and check by these headers, and a server has to refuse a request without them.",
    do="Send MCP-Protocol-Version with each request after initialize; in 2026-07-28 with every request, with "
    "Mcp-Method, and with Mcp-Name where the request names a tool, a prompt or a resource.",
    on="posted",
    spec=_SPEC,
    by="client",
)
def header_missing(link: Link, message: Message) -> Iterator[str]:
    exchange = _posted(link, message)
    if exchange is None:
        return
    for name, value in _mirrored(link, message):
        if value is not None and name not in exchange.headers:
            yield f"{message.method} was sent without {_spelled(name)}"


@rule(
    "error",
    "A header that disagrees with the body",
    why="What routes by the header and what works by the body then see two different requests; a server has to refuse "
    "it with -32020.",
    do="Take the header from the body, last; what is not plain ASCII is written as =?base64?…?=.",
    on="posted",
    spec={LEGACY: _SPEC[LEGACY], MODERN: "basic/transports/streamable-http#server-validation"},
    by="client",
)
def header_mismatch(link: Link, message: Message) -> Iterator[str]:
    exchange = _posted(link, message)
    if exchange is None:
        return
    for name, value in _mirrored(link, message):
        sent = exchange.headers.get(name)
        if value is None or sent is None or _REDACTED in sent or _REDACTED in value:
            continue
        if _decoded(sent) != value:
            yield f"{_spelled(name)} is {sent!r}, the body says {value!r}"
    if link.era == "modern" and message.method == "tools/call" and not message.frame.redacted:
        yield from _parameters(link, message, exchange)


@rule(
    "error",
    "A POST that does not take both kinds of answer",
    why="A server may answer with JSON or with a stream of events; it refuses a client that does not take both (406).",
    do="Send Accept: application/json, text/event-stream.",
    on="posted",
    spec={
        LEGACY: "basic/transports#sending-messages-to-the-server",
        MODERN: "basic/transports/streamable-http#sending-messages",
    },
    by="client",
)
def accept_header(link: Link, message: Message) -> Iterator[str]:
    exchange = _posted(link, message)
    if exchange is None or message.type != "request":
        return
    accepted = exchange.headers.get("accept", "").lower()
    if "*/*" not in accepted and not ("application/json" in accepted and "text/event-stream" in accepted):
        yield f"{message.method} was sent with Accept: {exchange.headers.get('accept') or 'nothing'}"


@rule(
    "error",
    "A misused session id",
    why="With the wrong session, or none, the server refuses the request or answers in another client's state.",
    do="Send the MCP-Session-Id of the result of initialize with every request after it; begin anew after a 404. "
    "In 2026-07-28 there are no sessions: send and issue none.",
    on="http",
    spec={
        LEGACY: "basic/transports#session-management",
        MODERN: "basic/transports/streamable-http#backward-compatibility",
    },
    by="server",
)
def session_id(link: Link, event: Http) -> Iterator[str]:
    headers = {name.lower(): value for name, value in event.headers}
    sent = headers.get("mcp-session-id")
    if link.transport != "http":
        return
    if event.phase == "response":
        exchange = link.exchange(event.xid)
        request = None if exchange is None else exchange.request
        if sent is not None and link.era == "modern" and link.once("session-issued"):
            yield "the server issues a session id"
        elif sent is not None and request is not None and request.method == "initialize":
            if not sent or not all(0x21 <= ord(one) <= 0x7E for one in sent):
                yield "it holds what is no visible ASCII"


@rule(
    "error",
    "A request outside of its session",
    why="The server told the client its session's id; a request without it belongs to nobody.",
    do="Send the MCP-Session-Id header with every request after initialize, unchanged.",
    on="posted",
    spec={
        LEGACY: "basic/transports#session-management",
        MODERN: "basic/transports/streamable-http#backward-compatibility",
    },
    by="client",
)
def session_missing(link: Link, message: Message) -> Iterator[str]:
    exchange = _posted(link, message)
    if exchange is None or message.method == "initialize":
        return
    sent = exchange.headers.get("mcp-session-id")
    if link.era == "modern":
        if sent is not None:
            yield "the client sends a session id, and there are no sessions"
    elif link.session is not None and sent != link.session:
        what = message.method or f"the {message.type}"
        yield f"{what} was sent " + ("without the session id" if sent is None else "with another session id")


def _posted(link: Link, message: Message) -> Exchange | None:
    if link.transport != "http" or message.dir == "s2c":
        return None
    return link.exchange(message.frame.xid)


def _mirrored(link: Link, message: Message) -> Iterator[tuple[str, str | None]]:
    """The headers that this message has to have, and what they have to say; None where that cannot be known."""
    version = mapping(message.params.get("_meta")).get(META + "protocolVersion")
    if isinstance(version, str) and link.era != "legacy":
        yield _VERSION, version
        if message.type == "request":
            yield "mcp-method", message.method
            member = _NAMED.get(message.method)
            if member is not None:
                name = message.params.get(member)
                yield "mcp-name", name if isinstance(name, str) else None
    elif link.era == "legacy" and link.shaken and message.method != "initialize" and link.version is not None:
        if link.version >= _WITH_VERSION:
            yield _VERSION, link.version


def _parameters(link: Link, message: Message, exchange: Exchange) -> Iterator[str]:
    """Arguments that the tool's schema wants in headers of their own."""
    tool = link.tools.get(message.name or "")
    schema, arguments = mapping(mapping(tool).get("inputSchema")), mapping(message.params.get("arguments"))
    for header, value in _annotated(schema, arguments, 0):
        sent = exchange.headers.get(f"mcp-param-{header.lower()}")
        if value is None:
            if sent is not None:
                yield f"Mcp-Param-{header} is {sent!r}, and the body has no such argument"
        elif sent is None:
            yield f"Mcp-Param-{header} is missing, the body says {value!r}"
        elif _REDACTED not in sent and _decoded(sent) != value and not _same_number(_decoded(sent), value):
            yield f"Mcp-Param-{header} is {sent!r}, the body says {value!r}"


def _annotated(schema: Mapping[str, Any], value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str | None]]:
    for name, inner in mapping(schema.get("properties")).items():
        header = mapping(inner).get("x-mcp-header")
        if isinstance(header, str):
            yield header, _as_header(value.get(name))
        elif depth < 20:
            yield from _annotated(mapping(inner), mapping(value.get(name)), depth + 1)


def _as_header(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _decoded(value: str) -> str:
    """A header's value, out of base64 where it is in it."""
    if value.startswith("=?base64?") and value.endswith("?="):
        try:
            return b64decode(value[9:-2], validate=True).decode()
        except ValueError:
            return value
    return value


def _spelled(name: str) -> str:
    return "MCP-Protocol-Version" if name == _VERSION else "-".join(part.capitalize() for part in name.split("-"))
