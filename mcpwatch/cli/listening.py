"""`mcpwatch proxy URL`: an address of ours in front of a server's, until a signal ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcpwatch.cli.access import access_for
from mcpwatch.cli.complain import complain
from mcpwatch.cli.keeping import Keeping, say
from mcpwatch.errors import ExitCode, McpwatchError, UsageError, worst
from mcpwatch.wire.address import is_loopback, listener, listening, proxy_for

if TYPE_CHECKING:
    from mcpwatch.session.auth import Invitation
    from mcpwatch.session.auth.standing import Standing
    from mcpwatch.wire.proxy.http import HttpProxy

__all__ = ["allow_files", "serve"]

_ENDS = {"SIGINT": ExitCode.INTERRUPTED, "SIGTERM": ExitCode.TERMINATED, "SIGHUP": ExitCode.TERMINATED}
_MOST_FILES = 65_536


def serve(text: str, given: Mapping[str, Any]) -> int:
    """Serve until a signal comes; returns the exit code. Raises `UsageError`."""
    import asyncio
    from time import perf_counter

    from mcpwatch.session.target import parse_target
    from mcpwatch.wire.proxy.http import HttpProxy, url_at
    from mcpwatch.wire.proxy.http_heads import server_at
    from mcpwatch.wire.proxy.http_links import Links
    from mcpwatch.wire.proxy.http_opening import way_to
    from mcpwatch.wire.proxy.http_told import Teller

    access = access_for(given)
    target = parse_target((text,))
    if target.url is None:
        raise UsageError(f"{text!r} is no URL.", hint="A server that is started comes last: mcpwatch proxy -- COMMAND")
    server = server_at(target.url)
    way = way_to(server, proxy_for(target.url))
    host, port = listening(given["listen"] or "127.0.0.1:0")
    if not is_loopback(host) and not given["allow_hosts"]:
        raise UsageError(
            f"--listen {given['listen']!r} would let other machines in.",
            hint="Listen on 127.0.0.1, or name the host that they may ask for: --allow-host NAME.",
        )
    allow_files()
    name: str = given["name"] or target.name
    ending = _Ending()
    once = _Once()
    with listener(host, port) as taken:
        say(f"Listening on {url_at(taken, server)}")  # first of all: whoever started us reads it from there
        keeping = Keeping(given, name, secrets=() if access is None else access.secrets)

        def broken(error: Exception) -> None:
            keeping.fail(f"an error of ours, {type(error).__name__}: {error}")

        publish = keeping.hub.publish if keeping.records else None
        links = Links(name, target.url, publish or (lambda event: None), perf_counter)
        teller = Teller(links, publish, server.origin, broken)
        login = None
        if access is not None:
            from mcpwatch.session.auth.standing import Standing

            login = Standing(
                target.url,
                replace(access, show=_invite),
                link=name,
                publish=publish or (lambda event, at=None: None),
                next_xid=teller.next_xid,
                failed=lambda error: once(f"{error} {error.hint}".strip()),
            )
        proxy = HttpProxy(
            taken,
            server,
            teller,
            way=way,
            allowed=given["allow_hosts"],
            refused=lambda why: once(f"refused: {why} (--allow-host NAME)"),
            trouble=once,
            login=login,
        )

        def unrecorded() -> None:
            teller.silent = True
            if keeping.stopped:
                proxy.stop()

        keeping.on_failure(unrecorded)
        ending.calls(proxy.stop)
        try:
            asyncio.run(_served(proxy, login))
        except McpwatchError as error:  # nobody could log in
            complain(error)
            return keeping.close(worst(error.exit_code, ending.code))
        return keeping.close(ending.code)


async def _served(proxy: HttpProxy, login: Standing | None) -> None:
    """Serve, after the login where there is one: who comes meanwhile waits to be let in."""
    if login is None:
        await proxy.serve()
        return
    try:
        if await proxy.before(login.begin()):
            await proxy.serve()
    finally:
        await login.aclose()


def _invite(invitation: Invitation) -> None:
    did = "opened in your browser" if invitation.opened else "open this address in a browser"
    say(f"{invitation.server} wants a login at {invitation.host}; {did}:")
    say(invitation.url)


class _Ending:
    """Signals end it; `code` is that of the first one."""

    def __init__(self) -> None:
        self.code = ExitCode.OK
        self._stop: Callable[[], object] = lambda: None
        for each in _ENDS:
            sent = getattr(signal, each, None)
            if sent is not None and signal.getsignal(sent) is not signal.SIG_IGN:  # nohup
                signal.signal(sent, self._came)

    def calls(self, stop: Callable[[], object]) -> None:
        """What to do; at once where a signal came before this."""
        self._stop = stop
        if self.code:
            stop()

    def _came(self, number: int, frame: object) -> None:
        self.code = self.code or _ENDS[signal.Signals(number).name]
        self._stop()


class _Once:
    """Says each sentence once: a page that tries does not stop with one request."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, text: str) -> None:
        if text not in self._said and len(self._said) < 100:
            self._said.add(text)
            say(text)


def allow_files() -> None:
    """Two connections for each client, and there may be many: as many files as the system lets us have."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
