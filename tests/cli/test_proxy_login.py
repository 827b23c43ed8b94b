"""`mcpwatch proxy URL --auth …`: the proxy logs in itself, and clients without a login are served."""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from mcpwatch.recording import Recording
from tests.cli.running import mcpwatch, running
from tests.servers.http.protected import protected

VISITOR = Path(__file__).with_name("visitor.py")


def asked(url: str, method: str, authorization: str = "", **params: object) -> tuple[int, str]:
    """Status and body of one request of a client that knows nothing of logins."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers = {"content-type": "application/json", **({"authorization": authorization} if authorization else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_proxy_logs_in_with_a_browser_and_serves_who_has_no_login(tmp_path: Path) -> None:
    file = tmp_path / "t.mcpw.jsonl"
    env = {"BROWSER": f"{sys.executable} {VISITOR}", "MCPWATCH_LOGINS": str(tmp_path / "logins")}
    with protected() as server:
        with running("proxy", server.url, "--auth", "browser", "--record", str(file), env=env) as proxy:
            proxy.wait_for("\n", "err")
            url = proxy.read("err").split()[3]
            assert asked(url, "tools/call", name="whoami")[0] == 200
            # A client's own login stays what it is.
            assert asked(url, "tools/call", "Bearer of-the-client", name="whoami")[0] == 401
            # What was not enough, or is not taken any more, is mended beside the traffic: the next request has it.
            status, _ = asked(url, "tools/call", name="write")
            while status == 403:
                status, _ = asked(url, "tools/call", name="write")
            assert status == 200
            proxy.signal(signal.SIGTERM)
            assert proxy.end().code == 143, proxy.read("err")
        assert "wants a login at 127.0.0.1:" in proxy.read("err")
    text = file.read_text()
    assert [one for one in (*server.tokens, *server.renewals) if one in text] == []
    with Recording.open(file) as recording:
        assert {"login", "logged-in"} <= {getattr(event, "what", "") for event in recording.events()}


def test_a_token_of_one_s_own_goes_with_every_request(tmp_path: Path) -> None:
    with protected() as server:
        server.tokens["a-token-of-mine"] = "notes:read"
        env = {"MY_TOKEN": "a-token-of-mine"}
        argv = ("proxy", server.url, "--auth", "token", "--auth-token-env", "MY_TOKEN", "--no-record")
        with running(*argv, env=env) as proxy:
            proxy.wait_for("\n", "err")
            assert asked(proxy.read("err").split()[3], "tools/list")[0] == 200
            proxy.signal(signal.SIGTERM)
            proxy.end()


def test_where_nobody_can_log_in_it_ends_and_says_why() -> None:
    with protected() as server:
        server.knobs.registers = False
        ran = mcpwatch("proxy", server.url, "--auth", "print", "--no-record", env={"MCPWATCH_LOGINS": "off"})
    assert ran.code == 3
    assert "registers no clients by itself" in ran.err and "--auth-client" in ran.err
