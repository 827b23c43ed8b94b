"""The demo server's tools that tell, in both eras."""

from __future__ import annotations

from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import MCPError

from tests.demo.client import LEVELS, Demo, hearing, text_of

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")]

LIST_CHANGES = [f"notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources")]


async def test_logs_come_at_all_eight_levels_with_every_shape_of_data(demo: Demo) -> None:
    await demo.said("log_levels")
    logs = demo.wire.params("notifications/message")
    assert [log["level"] for log in logs] == LEVELS
    assert {type(log["data"]) for log in logs} == {dict, str, list, int, type(None)}
    assert {log.get("logger") for log in logs} >= {None, "demo", "demo.cache"}


async def test_logs_below_the_level_asked_for_are_not_sent(demo: Demo) -> None:
    async def set_level(level: types.LoggingLevel) -> None:
        request = types.SetLevelRequest(params=types.SetLevelRequestParams(level=level))
        await demo.client.session.send_request(request, types.EmptyResult)

    if demo.era == "legacy":
        await set_level("critical")
        await demo.said("log_levels")
        await set_level("debug")
    else:
        critical: Any = {types.LOG_LEVEL_META_KEY: "critical"}
        await demo.client.call_tool("log_levels", {}, meta=critical)
    assert [log["level"] for log in demo.wire.params("notifications/message")] == LEVELS[5:]


@pytest.mark.parametrize(
    ("kind", "last", "total", "message"),
    [("total", 8, 8, "page 8 of 8"), ("open", 1096, None, "1096 rows so far"), ("fraction", 1.0, 1.0, None)],
)
async def test_progress_comes_in_each_kind(
    demo: Demo, kind: str, last: float, total: float | None, message: str | None
) -> None:
    await demo.said("progress", kind=kind)
    reports = demo.wire.params("notifications/progress")
    assert len(reports) == 8
    values = [report["progress"] for report in reports]
    assert values == sorted(set(values))
    assert (reports[-1]["progress"], reports[-1].get("total"), reports[-1].get("message")) == (last, total, message)


async def test_three_calls_at_once_report_each_under_its_own_token(demo: Demo) -> None:
    async with anyio.create_task_group() as tasks:
        for label, n in (("alpha", 4), ("beta", 6), ("gamma", 8)):
            tasks.start_soon(lambda label=label, n=n: demo.said("work", label=label, n=n))
    by_token: dict[Any, list[str]] = {}
    for report in demo.wire.params("notifications/progress"):
        by_token.setdefault(report["progressToken"], []).append(report["message"])
    assert sorted(by_token.values()) == [
        [f"{label}: {step}/{n}" for step in range(1, n + 1)] for label, n in (("alpha", 4), ("beta", 6), ("gamma", 8))
    ]


async def test_notifications_outside_the_specification_are_sent_as_they_are(demo: Demo) -> None:
    await demo.said("chat", room="attic")
    assert demo.wire.params("notifications/chat.message_received")[0]["room"] == "attic"
    assert demo.wire.params("chat.message_received")[0]["room"] == "attic"
    assert demo.wire.params("chat.quiet") == [None]


async def test_growing_changes_three_lists_and_shrinking_changes_them_back(demo: Demo) -> None:
    async def names() -> list[set[str]]:
        tools = await demo.client.list_tools()
        prompts = await demo.client.list_prompts()
        resources = await demo.client.list_resources()
        return [{item.name for item in items} for items in (tools.tools, prompts.prompts, resources.resources)]

    def changes() -> list[str]:
        methods = [str(message.get("method")) for message in demo.wire.messages]
        return [method for method in methods if method.endswith("list_changed")]

    before = await names()
    async with hearing(demo, "demo://counter"):
        await demo.said("grow")
        after = await names()
        assert [new - old for new, old in zip(after, before, strict=True)] == [{"grown"}] * 3
        assert await demo.said("grown") == "It works as well."
        await demo.said("grow")
        assert await names() == before
        await demo.wire.until(lambda: len(changes()) >= 6)
    assert changes() == LIST_CHANGES * 2


async def test_an_update_reaches_who_subscribed_and_nobody_else(demo: Demo) -> None:
    async def counter() -> str:
        (contents,) = (await demo.client.read_resource("demo://counter")).contents
        assert isinstance(contents, types.TextResourceContents)
        return contents.text

    before = int(await counter())
    async with hearing(demo, "demo://readme"):
        await demo.said("touch")
    async with hearing(demo, "demo://counter"):
        await demo.said("touch")
        await demo.wire.until(lambda: bool(demo.wire.params("notifications/resources/updated")))
    assert [params["uri"] for params in demo.wire.params("notifications/resources/updated")] == ["demo://counter"]
    assert int(await counter()) == before + 2


async def test_noise_is_whole_lines_on_both_streams_and_breaks_no_message(demo: Demo) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: demo.said("work", label="busy", n=400))
        for _ in range(5):
            tasks.start_soon(demo.said, "noisy")
    assert len(demo.wire.params("notifications/progress")) == 400
    assert ["somebody left a print() in here" in str(line) for line in demo.wire.junk] == [True] * 5
    assert demo.errors is not None
    assert demo.errors.read_text().count("demo: this went to stderr\n") == 5


async def test_a_structured_result_follows_its_schema_and_links_to_a_resource(demo: Demo) -> None:
    result = await demo.call("weather", city="Lisbon")
    assert result.structured_content == {"city": "Lisbon", "celsius": 24.0, "sky": "sunny"}
    link = result.content[1]
    assert isinstance(link, types.ResourceLink)
    (contents,) = (await demo.client.read_resource(link.uri)).contents
    assert isinstance(contents, types.TextResourceContents)
    assert '"celsius": 24.0' in contents.text


async def test_a_failure_is_a_result_an_error_or_a_crash_and_the_server_lives_on(demo: Demo) -> None:
    assert (await demo.call("fail")).is_error
    with pytest.raises(MCPError, match="The shelf is empty") as error:
        await demo.call("fail", how="error")
    assert (error.value.code, error.value.data) == (-32099, {"shelf": 3, "since": "yesterday"})
    with pytest.raises(MCPError):
        await demo.call("fail", how="crash")
    with pytest.raises(MCPError, match="Unknown tool: nothing"):
        await demo.call("nothing")
    assert await demo.said("work", label="still", n=1) == "still is done."


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("weather", {}, "weather needs city"),
        ("weather", {"city": "Rome"}, "unknown city 'Rome'"),
        ("work", {"label": "x", "n": "many"}, "invalid literal"),
        ("work", {"label": "x", "n": None}, "NoneType"),
    ],
)
async def test_wrong_arguments_end_in_a_result_that_says_why(
    demo: Demo, name: str, arguments: dict[str, Any], reason: str
) -> None:
    result = await demo.call(name, **arguments)
    assert result.is_error
    assert reason in text_of(result)
