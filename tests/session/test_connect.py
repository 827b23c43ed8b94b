"""Which transport a URL is spoken to with, and how a link begins over each."""

from __future__ import annotations

import sys

import pytest

from mcpwatch.errors import ConnectError
from mcpwatch.events import Opened
from mcpwatch.session.connect import web_order
from mcpwatch.session.target import Target, elsewhere, parse_target
from tests.servers.http.raw import serving
from tests.session.linked import linked
from tests.session.old import Old
from tests.session.web import says, served, status

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("url", "transport", "order"),
    [
        ("http://h/mcp", "auto", ("http", "sse")),
        ("http://h/", "auto", ("http", "sse")),
        ("http://h/sse", "auto", ("sse", "http")),
        ("http://h/sse/?a=b", "auto", ("sse", "http")),
        ("http://h/mcp?x=/sse", "auto", ("http", "sse")),
        ("http://h/sse", "http", ("http",)),
        ("http://h/mcp", "sse", ("sse",)),
    ],
)
def test_the_likelier_transport_is_tried_first_and_a_named_one_alone(
    url: str, transport: str, order: tuple[str, ...]
) -> None:
    assert web_order(Target("h", url, url=url, transport=transport)) == order


@pytest.mark.parametrize("line", ["404 Not Found", "405 Method Not Allowed", "400 Bad Request"])
async def test_a_server_that_takes_no_post_is_tried_with_the_older_transport(line: str) -> None:
    server = Old()

    async def answer(wire: object, request: object) -> None:
        if getattr(request, "verb", "") == "POST" and getattr(request, "path", "") == "/mcp":
            await status(line)(wire, request)  # type: ignore[arg-type]
        else:
            await server.answer(wire, request)  # type: ignore[arg-type]

    async with serving(answer) as raw:
        async with linked(parse_target([raw.url])) as link:
            assert link.opened() == ["http", "sse"]
            assert link.notes("transport")[0].data == {"transport": "sse", "instead_of": "http"}
            assert link.client.negotiated.era == "legacy"
            assert [closed.reason for closed in link.closed()] == []
    assert [closed.reason for closed in link.closed()] == ["closed"]


async def test_an_address_that_looks_old_but_is_not_is_spoken_to_with_the_new_transport() -> None:
    async with served() as web:
        target = parse_target([web.url.replace("/mcp", "/sse")])
        async with linked(target, era="legacy") as link:
            assert link.opened()[-1] == "http"
            assert (await link.client.request("ping")).result == {}
            assert link.notes("transport")[0].data == {"transport": "http", "instead_of": "sse"}


async def test_a_server_that_refuses_is_not_asked_in_another_way() -> None:
    async with served({"initialize": says(error={"code": -32603, "message": "boom"})}) as web:
        async with linked(parse_target([web.url]), connect=False, era="legacy") as link:
            with pytest.raises(ConnectError, match="boom"):
                await link.client.connect()
            assert link.opened() == ["http"]
            assert "GET" not in web.keys


async def test_where_neither_transport_fits_the_link_is_lost_once() -> None:
    async with served({"initialize": status("404 Not Found"), "GET": status("404 Not Found")}) as web:
        async with linked(parse_target([web.url]), connect=False) as link:
            with pytest.raises(ConnectError, match="404"):
                await link.client.connect()
            assert link.opened() == ["http", "sse"]
        assert len(link.closed()) == 1


@pytest.mark.parametrize(
    ("era", "transport"), [("auto", "auto"), ("modern", "auto"), ("legacy", "http"), ("auto", "sse")]
)
async def test_a_404_hints_at_the_paths_where_servers_are(era: str, transport: str) -> None:
    async with serving(status("404 Not Found")) as raw:
        origin = raw.url.removesuffix("/mcp")
        for path in ("", "/", "/api"):
            target = parse_target([origin + path], transport=transport)
            async with linked(target, connect=False, era=era) as link:
                with pytest.raises(ConnectError, match="404") as caught:
                    await link.client.connect()
                assert f"/mcp (older ones at /sse): try {origin}/mcp." in caught.value.hint
        for path in ("/mcp", "/v1/mcp/", "/sse"):
            target = parse_target([origin + path], transport=transport)
            async with linked(target, connect=False, era=era) as link:
                with pytest.raises(ConnectError, match="404") as caught:
                    await link.client.connect()
                assert "older ones" not in caught.value.hint


def test_the_hint_at_other_paths_repeats_no_credential() -> None:
    assert elsewhere("https://me:s3cret@h:8/x?key=s3cret").endswith(": try https://h:8/mcp.")


async def test_what_is_said_of_a_target_holds_no_value_of_its_headers_or_environment() -> None:
    async with served() as web:
        target = parse_target([web.url], headers={"authorization": "Bearer s3cret"})
        async with linked(target, era="legacy") as link:
            (opened,) = [event for event in link.events if isinstance(event, Opened)]
            assert opened.target == {"url": web.url, "header_keys": ["authorization"]}
    process = parse_target([], [sys.executable, "-c", ""], env={"KEY": "s3cret"})
    async with linked(process, connect=False, era="legacy") as link:
        with pytest.raises(ConnectError, match="exited with code 0"):
            await link.client.connect()
        (opened,) = [event for event in link.events if isinstance(event, Opened)]
        assert opened.target["env_keys"] == ["KEY"]
        assert "s3cret" not in repr(opened)


async def test_a_command_that_does_not_exist_is_a_connect_error_with_its_name() -> None:
    async with linked(parse_target([], ["no-such-command-anywhere"]), connect=False) as link:
        with pytest.raises(ConnectError, match="no-such-command-anywhere"):
            await link.client.connect()
