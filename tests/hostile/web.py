"""A server whose HTTP is hostile: heads, bodies and streams, written byte by byte because no library would.

`/KIND/TURN` chooses what is wrong in which turn; every kind is in `KINDS`.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from tests.hostile.speech import Message, Mouth, dump

__all__ = ["KINDS", "hostile_web"]

KINDS: Final = (
    *(
        "heads",
        "control-heads",
        "reason",
        "content-type",
        "session",
        "stream",
        "error-body",
        "json-error",
        "unauthorized",
    ),
    *("redirect", "not-json", "encoding", "no-http"),
)


def _head(text: str) -> str:
    """What a head may hold: no line ends, and only what Latin-1 has."""
    return "".join(char for char in text if char not in "\r\n\0").encode("latin-1", "replace").decode("latin-1")[:4000]


def _shown(text: str) -> str:
    """What a client takes for a head too: without C0, but with C1."""
    return "".join(char for char in _head(text) if char >= " " and char != "\x7f")


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            path = line.decode("latin-1").split()[1]
            length = 0
            while (head := self.rfile.readline().strip()) != b"":
                name, _, value = head.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = self.rfile.read(length)
            verb = line.split()[0]
            kind, turn = (path.split("?")[0].strip("/").split("/") + ["heads", "0"])[:2]
            if verb != b"POST":
                self._send("405 no", [], b"")
            elif not self._answer(kind, Mouth(int(turn) if turn.isdigit() else 0), json.loads(body)):
                return

    def _answer(self, kind: str, mouth: Mouth, message: Message) -> bool:
        """Answer one message; whether the connection goes on."""
        if "id" not in message:
            self._send("202 ok", [], b"")
            return True
        results = {"initialize": mouth.handshake, "tools/call": mouth.result}
        made = results.get(message["method"], lambda: {"tools": mouth.tools()})()
        answer = dump({"jsonrpc": "2.0", "id": message["id"], "result": made})
        clean = ["Content-Type: application/json"]
        match kind:
            case "heads":
                self._send("200 ok", [*clean, *(f"X-{n}: {_shown(mouth(f'head.{n}'))}" for n in range(30))], answer)
            case "control-heads":
                self._send("200 ok", [*clean, "X-A: \x1b]0;owned\x07", "X-\x9b2J: b"], answer)
            case "reason":
                self._send(f"500 {_head(mouth('reason'))}", [], mouth("body").encode("utf-8", "replace"))
            case "content-type":
                self._send("200 ok", [f"Content-Type: {_head(mouth('content-type'))}"], answer)
            case "session":
                self._send("200 ok", [*clean, f"Mcp-Session-Id: {_head(mouth('session'))}"], answer)
            case "stream":
                told = b"".join(_event(mouth, dump(one)) for one in mouth.notifications(0))
                self._send("200 ok", ["Content-Type: text/event-stream"], told + _event(mouth, answer))
            case "error-body":
                self._send("404 no", ["Content-Type: text/plain"], mouth("body").encode("utf-8", "replace"))
            case "json-error":
                error = dump({"jsonrpc": "2.0", "id": message["id"], "error": mouth.error()})
                self._send("400 no", clean, error)
            case "unauthorized":
                scheme = f'{_head(mouth("scheme"))} realm="{_head(mouth("realm"))}", error="{_head(mouth("error"))}"'
                self._send("401 no", [f"WWW-Authenticate: {scheme}"], mouth("body").encode("utf-8", "replace"))
            case "redirect":
                self._send("307 go", [f"Location: {_head(mouth('location'))}"], b"")
            case "not-json":
                self._send("200 ok", clean, mouth("body").encode("utf-8", "replace"))
            case "encoding":
                self._send("200 ok", [*clean, f"Content-Encoding: {_head(mouth('encoding'))}"], answer)
            case _:
                self.wfile.write(mouth("anything").encode("utf-8", "replace"))
                return False
        return True

    def _send(self, status: str, heads: list[str], body: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", *heads, f"Content-Length: {len(body)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1", "replace") + body)


def _event(mouth: Mouth, data: bytes) -> bytes:
    """One event with an id, a name, a field and a comment that nobody should believe."""
    said = [mouth(name).replace("\r", " ").replace("\n", " ") for name in ("sse.comment", "sse.id", "sse.field")]
    text = f": {said[0]}\nid: {said[1]}\n{said[2]}\nevent: message\n"
    return text.encode("utf-8", "replace") + b"data: " + data + b"\n\n"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes is no failure of ours."""


@contextmanager
def hostile_web() -> Generator[str]:
    """It listens on loopback, in this process; its address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
