"""`--llm`: a model answers sampling, is held to its limits, and leaves a trace of what went where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")

from mcpwatch.events import Note
from tests.cli.running import DEMO, QUICK, bad, events, mcpwatch
from tests.cli.terminal import terminal
from tests.servers.http.chat import Endpoint, Hang, Reply, endpoint, html, refused, said

KEY = "sk-zq83hdk2lw9"
ALONE = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}


def notes(file: Path, what: str = "model") -> list[Note]:
    return [event for event in events(file) if isinstance(event, Note) and event.what == what]


def asking(served: Endpoint, *more: str) -> tuple[str, ...]:
    return ("--llm", "tiny", "--llm-url", served.url, *more)


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_model_answers_in_both_eras_and_the_recording_says_what_was_sent_where(era: str, file: Path) -> None:
    env = {**ALONE, "OPENAI_API_KEY": KEY}
    with endpoint(said(f"Light scatters. Your key is {KEY}")) as served:
        ran = mcpwatch("call", "ask_model", "--era", era, *asking(served), "-o", str(file), *DEMO, env=env)
    assert ran.code == 0
    assert ran.out.startswith("scripted-1 said: Light scatters.")
    assert f"tiny at {served.host}  4 messages · 12 → 5 tokens" in ran.err
    assert "by --llm tiny (auto)" in ran.err
    (asked,) = served.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["messages"][0] == {"role": "system", "content": "You explain science to a curious child."}
    assert (asked.body["max_tokens"], asked.body["temperature"]) == (120, 0.3)
    assert asked.body["stop"] == ["\n\n", "THE END"]
    (note,) = notes(file)
    assert (note.data["host"], note.data["model"], note.data["messages"]) == (served.host, "tiny", 4)
    assert KEY not in ran.err
    assert KEY.encode() not in file.read_bytes()


def test_the_key_of_a_variable_that_does_not_sound_like_one_is_a_secret_too(file: Path) -> None:
    env = {**ALONE, "MY_LLM": KEY, "OPENAI_API_KEY": "sk-another-one"}
    with endpoint(refused(401, f"Incorrect API key: {KEY}")) as served:
        options = asking(served, "--llm-key-env", "MY_LLM", "-o", str(file))
        ran = mcpwatch("call", "sample", *options, *QUICK, env=env)
    assert served.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert ran.code == 4
    assert "HTTP 401 Unauthorized: Incorrect API key: [redacted]" in ran.err
    assert KEY.encode() not in ran.stderr + file.read_bytes()


def test_the_endpoint_may_be_named_by_the_environment_and_needs_no_key() -> None:
    with endpoint(said("Paris")) as served:
        ran = mcpwatch("call", "sample", "--llm", "tiny", *QUICK, env={**ALONE, "OPENAI_BASE_URL": served.url})
    assert (ran.code, ran.out) == (0, "Paris\n")
    assert "authorization" not in served.asked[0].headers


@pytest.mark.parametrize(
    ("reply", "options", "why"),
    [
        (html(), (), "its answer is no JSON but text/html"),
        (said(None), (), "its answer is empty"),
        (refused(500, "out of memory"), (), "HTTP 500 Internal Server Error: out of memory"),
        (Hang(), ("--llm-timeout", "300ms"), "no answer within 0.3 s (--llm-timeout)"),
    ],
)
def test_a_model_without_an_answer_is_a_refusal_with_its_reason(
    reply: Reply, options: tuple[str, ...], why: str
) -> None:
    with endpoint(reply) as served:
        ran = mcpwatch("call", "sample", *asking(served, *options), *QUICK, env=ALONE)
    assert (ran.code, ran.out) == (4, "refused\n")
    assert f"! sampling had no answer: --llm tiny at {served.host}: {why}" in ran.err


def test_an_endpoint_that_is_not_there_is_a_refusal_with_its_reason() -> None:
    with endpoint() as gone:
        pass
    ran = mcpwatch("call", "sample", *asking(gone), *QUICK, env=ALONE)
    assert ran.code == 4
    assert f"--llm tiny at {gone.host}: it cannot be reached" in ran.err


def test_the_call_after_the_last_one_is_not_made(file: Path) -> None:
    calls = ("--call", "sample") * 3
    with endpoint(then=lambda _: said("Paris")) as served:
        ran = mcpwatch("run", *calls, *asking(served, "--llm-max-calls", "2"), "-o", str(file), *QUICK, env=ALONE)
    assert ran.code == 4
    assert "sampling had no answer: --llm tiny: its 2 calls are used up (--llm-max-calls)" in ran.err
    assert len(served.asked) == len(notes(file)) == 2


def test_a_question_that_the_server_takes_back_does_not_wait_for_the_model() -> None:
    with endpoint(Hang()) as served:
        ran = mcpwatch("call", "work", *asking(served), *bad("takes_back"), env=ALONE)
    assert (ran.code, ran.out) == (0, "never mind\n")


def test_other_options_come_first_and_the_model_is_not_asked() -> None:
    with endpoint() as served:
        ran = mcpwatch("call", "form", "--elicit", "name=Ada", *asking(served), *QUICK, env=ALONE)
        assert ran.code == 0
        ran = mcpwatch("call", "form", *asking(served), *QUICK, env=ALONE)
        assert ran.code == 4
        ran = mcpwatch("call", "sample", "--without", "sampling", *asking(served), *QUICK, env=ALONE)
        assert (ran.code, ran.out) == (0, "refused\n")
    assert served.asked == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--llm", "tiny"), "OPENAI_API_KEY is not set, so there is no key for tiny."),
        (("--llm", "tiny", "--llm-key-env", "NO_SUCH"), "NO_SUCH is not set"),
        (("--llm", "tiny", "--llm-url", "localhost:11434"), "is no http or https URL"),
        (("--llm", ""), "--llm names no model"),
        (("--llm", "tiny", "--sampling", "x"), "--sampling answers what --llm would be asked"),
        (("--llm-url", "http://a/v1"), "--llm-url says something about a model, and there is none"),
        (("--llm-max-calls", "3"), "--llm-max-calls says something about a model"),
        (("--llm", "tiny", "--llm-url", "http://a/v1", "--llm-max-calls", "-1"), "--llm-max-calls"),
        (("--llm", "tiny", "--llm-url", "http://a/v1", "--llm-timeout", "soon"), "--llm-timeout 'soon' is no duration"),
        (("--llm", "tiny", "--llm-url", "http://a/v1", "--llm-timeout", "0"), "leaves a model no time"),
        (("--llm", "tiny", "--llm-url", "http://a/v1", "--ask"), "--ask needs a terminal"),
    ],
)
def test_options_that_fit_no_model_are_usage_errors(options: tuple[str, ...], message: str) -> None:
    ran = mcpwatch("call", "sample", *options, *QUICK, env=ALONE)
    assert ran.code == 2
    assert message in ran.err


def test_without_the_extra_the_command_that_installs_it_is_said(tmp_path: Path) -> None:
    # An interpreter that finds no such package: what is on this path is found first, and refuses to be.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'openai' else find(name, package)\n"
    )
    env = {**ALONE, "PYTHONPATH": str(tmp_path)}
    ran = mcpwatch("call", "sample", "--llm", "tiny", "--llm-url", "http://a/v1", *QUICK, env=env)
    assert ran.code == 2
    assert "pip install 'mcpwatch-inspector[llm]'" in ran.err


def test_a_draft_is_shown_and_goes_out_when_the_person_sends_it(file: Path) -> None:
    with endpoint(said("Paris")) as served:
        options = asking(served, "--ask", "-o", str(file))
        with terminal("call", "sample", *options, *QUICK, env=ALONE) as screen:
            screen.wait_for("draft")
            screen.wait_for("Paris")
            screen.wait_for(" › ")
            screen.type("\r")
            assert screen.end() == 0
    (answered,) = notes(file, "answered")
    assert answered.data["rule"] == "person, draft by --llm tiny"
    assert len(notes(file)) == 1
    assert sent(file)["content"] == {"type": "text", "text": "Paris"}
    assert sent(file)["model"] == "scripted-1"


def test_a_draft_that_could_not_be_made_leaves_the_question_to_the_person(file: Path) -> None:
    with endpoint(html()) as served:
        options = asking(served, "--ask", "-o", str(file))
        with terminal("call", "sample", *options, *QUICK, env=ALONE) as screen:
            screen.wait_for("draft:")
            screen.wait_for(" › ")
            screen.type("Oslo\r")
            screen.wait_for(" › ")
            screen.type("\r")
            assert screen.end() == 0
    (answered,) = notes(file, "answered")
    assert answered.data["rule"] == "person"
    assert sent(file)["content"]["text"] == "Oslo"


def sent(file: Path) -> dict[str, Any]:
    """The answer that went over the wire."""
    lines = (json.loads(line) for line in file.read_text().splitlines())
    (answer,) = [line["msg"]["result"] for line in lines if line.get("by") == "answer"]
    return answer
