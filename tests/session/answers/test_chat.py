from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch.session.answers.chat import adapted, from_chat, to_chat, usage
from mcpwatch.session.answers.question import Unanswerable
from tests.servers.http.chat import said, used

WEATHER: dict[str, Any] = {
    "name": "weather",
    "description": "The weather in a city.",
    "inputSchema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def message(role: str, *blocks: Any) -> dict[str, Any]:
    return {"role": role, "content": blocks[0] if len(blocks) == 1 else list(blocks)}


def params(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), "maxTokens": 10, **more}


def sent(*messages: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return to_chat(params(*messages, **more), "m")["messages"]


def use(id: str, name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": given}


def result(id: str, *blocks: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "toolUseId": id, "content": list(blocks), **more}


# ---- there


def test_everything_that_a_completion_has_a_place_for_is_sent_and_nothing_else() -> None:
    asked = params(
        message("user", text("Hello")),
        systemPrompt="Be brief.",
        temperature=0.2,
        stopSequences=["END"],
        modelPreferences={"hints": [{"name": "small"}], "costPriority": 1},
        includeContext="thisServer",
        metadata={"trace": 1},
        _meta={"x": 1},
        task={"ttl": 1},
    )
    assert to_chat(asked, "gpt-x") == {
        "model": "gpt-x",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "max_tokens": 10,
        "temperature": 0.2,
        "stop": ["END"],
    }
    assert to_chat(asked, "gpt-x", limit="max_completion_tokens")["max_completion_tokens"] == 10


def test_a_temperature_of_zero_is_a_temperature() -> None:
    assert to_chat(params(message("user", text("x")), temperature=0), "m")["temperature"] == 0


def test_a_message_that_wrongly_bears_the_role_system_is_one_of_the_system() -> None:
    assert sent(message("system", text("Be kind.")), message("user", text("Hi"))) == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
    ]


def test_pictures_and_sounds_are_sent_with_the_text_in_its_order() -> None:
    blocks = (
        text("What is this?"),
        {"type": "image", "data": "aGk=", "mimeType": "image/webp"},
        {"type": "audio", "data": "aGk=", "mimeType": "audio/mpeg"},
        {"type": "audio", "data": "aGk=", "mimeType": "audio/WAV; codecs=1"},
    )
    assert sent(message("user", *blocks)) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/webp;base64,aGk="}},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "no message"),
        ([message("user", {"type": "audio", "data": "aGk=", "mimeType": "audio/ogg"})], "wav and mp3, not audio/ogg"),
        ([message("user", {"type": "video", "data": "aGk="})], "'video' has no place"),
        ([message("user", {"type": "image"})], "'image' has no place"),
        ([message("assistant", {"type": "image", "data": "aGk=", "mimeType": "image/png"})], "from users only"),
        ([message("assistant", result("1"))], "tool's result stands in a message of the assistant"),
        ([message("tool", text("x"))], "role 'tool'"),
        ([message("user", 7)], "None has no place"),
        ([7], "role None"),
    ],
)
def test_what_has_no_place_in_a_completion_is_said_and_never_left_out(messages: list[Any], why: str) -> None:
    with pytest.raises(Unanswerable, match=why):
        to_chat({"messages": messages, "systemPrompt": "x"}, "m")


def test_tools_are_offered_with_their_schemas_and_the_choice_among_them() -> None:
    bare = {"name": "now", "inputSchema": {"type": "object"}}
    for mode in ("auto", "required", "none"):
        body = to_chat(params(message("user", text("x")), tools=[WEATHER, bare], toolChoice={"mode": mode}), "m")
        assert body["tool_choice"] == mode
        weather, now = (tool["function"] for tool in body["tools"])
        assert weather == {
            "name": "weather",
            "description": "The weather in a city.",
            "parameters": WEATHER["inputSchema"],
        }
        assert now == {"name": "now", "parameters": {"type": "object", "properties": {}}}
    assert "tool_choice" not in to_chat(params(message("user", text("x")), tools=[WEATHER]), "m")
    assert "tool_choice" not in to_chat(params(message("user", text("x")), toolChoice={"mode": "required"}), "m")


def test_several_turns_of_tools_used_at_once_keep_their_order_and_their_ids() -> None:
    told = sent(
        message("user", text("Rome or Oslo?")),
        message("assistant", text("Let me see."), use("a", "weather", city="Rome"), use("b", "weather", city="Oslo")),
        message("user", result("a", text("sunny")), result("b", text("no such"), text("city"), isError=True)),
        message("assistant", use("c", "weather")),
        message("user", result("c", structuredContent={"celsius": 7})),
    )
    assert [one["role"] for one in told] == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    assert told[1]["content"] == "Let me see."
    calls = [(one["id"], one["function"]["name"], one["function"]["arguments"]) for one in told[1]["tool_calls"]]
    assert calls == [("a", "weather", '{"city": "Rome"}'), ("b", "weather", '{"city": "Oslo"}')]
    assert told[2] == {"role": "tool", "tool_call_id": "a", "content": "sunny"}
    assert told[3] == {"role": "tool", "tool_call_id": "b", "content": "Error: no such\ncity"}
    assert (told[4]["content"], told[4]["tool_calls"][0]["function"]["arguments"]) == (None, "{}")
    assert told[5]["content"] == '{"celsius": 7}'


def test_what_a_tool_shows_follows_in_a_message_of_the_user_after_all_results() -> None:
    picture = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
    resource = {"type": "resource", "resource": {"uri": "x://y", "text": "inside"}}
    link = {"type": "resource_link", "uri": "x://z", "name": "z"}
    told = sent(message("user", result("a", picture), result("b", resource, link), text("Well?")))
    assert [one["role"] for one in told] == ["tool", "tool", "user"]
    assert told[0]["content"] == "(What the tool showed follows: 1.)"
    assert told[1]["content"] == "inside\nx://z"
    assert [part["type"] for part in told[2]["content"]] == ["image_url", "text"]


def test_a_tool_whose_name_no_endpoint_takes_gets_one_that_it_does_and_comes_back_as_itself() -> None:
    names = ["db.query", "db_query", "ä" * 70, "_" * 64, "db/query"]
    asked = params(
        message("assistant", use("1", "db.query")),
        message("user", result("1", text("x"))),
        tools=[{"name": name, "inputSchema": {"type": "object"}} for name in names],
    )
    body = to_chat(asked, "m")
    theirs = [tool["function"]["name"] for tool in body["tools"]]
    assert theirs == ["db_query_2", "db_query", "_" * 62 + "_2", "_" * 64, "db_query_3"]
    assert body["messages"][0]["tool_calls"][0]["function"]["name"] == "db_query_2"
    answer = said(None, *(used(name, name, {}) for name in theirs), finish="tool_calls")
    assert [block["name"] for block in from_chat(answer, asked, "m")["content"]] == names


# ---- and back

ASKED = params(message("user", text("x")), stopSequences=["END"])
WITH_TOOLS = params(message("user", text("x")), tools=[WEATHER])


def test_a_text_comes_back_as_one_block_with_the_model_as_the_endpoint_named_it() -> None:
    assert from_chat(said("Paris", model="gpt-x-2026"), ASKED, "gpt-x") == {
        "role": "assistant",
        "content": {"type": "text", "text": "Paris"},
        "model": "gpt-x-2026",
        "stopReason": "endTurn",
    }


def test_an_endpoint_that_names_no_model_used_the_one_that_was_asked_for() -> None:
    answer = {"choices": [{"message": {"content": "x"}}]}
    assert from_chat(answer, ASKED, "gpt-x") == {"role": "assistant", "content": text("x"), "model": "gpt-x"}


@pytest.mark.parametrize(
    ("finish", "more", "stopped"),
    [
        ("stop", {}, "endTurn"),
        ("stop", {"stop_reason": "END"}, "stopSequence"),
        ("stop", {"stop_reason": 128009}, "endTurn"),
        ("length", {}, "maxTokens"),
        ("content_filter", {}, "contentFilter"),
        ("tool_calls", {}, "endTurn"),
        ("eos", {}, "eos"),
        (None, {}, None),
    ],
)
def test_why_it_stopped_is_said_in_the_protocols_words(
    finish: str | None, more: dict[str, Any], stopped: str | None
) -> None:
    assert from_chat(said("x", finish=finish, **more), ASKED, "m").get("stopReason") == stopped


@pytest.mark.parametrize("finish", ["tool_calls", "stop", None])
def test_tools_used_at_once_come_back_as_a_list_after_the_text(finish: str | None) -> None:
    answer = said("Let me see.", used("a", "weather", {"city": "Rome"}), used("b", "weather", ""), finish=finish)
    made = from_chat(answer, WITH_TOOLS, "m")
    assert made["content"] == [text("Let me see."), use("a", "weather", city="Rome"), use("b", "weather")]
    assert made["stopReason"] == "toolUse"


def test_one_tool_used_is_a_list_of_one_and_gets_an_id_where_it_has_none() -> None:
    call = {"function": {"name": "weather", "arguments": {"city": "Rome"}}}  # as an object, which some endpoints do
    assert from_chat(said(None, call), WITH_TOOLS, "m")["content"] == [use("call_1", "weather", city="Rome")]


def test_text_in_parts_pictures_and_refusals_come_back() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    answer: Any = said(None)
    answer["choices"][0]["message"] |= {"content": [{"type": "text", "text": "Look:"}], "images": [picture]}
    assert from_chat(answer, ASKED, "m")["content"] == [
        text("Look:"),
        {"type": "image", "data": "aGk=", "mimeType": "image/png"},
    ]
    answer["choices"][0]["message"] = {"content": None, "refusal": "I will not."}
    assert from_chat(answer, ASKED, "m")["content"] == text("I will not.")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "no JSON object"),
        ("Paris", "no JSON object"),
        ({"choices": []}, "holds no choices"),
        ({"choices": None, "x": 1}, "holds no choices"),
        ({"choices": ["Paris"]}, "is empty"),
        (said(None), "is empty"),
        (said(" \n"), "is empty"),
        (said("", finish="length"), "used up before it said anything"),
        ({"error": {"message": "no credit"}}, "an error: no credit"),
        (said(None, used("a", "weather", "{city: Rome}")), "arguments for weather are no JSON: {city: Rome}"),
        (said(None, used("a", "weather", '{"city": NaN}')), "arguments for weather are no JSON"),
        (said(None, used("a", "weather", "[" * 100_000)), "arguments for weather are no JSON"),
        (said(None, used("a", "weather", ["Rome"])), "arguments for weather are no object"),
        (said(None, {"function": {}}), "without naming it"),
    ],
)
def test_nonsense_is_no_answer_and_says_why(answer: Any, why: str) -> None:
    with pytest.raises(Unanswerable, match=why):
        from_chat(answer, WITH_TOOLS, "m")


@pytest.mark.parametrize("asked", [ASKED, {**WITH_TOOLS, "toolChoice": {"mode": "none"}}])
def test_a_tool_where_none_may_be_used_is_nonsense(asked: dict[str, Any]) -> None:
    with pytest.raises(Unanswerable, match="none was offered"):
        from_chat(said("x", used("a", "weather", {})), asked, "m")


def test_tokens_are_counted_as_far_as_the_endpoint_does() -> None:
    assert usage(said("x")) == {"input_tokens": 12, "output_tokens": 5}
    assert usage({"usage": {"prompt_tokens": "many"}}) == {}
    assert usage(None) == {}


# ---- what a model does not support

BODY = {"model": "m", "messages": [], "max_tokens": 5, "temperature": 0.5, "stop": ["x"]}


@pytest.mark.parametrize(
    ("refusal", "changed"),
    [
        ({"code": "unsupported_value", "param": "temperature"}, {"max_tokens": 5, "stop": ["x"]}),
        ({"code": "unsupported_parameter", "param": "stop"}, {"max_tokens": 5, "temperature": 0.5}),
        (
            {"message": "Unsupported parameter: use 'max_completion_tokens'", "param": "max_tokens"},
            {"max_completion_tokens": 5, "temperature": 0.5, "stop": ["x"]},
        ),
        ({"message": "this model does not support it", "param": "messages"}, None),
        ({"message": "max_tokens is too large", "param": "max_tokens"}, None),
        ({"code": "unsupported_value", "param": "max_completion_tokens"}, None),
        ({"code": "unsupported_value"}, None),
        ({}, None),
    ],
)
def test_what_a_model_does_not_support_is_left_out_or_named_otherwise(
    refusal: dict[str, Any], changed: dict[str, Any] | None
) -> None:
    expected: Any = None if changed is None else {"model": "m", "messages": [], **changed}
    assert adapted(BODY, refusal, BODY) == expected


def test_a_limit_is_renamed_once_and_not_back_again() -> None:
    refusal = {"code": "unsupported_parameter", "param": "max_tokens"}
    once = adapted(BODY, refusal, BODY)
    assert once is not None
    assert adapted(once, {**refusal, "param": "max_completion_tokens"}, BODY) is None
    assert json.dumps(once)
