"""What the server hears when it asks, and what it is told that we can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.events import Frame
from tests.cli.running import DEMO, QUICK, events, mcpwatch


@pytest.mark.parametrize(
    ("tool", "options", "result"),
    [
        ("sample", ("--sampling", "Paris"), "Paris"),
        ("sample", ("--sampling", ""), ""),
        ("visit", ("--elicit-url",), "accept"),
        ("visit", ("--elicit", "decline"), "decline"),
        ("visit", ("--elicit", "cancel", "--elicit-url"), "accept"),
        ("form", ("--elicit", "decline"), {"action": "decline"}),
        ("form", ("--elicit", "cancel"), {"action": "cancel"}),
        ("form", ("--elicit", "name=Ada"), {"action": "accept", "content": {"name": "Ada", "seats": 2}}),
        ("form", ("--elicit", "name=7 seats=3"), {"action": "accept", "content": {"name": "7", "seats": 3}}),
        ("form", ("--elicit", '{"name": "Ada"}'), {"action": "accept", "content": {"name": "Ada", "seats": 2}}),
        ("defaults", ("--elicit", "accept"), {"action": "accept", "content": {"seats": 2}}),
        ("roots", (), {"roots": []}),
    ],
)
def test_an_option_answers(tool: str, options: tuple[str, ...], result: Any) -> None:
    ran = mcpwatch("call", tool, *options, *QUICK)
    assert ran.code == 0
    assert (ran.out.removesuffix("\n") if isinstance(result, str) else json.loads(ran.out)) == result


def test_roots_are_the_folders_that_were_named(tmp_path: Path) -> None:
    (tmp_path / "two words").mkdir()
    ran = mcpwatch("call", "roots", "--root", ".", "--root", "two words", *QUICK, cwd=tmp_path)
    assert [root["uri"] for root in ran.json["roots"]] == [tmp_path.as_uri(), (tmp_path / "two words").as_uri()]


def test_an_answer_is_shown_with_the_option_that_gave_it() -> None:
    ran = mcpwatch("run", "--call", "sample", "--sampling", "Paris", *QUICK)
    assert "by --sampling (auto)" in ran.out
    assert "Capital of France?" in ran.out
    assert "a client needs: sampling" in ran.err


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_same_options_answer_in_both_eras(era: str) -> None:
    answers = ("--sampling", "Because.", "--elicit", "name=Ada", "--elicit-url", "--root", ".")
    calls = ("--call", "ask_model", "--call", "ask_person", "--call", "sign_in", "--call", "plan_trip")
    ran = mcpwatch("run", "--era", era, *calls, *answers, "--json", *DEMO)
    assert ran.code == 0
    texts = [step["result"]["content"][0]["text"] for step in ran.json["steps"]]
    assert texts[0] == "mcpwatch said: Because."
    assert "name=Ada" in texts[1]
    assert texts[2] == "The person chose to accept."
    assert texts[3] == "mcpwatch said: Because."


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_lesser_client_declares_less_and_is_refused_by_the_server_without_a_finding_of_ours(
    era: str, file: Path
) -> None:
    lesser = ("--without", "sampling, elicitation,roots,progress,logs")
    calls = (
        "--call",
        "ask_model",
        "--call",
        "ask_person",
        "--call",
        "look_around",
        "--call",
        "progress",
        "--call",
        "log_levels",
    )
    ran = mcpwatch("run", "--era", era, *lesser, *calls, "--sampling", "x", "--json", "-o", str(file), *DEMO)
    assert ran.code == 1
    failed = [step["result"].get("isError", False) for step in ran.json["steps"]]
    assert failed == [True, True, True, False, False]
    methods = {event.method for event in events(file) if isinstance(event, Frame)}
    assert not methods & {
        "sampling/createMessage",
        "elicitation/create",
        "roots/list",
        "notifications/progress",
        "logging/setLevel",
    }
    assert "Client does not support sampling" in ran.err


def test_a_server_that_asks_a_lesser_client_all_the_same_gets_method_not_found(file: Path) -> None:
    ran = mcpwatch("call", "sample", "--without", "sampling", "--sampling", "x", "-o", str(file), *QUICK)
    assert (ran.code, ran.out) == (0, "refused\n")
    (answer,) = [event for event in events(file) if isinstance(event, Frame) and event.by == "answer"]
    assert answer.message["error"]["code"] == -32601


def test_secrets_are_in_no_output_and_results_keep_everything_else(file: Path) -> None:
    secret = {"MY_API_KEY": "sup3r-s3cr3t-value"}
    for options in ((), ("--json",), ("--events",)):
        ran = mcpwatch("call", "env", "name=MY_API_KEY", *options, "-o", str(file), "--force", *QUICK, env=secret)
        assert ran.code == 0
        assert b"s3cr3t" not in ran.stdout + ran.stderr + file.read_bytes()
        assert b"[redacted]" in ran.stdout
    ran = mcpwatch("call", "env", "name=MY_API_KEY", "--no-redact", *QUICK, env=secret)
    assert ran.out == "sup3r-s3cr3t-value\n"


def test_secrets_of_the_command_line_are_in_no_output(file: Path) -> None:
    argv = ("--api-key", "sup3r-s3cr3t-value")
    for options in (("--list",), ("--list", "--json")):
        ran = mcpwatch("run", *options, "-o", str(file), "--force", *QUICK, *argv)
        assert b"s3cr3t" not in ran.stdout + ran.stderr + file.read_bytes()
    ran = mcpwatch(
        "run", "http://ada:s3cr3t-value@127.0.0.1:1/mcp?token=s3cr3t-value", "--json", "-o", str(file), "--force"
    )
    assert ran.code == 3
    assert b"s3cr3t" not in ran.stdout + ran.stderr + file.read_bytes()


def test_more_can_be_redacted_by_key_and_by_pattern() -> None:
    ran = mcpwatch("call", "data", "--redact-key", "city", "--redact-pattern", "the struc.*", "--json", *QUICK)
    assert ran.json["structuredContent"] == {"city": "[redacted]", "celsius": -3.0, "sign": "°"}
    assert ran.json["content"][0]["text"] == "see [redacted]"
    assert "Oslo" not in ran.err
