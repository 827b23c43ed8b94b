"""A protected MCP server and its authorization server, small and real, on loopback; in this process, or as a program.

    python -m tests.servers.http.protected        says on stderr where it listens

It checks what it is sent (PKCE, redirect address, resource, who the client is), forgets no request, and has a knob for
each way in which servers differ. `visit` is the person with the browser: goes to a page, and where that sends it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

TOOLS = [
    {"name": name, "description": said, "inputSchema": {"type": "object", "properties": {}}}
    for name, said in (("whoami", "The scope that one has."), ("write", "Needs the scope notes:write."))
]


@dataclass
class Knobs:
    """How the servers behave; change them at any time."""

    registers: bool = True
    """Takes clients that nobody knows."""
    documents: bool = False
    """Takes the address of a document as a client's id."""
    methods: list[str] | None = field(default_factory=lambda: ["none", "client_secret_basic", "client_secret_post"])
    challenges: list[str] | None = field(default_factory=lambda: ["S256"])
    scopes: list[str] = field(default_factory=lambda: ["notes:read"])
    """What the resource names."""
    expires_in: int | None = 3600
    refreshes: bool = True
    refuses: str = ""
    """The error that a login ends in."""
    hints: str | None = ""
    """The address of the metadata in a 401; empty is the right one, None none at all."""
    issuer: str = ""
    """What the resource names in place of its real authorization server."""
    resource: str = ""
    """What the resource says that it is, in place of what it is."""
    says: dict[str, Any] = field(default_factory=dict[str, Any])
    """Over what the authorization server's metadata would say."""
    iss: str | None = ""
    """What a browser is sent back with; empty is the truth, None nothing."""
    stingy: bool = False
    """No scope is ever enough for `write`."""


@dataclass
class Asked:
    verb: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that goes is no failure of the server
            super().handle_error(request, client_address)


class Protected:
    """Both servers, at one address or (`apart`) at two. `url` is the MCP endpoint, `authority` the issuer."""

    def __init__(self, *, apart: bool = False) -> None:
        self.knobs = Knobs()
        self.asked: list[Asked] = []
        self.clients: dict[str, tuple[str, str]] = {"known": ("the-known-secret", "client_secret_basic")}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        """Access tokens that are good, with their scope."""
        self.renewals: dict[str, str] = {}
        self._listeners = [_Listener(("127.0.0.1", 0), _handler(self)) for _ in range(1 + apart)]
        first, last = self._listeners[0], self._listeners[-1]
        self.origin = f"http://127.0.0.1:{first.server_address[1]}"
        self.url = f"{self.origin}/mcp"
        self.authority = f"http://127.0.0.1:{last.server_address[1]}"

    def start(self) -> None:
        for listener in self._listeners:
            threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()

    def paths(self) -> list[str]:
        """What was asked for, without queries, in order."""
        return [asked.path.partition("?")[0] for asked in self.asked]

    def to(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.partition("?")[0] == path]

    # ---- what is said

    def take(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        """Status, headers and document for one request."""
        self.asked.append(asked)
        path = asked.path.partition("?")[0]
        match path:
            case "/.well-known/oauth-protected-resource/mcp" if self.knobs.issuer != "none":
                said: dict[str, Any] = {
                    "resource": self.knobs.resource or self.url,
                    "authorization_servers": [self.knobs.issuer or self.authority],
                    **({"scopes_supported": self.knobs.scopes} if self.knobs.scopes else {}),
                }
                return 200, {}, said
            case "/.well-known/oauth-authorization-server":
                return 200, {}, self._metadata()
            case "/register" if self.knobs.registers:
                return self._register(json.loads(asked.body))
            case "/authorize":
                return self._authorize(
                    {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
                )
            case "/token":
                return self._token(asked)
            case "/mcp":
                return self._mcp(asked)
            case _:
                return 404, {}, {}

    def _metadata(self) -> dict[str, Any]:
        knobs = self.knobs
        said: dict[str, Any] = {
            "issuer": self.authority,
            "authorization_endpoint": f"{self.authority}/authorize",
            "token_endpoint": f"{self.authority}/token",
            "response_types_supported": ["code"],
            "client_id_metadata_document_supported": knobs.documents,
            "authorization_response_iss_parameter_supported": knobs.iss == "",
            **({"registration_endpoint": f"{self.authority}/register"} if knobs.registers else {}),
            **({"token_endpoint_auth_methods_supported": knobs.methods} if knobs.methods is not None else {}),
            **({"code_challenge_methods_supported": knobs.challenges} if knobs.challenges is not None else {}),
        }
        return said | knobs.says

    def _register(self, wanted: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        id, method = f"client-{secrets.token_hex(8)}", wanted["token_endpoint_auth_method"]
        secret = "" if method == "none" else secrets.token_urlsafe(24)
        self.clients[id] = secret, method
        return 201, {}, {**wanted, "client_id": id, **({"client_secret": secret} if secret else {})}

    def _authorize(self, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        document = self.knobs.documents and asked["client_id"].startswith("https://")
        if (asked["client_id"] not in self.clients and not document) or asked["code_challenge_method"] != "S256":
            return 400, {}, {"error": "invalid_request"}
        back = {"state": asked["state"]}
        if self.knobs.iss is not None:
            back["iss"] = self.knobs.iss or self.authority
        if self.knobs.refuses:
            back |= {"error": self.knobs.refuses, "error_description": "Nobody may."}
        else:
            back["code"] = f"code-{secrets.token_urlsafe(24)}"
            self.codes[back["code"]] = asked
        return 302, {"location": f"{asked['redirect_uri']}?{urlencode(back)}"}, {}

    def _token(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        form, id = asked.form, self._who(asked)
        if id is None:
            return 401, {}, {"error": "invalid_client", "error_description": "Who are you?"}
        match form.get("grant_type"):
            case "authorization_code":
                was = self.codes.pop(form.get("code", ""), None)
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                if was is None or proof != was["code_challenge"] or form["redirect_uri"] != was["redirect_uri"]:
                    return 400, {}, {"error": "invalid_grant"}
                if was["client_id"] != id or was["resource"] != self.url or form["resource"] != self.url:
                    return 400, {}, {"error": "invalid_target"}
                return 200, {}, self.grant(was.get("scope", ""))
            case "refresh_token" if form.get("refresh_token") in self.renewals and self.knobs.refreshes:
                return 200, {}, self.grant(self.renewals.pop(form["refresh_token"]))
            case "client_credentials" if self.clients.get(id, ("",))[0]:
                return 200, {}, self.grant(form.get("scope", ""), renewable=False)
            case _:
                return 400, {}, {"error": "invalid_grant", "error_description": "Not any more."}

    def _who(self, asked: Asked) -> str | None:
        """The client that a request for a token is from, where it has proved it."""
        form, given = asked.form, asked.headers.get("authorization", "")
        if given.startswith("Basic "):
            id, _, secret = (unquote_plus(one) for one in base64.b64decode(given[6:]).decode().partition(":"))
            return id if self.clients.get(id) == (secret, "client_secret_basic") else None
        id = form.get("client_id", "")
        if self.knobs.documents and id.startswith("https://"):
            return id
        secret, method = self.clients.get(id, ("", ""))
        return id if method and form.get("client_secret", "") == secret else None

    def grant(self, scope: str, *, renewable: bool = True) -> dict[str, Any]:
        """A new token as it is sent."""
        token = f"access-{secrets.token_urlsafe(24)}"
        self.tokens[token] = scope
        said: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "scope": scope}
        if self.knobs.expires_in is not None:
            said["expires_in"] = self.knobs.expires_in
        if renewable and self.knobs.refreshes:
            renewal = said["refresh_token"] = f"renewal-{secrets.token_urlsafe(24)}"
            self.renewals[renewal] = scope
        return said

    def _mcp(self, asked: Asked) -> tuple[int, dict[str, str], Any]:
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        where = self.knobs.hints
        hint = "" if where is None else where or f"{self.origin}/.well-known/oauth-protected-resource/mcp"
        metadata = f', resource_metadata="{hint}"' if hint else ""
        if given not in self.tokens:
            return 401, {"www-authenticate": f'Bearer error="invalid_token"{metadata}'}, {}
        if asked.verb == "DELETE":
            return 204, {}, None
        if asked.verb != "POST":
            return 405, {}, {}
        message, scope = json.loads(asked.body), self.tokens[given]
        if "id" not in message:
            return 202, {}, None
        result: dict[str, Any] = {}
        match message["method"]:
            case "initialize":
                server = {"name": "protected", "version": "1"}
                result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": server}
            case "tools/list":
                result = {"tools": TOOLS}
            case "tools/call":
                if message["params"]["name"] == "write" and ("notes:write" not in scope.split() or self.knobs.stingy):
                    more = f'Bearer error="insufficient_scope", scope="notes:write"{metadata}'
                    return 403, {"www-authenticate": more}, {}
                result = {"content": [{"type": "text", "text": scope or "(no scope)"}]}
            case method:
                error = {"code": -32601, "message": f"Method not found: {method}"}
                return 200, {}, {"jsonrpc": "2.0", "id": message["id"], "error": error}
        return 200, {}, {"jsonrpc": "2.0", "id": message["id"], "result": result}


def _handler(server: Protected) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, sent, document = server.take(Asked(self.command, self.path, headers, body))
            data = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", "content-length": str(len(data)), **sent}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def visit(url: str) -> bool:
    """Whoever logs in, and agrees to everything."""
    try:
        with urllib.request.urlopen(url, timeout=20) as page:
            return page.status == 200
    except urllib.error.HTTPError:
        return True  # it was opened; what it says is not for us


@contextmanager
def protected(*, apart: bool = False) -> Generator[Protected]:
    server = Protected(apart=apart)
    server.start()
    try:
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    with protected() as here:
        sys.stderr.write(f"listening on {here.url}\n")
        sys.stderr.flush()
        threading.Event().wait()
