"""The token on every request of a link, whichever transport it is, and what a link does where there is none."""

from __future__ import annotations

import threading

import anyio
import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.session.auth import Access, Invitation
from mcpwatch.session.target import Target
from tests.servers.http.protected import Protected, visit
from tests.servers.http.raw import Request, Wire, serving, whole
from tests.session.linked import linked
from tests.session.old import Old

pytestmark = pytest.mark.anyio


class GuardedOld(Old):
    """A server of the older transport that wants a token, and says nothing of how to get one."""

    def __init__(self) -> None:
        super().__init__()
        self.brought: list[tuple[str, str]] = []

    async def answer(self, wire: Wire, request: Request) -> None:
        self.brought.append((request.verb, request.headers.get("authorization", "")))
        if request.headers.get("authorization") != "Bearer mine":
            await whole("401 Unauthorized", "text/plain", b"", "www-authenticate: Bearer")(wire, request)
            return
        await super().answer(wire, request)


async def test_the_older_transport_sends_it_with_the_stream_and_with_each_message() -> None:
    server = GuardedOld()
    async with serving(server.answer) as raw:
        target = Target("web", raw.url, url=raw.url, transport="sse")
        async with linked(target, access=Access("token", token="mine"), era="legacy") as link:
            reply = await link.client.request("x/echo", {"a": 1})
            assert reply.result["a"] == 1
        server.ends.set()
    assert {("GET", "Bearer mine"), ("POST", "Bearer mine")} == set(server.brought)


@pytest.mark.parametrize("transport", ["sse", "http", "auto"])
async def test_where_the_token_is_not_taken_no_other_transport_is_tried(transport: str) -> None:
    server = GuardedOld()
    async with serving(server.answer) as raw:
        target = Target("web", raw.url, url=raw.url, transport=transport)
        async with linked(target, access=Access("token", token="yours"), connect=False) as link:
            with pytest.raises(ConnectError, match="does not take the token"):
                await link.client.connect()
            assert len(link.opened()) == 1
            assert [closed.reason for closed in link.closed()] == ["lost"]
    assert len(server.brought) == 1


async def test_a_wait_for_a_person_ends_with_the_link(server: Protected) -> None:
    invited = threading.Event()
    access = Access("print", show=lambda invitation: invited.set())
    target = Target("protected", server.url, url=server.url, transport="http")
    async with linked(target, access=access, connect=False) as link:
        async with anyio.create_task_group() as tasks:

            async def connect() -> None:
                with pytest.raises(ConnectError):
                    await link.client.connect()

            tasks.start_soon(connect)
            await anyio.to_thread.run_sync(invited.wait)
            await link.client.aclose()
            tasks.cancel_scope.cancel()
    assert not server.to("/token")


async def test_a_token_stays_with_the_server_that_it_is_for(server: Protected, apart: Protected) -> None:
    invited: list[Invitation] = []
    for one in (server, apart):
        access = Access(show=invited.append, opens=visit, servers=(apart.authority,))
        async with linked(Target("p", one.url, url=one.url, transport="http"), access=access, era="legacy") as link:
            await link.client.call("whoami")
    assert len(invited) == 2
    sent = {asked.headers.get("authorization", "") for asked in apart.asked}
    assert [token for token in server.tokens if any(token in one for one in sent)] == []
