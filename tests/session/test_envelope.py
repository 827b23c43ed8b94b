"""What each request carries besides its parameters, in either era: `_meta`, and the headers that repeat it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from mcp.shared.inbound import InboundModernRoute, classify_inbound_request, validate_mcp_param_headers

from mcpwatch.session.handshake import META, Envelope

CAPABILITIES: dict[str, Any] = {"roots": {}}


def modern(schema: dict[str, Any] | None = None, log_level: str | None = "info") -> Envelope:
    return Envelope("modern", "2026-07-28", CAPABILITIES, log_level, {"work": schema} if schema else {})


def headers_of(name: str) -> dict[str, str]:
    return modern().wrap("tools/call", {"name": name})[1]


def argument_headers(schema: dict[str, Any], arguments: Any) -> dict[str, str]:
    """The `Mcp-Param-*` headers of a call, judged by the official server's own rules as well."""
    _, headers = modern(schema).wrap("tools/call", {"name": "work", "arguments": arguments})
    if isinstance(arguments, dict):
        assert validate_mcp_param_headers(schema, cast("dict[str, Any]", arguments), headers) is None
    return {name: value for name, value in headers.items() if name.startswith("Mcp-Param-")}


def test_the_handshake_era_puts_nothing_around_a_request() -> None:
    envelope = Envelope("legacy", "2025-11-25", CAPABILITIES, None)
    assert envelope.wrap("tools/call", {"name": "work"}) == ({"name": "work"}, {})
    assert envelope.wrap("ping", None) == (None, {})


def test_the_stateless_era_says_in_each_request_who_asks() -> None:
    params, headers = modern().wrap("tools/list", None)
    assert params is not None
    meta = params["_meta"]
    assert set(meta) == {META + key for key in ("protocolVersion", "clientInfo", "clientCapabilities", "logLevel")}
    assert meta[META + "protocolVersion"] == "2026-07-28"
    assert meta[META + "clientCapabilities"] == CAPABILITIES
    assert meta[META + "logLevel"] == "info"
    assert headers == {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}


def test_without_a_level_no_logs_are_asked_for() -> None:
    params, _ = modern(log_level=None).wrap("ping", {})
    assert params is not None
    assert META + "logLevel" not in params["_meta"]


def test_the_callers_own_meta_stays_and_counts() -> None:
    given = {"_meta": {"own": 1, META + "logLevel": "error"}, "a": 1}
    params, _ = modern().wrap("x/y", given)
    assert params is not None
    assert (params["a"], params["_meta"]["own"], params["_meta"][META + "logLevel"]) == (1, 1, "error")
    assert given == {"_meta": {"own": 1, META + "logLevel": "error"}, "a": 1}, "the caller's parameters were changed"


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("tools/call", {"name": "work"}, "work"),
        ("prompts/get", {"name": "greet"}, "greet"),
        ("resources/read", {"uri": "file:///x"}, "file:///x"),
        ("completion/complete", {"name": "x"}, None),
        ("tools/call", {"name": 5}, None),
        ("tools/call", {}, None),
    ],
)
def test_what_a_request_is_about_is_repeated_in_a_header(method: str, params: dict[str, Any], name: str | None) -> None:
    assert modern().wrap(method, params)[1].get("mcp-name") == name


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain name!", "plain name!"),
        ("caf\u00e9", "=?base64?Y2Fmw6k=?="),
        (" edge", "=?base64?IGVkZ2U=?="),
        ("a\r\nEvil: b", "=?base64?YQ0KRXZpbDogYg==?="),
        ("=?base64?eA==?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?="),
        ("", ""),
    ],
)
def test_a_name_that_a_header_cannot_hold_goes_as_base64(name: str, header: str) -> None:
    headers = headers_of(name)
    assert headers["mcp-name"] == header


@pytest.mark.parametrize("name", ["plain", "caf\u00e9 \U0001f600", "\t", "=?base64?=?="])
def test_the_official_server_accepts_what_is_sent(name: str) -> None:
    params, headers = modern().wrap("tools/call", {"name": name})
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert isinstance(classify_inbound_request(body, headers=headers), InboundModernRoute)


PROPERTIES: dict[str, Any] = {
    "city": {"type": "string", "x-mcp-header": "City"},
    "n": {"type": "integer", "x-mcp-header": "N"},
    "ok": {"type": "boolean", "x-mcp-header": "Ok"},
    "plain": {"type": "string"},
    "place": {"type": "object", "properties": {"zone": {"type": "string", "x-mcp-header": "Zone"}}},
}
SCHEMA: dict[str, Any] = {"type": "object", "properties": PROPERTIES}


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"city": "Oslo", "plain": "x"}, {"City": "Oslo"}),
        ({"city": "K\u00f8benhavn"}, {"City": "=?base64?S8O4YmVuaGF2bg==?="}),
        ({"n": 5, "ok": True}, {"N": "5", "Ok": "true"}),
        ({"ok": False, "n": 0}, {"N": "0", "Ok": "false"}),
        ({"place": {"zone": "a"}}, {"Zone": "a"}),
        ({"city": None, "n": [1], "place": 5}, {}),
        ({}, {}),
        (None, {}),
        ([], {}),
    ],
)
def test_arguments_that_the_schema_marks_are_repeated_in_headers(arguments: Any, headers: dict[str, str]) -> None:
    assert argument_headers(SCHEMA, arguments) == {f"Mcp-Param-{name}": value for name, value in headers.items()}


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "string", "x-mcp-header": "a b"},
        {"type": "string", "x-mcp-header": "a\r\nEvil: b"},
        {"type": "string", "x-mcp-header": "caf\u00e9"},
        {"type": "string", "x-mcp-header": ""},
        {"type": "string", "x-mcp-header": 5},
        {"type": "number", "x-mcp-header": "X"},
        {"x-mcp-header": "X"},
        {"type": "string", "x-mcp-header": "CITY"},
    ],
)
def test_a_schema_with_an_invalid_mark_has_no_headers_at_all(bad: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {**PROPERTIES, "bad": bad}}
    assert argument_headers(schema, {"city": "Oslo", "bad": "x"}) == {}


def test_a_schema_of_any_shape_is_survived() -> None:
    for schema in ({"properties": 5}, {"properties": {"a": 5}}, {"properties": {"a": {"properties": [1]}}}):
        assert argument_headers(schema, {"a": {"b": 1}}) == {}


def test_headers_are_for_calls_of_the_tools_whose_schema_is_known() -> None:
    envelope = modern(SCHEMA)
    arguments = {"city": "Oslo"}
    assert "Mcp-Param-City" in envelope.wrap("tools/call", {"name": "work", "arguments": arguments})[1]
    assert "Mcp-Param-City" not in envelope.wrap("tools/call", {"name": "other", "arguments": arguments})[1]
    assert "Mcp-Param-City" not in envelope.wrap("prompts/get", {"name": "work", "arguments": arguments})[1]
