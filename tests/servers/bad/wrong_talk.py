"""Well-formed JSON that is wrong as JSON-RPC or MCP: ids, members, results, notifications, questions."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any

from _talk import Message, dump, log, messages, refusal, reply, result, say, serve, text, token, write
from wrong_fault import Faults, done

FAULTS = Faults()


def members(message: Message, **changed: Any) -> Message:
    """The answer with other members; None takes one out."""
    answer = {**done(message), **changed}
    return {name: value for name, value in answer.items() if value is not ...}


def heard() -> Message:
    """The next message of the client."""
    return json.loads(sys.stdin.buffer.readline())


def answer_to(id: Any) -> Message:
    """The client's answer to a question of ours."""
    while "method" in (found := heard()) or found.get("id") != id:
        pass
    return found


def ask(id: Any, method: str, **params: Any) -> None:
    say({"jsonrpc": "2.0", "id": id, "method": method, **({"params": params} if params else {})})


def notify(method: str, params: Any = ...) -> None:
    say({"jsonrpc": "2.0", "method": method, **({} if params is ... else {"params": params})})


# ---- ids and members


@FAULTS.work
def id_null(message: Message) -> None:
    say(members(message, id=None))


@FAULTS.work
def id_missing(message: Message) -> None:
    say(members(message, id=...))


@FAULTS.work
def id_as_a_string(message: Message) -> None:
    say(members(message, id=str(message["id"])))


@FAULTS.work
def id_as_a_float(message: Message) -> None:
    say(members(message, id=float(message["id"])))


@FAULTS.work
def id_as_an_object(message: Message) -> None:
    say(members(message, id={"n": message["id"]}))


@FAULTS.work
def id_of_nobody(message: Message) -> None:
    """Answers with an id that nobody waits for, and never with the right one."""
    say(members(message, id=4711))


@FAULTS.work
def answered_twice(message: Message) -> None:
    say(done(message))
    say(done(message, "done again"))


@FAULTS.work
def answered_with_result_then_error(message: Message) -> None:
    say(done(message))
    say(refusal(message, -32603, "it failed after all"))


@FAULTS.server
def unasked_answers() -> None:
    say({"jsonrpc": "2.0", "id": 4711, "result": {}})
    say({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}})
    serve(tools=("work", "after"))


@FAULTS.work
def no_jsonrpc(message: Message) -> None:
    say(members(message, jsonrpc=...))


@FAULTS.work
def jsonrpc_1(message: Message) -> None:
    say(members(message, jsonrpc="1.0"))


@FAULTS.work
def result_and_error(message: Message) -> None:
    say(members(message, error={"code": -32603, "message": "both"}))


@FAULTS.work
def neither_result_nor_error(message: Message) -> None:
    say(members(message, result=...))


@FAULTS.work
def error_without_code(message: Message) -> None:
    say(members(message, result=..., error={"message": "no code"}))


@FAULTS.work
def error_as_a_text(message: Message) -> None:
    say(members(message, result=..., error="it went wrong"))


@FAULTS.work
def error_code_as_a_text(message: Message) -> None:
    say(members(message, result=..., error={"code": "EFAIL", "message": "a code in letters"}))


@FAULTS.work
def error_message_of_1_mib(message: Message) -> None:
    say(refusal(message, -32603, "very " * 200_000))


@FAULTS.work
def answer_with_a_method(message: Message) -> None:
    """So it is a request to the client, by the rules."""
    say(members(message, method="tools/call"))


@FAULTS.work
def batch(message: Message) -> None:
    say([log("in a batch"), done(message)])


@FAULTS.work
def empty_batch(message: Message) -> None:
    say([])
    say(done(message))


@FAULTS.work
def batch_of_junk(message: Message) -> None:
    say([1, "two", None, [], {}])
    say(done(message))


# ---- results


@FAULTS.work
def result_null(message: Message) -> None:
    say(members(message, result=None))


@FAULTS.work
def result_as_a_text(message: Message) -> None:
    say(members(message, result="done"))


@FAULTS.work
def result_as_a_list(message: Message) -> None:
    say(members(message, result=[1, 2]))


@FAULTS.work
def result_empty(message: Message) -> None:
    say(members(message, result={}))


@FAULTS.work
def content_as_a_text(message: Message) -> None:
    say(members(message, result={"content": "done"}))


@FAULTS.work
def content_of_no_type(message: Message) -> None:
    say(members(message, result={"content": [{"text": "done"}, "done", None, 7, {"type": "hologram"}, {"type": 3}]}))


@FAULTS.work
def image_that_is_no_base64(message: Message) -> None:
    say(members(message, result={"content": [{"type": "image", "data": "%%%", "mimeType": 5}]}))


@FAULTS.work
def is_error_as_a_text(message: Message) -> None:
    say(members(message, result={**text("done"), "isError": "no"}))


@FAULTS.work
def structured_content_as_a_list(message: Message) -> None:
    say(members(message, result={**text("done"), "structuredContent": [1, 2]}))


@FAULTS.work
def unknown_result_type(message: Message) -> None:
    say(members(message, result={"resultType": "perhaps", **text("done")}))


@FAULTS.work
def input_required_of_nothing(message: Message) -> None:
    say(members(message, result={"resultType": "input_required", "inputRequests": None}))


# ---- notifications


@FAULTS.work
def progress_for_nobody(message: Message) -> None:
    notify("notifications/progress", {"progressToken": "who", "progress": 1})
    say(done(message))


@FAULTS.work
def progress_backwards(message: Message) -> None:
    for number in (5, 3, 12):
        notify("notifications/progress", {"progressToken": token(message), "progress": number, "total": 10})
    say(done(message))


@FAULTS.work
def progress_of_text(message: Message) -> None:
    notify("notifications/progress", {"progressToken": token(message), "progress": "half", "total": [1], "message": 3})
    say(done(message))


@FAULTS.work
def progress_after_the_end(message: Message) -> None:
    say(done(message))
    notify("notifications/progress", {"progressToken": token(message), "progress": 1})


@FAULTS.work
def progress_token_as_an_object(message: Message) -> None:
    notify("notifications/progress", {"progressToken": {"a": 1}, "progress": 1})
    say(done(message))


@FAULTS.work
def params_of_no_kind(message: Message) -> None:
    for params in ([1, 2], "text", None, 7, ...):
        notify("notifications/message", params)
        notify("notifications/progress", params)
        notify("notifications/resources/updated", params)
        notify("notifications/cancelled", params)
    say(done(message))


@FAULTS.work
def log_of_unknown_level(message: Message) -> None:
    say(log("hello", level="shout"))
    notify("notifications/message", {"level": 3, "logger": ["a"], "data": None})
    say(done(message))


@FAULTS.work
def unknown_notification(message: Message) -> None:
    notify("notifications/something/else", {"a": 1})
    notify("", {})
    say(done(message))


@FAULTS.work
def cancels_what_it_was_asked(message: Message) -> None:
    notify("notifications/cancelled", {"requestId": message["id"], "reason": "no time"})
    say(done(message))


@FAULTS.server
def list_changed_after_each_list() -> None:
    """Whoever lists again is told again."""
    for message in messages():
        if message.get("method") == "initialize":
            answer = reply(message)
            assert answer is not None
            answer["result"]["capabilities"]["tools"] = {"listChanged": True}
            say(answer)
        elif (answer := reply(message, ("work", "after"))) is not None:
            say(answer)
            if message["method"] == "tools/list":
                notify("notifications/tools/list_changed")


# ---- questions


@FAULTS.work
def question_with_id_null(message: Message) -> None:
    ask(None, "ping")
    say(done(message))


@FAULTS.work
def question_with_a_float_id(message: Message) -> None:
    ask(1.5, "ping")
    answer_to(1.5)
    say(done(message))


@FAULTS.work
def questions_with_the_same_id(message: Message) -> None:
    ask("q", "ping")
    ask("q", "ping")
    answer_to("q")
    say(done(message))


@FAULTS.work
def question_with_our_id(message: Message) -> None:
    ask(message["id"], "ping")
    answer_to(message["id"])
    say(done(message))


@FAULTS.work
def question_of_unknown_method(message: Message) -> None:
    ask("q", "x/unheard-of", a=1)
    assert "error" in answer_to("q")
    say(done(message))


@FAULTS.work
def sampling_without_params(message: Message) -> None:
    ask("q", "sampling/createMessage")
    answer_to("q")
    say(done(message))


@FAULTS.work
def sampling_of_nonsense(message: Message) -> None:
    ask("q", "sampling/createMessage", messages="hello", maxTokens="many", tools={"a": 1})
    answer_to("q")
    say(done(message))


@FAULTS.work
def form_of_nonsense(message: Message) -> None:
    ask("q", "elicitation/create", message=7, requestedSchema={"type": "object", "properties": {"a": 3, "b": {}}})
    answer_to("q")
    say(done(message))


@FAULTS.work
def form_schema_that_refers_to_itself(message: Message) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]}
    ask("q", "elicitation/create", mode="form", message="round", requestedSchema=schema)
    answer_to("q")
    say(done(message))


@FAULTS.work
def question_taken_back(message: Message) -> None:
    cancelled = {"requestId": "q", "reason": "never mind"}
    question = {"jsonrpc": "2.0", "id": "q", "method": "x/slow"}
    say([question, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled}])
    say(done(message))


@FAULTS.work
def question_after_the_answer(message: Message) -> None:
    say(done(message))
    ask("late", "ping")


@FAULTS.work
def hundred_questions_at_once(message: Message) -> None:
    write(b"".join(dump({"jsonrpc": "2.0", "id": n, "method": "ping"}) + b"\n" for n in range(100)))
    missing = set(range(100))
    while missing:
        missing.discard(heard().get("id"))
    say(done(message))


@FAULTS.server
def questions_before_the_handshake() -> None:
    ask("early", "ping")
    ask("earlier", "roots/list")
    waiting = {"early", "earlier"}
    for message in held(waiting):
        if (answer := reply(message, ("work", "after"))) is not None:
            say(answer)


def held(waiting: set[str]) -> Iterator[Message]:
    """What the client sends, but only once these are answered."""
    kept: list[Message] = []
    stream = messages()
    while waiting:
        message = next(stream)
        if "method" in message:
            kept.append(message)
        else:
            waiting.discard(message["id"])
    return itertools.chain(kept, stream)


@FAULTS.work
def error_result(message: Message) -> None:
    """Nothing is wrong with it: the tool says that it failed."""
    say(result(message, {**text("out of cheese"), "isError": True}))
