"""Streamable HTTP: what is asked of a server, and what each of its answers means for a request.

Streams are in `test_http_streams`, order, cancellation and the end in `test_http_order`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.model import Timeline
from mcpwatch.session.target import Target
from tests.servers.http.raw import serving, whole
from tests.session.linked import linked
from tests.session.web import INITIALIZED, JSON, breaks, modern, says, served, status, talking

pytestmark = pytest.mark.anyio


async def test_a_session_goes_from_initialize_to_delete() -> None:
    async with talking(headers={"x-own": "1"}) as (web, link):
        reply = await link.client.request("ping")
        assert reply.result == {}
        await web.until("GET")
    assert sorted(web.keys) == sorted(["initialize", "notifications/initialized", "GET", "ping", "DELETE"])
    assert web.keys[:2] == ["initialize", "notifications/initialized"]
    assert web.keys[-1] == "DELETE"
    (first,) = web.asked("initialize")
    assert (first.verb, first.path) == ("POST", "/mcp")
    assert first.headers["content-type"] == "application/json"
    assert first.headers["accept"] == "application/json, text/event-stream"
    for key, request in web.seen:
        assert request.headers["x-own"] == "1"
        named = {name: request.headers.get(name) for name in ("mcp-session-id", "mcp-protocol-version")}
        if key == "initialize":
            assert named == {"mcp-session-id": None, "mcp-protocol-version": None}
        else:
            assert named == {"mcp-session-id": "s-1", "mcp-protocol-version": "2025-06-18"}, key
    assert [event.reason for event in link.closed()] == ["closed"]
    assert link.opened() == ["http"]


async def test_a_server_without_sessions_is_sent_no_delete() -> None:
    async with talking({"initialize": says(INITIALIZED)}) as (web, _):
        await web.until("GET")
    assert "DELETE" not in web.keys
    assert all("mcp-session-id" not in request.headers for _, request in web.seen)


async def test_the_recording_says_who_sent_what() -> None:
    async with talking() as (_, link):
        await link.client.request("ping")
        link.client.notify("x/y")
        await link.until(lambda: link.frames("c2s", "x/y"))
        by = {frame.method: frame.by for frame in link.frames("c2s")}
    assert by == {"initialize": "mcpwatch", "notifications/initialized": "mcpwatch", "ping": "user", "x/y": "user"}


@pytest.mark.parametrize("line", ["400 Bad Request", "401 Unauthorized", "500 Internal Server Error"])
async def test_an_http_error_is_an_error_reply_and_the_link_lives_on(line: str) -> None:
    async with talking({"x/y": [whole(line, "text/html", b"<h1>no</h1>"), says({"ok": 1})]}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.error == {"code": -int(line[:3]), "message": f"HTTP {line}"}
        assert reply.frame is None
        assert (await link.client.request("x/y")).result == {"ok": 1}
        assert link.notes("made-up")[0].data["error"] == f"HTTP {line}"


@pytest.mark.parametrize("line", ["400 Bad Request", "404 Not Found", "500 Internal Server Error"])
async def test_a_json_rpc_error_inside_an_http_error_is_the_servers_own_answer(line: str) -> None:
    said = {"code": -32601, "message": "Method not found"}
    async with talking({"x/y": says(status=line, error=said)}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.error == said
        assert reply.frame is not None
        assert link.notes("made-up") == []


ODD_ANSWERS: list[tuple[Any, str]] = [
    (status("202 Accepted"), "HTTP 202 alone"),
    (whole("204 No Content", "", b""), "HTTP 204 alone"),
    (whole("200 OK", "text/html", b"<h1>hello</h1>"), "text/html, not JSON"),
    (whole("200 OK", "", b""), "untyped, not JSON"),
    (whole("200 OK", JSON, b"{}"), "holds no response to this request"),
    (whole("200 OK", JSON, b'{"jsonrpc":"2.0","id":99,"result":{}}'), "holds no response to this request"),
    (breaks, ""),
]


@pytest.mark.parametrize(("answer", "said"), ODD_ANSWERS)
async def test_an_answer_that_holds_none_ends_the_request_with_the_reason(answer: Any, said: str) -> None:
    async with talking({"x/y": [answer, says({"ok": 1})]}) as (web, link):
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert reply.error["code"] == -32000
        assert said in reply.error["message"]
        assert (await link.client.request("x/y")).result == {"ok": 1}
        assert link.client.closed is None
        await web.until("GET")


async def test_an_answer_that_cannot_be_read_ends_the_request_with_the_reason() -> None:
    async with talking({"x/y": whole("200 OK", JSON, b'{"jsonrpc":"2.0","id":2,"result":{"a":\xff}}')}) as (_, link):
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert "could not be read" in reply.error["message"]
        assert link.notes("unreadable")


async def test_a_batch_as_an_answer_is_taken_item_by_item() -> None:
    batch = [
        {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}},
        {"jsonrpc": "2.0", "id": 2, "result": {"ok": 1}},
    ]
    async with talking({"x/y": whole("200 OK", JSON, json.dumps(batch).encode())}) as (_, link):
        assert (await link.client.request("x/y")).result == {"ok": 1}


@pytest.mark.parametrize("line", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("where", ["/mcp/", "{origin}/mcp/"])
async def test_a_redirect_inside_the_origin_is_followed_with_verb_and_body(line: str, where: str) -> None:
    async with served() as web:
        where = where.format(origin=web.url.removesuffix("/mcp"))
        web.replies["x/y"] = [status(line, f"location: {where}"), says({"ok": 1})]
        target = Target("web", web.url, url=web.url, transport="http", headers={"authorization": "Bearer t"})
        async with linked(target, era="legacy") as link:
            assert (await link.client.request("x/y", {"a": 1})).result == {"ok": 1}
        first, second = web.asked("x/y")
        assert (second.verb, second.path, second.body) == ("POST", "/mcp/", first.body)
        assert second.headers["authorization"] == "Bearer t"
        assert len({event.xid for event in link.http("request")}) == len(link.http("request"))
        assert len(link.frames("c2s", "x/y")) == 2, "it was really sent twice"
        timeline = Timeline()
        for event in link.events:
            timeline.apply(event)
        assert [(one.method, one.state) for one in timeline.exchanges] == [("initialize", "done"), ("x/y", "done")]


@pytest.mark.parametrize("line", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_redirect_to_another_origin_is_not_followed(line: str) -> None:
    async with serving(status("200 OK")) as other:
        headers = {"authorization": "Bearer secret"}
        replies = {"x/y": status(line, f"location: {other.url}")}
        async with talking(replies, headers=headers) as (_, link):
            reply = await link.client.request("x/y")
            assert reply.error is not None
            assert f"a redirect to {other.url} was not followed: it leaves" in reply.error["message"]
        assert other.requests == [], "a credential went where it was not given for"


@pytest.mark.parametrize(
    ("line", "location"),
    [
        ("303 See Other", "/elsewhere"),
        ("307 Temporary Redirect", "http://["),
        ("307 Temporary Redirect", "https://127.0.0.1/"),
        ("302 Found", "file:///etc/passwd"),
        ("307 Temporary Redirect", "http://user:pass@{origin}/mcp/"),
        ("307 Temporary Redirect", "http://127.0.0.1:port/"),
    ],
)
async def test_a_redirect_that_cannot_be_followed_is_an_error_reply(line: str, location: str) -> None:
    async with talking() as (web, link):
        location = location.replace("{origin}", web.url.removeprefix("http://").removesuffix("/mcp"))
        web.replies["x/y"] = [status(line, f"location: {location}")]
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert f"a redirect to {location} was not followed" in reply.error["message"]
        assert len(web.asked("x/y")) == 1


async def test_a_redirect_that_leads_in_a_circle_ends() -> None:
    async with talking({"x/y": status("307 Temporary Redirect", "location: /mcp")}) as (web, link):
        reply = await link.client.request("x/y")
        assert reply.error is not None
        assert "was not followed" in reply.error["message"]
        assert len(web.asked("x/y")) == 6


@pytest.mark.parametrize("era", ["auto", "legacy", "modern"])
@pytest.mark.parametrize("transport", ["http", "auto", "sse"])
async def test_nobody_at_the_address_is_a_connect_error_with_the_address(era: str, transport: str) -> None:
    async with served() as web:
        pass
    async with linked(Target("web", web.url, url=web.url, transport=transport), connect=False, era=era) as link:
        with pytest.raises(ConnectError, match=web.url):
            await link.client.connect()


async def test_unauthorized_hints_at_a_header() -> None:
    async with served({"initialize": status("401 Unauthorized")}) as web:
        async with linked(Target("web", web.url, url=web.url), connect=False, era="legacy") as link:
            with pytest.raises(ConnectError, match="HTTP 401 Unauthorized") as caught:
                await link.client.connect()
            assert "--header" in caught.value.hint


async def test_the_stateless_era_has_no_session_no_get_and_no_delete() -> None:
    async with modern({"tools/list": says({"tools": []})}) as (web, link):
        await link.client.catalogue.fetch("tools")
        await link.client.call("caf\u00e9", {"a": 1})
    assert web.keys == ["server/discover", "tools/list", "tools/call"]
    for key, request in web.seen:
        assert request.headers["mcp-protocol-version"] == "2026-07-28"
        assert request.headers["mcp-method"] == key
        assert "mcp-session-id" not in request.headers
    assert web.asked("tools/call")[0].headers["mcp-name"] == "=?base64?Y2Fmw6k=?="


async def test_the_stateless_era_repeats_the_arguments_that_a_listed_tool_marks() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", "x-mcp-header": "City"}}}
    async with modern({"tools/list": says({"tools": [{"name": "weather", "inputSchema": schema}]})}) as (web, link):
        await link.client.call("weather", {"city": "Oslo"})
        await link.client.catalogue.fetch("tools")
        await link.client.call("weather", {"city": "Oslo"})
        await link.client.call("other", {"city": "Oslo"})
    assert [request.headers.get("mcp-param-city") for request in web.asked("tools/call")] == [None, "Oslo", None]
