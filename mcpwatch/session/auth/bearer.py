"""A login as httpx2 wants it: a token on each request, and another attempt for what was turned away for want of one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import anyio
import httpx2

from mcpwatch.session.auth.access import LoginFailed
from mcpwatch.session.auth.challenge import Challenge, challenge_in
from mcpwatch.session.auth.login import Login

__all__ = ["Bearer"]

MOST = 3
"""How often one request is tried again with another token."""
READ_WITHIN = 10.0


class Bearer(httpx2.Auth):
    """The token of `login` on each request. Raises `LoginFailed` where the server wants one and there is none."""

    def __init__(self, login: Login) -> None:
        self._login = login

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await self._login.token()
        _stamp(request, token)
        response = yield request
        for _ in range(MOST):
            challenge = wanted(response)
            if challenge is None:
                self._login.accepted()
                return
            with anyio.move_on_after(READ_WITHIN):
                await response.aread()  # before anybody takes his time: the connection is free meanwhile
            token = await self._login.answer(response.status_code, challenge, token)
            _stamp(request, token)
            response = yield request
        if wanted(response) is not None:
            raise LoginFailed(f"{self._login.server} turns away what was just logged in (HTTP {response.status_code}).")

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        raise RuntimeError("a login needs a loop")


def wanted(response: httpx2.Response) -> Challenge | None:
    """What a response asks for in the way of a login; None where it is about something else."""
    if response.status_code not in (401, 403):
        return None
    challenge = challenge_in(response.headers.get_list("www-authenticate"))
    return challenge if response.status_code == 401 or challenge.error == "insufficient_scope" else None


def _stamp(request: httpx2.Request, token: str) -> None:
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    else:
        request.headers.pop("authorization", None)
