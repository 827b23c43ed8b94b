"""No credential in anything that mcpwatch prints, keeps or leaves behind, however it got there and is written; and all
of it on the wire, where it belongs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from mcpwatch.session.options import ClientOptions
from mcpwatch.tui.app import WatchApp
from tests.cli.running import environment, running
from tests.hostile.attack import Verdict
from tests.hostile.batch import Done, into_files, terminal_output
from tests.hostile.canaries import CREDENTIALS, PLAIN, leaks
from tests.hostile.vault import Vault, offline, over_http, over_stdio, recorded_login, served, vault, written
from tests.hostile.walk import Walk
from tests.servers.http.protected import protected, visit
from tests.tui.conftest import watching

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/authorize\?\S+(?=\s)")
SECRET = ("code", "code_verifier", "client_secret", "refresh_token")
PASSED_ON = ("proxy",)
"""Whose output is the server's, byte for byte: stdout belongs to the client, and so does stderr."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return vault(tmp_path_factory.mktemp("vault"))


@pytest.fixture(scope="module")
def done(here: Vault, tmp_path_factory: pytest.TempPathFactory) -> list[Done]:
    """All commands: the live ones, then those that read what they have left."""
    folder = tmp_path_factory.mktemp("done")
    found = into_files(over_stdio(here), folder / "stdio", here.folder, here.env)
    with served(here) as url:
        found += into_files(over_http(url), folder / "http", here.folder, here.env)
    recorded_login(here.folder / "login.mcpw.jsonl")
    recordings = [here.folder / name for name in ("call.mcpw.jsonl", "web.mcpw.jsonl", "login.mcpw.jsonl")]
    without = {name: here.env[name] for name in ("MCPWATCH_SESSIONS", "HOME", "XDG_CONFIG_HOME")}
    return found + into_files(offline(here, recordings), folder / "offline", here.folder, without)


def test_there_are_enough_canaries() -> None:
    assert len(CREDENTIALS) >= 25
    assert len(set(CREDENTIALS.values())) == len(CREDENTIALS)


def test_no_command_prints_a_credential(done: list[Done]) -> None:
    found: list[str] = []
    for one in done:
        assert one.code < 90, one.err.decode()
        if one.command.argv[0] not in PASSED_ON:
            found += [f"{one.command}: {leak}" for leak in (*leaks(one.out), *leaks(one.err))]
    assert found == []


def test_no_file_that_is_left_holds_one(here: Vault, done: list[Done]) -> None:
    files = written(here, {})
    assert len([name for name in files if name.startswith("sessions")]) > 8, "kept sessions"
    assert {"t.xml", "summary.md", "call.mcpw.jsonl", "web.mcpw.jsonl", "login.mcpw.jsonl"} <= set(files)
    assert {name: found for name, data in files.items() if (found := leaks(data))} == {}


def test_what_nobody_called_a_secret_stays(here: Vault, done: list[Done]) -> None:
    """docs/redaction.md says so: redaction is not anonymisation."""
    everything = b"".join(written(here, {}).values())
    assert {found.partition(" ")[0] for found in leaks(everything, PLAIN)} == set(PLAIN)


def test_what_servers_received_is_what_was_given(here: Vault, done: list[Done]) -> None:
    """Redaction changes nothing on the wire: every word, variable and header arrived as it was."""
    heard = here.heard.read_bytes() + (here.given / "port.heard").read_bytes()
    received = {found.partition(" ")[0] for found in leaks(heard)}
    never_sent = {"url-fragment", "cookie-set", "config-url", "config-header"}
    sent = {place for place in CREDENTIALS if not place.startswith("oauth-")} - never_sent
    assert sent <= received
    assert PLAIN["argument"].encode() in heard


def test_what_the_proxy_passes_on_is_what_the_server_said(done: list[Done]) -> None:
    (one,) = [one for one in done if one.command.argv[0] == "proxy"]
    assert CREDENTIALS["env-token"].encode() in one.out
    assert CREDENTIALS["argv-next"].encode() in one.err


@pytest.mark.anyio
async def test_no_screen_shows_one(here: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in here.env.items():
        if value in CREDENTIALS.values() or name in ("DATABASE_URL", "MCP_HEADERS", "STORE"):
            monkeypatch.setenv(name, value)
    async with watching(here.server, options=ClientOptions(era="legacy"), size=(200, 60)) as screens:
        assert isinstance(screens.app, WatchApp)
        walk = Walk(screens, Verdict(), pages=1)
        await screens.until(lambda: screens.source.rows > 8)
        for key in ("1", "2", "3", "4", "5", "6"):
            await walk.press(key, "down", "down", "enter", "escape", "escape")
        await walk.press("1", "end", "v", "v", "v", "v")
    shown = "\n".join(walk.seen).encode()
    assert b"careless" in shown
    assert leaks(shown) == []


CRASHES = """
import sys
from mcpwatch.{module} import {name}
def fail(*_, **__):
    secret = {argv!r}
    raise RuntimeError("over " + repr(secret) + " and \\x1b]0;owned\\x07" + {env!r})
{name}.{what} = fail
from mcpwatch.cli import main
main()
"""


@pytest.mark.parametrize("arguments", [("tui", "demo"), ("show", "--", "x")])
def test_no_crash_tells_one(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Neither the message of an error, which quotes what was in hand, nor a variable beside it."""
    module, name, what = {"tui": ("tui.app", "WatchApp", "on_mount"), "show": ("recording", "Recording", "open")}[
        arguments[0]
    ]
    given = CREDENTIALS["argv-assigned"], CREDENTIALS["env-token"]
    script = CRASHES.format(module=module, name=name, what=what, argv=given[0], env=given[1])
    (tmp_path / "x").write_text("{}\n")
    words = [arguments[0], *(arguments[1:] if arguments[0] == "tui" else (str(tmp_path / "x"),))]
    argv = [sys.executable, "-c", script, *words, *(("-e", f"API_KEY={given[0]}") if arguments[0] == "tui" else ())]
    env = environment({"MY_TOKEN": given[1], "MY_SECRET": given[0], "HOME": str(tmp_path)})
    said = terminal_output(argv, tmp_path, env, 120, code=1 if arguments[0] == "show" else None)
    assert "mcpwatch made a mistake" in said
    assert "RuntimeError: over '[redacted]'" in said
    assert "]0;owned" not in said.replace("␛]0;owned", "")
    assert leaks(said.encode()) == []


@pytest.mark.parametrize("how", ["client", "print"])
def test_no_login_leaves_one_but_in_its_own_file(how: str, tmp_path: Path) -> None:
    file, sessions = tmp_path / "t.mcpw.jsonl", tmp_path / "logins"
    secret = "k9d1f7c3a5b8e2460-known"
    env = {"MCPWATCH_CLIENT_SECRET": secret, "MCPWATCH_LOGINS": str(sessions)} if how == "client" else {}
    with protected() as server:
        server.clients["known"] = (secret, "client_secret_basic")
        named = ("--auth-client", "known") if how == "client" else ()
        argv = ("call", server.url, "whoami", "--auth", how, *named, "-v", "--record", str(file))
        with running(*argv, env={**env, "MCPWATCH_LOGINS": str(sessions)}) as run:
            if how == "print":
                run.wait_for("/authorize?", "err")
                run.until(lambda: ADDRESS.search(run.read("err")) is not None)
                found = ADDRESS.search(run.read("err"))
                assert found is not None
                assert visit(found[0])
            ran = run.end()
    assert ran.code == 0, ran.err
    known = {
        f"{name} of {asked.path}": asked.form[name]
        for asked in server.to("/token")
        for name in asked.form
        if name in SECRET
    }
    known |= {f"token {number}": token for number, token in enumerate((*server.tokens, *server.renewals))}
    known |= {"client_secret": secret} if how == "client" else {}
    assert len(known) >= 2
    for name, data in (("stdout", ran.stdout), ("stderr", ran.stderr), ("the recording", file.read_bytes())):
        assert leaks(data, known) == [], name
    assert b"/token" in file.read_bytes()
