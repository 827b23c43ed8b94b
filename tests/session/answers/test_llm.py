from __future__ import annotations

import json
from typing import Any

import anyio
import anyio.to_thread
import pytest

pytest.importorskip("openai")

from mcpwatch.errors import UsageError
from mcpwatch.events import Note
from mcpwatch.redact import environment_secrets
from mcpwatch.session.answers import Answer, Answers, Question
from mcpwatch.session.answers.llm import Llm
from mcpwatch.session.answers.question import Unanswerable
from tests.ports import free_port
from tests.servers.http.chat import Endpoint, Hang, Raw, Reply, endpoint, html, refused, said
from tests.session.answers.asking import EVERY_KIND, question, sampling

pytestmark = pytest.mark.anyio
KEY = "sk-zq83hdk2lw9"
WITHIN = 20.0


class Model(Llm):
    """One that is asked at `served`, and keeps what it tells."""

    def __init__(self, served: Endpoint | str, **more: Any) -> None:
        super().__init__("tiny", base_url=served if isinstance(served, str) else served.url, **more)
        self.notes: list[Note] = []
        self.publish = self.notes.append

    async def answer(self, asked: Question | None = None) -> Answer:
        with anyio.fail_after(WITHIN):
            answer = await self.draft(asked or sampling())
        assert answer is not None
        return answer

    async def problem(self, asked: Question | None = None) -> str:
        with anyio.fail_after(WITHIN), pytest.raises(Unanswerable) as problem:
            await self.draft(asked or sampling())
        return str(problem.value)


async def test_the_model_answers_and_what_was_sent_where_is_told() -> None:
    with endpoint(said("Paris")) as served:
        model = Model(served, key=KEY)
        answer = await model.answer()
    assert answer == Answer(
        "--llm tiny",
        result={
            "role": "assistant",
            "content": {"type": "text", "text": "Paris"},
            "model": "scripted-1",
            "stopReason": "endTurn",
        },
    )
    (asked,) = served.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["messages"] == [{"role": "user", "content": "Capital of France?"}]
    (note,) = model.notes
    told = {name: value for name, value in note.data.items() if name != "ms"}
    assert (note.link, note.what, note.re) == ("alpha", "model", 7)
    assert told == {"host": served.host, "model": "tiny", "messages": 1, "input_tokens": 12, "output_tokens": 5}
    assert KEY not in str(note)


async def test_a_server_of_ones_own_gets_no_key_and_nobody_but_openai_hears_of_an_organization(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-somebody")
    with endpoint(said("x")) as served:
        await Model(served).answer()
    assert "authorization" not in served.asked[0].headers
    assert "of-somebody" not in str(served.asked[0].headers)


@pytest.mark.parametrize("kind", ["form", "url", "roots", "ping", "custom"])
async def test_a_model_is_asked_for_nothing_but_sampling(kind: str) -> None:
    with endpoint() as served:
        assert await Model(served).draft(EVERY_KIND[kind]) is None
    assert served.asked == []


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (html(), "its answer is no JSON but text/html"),
        (Raw(200, b"{'choices': []}", {"content-type": "application/json"}), "its answer is no JSON"),
        (Raw(200), "its answer is no JSON"),
        (Raw(200, b'{"choices": [{"message": {"content": "\\ud800"}}]}'), "its answer is no JSON"),
        ({"choices": []}, "its answer holds no choices"),
        (said(None), "its answer is empty"),
        (html(404), "HTTP 404 Not Found"),
        (refused(401, "Incorrect API key"), "HTTP 401 Unauthorized: Incorrect API key"),
        (refused(404, "No such model: tiny"), "HTTP 404 Not Found: No such model: tiny"),
        (refused(400, "Too many pictures"), "HTTP 400 Bad Request: Too many pictures"),
        (refused(429, "Slow down"), "HTTP 429 Too Many Requests: Slow down"),
        (refused(503, "Loading"), "HTTP 503 Service Unavailable: Loading"),
        (refused(599, "Odd"), "HTTP 599: Odd"),
        (Raw(400, b'{"error": "model is required"}', {"content-type": "application/json"}), ": model is required"),
        (Raw(422, b'{"detail": "no tools"}', {"content-type": "application/json"}), ": no tools"),
    ],
)
async def test_nonsense_and_refusals_end_in_a_reason_that_names_the_endpoint(reply: Reply, why: str) -> None:
    with endpoint(reply) as served:
        model = Model(served)
        problem = await model.problem()
    assert problem.startswith(f"--llm tiny at {served.host}: ")
    assert why in problem
    assert model.notes[0].data["problem"] in problem
    assert len(served.asked) == 1


async def test_an_answer_that_cannot_be_unpacked_is_tried_again_and_given_up() -> None:
    with endpoint(then=lambda _: Raw(200, b"\x1f\x8b no", {"content-encoding": "gzip"})) as served:
        assert "the connection failed (DecodingError" in await Model(served).problem()
    assert len(served.asked) == 3


async def test_what_the_server_hears_of_a_model_that_fails_is_the_protocols_refusal() -> None:
    with endpoint(html()) as served:
        answer = await Answers([Model(served).draft]).answer(sampling())
    assert not answer.answered
    assert answer.error == {"code": -1, "message": "User rejected sampling request"}
    assert served.host in answer.wanted


async def test_an_endpoint_that_is_down_is_said_to_be() -> None:
    port = free_port()
    assert f"--llm tiny at 127.0.0.1:{port}: it cannot be reached" in await Model(f"http://127.0.0.1:{port}").problem()


async def test_an_endpoint_that_is_slow_has_its_time_and_no_more() -> None:
    with endpoint(Hang()) as served:
        assert "no answer within 0.2 s (--llm-timeout)" in await Model(served, within=0.2).problem()
        assert await anyio.to_thread.run_sync(served.dropped.wait, WITHIN)


async def test_a_limit_of_rate_is_waited_out() -> None:
    busy = Raw(429, b"{}", {"content-type": "application/json", "retry-after-ms": "1"})
    with endpoint(busy, said("Paris")) as served:
        await Model(served).answer()
    assert len(served.asked) == 2


async def test_a_question_that_is_taken_back_cancels_the_call() -> None:
    with endpoint(Hang()) as served:
        model = Model(served)
        with anyio.fail_after(WITHIN):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(model.draft, sampling())
                await anyio.to_thread.run_sync(served.arrived.acquire)
                tasks.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(served.dropped.wait, WITHIN)
    assert model.notes[0].data["problem"] == "nobody waits for it any more"


async def test_no_redirect_is_followed_neither_with_the_key_nor_without() -> None:
    with endpoint(said("stolen")) as other:
        moved = Raw(307, headers={"location": f"{other.url}/chat/completions"})
        with endpoint(moved) as served:
            problem = await Model(served, key=KEY).problem()
    assert f"it redirects to {other.url}/chat/completions, which is not followed" in problem
    assert other.asked == []


async def test_the_call_after_the_last_one_is_not_made() -> None:
    with endpoint(then=lambda _: said("x")) as served:
        model = Model(served)
        for _ in range(20):
            await model.answer()
        assert await model.problem() == "--llm tiny: its 20 calls are used up (--llm-max-calls)"
    assert len(served.asked) == 20


async def test_a_question_that_cannot_be_put_is_not_sent_and_not_counted() -> None:
    odd = question("sampling/createMessage", {"messages": [{"role": "user", "content": {"type": "video"}}]})
    with endpoint(said("x")) as served:
        model = Model(served, max_calls=1)
        assert (await model.problem(odd)).startswith("--llm tiny: not sent, ")
        await model.answer()
    assert len(served.asked) == 1


async def test_a_model_that_does_not_take_an_option_is_asked_without_it_and_that_is_told() -> None:
    refusals = (
        refused(400, "Unsupported parameter: 'max_tokens'", param="max_tokens", code="unsupported_parameter"),
        refused(400, "Unsupported value", param="temperature", code="unsupported_value"),
    )
    params: dict[str, Any] = {**sampling().params, "temperature": 0.5}
    with endpoint(*refusals, said("Paris")) as served:
        model = Model(served)
        await model.answer(question("sampling/createMessage", params))
    last = served.asked[-1].body
    assert (last["max_completion_tokens"], "max_tokens" in last, "temperature" in last) == (10, False, False)
    assert model.notes[0].data["left_out"] == ["temperature"]


async def test_a_model_that_refuses_everything_is_given_up() -> None:
    reply = refused(400, "Unsupported value", param="temperature", code="unsupported_value")
    with endpoint(then=lambda _: reply) as served:
        assert "HTTP 400" in await Model(served).problem()
    assert len(served.asked) == 1


async def test_questions_at_once_are_put_at_once() -> None:
    def echo(body: dict[str, Any]) -> Reply:
        return said(json.dumps(body["messages"][-1]["content"]))

    got: dict[str, Any] = {}

    async def one(text: str) -> None:
        answer = await model.answer(sampling(text))
        got[text] = answer.result["content"]["text"]

    with endpoint(then=echo) as served:
        model = Model(served)
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(one, f"question {number}")
    assert got == {text: json.dumps(text) for text in got} and len(got) == 5


@pytest.mark.parametrize("url", ["", "localhost:11434", "ftp://a/v1", "http:///v1", "http://[::1", "http://a:port/v1"])
async def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="--llm-url"):
        Llm("tiny", base_url=url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://user:secret@a.b:8080/v1/", "a.b:8080"),
        ("https://[::1]:4000/v1", "[::1]:4000"),
        ("https://api.example/openai", "api.example"),
    ],
)
async def test_the_host_is_all_that_is_shown_of_an_address(url: str, host: str) -> None:
    assert Llm("tiny", base_url=url).host == host


async def test_a_key_is_a_secret_and_one_that_no_header_can_hold_a_usage_error() -> None:
    assert Llm("tiny", key=f" {KEY}\n").secrets == (KEY,)
    assert Llm("tiny", key="  ").secrets == ()
    with pytest.raises(UsageError) as error:
        Llm("tiny", key="sk-\u00e4\u00f6\u00fc")
    assert "\u00e4" not in str(error.value)
    assert environment_secrets({"OPENAI_API_KEY": KEY}) == [KEY]
