"""The port on loopback that a browser comes back to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.auth.callback import Callback, listening

pytestmark = pytest.mark.anyio


async def said(callback: Callback, line: str) -> str:
    """What a request is answered with."""
    port = urlsplit(callback.address).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{line}\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_only_who_knows_the_state_is_heard() -> None:
    async with listening(0) as callback:
        assert "400 Bad" in await said(callback, "GET /callback?code=c&state= HTTP/1.1")
        state = callback.expect()
        for strange in (
            "GET /callback?code=evil&state=another HTTP/1.1",
            "GET /callback?code=evil HTTP/1.1",
            f"GET /callback?state={state} HTTP/1.1",
            f"GET /elsewhere?code=evil&state={state} HTTP/1.1",
            f"POST /callback?code=evil&state={state} HTTP/1.1",
            "nonsense",
            "GET /callback?code=%ff&state=%ff HTTP/1.1",
        ):
            assert "HTTP/1.1 4" in await said(callback, strange)
        assert "HTTP/1.1 200" in await said(callback, f"GET /callback?code=c&state={state}&iss=i HTTP/1.1")
        assert await callback.came() == {"code": "c", "state": state, "iss": "i"}
        # It is heard once.
        assert "400 Bad" in await said(callback, f"GET /callback?code=d&state={state} HTTP/1.1")


async def test_nothing_that_was_asked_is_in_the_answer() -> None:
    async with listening(0) as callback:
        state = callback.expect()
        answer = await said(callback, f"GET /callback?code=<script>&state={state} HTTP/1.1")
        assert "<script>" not in answer and state not in answer and "default-src 'none'" in answer


async def test_a_request_without_an_end_is_given_up_and_others_are_served() -> None:
    async with listening(0) as callback:
        state = callback.expect()
        port = urlsplit(callback.address).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /callback?" + b"x" * 200_000)
        with contextlib.suppress(ConnectionResetError):  # it leaves what it has not read
            assert await reader.read() == b""
        writer.close()
        assert "HTTP/1.1 200" in await said(callback, f"GET /callback?error=no&state={state} HTTP/1.1")


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(UsageError):
            async with listening(taken.getsockname()[1]):
                pass
