from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.redact.urls import redact_credential, redact_pairs, redact_url, redact_urls


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://user:hunter2@host:8080/x", "https://user:[redacted]@host:8080/x"),
        ("https://user:a@b:c@host/", "https://user:[redacted]@host/"),
        ("https://:hunter2@host/", "https://:[redacted]@host/"),
        ("https://t0ken@github.com/x.git", "https://[redacted]@github.com/x.git"),
        ("postgres://me:pw@db:5432/x?sslmode=on", "postgres://me:[redacted]@db:5432/x?sslmode=on"),
        ("https://h/mcp?api_key=abc&a=1", "https://h/mcp?api_key=[redacted]&a=1"),
        ("https://h/?X-Amz-Signature=abc&X-Amz-Date=d", "https://h/?X-Amz-Signature=[redacted]&X-Amz-Date=d"),
        ("https://h/?api%5Fkey=abc", "https://h/?api%5Fkey=[redacted]"),
        ("https://h/?a=1;token=abc", "https://h/?a=1;token=[redacted]"),
        ("https://h/?token=a;b=c", "https://h/?token=[redacted]"),
        ("/cb?code=abc&state=xyz", "/cb?code=[redacted]&state=[redacted]"),
        ("http://localhost:1/cb#access_token=a&scope=b", "http://localhost:1/cb#access_token=[redacted]&scope=b"),
        ("https://h/t/ghp_0123456789abcdefghij/mcp", "https://h/t/[redacted]/mcp"),
        ("https://h/?u=https%3A%2F%2Fa%3Ab%40c%2F%3Fx%3D1", "https://h/?u=https://a:[redacted]@c/%3Fx%3D1"),
        ("https://h/?key=AIzaSyA1234567890", "https://h/?key=[redacted]"),
    ],
)
def test_credentials_in_urls_go_and_nothing_else_does(url: str, redacted: str) -> None:
    assert redact_url(url) == redacted
    assert redact_url(redacted) == redacted


@pytest.mark.parametrize(
    "url",
    [
        "https://host/mcp",
        "https://host:8080/@scope/name?x=1&y=%20#top",
        "ssh://git@github.com/x.git",
        "https://h/messages/?session_id=0123456789abcdef0123",
        "https://h/?state=California&key=name&page_token=abc",
        "https://h/?token=",
        "http://[::1]:80/",
        "http://[broken/",
        "mailto:a@b.c",
        "?",
        "",
        "https://h/?progressToken=abcdef&max_tokens=4096",
    ],
)
def test_urls_without_credentials_stay(url: str) -> None:
    assert redact_url(url) == url


def test_what_was_found_is_handed_on_as_it_stood_and_as_it_is_meant() -> None:
    found: list[str] = []
    redact_url("https://u:p%40ssword@h/?token=a%2Fbcdef&state=x&client_id=c&code=short", found=found.append)
    assert found == ["p%40ssword", "p@ssword", "a/bcdef", "a%2Fbcdef"]


def test_urls_are_found_in_a_text() -> None:
    text = "see <https://u:hunter2@h/> or postgres://a:b@c, not ://"
    assert redact_urls(text) == "see <https://u:[redacted]@h/> or postgres://a:[redacted]@c, not ://"


def test_urls_inside_of_urls_end_somewhere() -> None:
    url = "x://h?a=" * 5000
    assert redact_url(url) == url


def test_a_form_is_read_like_a_query_and_its_semicolons_are_data() -> None:
    form = "grant_type=authorization_code&code=a;b&code_verifier=v&client_secret=s&scope=a+b"
    assert redact_pairs(form, lambda _: False, print, form=True) == (
        "grant_type=authorization_code&code=[redacted]&code_verifier=[redacted]&client_secret=s&scope=a+b"
    )


@pytest.mark.parametrize(
    ("value", "redacted", "found"),
    [
        ("Bearer abc.def", "Bearer [redacted]", ["abc.def"]),
        ("bearer abc", "bearer [redacted]", ["abc"]),
        ("abc", "[redacted]", ["abc"]),
        ("Basic " + base64.b64encode(b"me:pass:word").decode(), "Basic [redacted]", ["bWU6cGFzczp3b3Jk", "pass:word"]),
        ("Basic ???", "Basic [redacted]", ["???"]),
        ('Digest username="a", response="b"', "Digest [redacted]", ['Digest username="a", response="b"']),
        ("key to the kingdom", "[redacted]", ["key to the kingdom"]),
        ("", "", [""]),
    ],
)
def test_a_credential_keeps_its_scheme(value: str, redacted: str, found: list[str]) -> None:
    seen: list[str] = []
    assert redact_credential(value, found=seen.append) == redacted
    assert seen == found


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("it failed (see https://h/?token=abc).", "it failed (see https://h/?token=[redacted])."),
        ("https://h/?token=abc, then https://u:p@h!", "https://h/?token=[redacted], then https://u:[redacted]@h!"),
        ("https://h/wiki/A_(b)?token=(x)", "https://h/wiki/A_(b)?token=[redacted]"),
        ("nothing ://). here", "nothing ://). here"),
    ],
)
def test_what_a_sentence_puts_after_a_url_stays(text: str, redacted: str) -> None:
    assert redact_urls(text) == redacted


@given(st.text(alphabet="htps:/?#&=;@%[]\\ a1é\n.token()", max_size=60))
def test_any_text_is_a_url_and_is_redacted_once(text: str) -> None:
    once = redact_url(text)
    assert redact_url(once) == once
    assert redact_urls(redact_urls(text)) == redact_urls(text)
