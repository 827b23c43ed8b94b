"""Doing a step: look up what it names, read its words by the schema found there, send it, return what came back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeAlias

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, malformed, mapping
from mcpwatch.session.catalogue import ListKind
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.misnamed import check_names
from mcpwatch.session.steps import Step, did_you_mean, names

__all__ = ["Done", "perform"]

JsonObject: TypeAlias = dict[str, Any]
METHOD_NOT_FOUND = -32601
METHODS = (
    *("initialize", "ping", "server/discover", "tools/list", "tools/call", "prompts/list", "prompts/get"),
    *("resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe"),
    *("completion/complete", "logging/setLevel", "subscriptions/listen"),
    *("tasks/get", "tasks/result", "tasks/list", "tasks/cancel"),
)
"""What a client may ask a server for, in either era."""
_METHODS = {"call": "tools/call", "read": "resources/read", "prompt": "prompts/get"}
"""The method that a step of a kind is; of a `request` it is the subject."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done. `reply` is None for one that has no answer (a notification, a list)."""

    step: Step
    reply: Reply | None = None
    link: str = ""
    """Whose it was."""

    @property
    def failed(self) -> bool:
        """Whether the server said no (a JSON-RPC error, a result with `isError`), or nothing that can be read."""
        if self.reply is None:
            return False
        if self.reply.error is not None or mapping(self.reply.result).get("isError") is True:
            return True
        return bool(malformed(_METHODS.get(self.step.kind, self.step.subject), self.reply.result))

    @property
    def hint(self) -> str:
        """For a method that the server does not know, the nearest one that the protocol does; else empty."""
        if self.step.kind != "request" or self.reply is None or self.reply.error is None:
            return ""
        if self.reply.error.get("code") != METHOD_NOT_FOUND or self.step.subject in METHODS:
            return ""
        near = get_close_matches(self.step.subject, METHODS, n=1)
        return f"There is no method {self.step.subject!r}. Did you mean {near[0]!r}?" if near else ""


async def perform(client: Client, step: Step) -> Done:
    """Do one step. Raises `UsageError` for what the server does not offer, `TimedOut`, `LinkLost`."""
    return replace(await _perform(client, step), link=client.link)


async def _perform(client: Client, step: Step) -> Done:
    match step.kind:
        case "list":
            await client.catalogue.fetch_all(client.negotiated.server_capabilities, by="user")
            refused = [reply for reply in client.catalogue.refused.values() if reply.error is not None]
            return Done(step, refused[0] if refused else None)
        case "call":
            tool = await _listed(client, "tools", "tool", step.subject)
            schema = dict(mapping(tool.get("inputSchema")))
            arguments = step.arguments(schema)
            check_names(step.subject, step.words, arguments, schema)
            return Done(step, await client.call(step.subject, arguments))
        case "read":
            return Done(step, await client.read(step.subject))
        case "prompt":
            prompt = await _listed(client, "prompts", "prompt", step.subject)
            return Done(step, await client.prompt(step.subject, step.arguments(_prompt_schema(prompt))))
        case "complete":
            return Done(step, await client.complete(step.subject, *step.completion()))
        case "subscribe":
            return Done(step, await client.subscribe(step.subject))
        case "request":
            return Done(step, await client.request(step.subject, step.params()))
        case "notify":
            client.notify(step.subject, step.params())
            return Done(step)


async def _listed(client: Client, kind: ListKind, what: str, name: str) -> JsonObject:
    """The row that a step names; listed first if it has not been. A server that lists nothing is asked all the same."""
    if kind not in client.catalogue.rows and await client.catalogue.fetch(kind) is None:
        return {}
    row = client.catalogue.find(kind, name)
    if row is None:
        error = did_you_mean(what, name, names(client.catalogue.rows.get(kind, ())))
        if client.negotiated.server_capabilities.get(kind) is None and not client.catalogue.rows.get(kind):
            return {}
        raise UsageError(str(error), hint=error.hint)
    return row


def _prompt_schema(prompt: JsonObject) -> JsonObject:
    """A prompt's arguments as a schema: they are always strings."""
    named = names(items(prompt.get("arguments")))
    return {"properties": {name: {"type": "string"} for name in named}}
