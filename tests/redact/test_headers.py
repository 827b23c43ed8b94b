from __future__ import annotations

import pytest

from mcpwatch.redact.headers import redact_body, redact_headers, redact_members


@pytest.mark.parametrize(
    ("header", "redacted"),
    [
        (("Authorization", "Bearer abc"), "Bearer [redacted]"),
        (("proxy-authorization", "Basic YTpi"), "Basic [redacted]"),
        (("authorization", "abc"), "[redacted]"),
        (("Cookie", "sid=abc; theme=dark"), "sid=[redacted]; theme=[redacted]"),
        (("Set-Cookie", "sid=abc; Path=/; HttpOnly"), "sid=[redacted]; Path=/; HttpOnly"),
        (("Set-Cookie", "sid=; Max-Age=0"), "sid=; Max-Age=0"),
        (("X-Api-Key", "abc"), "[redacted]"),
        (("X-Goog-Api-Key", "abc"), "[redacted]"),
        (("Private-Token", "abc"), "[redacted]"),
        (("X-Client-Secret", "abc"), "[redacted]"),
        (("Location", "/cb?code=abc&iss=https%3A%2F%2Fh"), "/cb?code=[redacted]&iss=https%3A%2F%2Fh"),
        (("Location", "https://a:b@h/"), "https://a:[redacted]@h/"),
        (
            ("WWW-Authenticate", 'Bearer resource_metadata="https://h/m?token=abc", scope="a"'),
            'Bearer resource_metadata="https://h/m?token=[redacted]", scope="a"',
        ),
    ],
)
def test_credentials_in_headers_go_and_the_rest_stays(header: tuple[str, str], redacted: str) -> None:
    once = redact_headers([header])
    assert once == ((header[0], redacted),)
    assert redact_headers(once) == once


@pytest.mark.parametrize(
    "header",
    [
        ("Mcp-Session-Id", "0123456789abcdef"),
        ("Mcp-Method", "tools/call"),
        ("Content-Type", "application/json"),
        ("WWW-Authenticate", 'Bearer error="invalid_token"'),
        ("Access-Control-Allow-Headers", "Authorization"),
        ("Last-Event-ID", "token-1"),
        ("", ""),
    ],
)
def test_other_headers_stay(header: tuple[str, str]) -> None:
    assert redact_headers([header]) == (header,)


def test_cookies_that_may_be_words_are_not_looked_for_elsewhere() -> None:
    found: list[str] = []
    redact_headers([("Cookie", "theme=default; consent=accepted; sid=a1b2c3d4e5")], found=found.append)
    assert found == ["a1b2c3d4e5"]


def test_oauth_bodies_lose_their_secrets_and_keep_their_shape() -> None:
    form = (
        "grant_type=authorization_code&code=abc&redirect_uri=http%3A%2F%2Flocalhost%2Fcb&code_verifier=v&client_id=me"
    )
    assert redact_body(form) == (
        "grant_type=authorization_code&code=[redacted]&redirect_uri=http%3A%2F%2Flocalhost%2Fcb"
        "&code_verifier=[redacted]&client_id=me"
    )
    answer = '{"access_token": "abc", "token_type":"Bearer","expires_in":3600,"refresh_token":"d\\"ef","id_token":"g"}'
    assert redact_body(answer) == (
        '{"access_token": "[redacted]", "token_type":"Bearer","expires_in":3600,'
        '"refresh_token":"[redacted]","id_token":"[redacted]"}'
    )
    device = '{"device_code":"a","user_code":"b","verification_uri":"https://h/d","interval":5}'
    assert redact_body(device) == (
        '{"device_code":"[redacted]","user_code":"[redacted]","verification_uri":"https://h/d","interval":5}'
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"error":"invalid_token","error_description":"expired","code":"E_TOKEN"}',
        '{"token_endpoint":"https://h/t","token_endpoint_auth_method":"client_secret_post"}',
        '{"token_endpoint_auth_methods_supported":["client_secret_basic"],"client_secret_expires_at":0}',
        "<html>Unauthorized</html>",
        "not found",
        "",
    ],
)
def test_other_bodies_stay(text: str) -> None:
    assert redact_body(text) == text


def test_a_code_in_json_is_one_of_oauth_only_where_the_body_is() -> None:
    assert redact_members('{"grant_type":"x","code":"abc"}') == '{"grant_type":"x","code":"[redacted]"}'
    assert redact_members('{"code":"abc"}') == '{"code":"abc"}'


def test_a_body_that_was_cut_off_gives_nothing_away() -> None:
    found: list[str] = []
    assert redact_body('{"x":1,"access_token":"abcdef', found=found.append) == '{"x":1,"access_token":"[redacted]"'[:-1]
    assert found == ["abcdef"]


def test_what_was_found_is_read_as_json_reads_it() -> None:
    found: list[str] = []
    redact_members(r'{"password":"a\u0062c\/d\n"}', found=found.append)
    assert found == ["abc/d"]
