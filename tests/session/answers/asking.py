"""Questions as servers put them, for the tests of those who answer."""

from __future__ import annotations

from typing import Any

from mcpwatch.session.answers import Question

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "seats": {"type": "integer", "default": 2},
        "meal": {"type": "string", "enum": ["none", "vegan"], "default": "none"},
        "note": {"type": "string"},
    },
    "required": ["name", "seats"],
}


def question(method: str, params: dict[str, Any] | None = None) -> Question:
    return Question("alpha", method, params or {}, 7)


def sampling(text: str = "Capital of France?") -> Question:
    messages = [{"role": "user", "content": {"type": "text", "text": text}}]
    return question("sampling/createMessage", {"messages": messages, "maxTokens": 10})


def form(schema: Any = None) -> Question:
    return question("elicitation/create", {"message": "Who?", "requestedSchema": FORM if schema is None else schema})


def url() -> Question:
    params = {"mode": "url", "url": "https://evil.example/pay", "elicitationId": "1", "message": "Pay?"}
    return question("elicitation/create", params)


def roots() -> Question:
    return question("roots/list")


EVERY_KIND = {
    "sampling": sampling(),
    "form": form(),
    "url": url(),
    "roots": roots(),
    "ping": question("ping"),
    "custom": question("x/custom", {"a": 1}),
}
