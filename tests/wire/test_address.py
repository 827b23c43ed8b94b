"""Where something of ours listens, and who may come."""

from __future__ import annotations

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.wire.address import is_loopback, listener, listening, netloc, refusal, served_names


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("8000", ("127.0.0.1", 8000)),
        ("[::1]:0", ("::1", 0)),
        (":7", ("127.0.0.1", 7)),
    ],
)
def test_an_address_is_read(text: str, address: tuple[str, int]) -> None:
    assert listening(text) == address


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1:x", "127.0.0.1:99999", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        listening(text)


def test_loopback_is_what_it_says() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.1.2.3", "::1")))
    assert not any(map(is_loopback, ("", "127.evil.example", "0.0.0.0", "example.com")))


def test_a_listener_takes_connections_where_it_says() -> None:
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Cannot listen on 127.0.0.1:{port}"):
            listener("127.0.0.1", port)
    assert (netloc("::1", 80), netloc("127.0.0.1", 80)) == ("[::1]:80", "127.0.0.1:80")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:9000", None),
        ("LOCALHOST", "http://localhost:6274"),
        ("[::1]:9000", "http://[::1]:1"),
        ("proxy.lan:80", "https://proxy.lan"),
    ],
)
def test_who_asks_for_a_name_that_is_served_may_come(host: str, origin: str | None) -> None:
    assert refusal(host, origin, {"proxy.lan"}) is None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("MyMac.local", "mymac.local"),
        ("mymac.local:8000", "mymac.local"),
        ("[FE80::1]:8000", "fe80::1"),
        ("FE80::1", "fe80::1"),
        ("*", "*"),
    ],
)
def test_a_name_is_served_however_it_is_written(given: str, name: str) -> None:
    assert served_names([given]) == {name}
    assert refusal(f"{name.upper()}:9000" if ":" not in name else f"[{name.upper()}]:9000", None, {name}) is None


def test_an_empty_name_serves_nobody() -> None:
    assert served_names(["", ":8000"]) == frozenset()


@pytest.mark.parametrize(
    ("host", "origin", "why"),
    [
        ("evil.example:9000", None, "The Host 'evil.example' is not served here."),
        ("", None, "The Host '' is not served here."),
        ("127.0.0.1.evil.example", None, "The Host '127.0.0.1.evil.example' is not served here."),
        ("localhost", "https://evil.example", "The Origin 'https://evil.example' is not served here."),
        ("localhost", "null", "The Origin 'null' is not served here."),
        ("localhost:80@evil.example", None, "The Host 'localhost:80@evil.example' is not served here."),
        ("[::1]evil.example", None, "The Host '[::1]evil.example' is not served here."),
        (
            "localhost",
            "http://localhost:80@evil.example",
            "The Origin 'http://localhost:80@evil.example' is not served here.",
        ),
    ],
)
def test_a_page_in_a_browser_may_not(host: str, origin: str | None, why: str) -> None:
    assert refusal(host, origin, {"proxy.lan"}) == why
    assert refusal(host, origin, {"*"}) is None
