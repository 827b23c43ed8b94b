"""The demo server itself: what it lists, reads, completes and remembers. Its tools are in `telling` and `asking`.

Written against the SDK's low-level server, because its messages are the point: nothing here should go through a layer
that decides what a client gets to see.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeAlias

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError

from mcpwatch.demo.asking import ASKING
from mcpwatch.demo.offer import DemoTool, drawn
from mcpwatch.demo.talk import Call, NeedsInput, Refused, Stage
from mcpwatch.demo.telling import CITIES, COUNTER, TELLING, grown

Context: TypeAlias = ServerRequestContext[Any, Any]

TOOLS = {tool.listed.name: tool for tool in (*TELLING, *ASKING)}

README = "# The demo server\n\nEvery tool shows one pattern. Call `log_levels` first, `fail` last.\n"
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=")

RESOURCES = (
    types.Resource(
        name="readme",
        title="Read me",
        uri="demo://readme",
        mime_type="text/markdown",
        size=len(README.encode()),
        annotations=types.Annotations(audience=["user", "assistant"], priority=0.9),
    ),
    types.Resource(name="counter", uri=COUNTER, description="Goes up when touched.", mime_type="text/plain"),
    types.Resource(name="pixel", uri="demo://pixel", mime_type="image/gif", size=len(PIXEL)),
)
CITY = types.ResourceTemplate(
    name="city",
    title="A city",
    uri_template="demo://cities/{city}",
    description="What the weather tool knows about it.",
    mime_type="application/json",
)
PROMPTS = (
    types.Prompt(name="greet", title="Greet", description="Says hello; takes nothing."),
    types.Prompt(
        name="compare",
        title="Compare two cities",
        description="Which of two cities has the better weather.",
        arguments=[
            types.PromptArgument(name="one", description="A city", required=True),
            types.PromptArgument(name="other", description="Another city", required=True),
            types.PromptArgument(name="tone", description="How to say it", required=False),
        ],
        icons=[drawn("⚖")],
    ),
)
GROWN_RESOURCE = types.Resource(name="grown", uri="demo://grown", mime_type="text/plain")
GROWN_PROMPT = types.Prompt(name="grown", description="Was not there before.")


class DemoServer(Server[Any]):
    """Announces that its lists change: over HTTP the SDK asks for the options without saying so."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        all_of_them = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)
        return super().create_initialization_options(
            notification_options or all_of_them, experimental_capabilities, extensions
        )


def demo_server(pace: float = 1.0) -> Server[Any]:
    """The server, ready to be run. `pace` stretches its pauses; with 0 it makes none."""
    stage = Stage(pace=pace)

    def tools() -> dict[str, DemoTool]:
        return TOOLS | {"grown": grown} if stage.grown else TOOLS

    async def list_tools(context: Context, params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.listed for tool in tools().values()])

    async def call_tool(
        context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool = tools().get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
        try:
            outcome = await tool.run(Call(stage, context, params, tool.arguments(params.arguments or {})))
        except NeedsInput as waiting:
            return waiting.result
        except (Refused, TypeError, ValueError) as reason:
            return types.CallToolResult(content=[types.TextContent(text=str(reason))], is_error=True)
        if isinstance(outcome, str):
            return types.CallToolResult(content=[types.TextContent(text=outcome)])
        return outcome

    async def list_resources(context: Context, params: object) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=_with(RESOURCES, GROWN_RESOURCE, stage.grown))

    async def list_templates(context: Context, params: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[CITY])

    async def read(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        return types.ReadResourceResult(contents=[_contents(str(params.uri), stage)])

    async def subscribe(context: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        stage.wishes(context).uris.add(str(params.uri))
        return types.EmptyResult()

    async def unsubscribe(context: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        stage.wishes(context).uris.discard(str(params.uri))
        return types.EmptyResult()

    async def list_prompts(context: Context, params: object) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=_with(PROMPTS, GROWN_PROMPT, stage.grown))

    async def get_prompt(context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return _prompt(params.name, params.arguments or {})

    async def complete(context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        return types.CompleteResult(completion=_completion(params.argument))

    async def set_level(context: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        stage.wishes(context).level = params.level
        return types.EmptyResult()

    # No icon, no description: in the modern era all of it is repeated on every single result.
    server = DemoServer(
        "mcpwatch-demo",
        version="1.0.0",
        title="The mcpwatch demo",
        instructions="Call a tool and watch what the server sends in between.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
        on_subscribe_resource=subscribe,
        on_unsubscribe_resource=unsubscribe,
        on_subscriptions_listen=ListenHandler(stage.bus),
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
    )
    # Not the constructor's parameter, which warns on stderr that logging is deprecated as of 2026-07-28.
    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, set_level)
    return server


def _with(listed: Sequence[Any], grown: Any, there: bool) -> list[Any]:
    return [*listed, grown] if there else [*listed]


def _contents(uri: str, stage: Stage) -> types.TextResourceContents | types.BlobResourceContents:
    city = uri.removeprefix("demo://cities/").capitalize()
    if uri == "demo://readme":
        return types.TextResourceContents(uri=uri, mime_type="text/markdown", text=README)
    if uri == COUNTER:
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text=str(stage.touched))
    if uri == "demo://pixel":
        return types.BlobResourceContents(uri=uri, mime_type="image/gif", blob=base64.b64encode(PIXEL).decode())
    if uri == GROWN_RESOURCE.uri and stage.grown:
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text="Was not there before.")
    if city in CITIES:
        celsius, sky = CITIES[city]
        text = f'{{"city": "{city}", "celsius": {celsius}, "sky": "{sky}"}}'
        return types.TextResourceContents(uri=uri, mime_type="application/json", text=text)
    raise MCPError(types.INVALID_PARAMS, f"Unknown resource: {uri}", {"uri": uri})


def _prompt(name: str, given: dict[str, str]) -> types.GetPromptResult:
    match name:
        case "greet" | "grown":
            text = "Say hello."
        case "compare":
            if missing := [argument for argument in ("one", "other") if argument not in given]:
                raise MCPError(types.INVALID_PARAMS, f"compare needs {', '.join(missing)}")
            text = f"Which has the better weather, {given['one']} or {given['other']}? Be {given.get('tone', 'brief')}."
        case _:
            raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name}")
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=types.TextContent(text=text))])


def _completion(argument: types.CompletionArgument) -> types.Completion:
    words = ["brief", "kind", "rude"] if argument.name == "tone" else list(CITIES)
    values = [word for word in words if word.lower().startswith(argument.value.lower())]
    return types.Completion(values=values, total=len(values), has_more=False)
