from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.view.questions import address, answered, given, host_of, wanted
from mcpwatch.view.style import plain


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/path?q=1#x", "example.com"),
        ("https://example.com:8443", "example.com:8443"),
        ("https://good.example@evil.example/", "evil.example"),
        ("https://good.example:443@evil.example/good.example", "evil.example"),
        ("https://[2001:db8::1]/x", "[2001:db8::1]"),
        ("https://bücher.example/", "bücher.example"),
        ("mailto:a@b.c", ""),
        ("nonsense", ""),
        ("https://[broken", ""),
        ("https://exam\nple.com/", ""),
        ("", ""),
    ],
)
def test_the_host_is_where_one_ends_up(url: str, host: str) -> None:
    before, found, after = host_of(url)
    assert (found, before + found + after) == (host, url)


@pytest.mark.parametrize(
    ("url", "warning"),
    [
        ("https://example.com/", ""),
        ("http://example.com/", "  ! not encrypted"),
        ("javascript://example.com/%0aalert(1)", "  ! javascript: is no web address"),
        ("https://a.b@evil.example/", "  ! what stands before @ is not the host"),
        ("https://xn--80ak6aa92e.com/", "  ! reads аррӏе.com"),
        ("https://bücher.example/", "  ! really xn--bcher-kva.example"),
        ("https://evil.example\\.good.example/", "  ! it holds a backslash, so programs disagree about the host"),
        (f"https://{'ü' * 80}.example/", "  ! no valid host name"),
    ],
)
def test_what_may_deceive_the_eye_is_said(url: str, warning: str) -> None:
    shown, host = address(url)
    assert plain(shown.spans) == url
    assert plain(host.spans) == host_of(url)[1] + warning


def test_an_address_without_a_host_says_so() -> None:
    assert plain(address("nonsense")[1].spans) == "none to be seen: this is no web address"


@pytest.mark.parametrize(
    ("method", "result", "status", "shown"),
    [
        ("elicitation/create", {"action": "accept", "content": {"a": 1}}, "accept", "a=1"),
        ("elicitation/create", {"action": "decline"}, "decline", ""),
        ("roots/list", {"roots": [{"uri": "file:///a"}]}, "ok", "1 root  file:///a"),
        ("roots/list", {"roots": []}, "ok", "no roots"),
        ("sampling/createMessage", {"content": {"type": "text", "text": "x"}, "model": "m"}, "ok", '"x"  m'),
        ("sampling/createMessage", {"odd": True}, "ok", '{"odd": true}'),
        ("sampling/createMessage", {}, "ok", ""),
        ("x/y", [1], "ok", "[1]"),
    ],
)
def test_an_answer_is_how_it_went_and_what_was_said(method: str, result: Any, status: str, shown: str) -> None:
    found, spans = answered(method, result)
    assert (found, plain(spans)) == (status, shown)


def test_an_answer_is_known_by_its_shape_where_nothing_names_it() -> None:
    assert plain(given({"action": "decline"})) == "decline  "
    assert plain(given({"roots": []})) == "no roots"
    assert plain(given(7)) == "7"


def test_what_would_have_answered_is_an_option_or_a_sentence() -> None:
    assert plain(wanted("--elicit 'name=…'")) == ": answer it with --elicit 'name=…'"
    assert plain(wanted("--elicit does not fit this form: no such field")) == (
        ": --elicit does not fit this form: no such field"
    )
    assert wanted("") == []
