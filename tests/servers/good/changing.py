"""A server that changes from one start to the next, as `CHANGE` says: for whoever compares two of its sessions.

Everything that it gives out (identities, cursors) is new in each session, and it takes back only what it gave out.

    CHANGE=rename     the tool `work` is called `labour`
    CHANGE=drop       a field of `create`'s result is gone
    CHANGE=slow       everything takes its time
    CHANGE=swap       the two notifications of `tell` come the other way round
    CHANGE=ask        it asks for something else
    CHANGE=more       it asks for something else first
    CHANGE=quiet      `work` has no progress any more
    CHANGE=die        it exits in `work`
    CHANGE=hang       `work` never ends
    CHANGE=repaired   `fail` does not fail
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from typing import Any

CHANGE = os.environ.get("CHANGE", "")
CURSOR = uuid.uuid4().hex
KNOWN: dict[str, str] = {}
WORK = "labour" if CHANGE == "rename" else "work"
TOOLS = ("create", "get", WORK, "tell", "ask", "wait", "fail")


def send(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def notify(method: str, **params: Any) -> None:
    send(method=method, params=params)


def asked(message: str) -> Any:
    """Ask the person, and wait for what comes back."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    send(id=f"q-{message}", method="elicitation/create", params={"message": message, "requestedSchema": schema})
    for line in sys.stdin:
        answer = json.loads(line)
        if answer.get("id") == f"q-{message}":
            return answer.get("result", answer.get("error"))


def call(name: str, given: dict[str, Any], token: Any) -> dict[str, Any]:
    if name == "create":
        id = str(uuid.uuid4())
        KNOWN[id] = given["title"]
        made = {"id": id, "title": given["title"], "at": time.time()} | ({} if CHANGE == "drop" else {"size": 1})
        return {"content": [{"type": "text", "text": f"made {id}"}], "structuredContent": made}
    if name == "get":
        return _said(f"{KNOWN[given['id']]}") if given["id"] in KNOWN else _said("no such thing", wrong=True)
    if name == WORK:
        for done in () if CHANGE == "quiet" else (1, 2, 3):
            notify("notifications/progress", progressToken=token, progress=done, total=3)
        if CHANGE == "die":
            sys.exit(7)
        if CHANGE == "hang":
            sys.exit(len(sys.stdin.read()) and 0)
        return _said("done")
    if name == "tell":
        for text in ("two", "one") if CHANGE == "swap" else ("one", "two"):
            notify("notifications/message", level="info", data=text)
        return _said("told")
    if name == "ask":
        if CHANGE == "more":
            asked("May I?")
        answer = asked("What is he called?" if CHANGE == "ask" else "What is your name?")
        return _said(json.dumps(answer))
    if name == "fail" and CHANGE != "repaired":
        return _said("it cannot be done", wrong=True)
    return _said("fine")


def _said(text: str, *, wrong: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": wrong}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        version = params["protocolVersion"]
        return {
            "protocolVersion": version,
            "capabilities": {"tools": {}, "logging": {}},
            "serverInfo": {"name": "changing", "version": "1"},
        }
    if method == "tools/list":
        rows = [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]
        if "cursor" not in params:
            return {"tools": rows[:4], "nextCursor": CURSOR}
        return {"tools": rows[4:]} if params["cursor"] == CURSOR else None
    if method == "tools/call":
        if CHANGE == "slow":
            threading.Event().wait(0.2)
        token = params.get("_meta", {}).get("progressToken")
        if params["name"] == "wait":
            return None
        if params["name"] in TOOLS:
            return call(params["name"], params.get("arguments", {}), token)
    return {} if method == "logging/setLevel" else None


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message or "method" not in message:
        continue
    if message.get("params", {}).get("name") == "wait":
        notify("notifications/progress", progressToken=message["params"]["_meta"]["progressToken"], progress=1)
        continue
    result = answer(message["method"], message.get("params", {}))
    if result is None:
        send(id=message["id"], error={"code": -32602, "message": f"no {message['method']} like that"})
    else:
        send(id=message["id"], result=result)
