"""The demo server's tools that ask, in both eras."""

from __future__ import annotations

import shlex
from pathlib import Path

import anyio
import mcp_types as types
import pytest

from mcpwatch.demo import ELICIT, SAMPLING
from tests.demo.client import ERAS, Demo, Era, connected, stdio, text_of

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")]


async def test_sampling_carries_everything_that_the_protocol_allows(demo: Demo) -> None:
    assert await demo.said("ask_model", question="Why?") == f"canned said: {SAMPLING}"
    (asked,) = demo.asked
    assert isinstance(asked, types.CreateMessageRequestParams)
    left_out = {name for name, value in asked if value is None} - {"meta", "tools", "tool_choice", "task"}
    assert not left_out
    assert [message.role for message in asked.messages] == ["user", "assistant", "user"]
    prefers = asked.model_preferences
    assert prefers is not None and prefers.hints and None not in dict(prefers).values()


async def test_the_form_has_a_field_of_every_type_and_only_the_name_must_be_filled_in(demo: Demo) -> None:
    assert await demo.said("ask_person") == "The person wrote: name=Ada, seats=2"
    (asked,) = demo.asked
    assert isinstance(asked, types.ElicitRequestFormParams)
    fields = asked.requested_schema["properties"]
    assert {schema["type"] for schema in fields.values()} == {"string", "integer", "number", "boolean"}
    assert "oneOf" in fields["meal"]
    assert [name for name, schema in fields.items() if "default" not in schema] == ["name"]


async def test_the_tours_own_answers_fit_what_the_server_asks(demo: Demo) -> None:
    await demo.said("ask_person")
    fields = demo.asked[0].requested_schema["properties"]
    answer = dict(word.split("=") for word in shlex.split(ELICIT))
    assert answer["name"]
    assert answer["meal"] in [option["const"] for option in fields["meal"]["oneOf"]]


async def test_roots_and_a_page_to_visit_are_asked_for(demo: Demo) -> None:
    assert await demo.said("look_around") == "file:///somewhere"
    assert await demo.said("sign_in") == "The person chose to accept."
    assert demo.asked[0] == "roots"
    assert isinstance(demo.asked[1], types.ElicitRequestURLParams)
    completions = demo.wire.params("notifications/elicitation/complete")
    assert completions == ([{"elicitationId": "demo-sign-in"}] if demo.era == "legacy" else [])


async def test_questions_are_requests_in_the_older_era_and_rounds_in_the_newer(demo: Demo) -> None:
    assert (await demo.said("plan_trip")).startswith("canned said:")
    assert "Ada, who has 1 roots" in demo.asked[2].messages[-1].content.text
    requests = [message["method"] for message in demo.wire.messages if "method" in message and "id" in message]
    rounds = [message["result"] for message in demo.wire.messages if "inputRequests" in message.get("result", {})]
    if demo.era == "legacy":
        assert requests == ["elicitation/create", "roots/list", "sampling/createMessage"]
        assert rounds == []
    else:
        assert requests == []
        assert [sorted(one["inputRequests"]) for one in rounds] == [["where", "who"], ["question"]]
        assert all(one["requestState"] for one in rounds)


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_declares_nothing_is_told_what_it_lacks(era: Era, tmp_path: Path) -> None:
    with anyio.fail_after(20):
        async with connected(stdio(tmp_path / "stderr"), era, able=False) as demo:
            for tool, lacking in (
                ("ask_model", "Client does not support sampling"),
                ("ask_person", "Client does not support elicitation"),
                ("sign_in", "Client does not support elicitation of URLs"),
                ("look_around", "Client does not support roots"),
            ):
                result = await demo.call(tool)
                assert (result.is_error, text_of(result)) == (True, lacking)
