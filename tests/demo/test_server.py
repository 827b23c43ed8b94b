"""The demo server as a whole: what it lists and completes, the tour through it, its other transport, its imports."""

from __future__ import annotations

import shlex
import subprocess
import sys

import anyio
import mcp_types as types
import pytest
from mcp.client.streamable_http import streamable_http_client

from mcpwatch.demo import SAMPLING, TOUR
from tests.demo.client import ERAS, LEVELS, Demo, Era, connected, hearing, over_http

pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


@pytest.mark.anyio
async def test_one_server_speaks_the_era_that_the_client_opens_with(demo: Demo) -> None:
    assert demo.client.protocol_version == {"legacy": "2025-11-25", "auto": "2026-07-28"}[demo.era]
    assert demo.client.server_info is not None
    assert (demo.client.server_info.name, demo.client.server_info.title) == ("mcpwatch-demo", "The mcpwatch demo")
    able = demo.client.server_capabilities
    assert able.logging is not None and able.completions is not None
    assert able.tools is not None and able.tools.list_changed
    assert able.prompts is not None and able.prompts.list_changed
    assert able.resources is not None and able.resources.list_changed and able.resources.subscribe


@pytest.mark.anyio
async def test_arguments_of_prompts_and_templates_are_completed(demo: Demo) -> None:
    template = types.ResourceTemplateReference(uri="demo://cities/{city}")
    completed = (await demo.client.complete(template, {"name": "city", "value": "li"})).completion
    assert (completed.values, completed.total) == (["Lima", "Lisbon"], 2)
    prompt = types.PromptReference(name="compare")
    assert (await demo.client.complete(prompt, {"name": "tone", "value": "k"})).completion.values == ["kind"]


@pytest.mark.anyio
async def test_every_step_of_the_tour_names_what_the_server_offers(demo: Demo) -> None:
    tools = {tool.name: tool.input_schema["properties"] for tool in (await demo.client.list_tools()).tools}
    prompts = {prompt.name: prompt.arguments or [] for prompt in (await demo.client.list_prompts()).prompts}
    uris = {resource.uri for resource in (await demo.client.list_resources()).resources}
    uris |= {one.uri_template for one in (await demo.client.list_resource_templates()).resource_templates}
    for step in TOUR:
        for line in step if isinstance(step, tuple) else (step,):
            verb, subject, *values = shlex.split(line)
            given = {value.split("=")[0] for value in values}
            match verb:
                case "call":
                    assert given <= tools[subject].keys()
                    assert {name for name, schema in tools[subject].items() if "default" not in schema} <= given
                case "prompt":
                    assert given <= {argument.name for argument in prompts[subject]}
                case "subscribe" | "read" | "complete":
                    assert subject in uris
                case _:
                    pytest.fail(f"no such step: {line}")


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_the_same_patterns_work_over_http(era: Era) -> None:
    with anyio.fail_after(30):
        async with over_http() as url, connected(streamable_http_client(url), era) as demo:
            assert await demo.said("ask_model") == f"canned said: {SAMPLING}"
            assert await demo.said("ask_person") == "The person wrote: name=Ada, seats=2"
            await demo.said("log_levels")
            assert [log["level"] for log in demo.wire.params("notifications/message")] == LEVELS
            await demo.said("progress")
            assert len(demo.wire.params("notifications/progress")) == 8
            await demo.said("chat")
            assert demo.wire.params("chat.message_received")
            if era == "auto":
                async with hearing(demo, "demo://counter"):
                    await demo.said("touch")
                    await demo.wire.until(lambda: bool(demo.wire.params("notifications/resources/updated")))


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_reading_the_tour_imports_no_sdk() -> None:
    assert not modules_after("import mcpwatch.demo") & {"mcp", "mcp_types", "anyio", "pydantic"}


def test_the_server_imports_nothing_of_the_tool_that_watches_it() -> None:
    ours = {name for name in modules_after("import mcpwatch.demo.server") if name.split(".")[0] == "mcpwatch"}
    assert {name for name in ours if not name.startswith("mcpwatch.demo")} == {"mcpwatch"}
