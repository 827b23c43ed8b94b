"""An endpoint that speaks OpenAI's chat completions on loopback, and says what it is told to: one reply a request.

It stands on sockets of its own thread, keeps every request as it came, and notices when whoever asked has gone away.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

WITHIN = 20.0


@dataclass(frozen=True)
class Raw:
    """Any answer at all."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Hang:
    """No answer, until the other side has gone."""


@dataclass(frozen=True)
class Asked:
    """One request as it came. Header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Reply: TypeAlias = "dict[str, Any] | Raw | Hang"


@dataclass
class Endpoint:
    """`url` is what a client takes as its base; `dropped` is set once a request was given up by who sent it."""

    url: str
    asked: list[Asked] = field(default_factory=list[Asked])
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    dropped: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return self.url.split("/")[2]


def said(
    text: str | None = None,
    *calls: Mapping[str, Any],
    finish: str | None = "stop",
    model: str = "scripted-1",
    **more: Any,
) -> dict[str, Any]:
    """A completion with this text, or with these calls of tools; `more` goes into its choice."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = list(calls)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, **more}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }


def used(id: str, name: str, arguments: Any) -> dict[str, Any]:
    """A call of a tool inside a completion; `arguments` are a text as it stands, or written as JSON."""
    given = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": given}}


def refused(status: int, message: str, **more: Any) -> Raw:
    """An error as OpenAI writes it, that need not be tried again."""
    body = json.dumps({"error": {"message": message, "type": "x", **more}}).encode()
    return Raw(status, body, {"content-type": "application/json", "x-should-retry": "false"})


def html(status: int = 200) -> Raw:
    """What a web server says that knows nothing of models."""
    return Raw(status, b"<html><body>Welcome!</body></html>", {"content-type": "text/html"})


@contextmanager
def endpoint(
    *script: Reply, then: Callable[[dict[str, Any]], Reply] | None = None, path: str = "/v1"
) -> Generator[Endpoint]:
    """Serve until the block ends: the replies of `script` in order, then what `then` makes of a request's body."""
    replies: Sequence[Reply] = list(script)
    turn = iter(replies)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                served.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                reply = next(turn, None) or (then(body) if then is not None else refused(500, "the script has ended"))
            served.arrived.release()
            if isinstance(reply, Hang):
                self._wait_for_the_end()
            elif isinstance(reply, Raw):
                self._send(reply)
            else:
                self._send(Raw(200, json.dumps(reply).encode(), {"content-type": "application/json"}))

        def _wait_for_the_end(self) -> None:
            self.close_connection = True
            self.connection.settimeout(WITHIN)
            try:
                gone = self.connection.recv(1) == b""
            except ConnectionError:
                gone = True
            if gone:
                served.dropped.set()

        def _send(self, raw: Raw) -> None:
            self.send_response(raw.status)
            for name, value in raw.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw.body)))
            self.end_headers()
            self.wfile.write(raw.body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Endpoint(f"http://127.0.0.1:{server.server_address[1]}{path}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
