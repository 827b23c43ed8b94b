"""Rules about input_required: a request that is answered by a question, and comes again with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import MODERN, rule
from mcpwatch.model.shapes import equal, key, label, mapping

_ALLOWED: Final = ("tools/call", "prompts/get", "resources/read")
_ASKABLE: Final = ("sampling/createMessage", "elicitation/create", "roots/list")
_PAGE: Final = "basic/patterns/mrtr"
_SERVER: Final = {MODERN: f"{_PAGE}#server-requirements-basic-workflow"}
_CLIENT: Final = {MODERN: f"{_PAGE}#client-requirements-basic-workflow"}


@rule(
    "error",
    "input_required where it is not allowed",
    why="Clients only look for it in the results of three methods; in others, and with a handshake, it is taken for "
    "the final result.",
    do="Ask in the result of tools/call, prompts/get or resources/read, and only in 2026-07-28; before that, send a "
    "request of your own.",
    on="response",
    spec={MODERN: f"{_PAGE}#supported-requests"},
    by="server",
)
def input_required_not_allowed(link: Link, message: Message) -> Iterator[str]:
    if not _asks(message) or message.request is None:
        return
    if message.of not in _ALLOWED:
        yield f"{message.of} was answered by it"
    elif link.era == "legacy" or not message.request.modern:
        yield f"{message.of} was answered by it, and the client does not speak {MODERN}"


@rule(
    "error",
    "input_required that asks for nothing",
    why="Without inputRequests and without requestState the client has nothing to answer and nothing to send back.",
    do="Send at least one of them.",
    on="response",
    spec=_SERVER,
    by="server",
)
def input_required_empty(link: Link, message: Message) -> Iterator[str]:
    if _asks(message):
        result = mapping(message.result)
        if result.get("requestState") is None and not mapping(result.get("inputRequests")):
            yield "it has neither inputRequests nor requestState"


@rule(
    "error",
    "An input request of an unknown kind",
    why="Clients can answer three kinds; with any other they cannot go on with the call.",
    do=f"Ask for one of {', '.join(_ASKABLE)}.",
    on="response",
    spec=_SERVER,
    by="server",
)
def input_request_unknown(link: Link, message: Message) -> Iterator[str]:
    if _asks(message):
        for name, asked in mapping(mapping(message.result).get("inputRequests")).items():
            method = mapping(asked).get("method")
            if method not in _ASKABLE:
                yield f"{label(name)} has no method" if method is None else f"{label(name)} asks for {label(method)}"


@rule(
    "error",
    "requestState that was altered",
    why="The state is the server's alone. Changed, left out or made up, the server refuses it or goes on elsewhere.",
    do="Send it back exactly as it came, with the retry of the same request and nothing else; send none where none "
    "came.",
    on=tuple(f"request {method}" for method in _ALLOWED),
    spec=_CLIENT,
    by="client",
)
def request_state_altered(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "s2c" or not message.retries:
        return
    pause = link.pause_of(message)
    sent = message.params.get("requestState")
    if pause is None:
        # A client without a session may come on several connections, and a proxy cannot always tell that it is one.
        if sent is not None and link.whole and not (link.mode == "proxy" and link.transport == "http"):
            yield f"{message.method} carries a requestState, and nothing that was asked for it"
    elif not equal(sent, pause.state):
        if sent is None:
            yield f"the retry of {message.method} (#{pause.request.id}) leaves it out"
        else:
            yield f"the retry of {message.method} (#{pause.request.id}) carries " + (
                "one that the server did not send" if pause.state is None else "another than the server sent"
            )


@rule(
    "error",
    "A retry with the same id",
    why="The retry is a request of its own; under its old id its answer cannot be told from the first one.",
    do="Give the retry a new id.",
    on=tuple(f"request {method}" for method in _ALLOWED),
    spec=_CLIENT,
    by="client",
)
def retry_same_id(link: Link, message: Message) -> Iterator[str]:
    if message.dir == "c2s" and message.retries:
        pause = link.pause_of(message)
        if pause is not None and key(pause.request.id) == key(message.id):
            yield f"{message.method} was sent again as #{message.id}"


def _asks(message: Message) -> bool:
    return message.dir == "s2c" and mapping(message.result).get("resultType") == "input_required"
