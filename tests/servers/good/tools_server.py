"""A server whose tools let the client's model use tools, over as many turns as it likes, in either era of the protocol.

`travel_push` asks with requests of its own (up to 2025-11-25), `travel_round` with results (2026-07-28); the messages
travel in `requestState` there. What the model may use is `weather`, which shows a picture, and `fail`, which fails.
"""

from __future__ import annotations

import warnings

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from pydantic import TypeAdapter

warnings.simplefilter("ignore")  # requests of a server's own are deprecated, which is what this is here to show
server = MCPServer("travel")
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [
    types.Tool(name="weather", description="The weather in a city.", input_schema=CITY),
    types.Tool(name="fail", input_schema={"type": "object"}),
]
START = [types.SamplingMessage(role="user", content=types.TextContent(text="Rome or Oslo?"))]
MESSAGES: TypeAdapter[list[types.SamplingMessage]] = TypeAdapter(list[types.SamplingMessage])
PICTURE = types.ImageContent(data="aGk=", mime_type="image/png")


def results(answer: types.CreateMessageResultWithTools | types.CreateMessageResult) -> list[types.SamplingMessage]:
    """The messages that go on with an answer: it, and what the tools that it uses say; none where it uses none."""
    content = answer.content if isinstance(answer.content, list) else [answer.content]
    uses = [block for block in content if isinstance(block, types.ToolUseContent)]
    said = [
        types.ToolResultContent(tool_use_id=use.id, content=[types.TextContent(text="it broke")], is_error=True)
        if use.name == "fail"
        else types.ToolResultContent(
            tool_use_id=use.id, content=[types.TextContent(text=f"sunny in {use.input['city']}"), PICTURE]
        )
        for use in uses
    ]
    if not said:
        return []
    return [types.SamplingMessage(role="assistant", content=content), types.SamplingMessage(role="user", content=said)]


def text_of(answer: types.CreateMessageResultWithTools | types.CreateMessageResult) -> str:
    content = answer.content if isinstance(answer.content, list) else [answer.content]
    return "".join(block.text for block in content if isinstance(block, types.TextContent))


@server.tool()
async def travel_push(ctx: Context) -> str:
    """Ask the client's model with requests to it."""
    messages = list(START)
    while True:
        answer = await ctx.session.create_message(
            messages,
            max_tokens=50,
            tools=TOOLS,
            tool_choice=types.ToolChoice(mode="auto"),
            related_request_id=ctx.request_id,
        )
        if not (more := results(answer)):
            return text_of(answer)
        messages += more


@server.tool()
async def travel_round(ctx: Context) -> str | types.InputRequiredResult:
    """Ask the client's model with results that want input."""
    messages = list(START) if ctx.request_state is None else MESSAGES.validate_json(ctx.request_state)
    answer = (ctx.input_responses or {}).get("turn")
    if isinstance(answer, types.CreateMessageResult | types.CreateMessageResultWithTools):
        if not (more := results(answer)):
            return text_of(answer)
        messages += more
    params = types.CreateMessageRequestParams(
        messages=messages, max_tokens=50, tools=TOOLS, tool_choice=types.ToolChoice(mode="auto")
    )
    state = MESSAGES.dump_json(messages, by_alias=True, exclude_none=True).decode()
    return types.InputRequiredResult(
        input_requests={"turn": types.CreateMessageRequest(params=params)}, request_state=state
    )


if __name__ == "__main__":
    server.run()
