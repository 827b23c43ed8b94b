"""The demo server's tools that ask: the client's model, the person in front of it, and where it is at work."""

from __future__ import annotations

from typing import Any

import mcp_types as types

from mcpwatch.demo.offer import Outcome, tool
from mcpwatch.demo.talk import Call, expect


def _sampling(prompt: str) -> types.CreateMessageRequest:
    text = types.TextContent
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(
            messages=[
                types.SamplingMessage(role="user", content=text(text="Answer in one sentence.")),
                types.SamplingMessage(role="assistant", content=text(text="Gladly. What is the question?")),
                types.SamplingMessage(role="user", content=text(text=prompt)),
            ],
            system_prompt="You explain science to a curious child.",
            model_preferences=types.ModelPreferences(
                hints=[types.ModelHint(name="haiku"), types.ModelHint(name="small")],
                cost_priority=0.8,
                speed_priority=0.6,
                intelligence_priority=0.2,
            ),
            temperature=0.3,
            max_tokens=120,
            stop_sequences=["\n\n", "THE END"],
            include_context="thisServer",
            metadata={"tool": "ask_model", "trace": {"id": "demo-1", "sampled": True}},
        )
    )


def _sampled(answer: types.CreateMessageResult) -> str:
    said = answer.content.text if isinstance(answer.content, types.TextContent) else f"({answer.content.type})"
    return f"{answer.model} said: {said}"


@tool("Ask the model", icon="?", question={"type": "string", "default": "Why is the sky blue?"})
async def ask_model(call: Call) -> Outcome:
    """Has the client's model answer, with everything that a sampling request can carry; returns what it said."""
    answer = await call.ask(_sampling(str(call.arguments["question"])), types.CreateMessageResult)
    await call.pause(0.6)
    return _sampled(answer)


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name", "minLength": 1, "maxLength": 60},
        "email": {"type": "string", "format": "email", "default": "guest@example.com"},
        "seats": {"type": "integer", "title": "How many seats", "minimum": 1, "maximum": 8, "default": 2},
        "budget": {"type": "number", "minimum": 0, "default": 99.5},
        "window": {"type": "boolean", "title": "At the window?", "default": True},
        "meal": {
            "type": "string",
            "oneOf": [
                {"const": "none", "title": "No meal"},
                {"const": "vegan", "title": "Vegan"},
                {"const": "fish", "title": "Fish of the day"},
            ],
            "default": "none",
        },
    },
    "required": ["name", "seats"],
}


@tool("Ask the person", icon="✎")
async def ask_person(call: Call) -> Outcome:
    """Has the person fill in a form with a field of every type; returns what they did with it."""
    params = types.ElicitRequestFormParams(message="Who travels, and how?", requested_schema=FORM)
    answer = await call.ask(types.ElicitRequest(params=params), types.ElicitResult)
    await call.pause(0.6)
    if answer.action != "accept":
        return f"The person chose to {answer.action}."
    return "The person wrote: " + ", ".join(f"{key}={value}" for key, value in (answer.content or {}).items())


@tool("Send the person to a page", url={"type": "string", "format": "uri", "default": "https://example.com/sign-in"})
async def sign_in(call: Call) -> Outcome:
    """Asks the person to visit a page; says so when they are done there, where the protocol has a message for it."""
    visit = "demo-sign-in"
    params = types.ElicitRequestURLParams(
        message="Sign in to go on.", url=str(call.arguments["url"]), elicitation_id=None if call.modern else visit
    )
    answer = await call.ask(types.ElicitRequest(params=params), types.ElicitResult)
    if answer.action == "accept" and not call.modern:
        await call.notify("notifications/elicitation/complete", {"elicitationId": visit})
    return f"The person chose to {answer.action}."


@tool("Look around", hints=types.ToolAnnotations(read_only_hint=True))
async def look_around(call: Call) -> Outcome:
    """Asks the client for its roots; returns them."""
    found = (await call.ask(types.ListRootsRequest(), types.ListRootsResult)).roots
    await call.pause(0.4)
    return "\n".join(str(root.uri) for root in found) or "The client has no roots."


@tool("Plan a trip")
async def plan_trip(call: Call) -> Outcome:
    """Asks the person and for the roots at once, then the model with what came back: three questions, two rounds."""
    plan = call.state()
    if "name" not in plan:
        form = {"type": "object", "properties": {"name": FORM["properties"]["name"]}, "required": ["name"]}
        params = types.ElicitRequestFormParams(message="Who travels?", requested_schema=form)
        answers = await call.ask_all({"who": types.ElicitRequest(params=params), "where": types.ListRootsRequest()})
        who, where = expect(answers["who"], types.ElicitResult), expect(answers["where"], types.ListRootsResult)
        plan = {"name": str((who.content or {}).get("name", "nobody")), "roots": len(where.roots)}
    request = _sampling(f"Plan a trip for {plan['name']}, who has {plan['roots']} roots.")
    return _sampled(await call.ask(request, types.CreateMessageResult, state=plan))


ASKING = (ask_model, ask_person, sign_in, look_around, plan_trip)
