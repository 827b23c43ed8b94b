"""Starts at once, without a package, and does a little of everything: MCP 2025-11-25 by hand, one tool a pattern.

The tools: see `TOOLS`. Anything else is answered as a plain server would.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]
BY_NAME: dict[str, Callable[[Message, dict[str, Any]], Any]] = {}
_asked = 0


def send(**message: Any) -> None:
    line = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, separators=(",", ":"))
    os.write(1, line.encode("utf-8", "surrogatepass") + b"\n")


def text(value: str, **more: Any) -> Message:
    return {"content": [{"type": "text", "text": value}], **more}


def log(data: Any, level: str = "info") -> None:
    send(method="notifications/message", params={"level": level, "logger": "quick", "data": data})


def receive() -> Message:
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def ask(method: str, params: Message | None = None) -> Message:
    """Put a question to the client; its whole answer."""
    global _asked
    _asked += 1
    send(id=f"q{_asked}", method=method, **({} if params is None else {"params": params}))
    while (message := receive()).get("id") != f"q{_asked}" or "method" in message:
        pass
    return message


def tool(run: Callable[[Message, dict[str, Any]], Any]) -> Callable[[Message, dict[str, Any]], Any]:
    BY_NAME[run.__name__] = run
    return run


@tool
def say(call: Message, given: dict[str, Any]) -> Message:
    """Returns the text."""
    return text(given["text"])


@tool
def data(call: Message, given: dict[str, Any]) -> Message:
    """Returns structured content, and different text."""
    return text("see the structure", structuredContent={"city": "Oslo", "celsius": -3.0, "sign": "°"})


@tool
def count(call: Message, given: dict[str, Any]) -> Message:
    """Counts to n: a progress and a log each."""
    token = (call["params"].get("_meta") or {}).get("progressToken")
    for number in range(1, given.get("n", 3) + 1):
        if token is not None:
            send(
                method="notifications/progress",
                params={"progressToken": token, "progress": number, "total": given.get("n", 3)},
            )
        log(f"counted {number}")
    return text("counted")


@tool
def fail(call: Message, given: dict[str, Any]) -> Message:
    """Ends in a result that is marked as an error."""
    return text("it did not work", isError=True)


@tool
def refuse(call: Message, given: dict[str, Any]) -> None:
    """Ends in an error of the protocol."""
    send(id=call["id"], error={"code": -32050, "message": "the shelf is empty", "data": {"shelf": 3}})


@tool
def sample(call: Message, given: dict[str, Any]) -> Message:
    """Asks the model."""
    said = [{"role": "user", "content": {"type": "text", "text": "Capital of France?"}}]
    answer = ask("sampling/createMessage", {"messages": said, "maxTokens": 10})
    return text(answer["result"]["content"]["text"] if "result" in answer else "refused")


FORM: Message = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "seats": {"type": "integer", "minimum": 1, "maximum": 8, "default": 2},
    },
    "required": ["name"],
}


@tool
def form(call: Message, given: dict[str, Any]) -> Message:
    """Has a form filled in; returns the answer as JSON."""
    answer = ask("elicitation/create", {"mode": "form", "message": "Who travels?", "requestedSchema": FORM})
    return text(json.dumps(answer.get("result") or answer.get("error"), sort_keys=True))


@tool
def defaults(call: Message, given: dict[str, Any]) -> Message:
    """Has a form filled in that needs nothing but its defaults."""
    schema = {**FORM, "required": ["seats"]}
    answer = ask("elicitation/create", {"mode": "form", "message": "How many?", "requestedSchema": schema})
    return text(json.dumps(answer.get("result") or answer.get("error"), sort_keys=True))


@tool
def visit(call: Message, given: dict[str, Any]) -> Message:
    """Sends the person to a URL; returns what they did."""
    params = {"mode": "url", "message": "Sign in.", "url": "https://example.com/in", "elicitationId": "v1"}
    return text(ask("elicitation/create", params)["result"]["action"])


@tool
def roots(call: Message, given: dict[str, Any]) -> Message:
    """Asks for the roots; returns the answer as JSON."""
    answer = ask("roots/list")
    return text(json.dumps(answer.get("result") or answer.get("error"), sort_keys=True))


@tool
def custom(call: Message, given: dict[str, Any]) -> Message:
    """Sends a request that the specification does not know."""
    return text("answered" if "result" in ask("x/custom", {"a": 1}) else "refused")


@tool
def hang(call: Message, given: dict[str, Any]) -> None:
    """Is never answered."""
    log("thinking")


@tool
def cling(call: Message, given: dict[str, Any]) -> None:
    """Is never answered, and stays when its input ends and when it is told to go, for five minutes."""
    signal.alarm(300)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log("thinking")
    while True:
        signal.pause()


@tool
def sample_then_hang(call: Message, given: dict[str, Any]) -> None:
    """Asks the model, and is never answered."""
    ask("sampling/createMessage", {"messages": [], "maxTokens": 10})
    log("thinking")


@tool
def sample_then_die(call: Message, given: dict[str, Any]) -> None:
    """Asks the model, and exits with code 3."""
    ask("sampling/createMessage", {"messages": [], "maxTokens": 10})
    os._exit(3)


@tool
def sample_then_fail(call: Message, given: dict[str, Any]) -> Message:
    """Asks the model, and ends in a result that is marked as an error."""
    ask("sampling/createMessage", {"messages": [], "maxTokens": 10})
    return text("it did not work", isError=True)


@tool
def chatter(call: Message, given: dict[str, Any]) -> None:
    """Logs on and on, until anything comes in."""
    number = 0
    while not select.select([0], [], [], 0.005)[0]:
        number += 1
        log(f"still here {number}")


@tool
def die(call: Message, given: dict[str, Any]) -> None:
    """Exits with a code, after a word on stderr."""
    os.write(2, b"out of cheese\n")
    os._exit(given.get("code", 3))


@tool
def crash(call: Message, given: dict[str, Any]) -> None:
    """Ends by SIGSEGV."""
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)


@tool
def env(call: Message, given: dict[str, Any]) -> Message:
    """Returns an entry of the environment."""
    return text(os.environ.get(given["name"], "(not set)"))


@tool
def cwd(call: Message, given: dict[str, Any]) -> Message:
    """Returns the working directory."""
    return text(os.getcwd())


@tool
def orphan(call: Message, given: dict[str, Any]) -> Message:
    """Leaves a process behind that has a session of its own and an empty environment; returns its pid."""
    reading, writing = os.pipe()
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        os.write(writing, b"%d\n" % os.getpid())
        for descriptor in (0, 1, 2, reading, writing):
            os.close(descriptor)
        os.execve("/bin/sleep", ["sleep", "300"], {})
    os.close(writing)
    with os.fdopen(reading) as report:
        return text(report.read().strip())


TOOLS = [
    {"name": name, "description": run.__doc__, "inputSchema": {"type": "object", "properties": {}}}
    for name, run in BY_NAME.items()
]
BY_TOOL = {tool["name"]: tool for tool in TOOLS}
BY_TOOL["say"]["inputSchema"] = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
for numbered, member in (("count", "n"), ("die", "code")):
    BY_TOOL[numbered]["inputSchema"] = {"type": "object", "properties": {member: {"type": "integer"}}}

PLAIN: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}, "logging": {}, "prompts": {}, "resources": {"subscribe": True}},
        "serverInfo": {"name": "quick", "version": "1"},
    },
    "ping": {},
    "logging/setLevel": {},
    "tools/list": {"tools": TOOLS},
    "prompts/list": {"prompts": [{"name": "greet", "arguments": [{"name": "who", "required": True}]}]},
    "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": "Say hello."}}]},
    "resources/list": {"resources": [{"name": "note", "uri": "quick://note"}]},
    "resources/templates/list": {"resourceTemplates": []},
    "resources/read": {"contents": [{"uri": "quick://note", "text": "remember the milk"}]},
    "resources/subscribe": {},
    "completion/complete": {"completion": {"values": ["Ada"]}},
    "x/add": {"sum": 3},
}


def main() -> None:
    while True:
        message = receive()
        method = message.get("method")
        if method is None or "id" not in message:
            continue
        if method == "tools/call":
            run = BY_NAME.get(message["params"]["name"])
            result = None if run is None else run(message, message["params"].get("arguments") or {})
            if run is None:
                send(id=message["id"], error={"code": -32602, "message": "Unknown tool"})
            elif result is not None:
                send(id=message["id"], result=result)
        elif method in PLAIN:
            send(id=message["id"], result=PLAIN[method])
        else:
            send(id=message["id"], error={"code": -32601, "message": f"Method not found: {method}"})


main()
