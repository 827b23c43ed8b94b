from __future__ import annotations

import pytest

from mcpwatch.redact.naming import looks_like_token, looks_random, refused, secret_name


@pytest.mark.parametrize(
    "name",
    """TOKEN token GITHUB_TOKEN HF_TOKEN accessToken AccessToken access_token X-Auth-Token _authToken authtoken
    API_TOKENS SECRET CLIENT_SECRET clientSecret client-secret SECRETS APP_SECRET_1
    PASSWORD PGPASSWORD MYSQL_ROOT_PASSWORD PASSWD DB_PASSWD DB_PWD MYSQL_PWD DBPWD DB_PASS PASSPHRASE
    API_KEY APIKEY OPENAI_API_KEY apiKey X-Api-Key api-key API_KEY_2 APIkey ACCESS_KEY AWS_ACCESS_KEY_ID
    AWS_SECRET_ACCESS_KEY PRIVATE_KEY privateKey SIGNING_KEY Ocp-Apim-Subscription-Key AccountKey
    CREDENTIAL CREDENTIALS GOOGLE_CREDENTIALS AUTH NPM_AUTH AUTH_DATA Authorization Proxy-Authorization JWT GITHUB_PAT
    SESSION_COOKIE mcp-param-api-key DPoP""".split(),
)
def test_names_of_credentials_are_known(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize(
    "name",
    """progressToken progress_token maxTokens MAX_TOKENS max_tokens tokens TOKENIZERS_PARALLELISM tokenizer
    TOKEN_LIMIT SSH_AUTH_SOCK XAUTHORITY KEYBOARD MONKEY KEY PUBLIC_KEY PRIMARY_KEY AUTHOR AUTHORS
    GIT_AUTHOR_NAME authority PWD OLDPWD OLD_PWD pwd SSH_ASKPASS COMPASS BYPASS PASS COMPAT SECRETARY
    nextPageToken page_token continuationToken stop_token token_endpoint token_type AUTH_URL
    AUTH_ENABLED PASSWORD_FILE TOKEN_PATH OAuthClientId AWS_REGION HOME PATH Mcp-Session-Id session_id
    requestState WWW-Authenticate Access-Control-Allow-Credentials Sec-WebSocket-Key
    client_secret_expires_at token_endpoint_auth_method COOKIE_DOMAIN password-stdin token-env-var""".split(),
)
def test_names_that_only_sound_alike_are_not(name: str) -> None:
    assert not secret_name(name)


@pytest.mark.parametrize("name", ["", "_", "--", "1", "é", "密码", "\0", "A" * 100_000])
def test_any_string_is_judged(name: str) -> None:
    assert not secret_name(name)


@pytest.mark.parametrize(
    "value",
    """a abc ab1#5 true false null none 1 1234567 12345678 password Password SECRET token changeme default string object
    2026-11-21 127.0.0.1 1.0.0-1 10:30:00.5 aaaaaaaa ******** [redacted] redacted ${TOKEN} $TOKEN <your-api-key> {{key}}
    production assistant""".split(),
)
def test_values_that_would_wreck_a_recording_are_refused(value: str) -> None:
    assert refused(value)


@pytest.mark.parametrize(
    "value",
    "abcde1 hunter2 123456789 correct-horse sk-1234 a.b.c.d.e passwort 2026-11-21T10:00 pässwörd p@ss{w}".split(),
)
def test_other_values_are_fit_to_be_searched_for(value: str) -> None:
    assert not refused(value)


def test_tokens_of_well_known_kinds_are_known_by_their_shape() -> None:
    for value in (
        "ghp_0123456789abcdefghij",
        "sk-proj-0123456789abcdef",
        "xoxb-1234567890-abcdefgh",
        "eyJhbGciOiJI.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln",
    ):
        assert looks_like_token(value)
    for value in ("ghp_short", "sk-", "server.py", "https://host/sk-0123456789abcdef", "eyJhbGciOiJI"):
        assert not looks_like_token(value)


def test_a_value_that_may_be_a_word_does_not_look_random() -> None:
    assert not any(map(looks_random, ("default", "en-US", "accepted", "1234", "open")))
    assert all(map(looks_random, ("a1b2c3d4", "correct-horse-battery")))
