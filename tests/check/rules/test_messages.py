"""What a line is made of: hits and no hits."""

from __future__ import annotations

import pytest

from tests.check.rules.told import DONE, Case, Told, hit, miss

LONG = b'{"jsonrpc":"2.0","method":"notifications/x","params":{"a":' + b"[" * 300 + b"]" * 300 + b"}}"


def legacy() -> Told:
    return Told().legacy()


def error(code: object) -> Told:
    return legacy().calls().refuses(code)


CASES = [
    hit("stdout-noise", "a print before the first message", lambda: Told().line(b"Starting...").legacy()),
    hit("stdout-noise", "an empty line", lambda: legacy().line(b"")),
    hit("stdout-noise", "colours", lambda: legacy().line(b"\x1b[31mred")),
    miss("stdout-noise", "messages only", lambda: legacy().calls().done()),
    hit("not-json", "a message that breaks off", lambda: legacy().line(b'{"jsonrpc":"2.0","method":')),
    hit("not-json", "what the client sends that is none", lambda: legacy().line(b"help", "c2s")),
    hit("not-json", "a body over HTTP", lambda: Told("http").line(b"<html>", xid=1)),
    miss("not-json", "JSON with spaces", lambda: legacy().line(b' { "jsonrpc": "2.0", "method": "x" } ')),
    hit("not-utf8", "Latin-1", lambda: legacy().line(b'{"jsonrpc":"2.0","method":"caf\xe9"}')),
    miss("not-utf8", "UTF-8", lambda: legacy().line('{"jsonrpc":"2.0","method":"café"}'.encode())),
    hit("not-strict-json", "NaN", lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x","params":{"a":NaN}}')),
    hit(
        "not-strict-json",
        "a lone surrogate",
        lambda: legacy().line(rb'{"jsonrpc":"2.0","method":"x","params":{"a":"\ud800"}}'),
    ),
    hit(
        "not-strict-json",
        "a huge number",
        lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x","params":{"a":1e400}}'),
    ),
    miss(
        "not-strict-json",
        "a large number",
        lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x","params":{"a":1e300}}'),
    ),
    hit("nested-too-deep", "300 levels", lambda: legacy().line(LONG)),
    miss("nested-too-deep", "20 levels", lambda: legacy().line(LONG.replace(b"[" * 280, b"").replace(b"]" * 280, b""))),
    hit("not-a-message", "a logger's JSON", lambda: legacy().line(b'{"level":"info"}')),
    hit("not-a-message", "null", lambda: legacy().line(b"null")),
    hit("not-a-message", "an empty batch", lambda: legacy().line(b"[]")),
    hit("not-a-message", "a result without an id", lambda: legacy().calls().line(b'{"jsonrpc":"2.0","result":{}}')),
    miss("not-a-message", "a notification", lambda: legacy().tells("notifications/x")),
    hit(
        "batch",
        "two logs in one line",
        lambda: legacy().line(b'[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]'),
    ),
    miss(
        "batch",
        "in the one revision that has them",
        lambda: Told().legacy(version="2025-03-26").line(b'[{"jsonrpc":"2.0","method":"a"}]'),
    ),
    hit("jsonrpc-version", "missing", lambda: legacy().line(b'{"method":"x"}')),
    hit("jsonrpc-version", "a number", lambda: legacy().line(b'{"jsonrpc":2.0,"method":"x"}')),
    miss("jsonrpc-version", "2.0", lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x"}')),
    hit(
        "duplicate-member",
        "two results",
        lambda: legacy().calls().line(b'{"jsonrpc":"2.0","id":1,"result":{},"result":{"content":[]}}'),
    ),
    miss(
        "duplicate-member",
        "the same key at two places",
        lambda: legacy().calls().done({**DONE, "structuredContent": {"result": 1}}),
    ),
    hit(
        "unterminated-line",
        "a message without a line feed",
        lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x"}', eol=""),
    ),
    miss(
        "unterminated-line",
        "a carriage return before it",
        lambda: legacy().line(b'{"jsonrpc":"2.0","method":"x"}', eol="\r\n"),
    ),
    hit("error-shape", "a code that is a string", lambda: error("E1")),
    hit("error-shape", "no message", lambda: legacy().calls().refuses(-32603, None)),
    hit(
        "error-shape", "a text for an error", lambda: legacy().calls().says({"jsonrpc": "2.0", "id": 1, "error": "no"})
    ),
    miss("error-shape", "a code and a message", lambda: error(-32603)),
    hit("error-code", "what JSON-RPC has reserved", lambda: error(-32650)),
    hit("error-code", "what MCP has reserved", lambda: Told().modern().calls().refuses(-32050)),
    hit("error-code", "a code of an earlier revision", lambda: Told().modern().calls().refuses(-32002)),
    miss("error-code", "a server's own", lambda: error(42)),
    miss("error-code", "zero", lambda: error(0)),
    miss("error-code", "resource not found, where it was that", lambda: error(-32002)),
    miss("error-code", "what MCP defines", lambda: Told().modern().calls().refuses(-32020)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_found_and_nothing_else(case: Case) -> None:
    case.check()
