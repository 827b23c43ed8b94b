"""A wrong beginning and wrong lists: the handshake, what is offered, and pages that never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from _talk import Message, dump, log, messages, refusal, reply, result, say, serve, write
from wrong_fault import Faults, done

FAULTS = Faults()
TOOL = {"name": "work", "inputSchema": {"type": "object"}}
AFTER = {**TOOL, "name": "after"}


def with_(**answers: Callable[[Message], Any]) -> None:
    """A server that answers these methods in its own way (`tools_list` is tools/list); None is no answer."""
    for message in messages():
        make = answers.get(message.get("method", "").replace("/", "_"))
        answer = reply(message, ("work", "after")) if make is None else make(message)
        if answer is not None:
            say(answer)


def initialized(**changed: Any) -> Callable[[Message], Message]:
    """The answer to initialize with other members of its result; `...` takes one out."""

    def answer(message: Message) -> Message:
        made = reply(message)
        assert made is not None
        merged = {**made["result"], **changed}
        return result(message, {name: value for name, value in merged.items() if value is not ...})

    return answer


def listed(value: Any) -> Callable[[Message], Message]:
    return lambda message: result(message, value)


# ---- the handshake


@FAULTS.server
def unknown_version() -> None:
    with_(initialize=initialized(protocolVersion="1999-12-31"))


@FAULTS.server
def version_as_a_number() -> None:
    with_(initialize=initialized(protocolVersion=20251125))


@FAULTS.server
def no_capabilities_and_no_name() -> None:
    with_(initialize=initialized(capabilities=..., serverInfo=...))


@FAULTS.server
def capabilities_as_a_list() -> None:
    with_(initialize=initialized(capabilities=["tools"], serverInfo="me", instructions=5))


@FAULTS.server
def handshake_result_as_a_text() -> None:
    with_(initialize=lambda message: result(message, "welcome"))


@FAULTS.server
def handshake_refused() -> None:
    with_(initialize=lambda message: refusal(message, -32603, "API_KEY is not set"))


@FAULTS.server
def handshake_unanswered() -> None:
    with_(initialize=lambda message: None)


@FAULTS.server
def handshake_answered_in_pieces_of_junk() -> None:
    with_(initialize=lambda message: write(b'{"jsonrpc":"2.0","id":%d,"result":\n' % message["id"]))


@FAULTS.server
def handshake_twice() -> None:
    def answer(message: Message) -> Message:
        say(initialized()(message))
        return initialized(serverInfo={"name": "another", "version": "2"})(message)

    with_(initialize=answer)


@FAULTS.server
def discovery_of_nonsense() -> None:
    with_(server_discover=lambda message: result(message, {"supportedVersions": "all", "capabilities": 1}))


@FAULTS.server
def discovery_refused_without_an_id() -> None:
    def answer(message: Message) -> Message:
        made = refusal(message, -32601, "Method not found")
        del made["id"]
        return made

    with_(server_discover=answer)


@FAULTS.server
def discovery_of_no_version_of_ours() -> None:
    value = {"supportedVersions": ["3000-01-01"], "capabilities": {}, "serverInfo": {"name": "n", "version": "1"}}
    with_(server_discover=lambda message: result(message, value))


@FAULTS.server
def speaks_first() -> None:
    say(log("before anything was asked"))
    say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    serve(tools=("work", "after"))


# ---- lists


@FAULTS.server
def tools_as_a_mapping() -> None:
    with_(tools_list=listed({"tools": {"work": TOOL}}))


@FAULTS.server
def tools_missing() -> None:
    with_(tools_list=listed({}))


@FAULTS.server
def tools_null() -> None:
    with_(tools_list=listed(None))


@FAULTS.server
def list_refused() -> None:
    with_(tools_list=lambda message: refusal(message, -32603, "the list is not ready"))


@FAULTS.server
def list_unanswered() -> None:
    with_(tools_list=lambda message: None)


@FAULTS.server
def tools_of_no_kind() -> None:
    rows = [TOOL, AFTER, None, 3, "work", {}, {"name": 5}, {"name": None}, {"name": ""}, {"name": ["work"]}]
    with_(tools_list=listed({"tools": rows}))


@FAULTS.server
def tool_schemas_of_no_kind() -> None:
    schemas: list[Any] = [None, [], "object", 7, {"type": 5}, {"type": "object", "properties": []}]
    schemas += [{"type": "object", "properties": {"a": 1, "b": None}, "required": "a"}, {"$ref": "#"}, {"$ref": 7}]
    rows = [{"name": f"t{n}", "inputSchema": schema, "description": n} for n, schema in enumerate(schemas)]
    with_(tools_list=listed({"tools": [{"name": "work"}, AFTER, *rows]}))


@FAULTS.server
def tool_listed_twice() -> None:
    with_(tools_list=listed({"tools": [TOOL, AFTER, {**TOOL, "description": "the other one"}]}))


@FAULTS.server
def thousand_tools() -> None:
    rows = [{**TOOL, "name": f"tool_{n}"} for n in range(1000)]
    with_(tools_list=listed({"tools": [TOOL, AFTER, *rows]}))


@FAULTS.server
def same_cursor_for_ever() -> None:
    with_(tools_list=listed({"tools": [TOOL, AFTER], "nextCursor": "again"}))


@FAULTS.server
def pages_without_end() -> None:
    count = iter(range(1_000_000))

    def answer(message: Message) -> Message:
        number = next(count)
        rows = [TOOL, AFTER] if number == 0 else [{**TOOL, "name": f"page_{number}"}]
        return result(message, {"tools": rows, "nextCursor": str(number)})

    with_(tools_list=answer)


@FAULTS.server
def cursor_as_a_number() -> None:
    with_(tools_list=listed({"tools": [TOOL, AFTER], "nextCursor": 2}))


@FAULTS.server
def declares_what_it_has_not() -> None:
    with_(initialize=initialized(capabilities={"tools": {}, "prompts": {}, "resources": {}}))


@FAULTS.server
def answers_in_the_wrong_order() -> None:
    """Keeps each answer until the next request, so that two that were asked together come the other way round."""
    kept: list[Message] = []
    for message in messages():
        if message.get("method") == "tools/call":
            kept.append(message)
            if len(kept) == 2:
                write(b"".join(dump(done(one, one["params"]["name"])) + b"\n" for one in reversed(kept)))
        elif (answer := reply(message, ("work", "after"))) is not None:
            say(answer)
