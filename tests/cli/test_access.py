"""The options of `--auth`: what they give, and what is said of those that contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.cli.access import access_for, check_targets
from mcpwatch.errors import UsageError
from mcpwatch.session.target import parse_target
from tests.cli.running import mcpwatch


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCPWATCH_TOKEN", " the-token\n")
    monkeypatch.setenv("MCPWATCH_CLIENT_SECRET", "the-secret")
    monkeypatch.setenv("MINE", "mine")
    monkeypatch.setenv("EMPTY", "")


def test_without_a_way_nobody_logs_in() -> None:
    assert access_for({}) is None and access_for({"auth": "none"}) is None


def test_secrets_come_from_the_environment_and_are_not_shown() -> None:
    client = access_for({"auth": "client", "auth_client": "me"})
    assert client is not None and client.secret == "the-secret" and client.token == ""
    token = access_for({"auth": "token"})
    assert token is not None and token.token == "the-token" and token.secret == ""
    named = access_for({"auth": "token", "auth_token_env": "MINE"})
    assert named is not None and named.token == "mine"
    assert "the-secret" not in repr(client) and "the-token" not in repr(token)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://auth.example.com/realms/x?y", "https://auth.example.com"),
        ("auth.example.com", "https://auth.example.com"),
        ("http://LOCALHOST:3000", "http://localhost:3000"),
        ("http://localhost:*", "http://localhost:*"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_an_address_stands_for_its_origin(typed: str, origin: str) -> None:
    access = access_for({"auth": "print", "auth_server": (typed,)})
    assert access is not None and access.servers == (origin,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"auth": "brwoser"}, "is no way to log in"),
        ({"auth_client": "me"}, "--auth-client is about a login"),
        ({"auth": "none", "auth_again": True}, "--auth-again is about a login"),
        ({"auth": "client"}, "needs its id and its secret"),
        ({"auth": "client", "auth_client": "me", "auth_secret_env": "EMPTY"}, "--auth-secret-env EMPTY"),
        ({"auth": "token", "auth_token_env": "NOWHERE"}, "--auth-token-env NOWHERE"),
        ({"auth": "browser", "auth_server": ("https://a@b",)}, "is no address"),
        ({"auth": "browser", "auth_server": ("ftp://b",)}, "is no address"),
        ({"auth": "browser", "auth_server": ("https://a:*:*",)}, "is no address"),
    ],
)
def test_what_cannot_work_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        access_for(given)


def test_a_token_that_no_header_can_carry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCPWATCH_TOKEN", "a b")
    with pytest.raises(UsageError, match="cannot be sent"):
        access_for({"auth": "token"})


def test_a_login_is_for_urls_that_have_none() -> None:
    web, process = parse_target(["https://a/mcp"]), parse_target(["demo"])
    given = parse_target(["https://a/mcp"], headers={"authorization": "Bearer x"})
    browser, token = access_for({"auth": "browser"}), access_for({"auth": "token"})
    check_targets([web, process, web], browser)
    check_targets([process], None)
    for targets, access in (([process], browser), ([given], browser), ([web, web], token)):
        with pytest.raises(UsageError):
            check_targets(targets, access)


@pytest.mark.parametrize("command", [("run", "demo"), ("call", "demo", "x"), ("proxy",)])
def test_a_process_needs_no_login(command: tuple[str, ...]) -> None:
    ran = mcpwatch(*command, "--auth", "browser", *(("--", "true") if command == ("proxy",) else ()))
    assert ran.code == 2 and "--auth is for" in ran.err
