"""One request of a login, through the tap: what it asks and hears is recorded like everything else, and redacted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import anyio
import httpx2

from mcpwatch.model.shapes import mapping
from mcpwatch.session.auth.access import LoginFailed
from mcpwatch.session.auth.challenge import Challenge, challenge_in
from mcpwatch.session.auth.consent import origin_of
from mcpwatch.wire.address import proxy_for
from mcpwatch.wire.http import Tap
from mcpwatch.wire.http_exchange import Publish, words_of

__all__ = ["Answer", "Fetch", "Fetcher"]

WITHIN = 30.0
"""Seconds that one request may take in all."""
MOST = 2**20
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `document` is the JSON object that it holds, else an empty one."""

    status: int
    document: Mapping[str, Any]
    challenge: Challenge

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Fetch(Protocol):
    """One request; redirects are answers like others. Raises `LoginFailed` where nothing came back."""

    async def __call__(
        self,
        verb: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        document: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        head_only: bool = False,
    ) -> Answer: ...


class Fetcher:
    """A `Fetch` with a connection pool an origin; `aclose` it. `head_only` leaves the body, which may not end."""

    def __init__(self, link: str, publish: Publish, next_xid: Callable[[], int] | None = None) -> None:
        self._link = link
        self._publish = publish
        self._next_xid = next_xid or count(1).__next__
        self._clients: dict[str, httpx2.AsyncClient] = {}

    async def __call__(
        self,
        verb: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        document: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        head_only: bool = False,
    ) -> Answer:
        sent = {"accept": "application/json", **(headers or {})}
        try:
            client = self._client(url)
            request = client.build_request(
                verb,
                url,
                headers=sent,
                data=None if form is None else dict(form),
                json=None if document is None else dict(document),
            )
            with anyio.fail_after(WITHIN):
                response = await client.send(request, stream=True, follow_redirects=False)
                try:
                    body = b"" if head_only else await _read(response)
                    challenge = challenge_in(response.headers.get_list("www-authenticate"))
                    return Answer(response.status_code, _document(body), challenge)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise LoginFailed(f"{origin_of(url)} gave no answer within {WITHIN:g} s.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ImportError, OSError, ValueError) as error:
            why = words_of(error) or type(error).__name__
            raise LoginFailed(f"{origin_of(url)} cannot be reached for the login: {why}.") from None

    async def aclose(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _client(self, url: str) -> httpx2.AsyncClient:
        origin = origin_of(url)
        if origin not in self._clients:
            inner = httpx2.AsyncHTTPTransport(proxy=proxy_for(url))
            tap = Tap(
                inner, link=self._link, publish=self._publish, deliver=lambda frame: None, next_xid=self._next_xid
            )
            self._clients[origin] = httpx2.AsyncClient(transport=tap, timeout=WITHIN)
        return self._clients[origin]


async def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST:
            return b""
    return bytes(body)


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(body or b"null"))
    except (ValueError, RecursionError):
        return {}
