"""Addresses that a server gives us: nothing goes there without the user's word. Another origin listens, and counts.

What a server may name in each place that the protocol has for an address is put there; then everything is done that a
person could do with this server. What belongs to a login is looked at in `tests/session/auth` as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.errors import McpwatchError
from mcpwatch.session.answers.canned import elicit_url
from mcpwatch.session.auth.access import Access
from mcpwatch.session.target import Target
from tests.cli.running import mcpwatch
from tests.network.listeners import GOLDEN
from tests.servers.http.raw import Request, Server, Wire, serving, whole
from tests.session.linked import linked
from tests.session.web import INITIALIZED, body, event, modern, says, served, status, streams
from tests.wire.proxy.web import between, posting, raw_client

pytestmark = pytest.mark.anyio

Replies = Mapping[str, Any]
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def redirected(line: str, key: str) -> Callable[[str], Replies]:
    return lambda trap: {key: status(line, f"location: {trap}")}


def challenged(trap: str) -> Replies:
    said = f'www-authenticate: Bearer resource_metadata="{trap}/.well-known/oauth-protected-resource", scope="a"'
    return {"initialize": status("401 Unauthorized", said), "tools/list": status("401 Unauthorized", said)}


def metadata(trap: str) -> Replies:
    """What a login asks for first is at the server's own origin, and sends it elsewhere."""

    async def reply(wire: Wire, request: Request) -> None:
        here = f"http://{request.headers['host']}"
        document = {"resource": f"{here}/mcp", "authorization_servers": [trap]}
        await whole("200 OK", "application/json", json.dumps(document).encode())(wire, request)

    return {**challenged("http://127.0.0.1"), "GET": reply, "initialize": status("401 Unauthorized")}


def endpoint(trap: str) -> Replies:
    return {"GET": streams(event(f"{trap}/messages".encode(), "event: endpoint"), end="stays")}


def named(trap: str) -> Replies:
    """Icons, pages, links, resources, templates, schemas, and headers that a browser would follow."""
    icons = [{"src": f"{trap}/icon.png", "mimeType": "image/png", "sizes": ["any"]}]
    info = {"name": "raw", "version": "1", "icons": icons, "websiteUrl": trap}
    schema = {
        "$schema": f"{trap}/schema.json",
        "$id": f"{trap}/id.json",
        "type": "object",
        "properties": {"a": {"$ref": f"{trap}/a.json"}, "b": {"$dynamicRef": f"{trap}/b.json#x"}},
    }
    tool = {"name": "add", "inputSchema": schema, "outputSchema": schema, "icons": icons, "_meta": {"ui": trap}}
    content = [
        {"type": "resource_link", "uri": f"{trap}/r", "name": "r", "icons": icons},
        {"type": "resource", "resource": {"uri": f"{trap}/e", "text": f"<img src={trap}/i.png>"}},
        {"type": "text", "text": f"See {trap}/t or ![x]({trap}/m.png)."},
        {"type": "image", "data": f"{trap}/d", "mimeType": "image/png"},
        {"type": "image", "url": f"{trap}/u"},
    ]
    headers = (
        *(
            f"link: <{trap}/l>; rel=preload",
            f"refresh: 0; url={trap}",
            f"content-location: {trap}",
            f"location: {trap}",
        ),
        *(f'alt-svc: h2="{trap[7:]}"', f"report-to: {trap}", f"x-redirect: {trap}", f"mcp-session-id: {trap}"),
    )
    return {
        "initialize": says({**INITIALIZED, "serverInfo": info, "capabilities": _EVERYTHING}, *headers),
        "tools/list": says({"tools": [tool]}, *headers),
        "resources/list": says({"resources": [{"uri": f"{trap}/r", "name": "r", "icons": icons}]}),
        "resources/templates/list": says({"resourceTemplates": [{"uriTemplate": f"{trap}/{{x}}", "name": "t"}]}),
        "prompts/list": says({"prompts": [{"name": "p", "icons": icons}]}),
        "tools/call": says({"content": content, "structuredContent": {"a": f"{trap}/s", "b": 1}}, *headers),
        "resources/read": says({"contents": [{"uri": f"{trap}/r", "text": f"{trap}/x"}]}, *headers),
    }


_EVERYTHING: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}, "logging": {}}


def asks(trap: str) -> Replies:
    """A page to visit, and a form with addresses in its schema."""
    params = {"mode": "url", "message": f"Log in at {trap}.", "url": f"{trap}/login", "elicitationId": "e"}
    question = {"jsonrpc": "2.0", "id": 7, "method": "elicitation/create", "params": params}
    fields = {"a": {"type": "string", "format": "uri", "default": trap, "$ref": f"{trap}/f.json"}}
    form = {"message": "?", "requestedSchema": {"type": "object", "properties": fields, "$schema": f"{trap}/s.json"}}
    asked = {"jsonrpc": "2.0", "id": 8, "method": "elicitation/create", "params": form}
    done = {"jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": {"elicitationId": "e"}}
    return {
        "tools/call": streams(*(event(one) for one in (question, asked, done)), answer={"content": []}),
        "resources/read": says(error={"code": -32042, "message": "Log in", "data": {"elicitations": [params]}}),
    }


CASES: dict[str, Callable[[str], Replies]] = {
    **{
        f"{line.split()[0]} to {key}": redirected(line, key)
        for line in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent")
        for key in ("initialize", "tools/list", "GET")
    },
    "307 of an answer": redirected("307 Temporary Redirect", "answer"),
    "300 with a choice": lambda trap: {"tools/list": status("300 Multiple Choices", f"location: {trap}")},
    "305 to a proxy": lambda trap: {"tools/list": status("305 Use Proxy", f"location: {trap}")},
    "a 401 with metadata elsewhere": challenged,
    "metadata with an authority elsewhere": metadata,
    "addresses in everything that is offered and returned": named,
    "a page to visit": asks,
}


async def used(url: str, *, transport: str = "http", access: Access | None = None, agrees: bool = False) -> None:
    """Everything that a person could do with a server, whatever comes of it."""
    answerers = [elicit_url()] if agrees else []
    target = Target("web", url, url=url, transport=transport)
    try:
        async with linked(target, *answerers, era="legacy", access=access, within=5.0) as link:
            for method, params in _REQUESTS:
                try:
                    await link.client.request(method, params)
                except McpwatchError:
                    pass
    except* McpwatchError:
        pass


_REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"{kind}/list", {}) for kind in ("tools", "resources", "resources/templates", "prompts")),
    ("tools/call", {"name": "add", "arguments": {"a": 1}}),
    ("resources/read", {"uri": "x://y"}),
)


@pytest.mark.parametrize("case", CASES)
async def test_nothing_goes_to_an_address_that_a_server_gave(case: str) -> None:
    async with elsewhere() as trap:
        async with served(dict(CASES[case](origin(trap)))) as web:
            await used(web.url, agrees=True)
            assert web.keys, "the server itself is spoken to"
        assert trap.connections == 0


def elsewhere() -> Any:
    """Another origin, where everything would be welcome."""
    return serving(whole("200 OK", "application/json", b"{}"))


def origin(trap: Server) -> str:
    return trap.url.removesuffix("/mcp")


@pytest.mark.parametrize("case", ["a 401 with metadata elsewhere", "metadata with an authority elsewhere"])
async def test_a_login_goes_nowhere_that_the_user_has_not_named(case: str) -> None:
    async with elsewhere() as trap, served(dict(CASES[case](origin(trap)))) as web:
        opened: list[str] = []
        access = Access(how="browser", opens=lambda url: bool(opened.append(url)) or True, show=lambda one: None)
        await used(web.url, access=access)
        assert (trap.connections, opened) == (0, [])


async def test_the_older_transport_posts_to_no_other_origin() -> None:
    async with elsewhere() as trap, served(dict(endpoint(origin(trap)))) as web:
        await used(web.url, transport="sse")
        assert web.keys == ["GET"]
        assert trap.connections == 0


async def test_in_the_stateless_era_an_address_in_a_result_is_not_visited() -> None:
    async with elsewhere() as trap:
        params = {"mode": "url", "message": "Log in", "url": f"{origin(trap)}/login", "elicitationId": "e"}
        asked = {"resultType": "input_required", "requestState": "s"}
        asked["inputRequests"] = {"k": {"method": "elicitation/create", "params": params}}  # pyright: ignore
        replies = {"tools/call": [says(asked), says({"content": []})]}
        async with modern(replies, elicit_url()) as (web, link):
            await link.client.call("add", {})
            answers = body(web.asked("tools/call")[-1])["params"]
            assert answers["inputResponses"] == {"k": {"action": "accept"}}
        assert trap.connections == 0


@pytest.mark.parametrize(
    "head",
    [
        "GET http://127.0.0.1:{port}/mcp HTTP/1.1\r\nHost: localhost",
        "GET http://localhost:{port}/mcp HTTP/1.1\r\nHost: localhost:{port}",
        "CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}",
        "POST //127.0.0.1:{port}/mcp HTTP/1.1\r\nHost: localhost",
        "GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-Host: 127.0.0.1:{port}",
        "GET /mcp?url=http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: localhost\r\nForwarded: host=127.0.0.1:{port}",
    ],
)
async def test_the_proxy_connects_to_its_server_alone_whatever_a_client_asks(head: str) -> None:
    async with elsewhere() as trap, serving(whole("200 OK", "text/plain", b"")) as server:
        async with between(server.url) as proxy, raw_client(proxy) as client:
            port = trap.url.split(":")[2].partition("/")[0]
            await client.send(f"{head.format(port=port)}\r\nConnection: close\r\n\r\n".encode())
            await client.rest()
        assert trap.connections == 0


@pytest.mark.parametrize("line", ["301 Moved Permanently", "307 Temporary Redirect"])
async def test_the_proxy_follows_nothing_itself(line: str) -> None:
    async with elsewhere() as trap, serving(whole(line, "text/plain", b"", f"Location: {trap.url}")) as server:
        async with between(server.url) as proxy, raw_client(proxy) as client:
            await client.send(posting(proxy, PING))
            assert f"Location: {trap.url}".encode() in await client.head()
            await proxy.ended()
        assert trap.connections == 0


async def test_what_a_recording_names_is_not_visited_by_what_reads_it(tmp_path: Path) -> None:
    async with elsewhere() as trap:
        text = GOLDEN.read_text()
        head, opened, *rest = text.splitlines()
        changed = json.loads(opened) | {"target": {"url": trap.url}, "transport": "http"}
        path = tmp_path / "t.mcpw.jsonl"
        path.write_text("\n".join((head, json.dumps(changed), *rest)) + "\n")
        for argv in (("show",), ("check",), ("init-script",), ("replay", "--no-record"), ("show", "--summary")):
            ran = mcpwatch(argv[0], str(path), *argv[1:], cwd=tmp_path)
            assert ran.code in (0, 1, 2), ran.err
        assert trap.connections == 0


async def test_the_trap_counts() -> None:
    async with elsewhere() as trap, served() as web:
        del web
        await used(trap.url)
        assert trap.connections > 0
