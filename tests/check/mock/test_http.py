"""A mock at a URL: who may come, sessions, and on which stream what leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from mcpwatch.check.mock import streams
from mcpwatch.check.mock.core import Mock, Pace
from mcpwatch.check.mock.http import HttpMock
from mcpwatch.errors import UsageError
from tests.check.mock.live import played, text
from tests.model.story import MODERN, Story

BOTH = {"accept": "application/json, text/event-stream"}


class Web:
    """A client of a mock at its URL."""

    def __init__(self, server: HttpMock, client: httpx.Client) -> None:
        self.server, self.client = server, client
        self.session: dict[str, str] = {}

    def post(self, method: str, params: Any = None, *, id: Any = 1, **headers: str) -> httpx.Response:
        return self.client.post(self.server.url, json=_message(method, params, id), headers={**self.session, **headers})

    def begin(self) -> httpx.Response:
        found = self.post("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        self.session = {"mcp-session-id": found.headers["mcp-session-id"]}
        return found


def _message(method: str, params: Any, id: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params or {}}
    return message if id is None else {**message, "id": id}


@contextmanager
def serving(told: Story, folder: Path, *, allow_hosts: tuple[str, ...] = (), pace: Pace = "none") -> Generator[Web]:
    story = played(told, folder)

    def make() -> Mock:
        return Mock(story, pace=pace)

    with (
        HttpMock(story, make, allow_hosts=allow_hosts) as server,
        httpx.Client(headers=BOTH, timeout=30, trust_env=False) as client,
    ):
        yield Web(server, client)


def messages(response: httpx.Response) -> list[Any]:
    if response.headers["content-type"].startswith("application/json"):
        return [response.json()]
    return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]


def working(begin: Callable[[Story], Story] = Story.legacy) -> Story:
    told = begin(Story())
    told.call("work", id=5, token="t")
    told.progress("t", 1)
    told.result(text("done"), id=5)
    told.call("plain", id=6)
    told.result(text("plain"), id=6)
    return told


def test_a_session_is_begun_used_and_ended(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        assert web.begin().json()["result"]["serverInfo"] == {"name": "weather"}
        assert web.post("notifications/initialized", id=None).status_code == 202
        assert messages(web.post("tools/call", {"name": "plain"}))[0]["result"] == text("plain")
        assert web.client.delete(web.server.url, headers=web.session).status_code == 204
        assert web.post("tools/call", {"name": "plain"}).status_code == 404


def test_without_its_session_a_request_is_refused(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        assert web.post("tools/call", {"name": "plain"}).status_code == 400
        assert web.client.get(web.server.url).status_code == 405


def test_an_answer_alone_is_json_and_with_more_it_is_a_stream(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        web.begin()
        alone = web.post("tools/call", {"name": "plain"}, id="a")
        assert alone.headers["content-type"] == "application/json"
        streamed = web.post("tools/call", {"name": "work", "_meta": {"progressToken": 9}}, id="b")
        assert streamed.headers["content-type"].startswith("text/event-stream")
        progress, done = messages(streamed)
        assert progress["params"]["progressToken"] == 9
        assert done["id"] == "b"


def test_each_session_has_its_own_turns(tmp_path: Path) -> None:
    told = Story().legacy()
    for id in (1, 2):
        told.call("count", id=id)
        told.result(text(str(id)), id=id)
    with serving(told, tmp_path) as web:
        for _ in range(2):
            web.session = {}
            web.begin()
            assert messages(web.post("tools/call", {"name": "count"}))[0]["result"] == text("1")
        assert len(web.server.mocks) == 2


def test_a_question_leaves_on_the_calls_stream_and_is_answered_by_a_post(tmp_path: Path) -> None:
    told = Story().legacy()
    told.call("ask", id=5)
    told.ask("roots/list", id="q")
    told.result({"roots": []}, id="q", dir="c2s")
    told.result(text("done"), id=5)
    with serving(told, tmp_path) as web:
        web.begin()
        request = _message("tools/call", {"name": "ask"}, 1)
        with web.client.stream("POST", web.server.url, json=request, headers=web.session) as response:
            lines = (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: "))
            question = next(lines)
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}}
            assert web.client.post(web.server.url, json=answer, headers=web.session).status_code == 202
            assert next(lines)["result"] == text("done")
        assert web.server.mocks[0].problems == []


def test_what_belongs_to_no_request_waits_for_the_standing_stream(tmp_path: Path) -> None:
    told = Story().legacy()
    told.tell("notifications/tools/list_changed")
    with serving(told, tmp_path) as web:
        web.begin()
        web.post("notifications/initialized", id=None)
        with web.client.stream("GET", web.server.url, headers=web.session) as response:
            line = next(line for line in response.iter_lines() if line.startswith("data: "))
        assert json.loads(line[6:])["method"] == "notifications/tools/list_changed"


def test_clients_without_sessions_may_use_the_same_ids(tmp_path: Path) -> None:
    told = Story().modern()
    told.call("slow", id=5, at=10.0, more={"_meta": MODERN})
    told.result(text("slow"), id=5, at=10.3)
    told.call("quick", id=6, at=20.0, more={"_meta": MODERN})
    told.result(text("quick"), id=6, at=20.0)
    with serving(told, tmp_path, pace="recorded") as web:
        found: dict[str, Any] = {}

        def call(name: str) -> None:
            found[name] = messages(web.post("tools/call", {"name": name, "_meta": MODERN}, id=1))[0]["result"]

        threads = [threading.Thread(target=call, args=(name,)) for name in ("slow", "quick")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {"slow": text("slow"), "quick": text("quick")}


def test_a_recorded_status_is_repeated(tmp_path: Path) -> None:
    told = Story().opened_http()
    told.request("server/discover", {"_meta": MODERN}, id=1, xid=1)
    told.http("response", 1, status=404, headers=(("content-type", "application/json"),))
    told.error("no such method", code=-32601, id=1, xid=1)
    with serving(told, tmp_path) as web:
        refused = web.post("server/discover", {"_meta": MODERN}, id="mine")
        assert (refused.status_code, refused.json()["id"]) == (404, "mine")


@pytest.mark.parametrize("name", ["evil.example", "127.evil.example", "localhost.evil.example", "10.0.0.1", ""])
def test_another_host_or_origin_is_not_served(name: str, tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        assert web.post("ping", host=name).status_code == 403
        assert web.post("ping", origin=f"http://{name}").status_code == 403
        assert web.server.mocks == []


@pytest.mark.parametrize("name", ["localhost:5000", "127.0.0.1", "[::1]:80"])
def test_this_machine_is_served_under_all_its_names(name: str, tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        headers = {"host": name, "origin": f"http://{name}"}
        assert web.post("initialize", {"capabilities": {}}, **headers).status_code == 200


def test_a_host_that_is_allowed_is_served(tmp_path: Path) -> None:
    with serving(working(), tmp_path, allow_hosts=("Build:8000",)) as web:
        assert web.post("initialize", {"capabilities": {}}, host="build:80").status_code == 200
    with serving(working(), tmp_path, allow_hosts=("*",)) as web:
        assert web.post("initialize", {"capabilities": {}}, host="any.example").status_code == 200


def test_what_is_no_message_is_a_bad_request(tmp_path: Path) -> None:
    with serving(working(Story.modern), tmp_path) as web:
        assert web.client.post(web.server.url, content=b"hi").status_code == 400


def test_it_ends_while_streams_are_open(tmp_path: Path) -> None:
    told = Story().modern()
    told.request("subscriptions/listen", {"_meta": MODERN}, id="l")
    told.tell("notifications/subscriptions/acknowledged", {"_meta": {"io.modelcontextprotocol/subscriptionId": "l"}})
    story = played(told, tmp_path)
    with httpx.Client(headers=BOTH, timeout=30, trust_env=False) as client:
        with HttpMock(story, lambda: Mock(story, pace="none")) as server:
            request = _message("subscriptions/listen", {"_meta": MODERN}, 1)
            context = client.stream("POST", server.url, json=request)
            response = context.__enter__()
            assert next(response.iter_lines()) == "event: message"
        context.__exit__(None, None, None)


def test_where_the_server_was_gone_it_ends_by_itself(tmp_path: Path) -> None:
    told = Story().modern()
    told.call("die", more={"_meta": MODERN})
    told.closed(reason="exit", code=3)
    with serving(told, tmp_path) as web:
        assert web.post("tools/call", {"name": "die", "_meta": MODERN}).status_code == 503
        assert web.server.gone.wait(30)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with serving(working(), tmp_path) as web:
        port = int(web.server.url.rpartition(":")[2].partition("/")[0])
        story = web.server.mocks[0].story if web.server.mocks else played(working(), tmp_path)
        with (
            pytest.raises(UsageError, match=f"Cannot listen on 127.0.0.1:{port}"),
            HttpMock(story, lambda: Mock(story), port=port),
        ):
            pass


def asking_by_itself() -> Story:
    """A server that asks on the standing stream, in the middle of a call and after it."""
    told = Story().legacy(transport="http", target={"url": "https://example.com/mcp"})
    told.http("response", 1, status=200, headers=(("mcp-session-id", "s"),))
    told.http("request", 9, verb="GET", url="https://example.com/mcp")
    told.call("work", id=5, xid=4)
    told.ask("roots/list", id="q", xid=9)
    told.result({"roots": []}, id="q", dir="c2s", xid=10)
    told.result(text("done"), id=5, xid=4)
    told.ask("roots/list", id="r", xid=9)
    told.result({"roots": []}, id="r", dir="c2s", xid=11)
    return told


def test_a_client_that_listens_to_no_stream_of_its_own_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.01)
    with serving(asking_by_itself(), tmp_path) as web:
        web.begin()
        assert web.post("notifications/initialized", id=None).status_code == 202
        (done,) = messages(web.post("tools/call", {"name": "work"}))
        assert done["result"] == text("done")
        (mock,) = web.server.mocks
    mock.finish()
    assert mock.problems == []


def test_a_client_that_listens_is_asked_and_has_to_answer(tmp_path: Path) -> None:
    with serving(asking_by_itself(), tmp_path) as web:
        web.begin()
        web.post("notifications/initialized", id=None)
        with web.client.stream("GET", web.server.url, headers=web.session) as response:
            lines = (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: "))
            with ThreadPoolExecutor() as pool:
                done = pool.submit(web.post, "tools/call", {"name": "work"})
                answer: dict[str, Any] = {"jsonrpc": "2.0", "id": next(lines)["id"], "result": {"roots": []}}
                assert web.client.post(web.server.url, json=answer, headers=web.session).status_code == 202
                assert messages(done.result())[0]["result"] == text("done")
            assert next(lines)["method"] == "roots/list"
        (mock,) = web.server.mocks
    mock.finish()
    (owed,) = mock.problems
    assert "was never answered; the recorded client did" in owed
