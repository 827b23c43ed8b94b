from __future__ import annotations

from typing import Any

import pytest

from tests.view.scene import Scene


def _lines(scene: Scene, **look: Any) -> list[str]:
    return [line[10:] for line in scene.lines(**look)]


def test_a_link_begins_with_what_was_started_or_connected_to() -> None:
    scene = Scene()
    scene.opened(target={"command": "npx", "args": ["-y", "a server"]})
    scene.opened(link="web", target={"url": "https://a.b/mcp"})

    assert "● started       npx -y 'a server' · stdio · pid 4242" in _lines(scene)[0]
    assert "https://a.b/mcp" in _lines(scene)[1]


@pytest.mark.parametrize(
    ("closed", "line"),
    [
        ({"reason": "exit", "code": 0}, "● ended         exit code 0"),
        ({"reason": "closed"}, "● ended         by mcpwatch"),
        ({"reason": "closed", "signal": "SIGTERM"}, "● ended         by mcpwatch"),
        ({"reason": "exit", "code": 3}, "✗ died          exit code 3"),
        ({"reason": "signal", "signal": "SIGSEGV"}, "✗ died          signal SIGSEGV (segmentation fault)"),
        ({"reason": "lost", "error": "reset by peer"}, "✗ died          connection lost · reset by peer"),
    ],
)
def test_an_end_says_how_and_a_death_says_so_in_a_word(closed: dict[str, Any], line: str) -> None:
    scene = Scene()
    scene.closed(**closed)
    assert _lines(scene)[0] == line


def test_a_death_comes_with_the_last_words() -> None:
    scene = Scene()
    scene.opened()
    scene.stderr(b"".join(b"line %d\n" % n for n in range(20)))
    scene.stderr(b"ValueError: \xff boom\n")
    scene.closed("exit", code=1)

    lines = scene.lines()
    assert lines[-9][10:] == "✗ died          exit code 1"
    assert lines[-8] == "              last words  line 13"
    assert lines[-1] == "                          ValueError: \\xff boom"


def test_a_death_without_a_word_says_that_there_was_none() -> None:
    scene = Scene()
    scene.opened()
    scene.closed("exit", code=1)

    assert scene.lines()[-1] == "              last words  none: nothing came on stderr"


def test_stderr_has_its_own_lane_and_a_line_each() -> None:
    scene = Scene()
    scene.stderr(b"one\r\n\ttwo\n10%\r50%\r100%\n")

    assert _lines(scene) == [
        "  stderr      │ one",
        "  stderr      │     two",
        "  stderr      │ 100%",
    ]


@pytest.mark.parametrize(
    ("data", "error", "line"),
    [
        (b"hello", "not JSON", "! not protocol: hello"),
        (b"", "empty", "! not protocol: (an empty line)"),
        (b'{"a": NaN}', "NaN is no JSON", '! not protocol: {"a": NaN}  (NaN is no JSON)'),
        (b"hi \xff", "not UTF-8", "! not protocol: hi \\xff  (not UTF-8)"),
    ],
)
def test_junk_is_shown_as_it_was_and_why_it_is_junk_where_that_is_not_plain(data: bytes, error: str, line: str) -> None:
    scene = Scene()
    scene.junk(data, error=error)
    assert _lines(scene) == [line]


def test_a_request_that_http_redirected_says_so_in_place_of_its_arguments() -> None:
    scene = Scene()
    for xid, path, status in ((1, "/mcp", 307), (2, "/mcp/", 200)):
        scene.http("request", xid, verb="POST", url=f"http://a{path}")
        scene.ask(1, "tools/call", {"name": "add", "arguments": {"a": 1}}, xid=xid, by="user")
        scene.http("response", xid, status=status)
        if xid == 1:
            scene.http("end", xid)
    scene.reply(1, {"content": []}, xid=2)
    assert _lines(scene)[:2] == [
        "→ tools/call    add #1  a=1",
        "→ tools/call    add #1  again: redirected to /mcp/",
    ]
    assert "ok" in _lines(scene)[2]


def test_a_stream_that_was_given_up_says_how_often_it_was_tried_and_why() -> None:
    scene = Scene()
    scene.note("stream-given-up", attempts=3, reason="HTTP 500 Internal Server Error")
    (line,) = _lines(scene)
    assert line.startswith("! note          the standing stream was given up: what belongs to no request is not heard")
    assert "attempts=3" in line and "HTTP 500 Internal Server Error" in line


def test_only_http_that_went_wrong_is_shown_to_those_who_did_not_ask() -> None:
    scene = Scene()
    scene.http("request", 1, 0.0, verb="POST", url="http://a/mcp?x=1")
    scene.http("response", 1, 0.5, status=401)
    scene.http("body", 1, 0.5, text="nope")
    scene.http("end", 1, 0.5)
    scene.http("request", 2, 1.0, verb="GET", url="http://a/mcp")
    scene.http("response", 2, 1.0, status=405)
    scene.http("request", 3, 1.0, verb="POST", url="http://a/mcp")
    scene.http("error", 3, 1.0, error="connection refused")

    assert _lines(scene) == [
        "  http          POST /mcp?x=1 401 Unauthorized 500 ms",
        "! http          POST /mcp  connection refused",
    ]
    assert "  http          POST /mcp?x=1 body nope" in _lines(scene, verbose=True)
    assert "  http          GET /mcp 405 Method Not Allowed" in _lines(scene, verbose=True)


def test_a_note_is_shown_unless_another_line_says_it_already() -> None:
    scene = Scene()
    scene.note("junk")
    scene.note("handler-failed", error="ValueError: x")
    scene.note("something-new", n=3)

    assert _lines(scene) == [
        '! note          a handler failed  error="ValueError: x"',
        "↳ note          something new  n=3",
    ]
    assert len(_lines(scene, verbose=True)) == 3


@pytest.mark.parametrize("status", [400, 404, 405])
@pytest.mark.parametrize("id", [0, None, "server-error"])
def test_the_no_of_a_legacy_server_to_the_modern_handshake_is_nothing_to_warn_of(status: int, id: Any) -> None:
    scene = Scene()
    scene.http("request", 1, verb="POST", url="http://a/mcp")
    scene.ask(0, "server/discover", xid=1, by="mcpwatch")
    scene.http("response", 1, status=status)
    scene.refuse(id, -32000, "Bad Request: Server not initialized", xid=1)
    scene.http("end", 1)

    assert _lines(scene) == []
    verbose = "\n".join(_lines(scene, verbose=True))
    assert f"POST /mcp {status}" in verbose
    assert "Server not initialized" in verbose
    assert not {"error", "warning"} & {style for line in scene.styled(verbose=True) for _, style in line}


def test_what_goes_wrong_with_the_modern_handshake_otherwise_is_shown() -> None:
    scene = Scene()
    scene.http("request", 1, verb="POST", url="http://a/mcp")
    scene.ask(0, "server/discover", xid=1, by="mcpwatch")
    scene.http("error", 1, error="connection refused")
    scene.http("request", 2, verb="POST", url="http://a/mcp")
    scene.ask(1, "server/discover", xid=2, by="user")
    scene.http("response", 2, status=400)

    assert [line.strip() for line in _lines(scene)] == [
        "! http          POST /mcp  connection refused",
        "→ server/discover #1",
        "http          POST /mcp 400 Bad Request",
    ]


def test_a_call_to_a_model_says_in_one_line_what_was_sent_where_and_what_it_cost() -> None:
    scene = Scene()
    told: dict[str, Any] = {"host": "api.example:8080", "model": "tiny", "messages": 1, "ms": 812.4}
    scene.note("model", **told, input_tokens=120, output_tokens=45, tools=2, left_out=["temperature"])
    scene.note("model", **{**told, "messages": 3}, problem="HTTP 503: \x1b[31mLoading")

    assert _lines(scene) == [
        "↳ model         tiny at api.example:8080  1 message · 2 tools offered · 120 → 45 tokens · "
        "without temperature · 812 ms",
        "! model         tiny at api.example:8080  3 messages · 812 ms  HTTP 503: ␛[31mLoading",
    ]


def test_a_handshake_that_found_nobody_any_more_is_no_line_besides_the_death() -> None:
    scene = Scene()
    scene.note("not-sent", error="the link has ended", type="request", method="server/discover", id=1)
    assert _lines(scene) == []
    scene.note("not-sent", error="the link has ended", type="request", method="tools/call", id=2)
    assert "not sent" in _lines(scene)[0]
