"""Every command with secrets in it: what is put where, and what may be looked at afterwards.

`Vault` is a folder in which everything that is written can be searched; what holds the secrets on purpose (configs,
what servers heard) stands in `given` beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import quote

from mcpwatch import Note
from mcpwatch.events import Closed, Event, Http, Opened
from mcpwatch.hub import Hub
from mcpwatch.recording import Writer
from mcpwatch.redact import Redactor
from mcpwatch.wire.framing import classify
from tests.hostile.batch import ROOT, Command
from tests.hostile.canaries import CREDENTIALS, PLAIN, basic
from tests.hostile.speech import Message, dump

__all__ = ["Vault", "offline", "over_http", "over_stdio", "recorded_login", "served", "vault", "written"]

C: Final = CREDENTIALS


def _quoted(place: str) -> str:
    return quote(C[place], safe="")


@dataclass(frozen=True)
class Vault:
    """`folder` is searched; `given` holds what went in, `heard` what the server over stdio received."""

    folder: Path
    given: Path

    @property
    def heard(self) -> Path:
        return self.given / "heard"

    @property
    def env(self) -> dict[str, str]:
        return {
            "MCPWATCH_SESSIONS": str(self.folder / "sessions"),
            "MCPWATCH_TEST_HEARD": str(self.heard),
            "HOME": str(self.given),
            "XDG_CONFIG_HOME": str(self.given / ".config"),
            "MY_TOKEN": C["env-token"],
            "SERVICE_API_KEY": C["env-key"],
            "DB_PASSWORD": C["env-password"],
            "DATABASE_URL": f"postgres://me:{_quoted('env-url-password')}@db/x",
            "MCP_HEADERS": json.dumps({"Authorization": f"Bearer {C['env-json']}"}),
            "STORE": f"Server=x;Password={C['env-connection']};Pool=3",
        }

    @property
    def words(self) -> list[str]:
        """A server's command line with a secret in every place that one has."""
        return [
            f"--token={C['argv-assigned']}",
            *("--api-key", C["argv-next"]),
            f"SERVICE_PASSWORD={C['argv-variable']}",
            *("-H", f"Authorization: Bearer {C['argv-header']}"),
            *("-u", f"me:{C['argv-user']}"),
            f"https://me:{_quoted('argv-url')}@h.example/x",
            *("-c", f"curl --token {C['argv-script']} https://h.example"),
            json.dumps({"apiKey": C["argv-json"]}),
        ]

    @property
    def server(self) -> list[str]:
        return [sys.executable, "-m", "tests.hostile.careless", *self.words]


def vault(folder: Path) -> Vault:
    """Make one, with the files that its commands read."""
    made = Vault(folder / "out", folder / "given")
    made.folder.mkdir()
    made.given.mkdir()
    option = {"OPTION_SECRET": C["env-option"], "PYTHONPATH": str(ROOT), "MCPWATCH_TEST_HEARD": str(made.heard)}
    entry = {"command": sys.executable, "args": ["-m", "tests.hostile.careless", f"--secret={C['config-argv']}"]}
    servers = {
        "one": {**entry, "env": {**option, "PLAIN_NAME": C["config-env"], "API_TOKEN": C["config-env"]}},
        "two": {
            "url": f"https://me:{_quoted('config-url')}@h.example/mcp?api_key={_quoted('url-query')}",
            "headers": {"Authorization": f"Bearer {C['config-header']}", "X-Api-Key": C["config-header"]},
        },
    }
    (made.given / "mcp.json").write_text(json.dumps({"mcpServers": servers}, indent=1))
    codex = made.given / "codex.toml"
    words = ", ".join(json.dumps(word) for word in entry["args"])
    codex.write_text(f'[mcp_servers.one]\ncommand = "{sys.executable}"\nargs = [{words}]\n')
    steps = [
        {"call": "tell", "args": {"q": PLAIN["argument"]}, "expect": {"text": "never"}, "continue": True},
        {"call": "tell", "args": {"how": "error"}, "continue": True},
    ]
    script = {"mcpwatch": 1, "target": {"command": made.server, "env": {"API_TOKEN": "${MY_TOKEN}"}}, "steps": steps}
    (made.given / "t.mcpw.yaml").write_text(json.dumps(script))
    return made


def over_stdio(here: Vault) -> list[Command]:
    """The server is started, with secrets in its environment, its words and its configuration."""
    legacy = ("--era", "legacy", "--no-ask", "-e", f"OPTION_SECRET={C['env-option']}")
    server = ("--", *here.server)
    call = ("call", "tell", f"q={PLAIN['argument']}", "--sampling", PLAIN["answer"])
    summary = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(here.folder / "summary.md")}
    given = str(here.given)
    hello: Message = {"protocolVersion": "2025-11-25"}
    messages: tuple[Message, ...] = (
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "tell", "arguments": {}}},
        {"jsonrpc": "2.0", "id": "q1", "result": {"action": "decline"}},
        {"jsonrpc": "2.0", "id": "q2", "error": {"code": -1, "message": C["env-token"]}},
    )
    proxied = b"".join(dump(one) + b"\n" for one in messages)
    return [
        Command((*call, *legacy, "--record", "call.mcpw.jsonl", "--force", *server)),
        Command(("call", "tell", "how=error", "-v", "--check", *legacy, *server)),
        Command((*call, "--json", *legacy, *server)),
        Command((*call, "--events", *legacy, *server)),
        Command(("run", "--list", "--call", "tell", "--json", *legacy, *server)),
        Command(("run", "--list", "-v", "--call", "nothing", *legacy, *server)),
        Command(("run", "--call", "tell", "-q", *legacy, f"{given}/mcp.json:one")),
        Command(("test", f"{given}/t.mcpw.yaml", "--junit", "t.xml", "--record-dir", "recs", "--force"), env=summary),
        Command(("test", f"{given}/t.mcpw.yaml", "--json")),
        Command(("proxy", *server), stdin=proxied),
        Command(("servers", f"{given}/mcp.json")),
        Command(("servers", f"{given}/mcp.json", "--json")),
        Command(("wrap", f"{given}/mcp.json", "--all", "--dry-run")),
        Command(("wrap", f"{given}/codex.toml:one", "--dry-run")),
        Command(("run", "--list", "--", f"/nowhere/{C['env-token']}", *here.words)),
        Command(("call", "tell", "--era", "legacy", "--nonsense", C["env-token"], *server)),
    ]


def over_http(url: str) -> list[Command]:
    """A URL with secrets in its parts, and in the headers that are sent there."""
    scheme, rest = url.split("://")
    full = f"{scheme}://me:{_quoted('url-password')}@{rest}/{quote(PLAIN['url-path'], safe='')}"
    full += f"?access_token={_quoted('url-query')}#token={_quoted('url-fragment')}"
    bare = full.replace(f"me:{_quoted('url-password')}@", "")
    headers = (
        *("-H", f"Authorization: Bearer {C['header-bearer']}"),
        *("-H", f"X-Api-Key: {C['header-key']}"),
        *("-H", f"Proxy-Authorization: Basic {basic(C['header-proxy'])}"),
        *("-H", f"X-Service-Token: {C['header-custom']}"),
        *("-H", f"Cookie: session={C['cookie-sent']}; theme=dark"),
    )
    only = ("-H", f"Authorization: Basic {basic(C['header-basic'])}")
    nowhere = f"http://me:{_quoted('url-password')}@127.0.0.1:9/?api_key={_quoted('url-query')}"
    return [
        Command(("call", bare, "tell", "-v", "--era", "legacy", *headers, "--record", "web.mcpw.jsonl", "--force")),
        Command(("call", full, "tell", "--json", "--era", "legacy")),
        Command(("run", bare, "--list", "--json", "--era", "legacy", *only)),
        Command(("run", f"{full}&x=1", "--list", "-v", "--era", "legacy")),
        Command(("call", nowhere, "tell", *headers)),
    ]


def offline(here: Vault, recordings: Sequence[Path]) -> list[Command]:
    """Everything that reads what was kept."""
    rows: list[tuple[str, ...]] = []
    for path in recordings:
        name = str(path)
        rows += [
            ("show", name, *more)
            for more in (("-v",), ("--summary",), ("--summary", "--json"), ("--raw",), ("--events",))
        ]
        rows += [("check", name, "-v"), ("check", name, "--json"), ("init-script", name)]
        rows += [("diff", name, str(recordings[0]), *more) for more in ((), ("--markdown",), ("--json",))]
        rows += [("redact", name, "-o", f"{path.name}.redacted.mcpw.jsonl", "--force")]
    rows += [("sessions",), ("sessions", "--json")]
    return [Command(argv) for argv in rows]


def recorded_login(path: Path) -> Path:
    """A login as it crosses the wire, through a hub that redacts: every kind of body and header that OAuth has."""
    hub = Hub(redact=Redactor())
    writer = Writer(path, started=hub.started, force=True)
    hub.record(writer.write)
    home = "https://auth.example"
    form = f"grant_type=authorization_code&code={_quoted('oauth-code')}&code_verifier={_quoted('oauth-verifier')}"
    form += f"&client_secret={_quoted('oauth-secret')}&client_assertion={_quoted('oauth-assertion')}"
    tokens = {"access_token": C["oauth-access"], "refresh_token": C["oauth-refresh"], "id_token": C["oauth-id"]}
    device = {"device_code": C["oauth-device"], "user_code": C["oauth-device"], "interval": 5}
    back = f"http://127.0.0.1:1/callback?code={_quoted('oauth-code')}&state={_quoted('oauth-state')}"
    asked = f"{home}/authorize?response_type=code&client_id=c&state={_quoted('oauth-state')}&code_challenge=x"
    sent = (
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Authorization", f"Basic {basic(C['oauth-secret'])}"),
    )
    events: list[Event] = [
        Opened(link="web", mode="client", transport="http", target={"url": "https://h.example/mcp"}),
        Http(link="web", phase="request", xid=1, verb="GET", url=asked),
        Http(link="web", phase="response", xid=1, status=302, headers=(("Location", back),)),
        Http(link="web", phase="request", xid=2, verb="POST", url=f"{home}/token", headers=sent),
        Http(link="web", phase="body", xid=2, text=form),
        Http(link="web", phase="response", xid=2, status=200, headers=(("Content-Type", "application/json"),)),
        Http(link="web", phase="body", xid=2, text=json.dumps({**tokens, "expires_in": 3600})),
        Http(link="web", phase="body", xid=3, text=json.dumps(device)),
        Http(
            link="web", phase="body", xid=4, text=f"grant_type=refresh_token&refresh_token={_quoted('oauth-refresh')}"
        ),
        Http(link="web", phase="error", xid=4, error=f"no way to {back}"),
        Note(link="web", what="not-sent", data={"error": f"at {back}", "reason": C["oauth-access"]}),
    ]
    for event in events:
        hub.publish(event)
    for place, secret in C.items():
        if place.startswith("oauth-"):
            told = {
                "level": "info",
                "data": {"text": f"it is {secret}", "again": [basic(secret), quote(secret, safe="")]},
            }
            message = dump({"jsonrpc": "2.0", "method": "notifications/message", "params": told})
            hub.publish(classify(message, link="web", dir="s2c"))
    hub.publish(Closed(link="web", reason="lost", error=f"with {C['oauth-access']} at {back}"))
    writer.close(exit=0)
    return path


@contextmanager
def served(here: Vault) -> Generator[str]:
    """The careless server over HTTP; its address."""
    file = here.given / "port"
    process = subprocess.Popen([sys.executable, "-m", "tests.hostile.careless_web", str(file)], cwd=ROOT)
    try:
        until, pause = monotonic() + 60, threading.Event()
        while not file.exists():
            assert process.poll() is None, "it ended"
            assert monotonic() < until, "it does not start"
            pause.wait(0.02)
        yield f"http://127.0.0.1:{file.read_text()}"
    finally:
        process.kill()
        process.wait()


def written(here: Vault, outputs: Mapping[str, bytes]) -> dict[str, bytes]:
    """All that may be searched: what was printed, and every file that was left."""
    files = {str(path.relative_to(here.folder)): path.read_bytes() for path in here.folder.rglob("*") if path.is_file()}
    return {**outputs, **files}
