"""What of a body is a message and what is text, and how much of it is kept."""

from __future__ import annotations

import gzip
import json

import pytest

from mcpwatch.events import Note
from tests.servers.http.raw import chunked, serving, whole
from tests.wire.tapping import JSON, LOG, PING, PONG, SSE, Seen, post, tapped

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
async def test_a_stream_cut_at_every_byte_says_the_same_as_one_in_one_piece(end: bytes) -> None:
    lines = [
        b": keep-alive", b"", b"id: 7", b"retry: 250", b"data:", b"", b"event: message", b"id: 8", b"data: " + LOG, b"",
        b"event: endpoint", b"data: /messages?s=1", b"", b"data: {", b'data: "jsonrpc":"2.0","id":1,"result":{}}', b"",
        b"",
    ]  # fmt: skip
    stream = end.join(lines)
    seen = Seen()
    async with serving(chunked(SSE, *(bytes([byte]) for byte in stream))) as server, tapped(seen) as client:
        response = await post(client, server.url)
    assert response.content == stream
    comment, priming, resumable, endpoint = seen.http("sse")
    assert (comment.comment, comment.event_id, comment.text) == ("keep-alive", None, None)
    assert (priming.event_id, priming.retry, priming.event) == ("7", 250, None)
    assert (resumable.event_id, resumable.event, resumable.text) == ("8", None, None)
    assert (endpoint.event, endpoint.text, endpoint.size) == ("endpoint", "/messages?s=1", 13)
    assert [frame.data for frame in seen.frames()] == [LOG, b'{\n"jsonrpc":"2.0","id":1,"result":{}}']
    assert [frame.type for frame in seen.frames()] == ["notification", "response"]
    assert seen.http("end")[0].size == len(stream)


async def test_an_event_by_another_name_that_is_a_message_is_a_frame_and_its_name_is_kept() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"event: odd\ndata: " + PONG + b"\n\n")) as server, tapped(seen) as client:
        await post(client, server.url)
    assert (seen.http("sse")[0].event, seen.http("sse")[0].text) == ("odd", None)
    assert [frame.data for frame in seen.frames()] == [PONG]


async def test_junk_in_an_event_is_an_invalid_frame() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"data: hello \xff\n\n")) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [(frame.type, frame.data, frame.eol) for frame in seen.frames()] == [("invalid", b"hello \xff", "\n")]


async def test_an_event_without_its_blank_line_is_a_frame_without_a_line_end() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"data: " + LOG + b"\n\ndata: " + PONG)) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [(frame.data, frame.eol) for frame in seen.frames()] == [(LOG, "\n"), (PONG, "")]
    assert seen.http("end")[0].text == "stream ended inside an event"
    assert seen.delivered == seen.frames()


async def test_a_large_event_is_one_whole_frame() -> None:
    message = b'{"jsonrpc":"2.0","id":1,"result":{"text":"' + b"x" * (8 * 2**20) + b'"}}'
    seen = Seen()
    async with serving(chunked(SSE, b"data: " + message + b"\n\n")) as server, tapped(seen) as client:
        await post(client, server.url)
    (frame,) = seen.frames()
    assert (frame.type, frame.size, frame.data == message) == ("response", len(message), True)


async def test_the_requests_of_an_authorization_are_text_and_no_frames() -> None:
    seen = Seen()
    metadata = b'{"issuer":"http://x","token_endpoint":"http://x/token"}'
    registered = b'{"client_id":"c1","redirect_uris":[]}'
    token = b'{"access_token":"t","token_type":"Bearer"}'
    replies = [whole("200 OK", JSON, body) for body in (metadata, registered, token)]
    async with serving(*replies) as server, tapped(seen) as client:
        await client.get(server.url)
        await client.post(server.url, json={"client_name": "me", "redirect_uris": []})
        await client.post(server.url, data={"grant_type": "authorization_code", "code": "a b"})
    assert not seen.frames("c2s")
    assert not seen.frames("s2c")
    assert [event.text for event in seen.http("body")] == [
        metadata.decode(),
        '{"client_name":"me","redirect_uris":[]}',
        registered.decode(),
        "grant_type=authorization_code&code=a+b",
        token.decode(),
    ]


@pytest.mark.parametrize("body", [b'{"id":1,"result":{}}', b"{}", b"<html>", b"[]", b"null"])
async def test_what_stands_where_an_answer_should_is_a_frame_good_or_not(body: bytes) -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, body)) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [frame.data for frame in seen.frames()] == [body]
    assert seen.http("body") == []


async def test_a_batch_is_one_frame_with_its_items() -> None:
    body = b"[" + LOG + b"," + PONG + b"]"
    seen = Seen()
    async with serving(whole("200 OK", JSON, body)) as server, tapped(seen) as client:
        await post(client, server.url, b"[" + PING + b"]")
    assert [(frame.type, frame.data) for frame in seen.frames("c2s")] == [("batch", b"[" + PING + b"]")]
    (frame,) = seen.frames()
    assert (frame.type, frame.data) == ("batch", body)
    assert [item.type for item in frame.items] == ["notification", "response"]


async def test_a_json_body_over_several_lines_keeps_its_bytes() -> None:
    body = json.dumps(json.loads(PONG), indent=2).encode()
    seen = Seen()
    async with serving(whole("200 OK", "application/json; charset=utf-8", body)) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [(frame.type, frame.data) for frame in seen.frames()] == [("response", body)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_a_line_end_after_a_json_body_is_no_part_of_the_message(end: str) -> None:
    seen = Seen()
    async with serving(whole("200 OK", JSON, PONG + end.encode())) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [(frame.data, frame.eol, frame.error) for frame in seen.frames()] == [(PONG, end, None)]
    assert seen.http("end")[0].size == len(PONG) + len(end)


@pytest.mark.parametrize(
    ("content_type", "stream", "kept"),
    [
        (SSE, b"data: " + b"x" * 200 + b"\n\ndata: " + PONG + b"\n\n", None),
        (JSON, b'"' + b"x" * 200 + b'"', '"' + "x" * 9),
        ("text/plain", b"x" * 200, "x" * 10),
    ],
)
async def test_a_bomb_is_passed_on_but_not_kept_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, content_type: str, stream: bytes, kept: str | None
) -> None:
    monkeypatch.setattr("mcpwatch.wire.body.KEPT", 100)
    monkeypatch.setattr("mcpwatch.wire.body.KEPT_TEXT", 10)
    monkeypatch.setattr("mcpwatch.wire.encoding.PIECE", 64)
    seen = Seen()
    packed = gzip.compress(stream)
    async with (
        serving(whole("200 OK", content_type, packed, "content-encoding: gzip")) as server,
        tapped(seen) as client,
    ):
        response = await post(client, server.url)
    assert response.content == stream
    assert [event.what for event in seen.events if isinstance(event, Note)] == ["not-kept"]
    assert seen.frames() == []
    assert [event.text for event in seen.http("body")] == ([] if kept is None else [kept])
    assert seen.http("end")[0].size == len(packed)


async def test_many_events_may_be_larger_together_than_one_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcpwatch.wire.body.KEPT", 200)
    seen = Seen()
    async with serving(chunked(SSE, *[b"data: " + LOG + b"\n\n"] * 20)) as server, tapped(seen) as client:
        await post(client, server.url)
    assert len(seen.frames()) == 20
    assert [event for event in seen.events if isinstance(event, Note)] == []


async def test_a_message_of_ours_that_is_no_json_is_an_invalid_frame() -> None:
    seen = Seen()
    async with serving(whole("400 Bad Request", JSON, b'{"error":"?"}')) as server, tapped(seen) as client:
        await post(client, server.url, b"{nope")
    assert [(frame.type, frame.data) for frame in seen.frames("c2s")] == [("invalid", b"{nope")]


@pytest.mark.parametrize("body", [b"null", b"{}", b'{"status":"accepted"}'])
async def test_what_acknowledges_a_notification_is_text(body: bytes) -> None:
    seen = Seen()
    async with serving(whole("202 Accepted", JSON, body)) as server, tapped(seen) as client:
        await post(client, server.url, LOG)
    assert seen.frames() == []
    assert [event.text for event in seen.http("body")] == [body.decode()]


async def test_an_event_that_says_nothing_is_still_told() -> None:
    seen = Seen()
    async with serving(chunked(SSE, b"data:\n\n")) as server, tapped(seen) as client:
        await post(client, server.url)
    assert [(event.event, event.text) for event in seen.http("sse")] == [("message", None)]
