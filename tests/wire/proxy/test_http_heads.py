"""What of a message's head goes on, and whose address is the server's."""

from __future__ import annotations

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.wire.proxy.http_heads import Headers, going_back, head, last_chunk, passed, server_at


def test_headers_keep_their_order_their_spelling_and_their_repetition() -> None:
    headers = [(b"X-B", b"1"), (b"x-a", b"\xff"), (b"X-B", b"2"), (b"Content-Length", b"3")]
    assert passed(headers, chunked=False) == headers
    assert head(b"GET / HTTP/1.1", headers[:2]) == b"GET / HTTP/1.1\r\nX-B: 1\r\nx-a: \xff\r\n\r\n"


def test_a_length_beside_chunks_does_not_go_on() -> None:
    headers = [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"3"), (b"Trailer", b"X-T")]
    assert passed(headers, chunked=True) == [(b"Transfer-Encoding", b"chunked"), (b"Trailer", b"X-T")]
    assert last_chunk([(b"X-T", b"1")]) == b"0\r\nX-T: 1\r\n\r\n"


def test_what_a_connection_names_is_its_own() -> None:
    headers = [(b"Connection", b"close, X-Hop ,upgrade"), (b"x-hop", b"1"), (b"Upgrade", b"h2c"), (b"X-End", b"2")]
    assert passed(headers, chunked=False) == [(b"Connection", b"close"), (b"X-End", b"2")]


@pytest.mark.parametrize(
    ("url", "path", "origin", "port"),
    [
        ("http://127.0.0.1:8000/mcp", "/mcp", "http://127.0.0.1:8000", 8000),
        ("https://mcp.example.com", "/", "https://mcp.example.com", 443),
        ("https://mcp.example.com/a/b?key=c%20d", "/a/b?key=c%20d", "https://mcp.example.com", 443),
        ("http://[::1]:9/sse", "/sse", "http://[::1]:9", 9),
    ],
)
def test_a_url_names_a_server(url: str, path: str, origin: str, port: int) -> None:
    server = server_at(url)
    assert (server.path, server.origin, server.port) == (path, origin, port)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "http://",
        "http://x:y/",
        "http://a b/",
        "localhost:8000",
        "http://h\u00e9/",
        "http://a..b/mcp",
        f"http://{'a' * 64}.example/",
    ],
)
def test_what_names_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="names no URL"):
        server_at(url)


def test_a_password_in_the_url_is_refused_without_saying_it() -> None:
    with pytest.raises(UsageError) as caught:
        server_at("https://me:hunter2@mcp.example.com/mcp")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("https://mcp.example.com/x?y#z", "/x?y#z"),
        ("https://MCP.example.com:443/x", "/x"),
        ("HTTPS://mcp.example.com", ""),
        ("http://mcp.example.com/x", None),
        ("https://mcp.example.com:8443/x", None),
        ("https://mcp.example.com.evil/x", None),
        ("https://me@mcp.example.com/x", None),
        ("/x", None),
        ("//mcp.example.com/x", None),
        ("https://[/x", None),
    ],
)
def test_an_address_is_the_servers_where_its_origin_is(url: str, rest: str | None) -> None:
    assert server_at("https://mcp.example.com/mcp").has(url) == rest


LENGTH = (b"Content-Length", b"5")
CHUNKED = (b"Transfer-Encoding", b"chunked")
CLOSE = (b"Connection", b"close")
KEEP = (b"Connection", b"keep-alive")


@pytest.mark.parametrize(
    ("headers", "said", "going", "chunked", "last"),
    [
        ([LENGTH], {}, [LENGTH], False, False),
        ([CHUNKED], {}, [CHUNKED], True, False),
        ([], {}, [CLOSE], False, True),
        ([], {"bodiless": True}, [], False, False),
        ([CHUNKED], {"bodiless": True}, [CHUNKED], False, False),
        ([CLOSE, LENGTH], {}, [CLOSE, LENGTH], False, True),
        ([LENGTH], {"old_server": True}, [LENGTH, CLOSE], False, True),
        ([KEEP, LENGTH], {"old_server": True}, [KEEP, LENGTH], False, False),
        ([CHUNKED], {"old_client": True}, [CLOSE], False, True),
        ([LENGTH], {"changes": True}, [CHUNKED], True, False),
        ([LENGTH], {"changes": True, "old_client": True}, [CLOSE], False, True),
        ([CHUNKED, LENGTH], {}, [CHUNKED], True, False),
    ],
)
def test_an_answer_ends_for_the_client_as_it_does_for_us(
    headers: Headers, said: dict[str, bool], going: Headers, chunked: bool, last: bool
) -> None:
    how = {"bodiless": False, "old_server": False, "old_client": False, "changes": False, **said}
    assert going_back(headers, **how) == (going, chunked, last)
