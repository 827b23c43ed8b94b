"""Which tool call a question belongs to: what the wire says, and nothing where it does not."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mcpwatch.events import Frame, JsonId
from mcpwatch.session.answers import Answer, Question
from mcpwatch.session.calls import Calls
from mcpwatch.session.target import Target, parse_target
from tests.session.linked import linked


def sent(id: JsonId, name: str, *, method: str = "tools/call", xid: int | None = None) -> Frame:
    return Frame(link="alpha", dir="c2s", type="request", data=b"", method=method, id=id, name=name, xid=xid)


def asked(xid: int | None = None) -> Frame:
    return Frame(link="alpha", dir="s2c", type="request", data=b"", method="sampling/createMessage", id=0, xid=xid)


def calls(*frames: Frame) -> Calls:
    made = Calls()
    for frame in frames:
        made.sent(frame)
    return made


def test_over_pipes_the_only_call_in_flight_is_the_one() -> None:
    known = calls(sent(1, "add"), sent(2, "work"))
    assert known.of(asked(), [2]) == "work"
    assert known.of(asked(), [1, 2]) is None
    assert known.of(asked(), []) is None


def test_over_http_it_is_the_call_on_whose_stream_the_question_came() -> None:
    known = calls(sent(1, "add", xid=10), sent(2, "work", xid=11))
    assert known.of(asked(xid=11), [1, 2]) == "work"
    assert known.of(asked(xid=99), [1, 2]) is None, "on a standing stream nobody can tell"


def test_a_prompt_or_a_read_in_flight_may_be_what_asks() -> None:
    known = calls(sent(1, "work"), sent(2, "greet", method="prompts/get"), sent(3, "", method="tools/list"))
    assert known.of(asked(), [2]) is None
    assert known.of(asked(), [1, 2]) is None
    assert known.of(asked(), [1, 3]) == "work", "a listing runs nobody's code"


def test_what_was_sent_long_ago_is_forgotten() -> None:
    known = calls(*(sent(number, f"tool-{number}") for number in range(1000)))
    assert known.of(asked(), [0]) is None
    assert known.of(asked(), [999]) == "tool-999"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_a_question_knows_its_tool_and_its_number(era: str) -> None:
    questions: list[Question] = []

    async def answer(question: Question) -> Answer:
        questions.append(question)
        result: dict[str, Any] = {"role": "assistant", "content": {"type": "text", "text": "hm"}, "model": "m"}
        return Answer("test", result=result)

    async with linked(demo(), answer, era=era) as link:
        await link.client.call("ask_model")
        await link.client.call("ask_model")
    about = [(one.kind, one.during, one.nth) for one in questions if one.kind == "sampling"]
    assert about == [("sampling", "ask_model", 1), ("sampling", "ask_model", 2)]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_an_answer_that_does_not_come_in_time_is_a_refusal(era: str) -> None:
    async def answer(question: Question) -> Answer:
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async with linked(demo(), answer, era=era, answer_within=0.05) as link:
        await link.client.call("ask_model")
        (note,) = link.notes("unanswered")
    assert note.data["wanted"] == "an answer within 0.05 s (--answer-timeout)"


def demo() -> Target:
    return parse_target(["demo"])


@pytest.mark.anyio
async def test_a_question_of_an_input_round_that_is_given_up_is_noted() -> None:
    asked = anyio.Event()

    async def answer(question: Question) -> Answer:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async with linked(demo(), answer, era="modern") as link:
        link.client.because(lambda: "enough")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(link.client.call, "ask_model")
            await asked.wait()
            tasks.cancel_scope.cancel()
        (note,) = link.notes("left-open")
    (round_,) = [frame for frame in link.frames("s2c", "tools/call") if frame.message["result"].get("inputRequests")]
    assert (note.re, note.data["method"], note.data["reason"]) == (round_.seq, "sampling/createMessage", "enough")
    assert note.data["key"] in round_.message["result"]["inputRequests"]
