from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpwatch.redact.commands import credentials, environment_secrets, redact_argv


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        ("--token=abc x", "--token=[redacted] x"),
        ("--api-key abc x", "--api-key [redacted] x"),
        ("-token abc", "-token [redacted]"),
        ("--token -Ab3dEf6hIj", "--token [redacted]"),
        ("-H 'Authorization: Bearer x'", "-H 'Authorization: Bearer [redacted]'"),
        ("--header token:Bearer\\ abc", "--header 'token:Bearer [redacted]'"),
        ("-H Authorization:abc", "-H Authorization:[redacted]"),
        ("--header='Cookie: a=b'", "--header='Cookie: a=[redacted]'"),
        ("https://u:p@h/?token=a&b=c", "https://u:[redacted]@h/?token=[redacted]&b=c"),
        ("--url=https://h/?api_key=a", "--url=https://h/?api_key=[redacted]"),
        (
            "run -e API_KEY=abc -e LANG=C --env=DB_PASSWORD=x",
            "run -e API_KEY=[redacted] -e LANG=C --env=DB_PASSWORD=[redacted]",
        ),
        ("-u me:pass", "-u me:[redacted]"),
        ("ghp_0123456789abcdefghij", "[redacted]"),
        ("--auth 'Bearer abc'", "--auth 'Bearer [redacted]'"),
        ("""--config '{"apiKey":"abc","n":1}'""", """--config '{"apiKey":"[redacted]","n":1}'"""),
        (
            """sh -c 'TOKEN=abc exec srv --password "d e"'""",
            """sh -c 'TOKEN=[redacted] exec srv --password "[redacted]"'""",
        ),
        (
            """sh -c "curl -H 'X-Api-Key: k'  https://a:b@c" """,
            """sh -c "curl -H 'X-Api-Key: [redacted]'  https://a:[redacted]@c" """,
        ),
    ],
)
def test_credentials_in_arguments_go_and_nothing_else_does(line: str, redacted: str) -> None:
    args = shlex.split(line)
    once = redact_argv(args)
    assert once == shlex.split(redacted)
    assert redact_argv(once) == once


@pytest.mark.parametrize(
    "line",
    [
        "server.py --max-tokens 100 --port 80",
        "-y @modelcontextprotocol/server-filesystem /tmp",
        "--no-auth server.py",
        "--use-token --require-password x",
        "--token --verbose",
        "--token-file a.txt --api-key-env OPENAI_API_KEY",
        "login --password-stdin registry",
        "-u 1000:1000",
        "https://h/mcp",
        "-c 'import os; print(1)'",
        "--author me --keyboard us",
        "",
    ],
)
def test_other_arguments_stay(line: str) -> None:
    assert redact_argv(shlex.split(line)) == shlex.split(line)


def test_what_was_found_is_handed_on() -> None:
    found: list[str] = []
    redact_argv(["--token", "abc", "-H", "Authorization: Basic bWU6aHVudGVyMg==", "https://u:p@h"], found=found.append)
    assert found == ["abc", "bWU6aHVudGVyMg==", "hunter2", "p", "p"]


@given(st.lists(st.text(alphabet="-=:'\"\\{} /@?&aeknostTOKEN_", max_size=30), max_size=5))
def test_any_arguments_come_back_one_for_one(args: list[str]) -> None:
    assert len(redact_argv(args)) == len(args)


def test_the_environments_secrets_are_the_values_of_secret_names() -> None:
    env = {
        "API_KEY": "abcdef",
        "HOME": "/root",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "MAX_TOKENS": "100000",
        "DATABASE_URL": "postgres://me:hunter2@db/x",
        "OPENAPI_MCP_HEADERS": '{"Authorization":"Bearer ntn_0123","Accept":"*/*"}',
        "STORAGE": "AccountName=me;AccountKey=k3y==",
        "OPENAI": "sk-proj-0123456789abcdef",
        "NPM_AUTH": "Bearer t0ken",
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
    }
    assert environment_secrets(env) == [
        "abcdef",
        "hunter2",
        "ntn_0123",
        "k3y==",
        "sk-proj-0123456789abcdef",
        "Bearer t0ken",
        "t0ken",
    ]


def test_a_credential_may_hold_more_than_one_secret() -> None:
    assert list(credentials("Basic bWU6aHVudGVyMg==")) == ["bWU6aHVudGVyMg==", "hunter2"]
    assert list(credentials('{"token":"abc"}')) == ['{"token":"abc"}', "abc"]
    assert list(credentials("https://u:pw@h")) == ["https://u:pw@h", "pw", "pw"]
