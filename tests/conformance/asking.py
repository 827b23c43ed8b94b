"""The fixture server's tools that ask: by requests of its own in the handshake era, by `input_required` since then.

A tool that needs what the client did not declare answers as the specification of its era has it: with an error result,
or with the error that names the capability.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from mcpwatch.demo.offer import Outcome, tool
from mcpwatch.demo.talk import Call, Refused, expect


def sampling(prompt: str, most: int = 100) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=prompt))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=most))


def form(message: str, /, **properties: dict[str, Any]) -> types.ElicitRequest:
    """A form; what has no default is required."""
    required = [name for name, schema in properties.items() if "default" not in schema]
    schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def needs(question: types.InputRequest) -> str:
    """The capability that a question takes."""
    match question:
        case types.CreateMessageRequest():
            return "sampling"
        case types.ListRootsRequest():
            return "roots"
        case types.ElicitRequest():
            return "elicitation"


def declared(call: Call, word: str) -> bool:
    can = call.context.session.client_capabilities
    return can is not None and getattr(can, word) is not None


async def ask(
    call: Call, questions: Mapping[str, types.InputRequest], state: Mapping[str, Any] | None = None
) -> dict[str, types.InputResponse]:
    """Put questions under these keys, with `state` carried from round to round."""
    missing = sorted({needs(question) for question in questions.values()} - {"none"})
    missing = [word for word in missing if not declared(call, word)]
    if missing and call.modern:
        required: dict[str, dict[str, Any]] = {word: {} for word in missing}
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"The client did not declare {', '.join(missing)}",
            {"requiredCapabilities": required},
        )
    return await call.ask_all(questions, state=state)


def sampled(answer: types.InputResponse) -> str:
    content = expect(answer, types.CreateMessageResult).content
    return content.text if isinstance(content, types.TextContent) else f"({content.type})"


def accepted(answer: types.InputResponse) -> dict[str, Any]:
    """What the person filled in; raises Refused if there is nothing."""
    answered = expect(answer, types.ElicitResult)
    if answered.action != "accept":
        raise Refused(f"The person chose to {answered.action}.")
    return dict(answered.content or {})


def completed(answer: types.InputResponse) -> str:
    said = expect(answer, types.ElicitResult)
    return f"action={said.action}, content={json.dumps(said.content or {}, sort_keys=True)}"


STRING = {"type": "string"}
NAME = form("What is your name?", name=STRING)


@tool("Sampling", prompt={"type": "string", "description": "The prompt to send to the LLM"})
async def test_sampling(call: Call) -> Outcome:
    """Has the client's model answer a prompt."""
    answers = await ask(call, {"answer": sampling(str(call.arguments["prompt"]))})
    return f"LLM response: {sampled(answers['answer'])}"


@tool("Elicitation", message={"type": "string", "description": "The message to show the user"})
async def test_elicitation(call: Call) -> Outcome:
    """Has the person fill in two fields."""
    fields = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    answers = await ask(call, {"user": form(str(call.arguments["message"]), **fields)})
    return f"User response: {completed(answers['user'])}"


@tool("Elicitation with defaults")
async def test_elicitation_sep1034_defaults(call: Call) -> Outcome:
    """Has the person fill in a form with a default of every primitive type."""
    question = form(
        "Please review and update the form fields with defaults",
        name={"type": "string", "description": "User name", "default": "John Doe"},
        age={"type": "integer", "description": "User age", "default": 30},
        score={"type": "number", "description": "User score", "default": 95.5},
        status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        verified={"type": "boolean", "description": "Verification status", "default": True},
    )
    answers = await ask(call, {"form": question})
    return f"Elicitation completed: {completed(answers['form'])}"


def _titled(word: str, *values: str) -> list[dict[str, str]]:
    return [
        {word: value, "title": f"{name} Option"}
        for name, value in zip(("First", "Second", "Third"), values, strict=True)
    ]


@tool("Elicitation with choices")
async def test_elicitation_sep1330_enums(call: Call) -> Outcome:
    """Has the person choose, with each way in which a schema can offer a choice."""
    options, values = ["option1", "option2", "option3"], ("value1", "value2", "value3")
    question = form(
        "Please select options from the enum fields",
        untitledSingle={"type": "string", "enum": options},
        titledSingle={"type": "string", "oneOf": _titled("const", *values)},
        legacyEnum={
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti={"type": "array", "items": {"type": "string", "enum": options}},
        titledMulti={"type": "array", "items": {"anyOf": _titled("const", *values)}},
    )
    answers = await ask(call, {"form": question})
    return f"Elicitation completed: {completed(answers['form'])}"


@tool("Needs sampling")
async def test_missing_capability(call: Call) -> Outcome:
    """Needs a client that can sample."""
    answers = await ask(call, {"answer": sampling("Can you hear me?")})
    return f"The client can sample: {sampled(answers['answer'])}"


@tool("Asks in a stream")
async def test_streaming_elicitation(call: Call) -> Outcome:
    """Reports progress, then asks, so that the question comes on a stream."""
    await call.progress(1, 2, "About to ask")
    answers = await ask(call, {"confirm": form("Go on?", ok={"type": "boolean"})})
    return f"Elicitation completed: {completed(answers['confirm'])}"


@tool("One question")
async def test_input_required_result_elicitation(call: Call) -> Outcome:
    """Asks the person for a name."""
    answers = await ask(call, {"user_name": NAME})
    return f"Hello, {accepted(answers['user_name']).get('name', 'nobody')}!"


@tool("One question to the model")
async def test_input_required_result_sampling(call: Call) -> Outcome:
    """Asks the model for a capital."""
    answers = await ask(call, {"capital_question": sampling("What is the capital of France?")})
    return sampled(answers["capital_question"])


@tool("One question for the roots")
async def test_input_required_result_list_roots(call: Call) -> Outcome:
    """Asks the client for its roots."""
    answers = await ask(call, {"client_roots": types.ListRootsRequest()})
    roots = expect(answers["client_roots"], types.ListRootsResult).roots
    return f"The client has {len(roots)} roots: {', '.join(str(root.uri) for root in roots)}"


@tool("A question with a state")
async def test_input_required_result_request_state(call: Call) -> Outcome:
    """Asks with a state that the client must bring back."""
    state = {"nonce": "2322"}
    answers = await ask(call, {"confirm": form("Please confirm", ok={"type": "boolean"})}, state)
    accepted(answers["confirm"])
    return "state-ok" if call.state() == state or not call.modern else "the state is gone"


@tool("Three questions")
async def test_input_required_result_multiple_inputs(call: Call) -> Outcome:
    """Asks the person, the model and for the roots at once."""
    questions: dict[str, types.InputRequest] = {
        "user_name": NAME,
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": types.ListRootsRequest(),
    }
    answers = await ask(call, questions, {"asked": 3})
    roots = expect(answers["client_roots"], types.ListRootsResult).roots
    return f"{sampled(answers['greeting'])}, {accepted(answers['user_name']).get('name')} of {len(roots)} roots"


@tool("Two rounds")
async def test_input_required_result_multi_round(call: Call) -> Outcome:
    """Asks for a name, then for a colour."""
    state = call.state()
    if "name" not in state:
        answers = await ask(call, {"step1": form("Step 1: What is your name?", name=STRING)}, {"round": 1})
        state = {"round": 2, "name": accepted(answers["step1"]).get("name")}
    answers = await ask(call, {"step2": form("Step 2: What is your favorite color?", color=STRING)}, state)
    return f"{state['name']} likes {accepted(answers['step2']).get('color')}."


@tool("A state that is sealed")
async def test_input_required_result_tampered_state(call: Call) -> Outcome:
    """Asks with a state that must come back as it was."""
    answers = await ask(call, {"confirm": form("Please confirm", ok={"type": "boolean"})}, {"sealed": True})
    accepted(answers["confirm"])
    return "The state came back as it was."


@tool("What the client can")
async def test_input_required_result_capabilities(call: Call) -> Outcome:
    """Asks only what the client declared that it can answer."""
    questions: dict[str, types.InputRequest] = {"name": NAME, "greeting": sampling("Generate a greeting", 50)}
    asked = {key: question for key, question in questions.items() if declared(call, needs(question))}
    answers = await ask(call, asked)
    return f"Answered: {', '.join(sorted(answers)) or 'nothing'}"


ASKING = (
    *(test_sampling, test_elicitation, test_elicitation_sep1034_defaults, test_elicitation_sep1330_enums),
    *(test_missing_capability, test_streaming_elicitation),
    *(test_input_required_result_elicitation, test_input_required_result_sampling),
    *(test_input_required_result_list_roots, test_input_required_result_request_state),
    *(test_input_required_result_multiple_inputs, test_input_required_result_multi_round),
    *(test_input_required_result_tampered_state, test_input_required_result_capabilities),
)
