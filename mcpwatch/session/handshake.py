"""Which protocol a link speaks, found out once: `server/discover` first, then `initialize`.

Two eras. In the handshake era (up to 2025-11-25) `initialize` settles everything. In the stateless one (2026-07-28)
every request carries its own `_meta`, and over HTTP the headers that repeat it. `Envelope` is the difference between
the two.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from mcpwatch import __version__
from mcpwatch.errors import ConnectError, TimedOut
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.dispatch import Dispatcher, Reply
from mcpwatch.wire.framing import NAMED_BY

__all__ = ["HANDSHAKE_VERSIONS", "MODERN_VERSIONS", "Envelope", "Era", "Negotiated", "Refused", "negotiate", "unusable"]

JsonObject: TypeAlias = dict[str, Any]
Era: TypeAlias = Literal["legacy", "modern"]
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSIONS = ("2026-07-28",)
PROBE_SECONDS = 10.0
META = "io.modelcontextprotocol/"
UNSUPPORTED_VERSION = -32022
ERROR_UNREACHABLE = -32099
"""Ours, for a request that never left: there is nobody at that address."""
WITH_NAME = frozenset({"tools/call", "prompts/get", "resources/read"})
"""The methods whose HTTP requests repeat what they are about in `Mcp-Name`."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CLIENT_INFO = {"name": "mcpwatch", "version": __version__}


def capabilities(without: frozenset[str]) -> JsonObject:
    """What we declare as a client: everything a server can ask for, less what `--without` names."""
    declared: JsonObject = {}
    if "sampling" not in without:
        declared["sampling"] = {"tools": {}, "context": {}}
    if "elicitation" not in without:
        declared["elicitation"] = {"form": {}, "url": {}}
    if "roots" not in without:
        declared["roots"] = {"listChanged": True}
    return declared


@dataclass(slots=True)
class Envelope:
    """What a request has to carry besides its own parameters, in the era that was negotiated."""

    era: Era
    version: str
    capabilities: JsonObject
    log_level: str | None
    """The level that each request of the stateless era asks for; None asks for no logs."""
    header_schemas: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """Input schemas of the tools that want arguments repeated in HTTP headers (`x-mcp-header`), by tool."""

    def wrap(self, method: str, params: Mapping[str, Any] | None) -> tuple[JsonObject | None, dict[str, str]]:
        """The parameters as they go out, and the HTTP headers that go with them."""
        if self.era == "legacy":
            return (None if params is None else dict(params)), {}
        body = dict(params or {})
        meta: JsonObject = {
            META + "protocolVersion": self.version,
            META + "clientInfo": CLIENT_INFO,
            META + "clientCapabilities": self.capabilities,
        }
        if self.log_level is not None:
            meta[META + "logLevel"] = self.log_level
        given = body.get("_meta")
        body["_meta"] = {**meta, **(cast("JsonObject", given) if isinstance(given, dict) else {})}
        headers = {"mcp-protocol-version": self.version, "mcp-method": _header_value(method)}
        named = body.get(NAMED_BY[method]) if method in WITH_NAME else None
        if isinstance(named, str):
            headers["mcp-name"] = _header_value(named)
        if method == "tools/call" and isinstance(named, str) and named in self.header_schemas:
            headers |= _argument_headers(self.header_schemas[named], body.get("arguments"))
        return body, headers


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What the server said of itself. `result` is the answer of `initialize` or `server/discover` as it came."""

    era: Era
    version: str
    result: JsonObject
    envelope: Envelope

    @property
    def server_capabilities(self) -> JsonObject:
        return dict(mapping(self.result.get("capabilities")))


async def negotiate(
    dispatcher: Dispatcher,
    *,
    era: str,
    declared: JsonObject,
    log_level: str | None,
    within: float,
    version: str | None = None,
) -> Negotiated:
    """Settle the protocol. `era` is `auto`, `legacy` or `modern`; `within` is in seconds a request; `version` is what
    `initialize` asks for, the newest without one.

    Raises: `ConnectError` where the server refuses or shares no version with us, `TimedOut`, `LinkLost`.
    """
    if era != "legacy":
        found = await _discover(dispatcher, declared, log_level, sure=era == "modern", within=within)
        if found is not None:
            return found
    return await _initialize(dispatcher, declared, log_level, within, version)


async def _discover(
    dispatcher: Dispatcher, declared: JsonObject, log_level: str | None, *, sure: bool, within: float
) -> Negotiated | None:
    """Ask `server/discover`; None where the server is of the handshake era, unless that was ruled out (`sure`)."""
    version = MODERN_VERSIONS[-1]
    said, code = "", None
    for _ in range(2):
        envelope = Envelope("modern", version, declared, log_level)
        params, headers = envelope.wrap("server/discover", None)
        assert params is not None
        params["_meta"].pop(META + "logLevel", None)
        try:
            reply = await dispatcher.request(
                "server/discover",
                params,
                by="mcpwatch",
                headers=headers,
                within=within if sure else min(within, PROBE_SECONDS),
            )
        except TimedOut:
            if sure:
                raise
            return None
        if reply.error is None:
            result = dict(mapping(reply.result))
            spoken = result.get("supportedVersions")
            shared = [v for v in MODERN_VERSIONS if isinstance(spoken, list) and v in spoken]
            if shared:
                return Negotiated("modern", shared[-1], result, Envelope("modern", shared[-1], declared, log_level))
            said = f" It speaks {_listed(spoken)}."
            break
        _raise_unreachable(reply)
        said, code = f" It said: {reply.error.get('message')}", reply.error.get("code")
        shared = _shared_in(reply.error)
        if not shared:
            break  # else once more, also with the very version that was refused: a gateway may have been in between
        version = shared[-1]
    if sure:
        sentence = f"The server does not speak {MODERN_VERSIONS[-1]}.{said}"
        raise Refused(sentence, code=code, hint="Try --era legacy, or auto.")
    return None


async def _initialize(
    dispatcher: Dispatcher, declared: JsonObject, log_level: str | None, within: float, version: str | None
) -> Negotiated:
    version = version if version in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1]
    params = {"protocolVersion": version, "capabilities": declared, "clientInfo": CLIENT_INFO}
    reply = await dispatcher.request("initialize", params, by="mcpwatch", within=within)
    if reply.error is not None:
        _raise_unreachable(reply)
        if reply.error.get("code") == UNSUPPORTED_VERSION:
            # A probe that was answered too late has told a slow server that we are of the other era.
            late = await _discover(dispatcher, declared, log_level, sure=True, within=within)
            assert late is not None
            return late
        raise InitializeRefused(reply)
    result = dict(mapping(reply.result))
    spoken = result.get("protocolVersion")
    if not isinstance(spoken, str):
        raise ConnectError("The server's answer to initialize names no protocolVersion.")
    if spoken not in HANDSHAKE_VERSIONS:
        known = ", ".join(HANDSHAKE_VERSIONS)
        raise ConnectError(f"The server wants protocol version {spoken}; the handshake knows {known}.")
    dispatcher.notify("notifications/initialized", by="mcpwatch")
    return Negotiated("legacy", spoken, result, Envelope("legacy", spoken, declared, None))


class Refused(ConnectError):
    """The handshake was answered with an error of this `code`, an HTTP status negated."""

    def __init__(self, message: str, *, code: Any, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class InitializeRefused(Refused):
    """`initialize` was answered with an error; over HTTP the address may be one of an older transport."""

    def __init__(self, reply: Reply) -> None:
        error = reply.error or {}
        code = error.get("code")
        self.by_http = reply.frame is None
        """An HTTP status, or the lack of one, and no message of a server's."""
        if reply.frame is None:  # no server said this: the link did
            super().__init__(f"initialize got no answer: {error.get('message')}.", code=code)
        else:
            super().__init__(f"The server refused initialize: {error.get('message')} ({code}).", code=code)
        if self.code in (-401, -403):
            header = "--header 'Authorization: Bearer …'"
            self.hint = f"Log in with --auth browser (or print, client, token), or give it what it wants: {header}."


def _raise_unreachable(reply: Reply) -> None:
    """Where nobody listens, another way of asking would hear the same."""
    error = reply.error or {}
    if reply.frame is None and error.get("code") == ERROR_UNREACHABLE:
        raise ConnectError(
            f"The server cannot be reached: {error.get('message')}.", hint="Does it run, and at this address?"
        )


def _listed(versions: Any) -> str:
    named = [version for version in items(versions) if isinstance(version, str)]
    return ", ".join(named) or "no version that it names"


def _shared_in(error: Mapping[str, Any]) -> list[str]:
    """The versions of the stateless era that a refusal offers and we know."""
    data = error.get("data")
    offered = cast("JsonObject", data).get("supported") if isinstance(data, dict) else None
    if error.get("code") != UNSUPPORTED_VERSION or not isinstance(offered, list):
        return []
    return [version for version in MODERN_VERSIONS if version in offered]


def _header_value(value: str) -> str:
    """A value as an HTTP field may carry it: plain where it survives, else in the specification's base64 sentinel."""
    plain = value.isascii() and value.isprintable() and value == value.strip()
    if plain and not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'surrogatepass')).decode()}?="


def unusable(schema: Any) -> str:
    """Why no client may call a tool with this input schema over HTTP (an invalid `x-mcp-header`), else nothing.

    mcpwatch calls it all the same if it is told to, without the headers: no server may then expect any.
    """
    seen: set[str] = set()
    for name, inner, _ in _marked(schema, None):
        token = inner["x-mcp-header"]
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            return f"the x-mcp-header of {name}, {token!r}, cannot be part of a header's name"
        if token.lower() in seen:
            return f"the x-mcp-header {token!r} is there twice"
        if inner.get("type") not in ("string", "integer", "boolean"):
            return f"{name} has an x-mcp-header, and is no text, integer or boolean"
        seen.add(token.lower())
    return ""


def _argument_headers(schema: Any, arguments: Any) -> dict[str, str]:
    """`Mcp-Param-*` for the arguments that the tool's schema marks with `x-mcp-header`; none for an unusable tool."""
    headers: dict[str, str] = {}
    if unusable(schema):
        return headers
    for _, inner, value in _marked(schema, arguments):
        if isinstance(value, str | int | float):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            headers[f"Mcp-Param-{inner['x-mcp-header']}"] = _header_value(text)
    return headers


def _marked(schema: Any, arguments: Any) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """The marked properties at any depth: name, schema and the argument for it."""
    waiting: list[tuple[Mapping[str, Any], Any]] = [(mapping(schema), arguments)]
    while waiting:
        level, values = waiting.pop()
        for key, below in mapping(level.get("properties")).items():
            inner, value = mapping(below), mapping(values).get(key)
            waiting.append((inner, value))
            if inner.get("x-mcp-header") is not None:
                yield key, inner, value
