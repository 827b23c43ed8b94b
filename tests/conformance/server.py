"""The fixture server: everything that the conformance suite asks a server for, in both eras of the protocol.

    python -m tests.conformance.server                on its standard streams
    python -m tests.conformance.server --http PORT    Streamable HTTP on 127.0.0.1 (0: any free port)

Its tools are in `telling` and `asking`; this is what it lists, reads and remembers, and how it is started. Like the
demo server it is written against the SDK's low-level server, but nothing it does is wrong on purpose.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import socket
import sys
from io import TextIOWrapper
from typing import Any, TypeAlias, cast

import anyio
import mcp_types as types
import uvicorn
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError

from mcpwatch.demo.offer import DemoTool
from mcpwatch.demo.server import DemoServer
from mcpwatch.demo.talk import Call, NeedsInput, Refused, Stage
from tests.conformance.asking import ASKING, STRING, accepted, ask, form
from tests.conformance.telling import PNG, TELLING, WATCHED, embedded, image, test_added, text

Context: TypeAlias = ServerRequestContext[Any, Any]

TOOLS = {tool.listed.name: tool for tool in (*TELLING, *ASKING)}
RESOURCES = (
    types.Resource(name="static-text", uri="test://static-text", description="A text", mime_type="text/plain"),
    types.Resource(name="static-binary", uri="test://static-binary", description="A pixel", mime_type="image/png"),
    types.Resource(name="watched", uri=WATCHED, description="Changes when it is told to", mime_type="text/plain"),
)
TEMPLATE = types.ResourceTemplate(
    name="template",
    uri_template="test://template/{id}/data",
    description="Data about any id",
    mime_type="application/json",
)


def _prompt(name: str, description: str, *arguments: str) -> types.Prompt:
    listed = [types.PromptArgument(name=one, description=f"The {one}", required=True) for one in arguments]
    return types.Prompt(name=name, description=description, arguments=listed or None)


PROMPTS = (
    _prompt("test_simple_prompt", "Takes nothing"),
    _prompt("test_prompt_with_arguments", "Takes two arguments", "arg1", "arg2"),
    _prompt("test_prompt_with_embedded_resource", "Embeds a resource", "resourceUri"),
    _prompt("test_prompt_with_image", "Shows an image"),
    _prompt("test_input_required_result_prompt", "Asks for a context first"),
)
ADDED = _prompt("test_added_prompt", "Was not there before")


def conformance_server() -> Server[Any]:
    """The server, ready to be run."""
    stage = Stage()

    def tools() -> dict[str, DemoTool]:
        return TOOLS | {test_added.listed.name: test_added} if stage.grown else TOOLS

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
        except Refused as reason:
            return types.CallToolResult(content=[text(str(reason))], is_error=True)
        return types.CallToolResult(content=[text(outcome)]) if isinstance(outcome, str) else outcome

    async def list_resources(context: Context, params: object) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[*RESOURCES])

    async def list_templates(context: Context, params: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[TEMPLATE])

    async def read(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        return types.ReadResourceResult(contents=[_contents(str(params.uri))])

    async def subscribe(context: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        stage.wishes(context).uris.add(str(params.uri))
        return types.EmptyResult()

    async def unsubscribe(context: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        stage.wishes(context).uris.discard(str(params.uri))
        return types.EmptyResult()

    async def list_prompts(context: Context, params: object) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=[*PROMPTS, *([ADDED] if stage.touched % 2 else [])])

    async def get_prompt(
        context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        given = params.arguments or {}
        if params.name == "test_input_required_result_prompt":
            # What asks reads its answers and its state only, which a prompt's params have as a tool's do.
            call = Call(stage, context, cast(types.CallToolRequestParams, params), given)
            try:
                return _said(await _context(call))
            except NeedsInput as waiting:
                return waiting.result
            except Refused as reason:
                raise MCPError(types.INVALID_PARAMS, str(reason)) from reason
        return _got(params.name, given)

    async def complete(context: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        words = [word for word in ("paris", "park", "party") if word.startswith(params.argument.value)]
        return types.CompleteResult(completion=types.Completion(values=words, total=len(words), has_more=False))

    async def set_level(context: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        stage.wishes(context).level = params.level
        return types.EmptyResult()

    server = DemoServer(
        "mcpwatch-conformance",
        version="1.0.0",
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
    # A state that was altered never reaches a tool.
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=server.name))
    return server


async def _context(call: Call) -> str:
    answers = await ask(call, {"user_context": form("What context should the prompt use?", context=STRING)})
    return f"In the context of {accepted(answers['user_context']).get('context')}."


def _contents(uri: str) -> types.TextResourceContents | types.BlobResourceContents:
    if uri == "test://static-text":
        said = "This is the content of the static text resource."
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text=said)
    if uri == "test://static-binary":
        return types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
    if uri == WATCHED:
        return types.TextResourceContents(uri=uri, mime_type="text/plain", text="Nothing has happened.")
    if found := re.fullmatch(r"test://template/([^/]+)/data", uri):
        data = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
        return types.TextResourceContents(uri=uri, mime_type="application/json", text=json.dumps(data))
    raise MCPError(types.INVALID_PARAMS, "Resource not found", {"uri": uri})


def _said(*contents: str | types.ContentBlock) -> types.GetPromptResult:
    blocks = [text(one) if isinstance(one, str) else one for one in contents]
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=block) for block in blocks])


def _got(name: str, given: dict[str, str]) -> types.GetPromptResult:
    listed = next((one for one in (*PROMPTS, ADDED) if one.name == name), None)
    if listed is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {name}")
    if missing := [one.name for one in listed.arguments or () if one.name not in given]:
        raise MCPError(types.INVALID_PARAMS, f"{name} needs {', '.join(missing)}")
    match name:
        case "test_prompt_with_arguments":
            return _said(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")
        case "test_prompt_with_embedded_resource":
            resource = embedded(given["resourceUri"], "Embedded resource content for testing.")
            return _said(resource, "Please process the embedded resource above.")
        case "test_prompt_with_image":
            return _said(image(), "Please analyze the image above.")
        case _:
            return _said("This is a simple prompt for testing.")


class Kept(EventStore):
    """Every event of every stream, for clients that come back; a test does not last long enough to forget any."""

    def __init__(self) -> None:
        self._events: list[tuple[str, types.JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: types.JSONRPCMessage | None) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        last = int(last_event_id) if last_event_id.isdecimal() else 0
        if not 0 < last <= len(self._events):
            return None
        stream, _ = self._events[last - 1]
        for number, (of, message) in enumerate(self._events[last:], last + 1):
            if of == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


async def _stdio(server: Server[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    out = cast("TextIOWrapper[Any]", sys.stdout)
    out.reconfigure(encoding="utf-8", newline="\n")
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def _http(server: Server[Any], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        sys.stderr.write(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
        sys.stderr.flush()
        app = server.streamable_http_app(event_store=Kept(), retry_interval=50)
        # Clients keep streams open for as long as they live; waiting for them would be waiting for ever.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.server", description=__doc__)
    parser.add_argument("--http", type=int, metavar="PORT", help="serve Streamable HTTP on 127.0.0.1")
    options = parser.parse_args()
    server = conformance_server()
    if options.http is None:
        anyio.run(_stdio, server)
    else:
        anyio.run(_http, server, options.http)


if __name__ == "__main__":
    main()
