"""A login that is there before it is asked for: a proxy cannot hold a client's request while a person logs in.

`begin` finds out whether the server wants one, by a request of its own that says nothing, and logs in. From then on the
token is renewed before its time is over, and once more when the server does not take it any more; the client's request
that found that out has failed, and its next one bears the new token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import time

from mcpwatch.errors import McpwatchError
from mcpwatch.session.auth.access import Access, LoginFailed
from mcpwatch.session.auth.challenge import Challenge, challenge_in
from mcpwatch.session.auth.fetch import Fetcher
from mcpwatch.session.auth.login import Login
from mcpwatch.wire.http_exchange import Publish

__all__ = ["Standing"]

AHEAD = 60.0
"""Seconds before the end of a token from which on it is renewed, or half of its time where that is less."""
REST = 30.0
"""Seconds after a login that failed in which no other is begun: clients do not stop asking, and a person may have said
no."""


class Standing:
    """The login at `server`. `failed` is told why there is none any more. Use it on one loop; `aclose` it."""

    def __init__(
        self,
        server: str,
        access: Access,
        *,
        link: str,
        publish: Publish,
        next_xid: Callable[[], int],
        failed: Callable[[McpwatchError], object],
    ) -> None:
        self._server = server
        self._login = Login(server, access, link=link, publish=publish, next_xid=next_xid)
        self._fetch = Fetcher(link, publish, next_xid)
        self._failed = failed
        self._token = ""
        self._not_before = 0.0
        self._working: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    @property
    def token(self) -> bytes | None:
        return self._token.encode() or None

    async def begin(self) -> None:
        """Log in, where the server wants that. Raises `LoginFailed`."""
        self._token = await self._login.token()
        headers = {"accept": "text/event-stream", **({"authorization": f"Bearer {self._token}"} if self._token else {})}
        answer = await self._fetch("GET", self._server, headers=headers, head_only=True)
        if answer.status == 401:
            self._token = await self._login.answer(401, answer.challenge, self._token)
        self._renewing = asyncio.create_task(self._renew())

    def accepted(self) -> None:
        self._login.accepted()

    def turned_away(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """A request with this token was; another one is sought beside the traffic."""
        said = [value.decode("latin-1") for name, value in headers if name.lower() == b"www-authenticate"]
        challenge = challenge_in(said)
        if status == 403 and challenge.error != "insufficient_scope":
            return
        now = asyncio.get_running_loop().time()
        if now >= self._not_before and (self._working is None or self._working.done()):
            self._working = asyncio.create_task(self._again(status, challenge, self._token))

    async def aclose(self) -> None:
        for task in (self._working, self._renewing):
            if task is not None:
                task.cancel()
        await self._login.aclose()
        await self._fetch.aclose()

    async def _again(self, status: int, challenge: Challenge, used: str) -> None:
        try:
            self._token = await self._login.answer(status, challenge, used)
        except McpwatchError as error:
            self._not_before = asyncio.get_running_loop().time() + REST
            self._failed(error)

    async def _renew(self) -> None:
        while (until := self._login.until) is not None:
            left = until - time()
            await asyncio.sleep(max(left - min(AHEAD, left / 2), 1.0))
            if self._login.until == until:
                await self._login.renew()
            try:
                self._token = await self._login.token()
            except LoginFailed as error:
                self._failed(error)
                return
