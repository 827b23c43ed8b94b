"""Which addresses a login contacts: the server's own origin, and what the user has named."""

from __future__ import annotations

import pytest

from mcpwatch.session.auth.access import LoginFailed
from mcpwatch.session.auth.consent import demand, is_web, origin_of

HERE = "https://mcp.example.com/mcp"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://mcp.example.com/elsewhere", ()),
        ("https://MCP.example.com:443/x", ()),
        ("https://auth.example.com/token", ("https://auth.example.com",)),
        ("http://localhost:3000/x", ("http://localhost:*",)),
        ("http://localhost/x", ("http://localhost:*",)),
        ("http://[::1]:80/x", ("http://[::1]",)),
    ],
)
def test_the_servers_own_origin_and_what_is_named_may_be_contacted(url: str, named: tuple[str, ...]) -> None:
    demand([url], HERE, named, "place")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://mcp.example.com/mcp", ()),
        ("https://mcp.example.com:8443/", ()),
        ("https://auth.example.com/", ()),
        ("https://evil.auth.example.com/", ("https://auth.example.com",)),
        ("http://127.0.0.1:6379/", ()),
        ("http://169.254.169.254/latest/meta-data", ()),
        ("http://localhost.evil.example/", ("http://localhost:*",)),
        ("https://localhost:3000/", ("http://localhost:*",)),
        ("http://[::1]:81/x", ("http://[::1]",)),
    ],
)
def test_nothing_else_is(url: str, named: tuple[str, ...]) -> None:
    with pytest.raises(LoginFailed) as caught:
        demand([url], HERE, named, "place")
    assert caught.value.hint == f"If you trust it: --auth-server {origin_of(url)}"


def test_all_that_would_have_to_be_named_is_said_at_once() -> None:
    with pytest.raises(LoginFailed) as caught:
        demand(["https://a.example/1", "https://b.example/2", "https://a.example/3"], HERE, (), "place")
    assert caught.value.hint == "If you trust it: --auth-server https://a.example --auth-server https://b.example"


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "x",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "ftp://a/",
            "https://",
            "https:///x",
        ),
        *(
            "https://user@a/",
            "https://user:word@a/",
            "https://a b/",
            "https://a/\n",
            "https://a/\x1b[31m",
            'https://a/"',
        ),
        *(
            "https://a/\u202egnp",
            "https://bücher.example/",
            "https://a\\@b/",
            "https://a:99999/",
            "https://[::1/",
            "//a/b",
        ),
        *("HTTPS://a/<script>", "https://a/`id`"),
    ],
)
def test_what_is_no_plain_address_of_the_web_is_none(url: str) -> None:
    assert not is_web(url)
    with pytest.raises(LoginFailed, match="no address that can be opened"):
        demand([url], HERE, ("https://a",), "place")
