from __future__ import annotations

import json
from typing import Any

import pytest

from mcpwatch.events import Note
from mcpwatch.text import width
from mcpwatch.view.lines import Look, describe
from mcpwatch.view.style import plain
from tests.view.scene import HOSTILE, Scene, handshake

SAMPLING = {
    "messages": [
        {"role": "user", "content": {"type": "text", "text": "What is the capital of France?"}},
        {"role": "assistant", "content": {"type": "text", "text": "Paris.\nOr was it?"}},
        {"role": "user", "content": {"type": "image", "data": "AAAA" * 300, "mimeType": "image/png"}},
    ],
    "systemPrompt": "You are a geographer.",
    "temperature": 0.3,
    "maxTokens": 200,
    "stopSequences": ["\n\n", "END"],
    "includeContext": "thisServer",
    "modelPreferences": {
        "hints": [{"name": "sonnet"}, {"name": "gpt"}],
        "intelligencePriority": 0.9,
        "costPriority": 0,
    },
    "metadata": {"trace": "abc"},
}
FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name"},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "colour": {"type": "string", "enum": ["red", "green"], "default": "green"},
    },
    "required": ["name"],
}


def test_a_call_its_progress_its_log_and_its_result_stand_in_columns() -> None:
    scene = Scene()
    scene.call(3, "work", 0.7, n=5, label="quick fox", deep={"a": [1, True, None]})
    scene.log("warning", "slow query", 0.8, logger="db.pool")
    scene.progress(3, 3, 10, "reading files", 0.9)
    scene.reply(3, {"content": [{"type": "text", "text": "done"}]}, 1.18)

    assert scene.lines() == [
        '   0.700  → tools/call    work #3  n=5 label="quick fox" deep={"a": [1, true, null]}',
        "   0.800  ← log warning   [db.pool] slow query",
        "   0.900  ← progress      work #3  3/10 30%  reading files",
        '   1.180  ← tools/call    work #3  ok 480 ms  "done"',
    ]


def test_progress_that_is_a_bar_has_no_line_and_is_summed_up_at_the_end() -> None:
    scene = Scene()
    scene.call(3, "work", 0.7)
    scene.progress(3, 1, 10)
    scene.progress(3, 2, 10)
    scene.reply(3, {"content": []}, 1.18)

    assert scene.lines(bars=True) == [
        "   0.700  → tools/call    work #3",
        "   1.180  ← tools/call    work #3  ok 480 ms · progress ×2",
    ]


def test_progress_on_a_token_that_nobody_sent_is_a_line_even_where_there_are_bars() -> None:
    scene = Scene()
    scene.progress("abc", 3, 10)

    assert scene.lines(bars=True) == ["   0.000  ← progress      token #abc  3/10 30%  (unknown token)"]


def test_odd_progress_says_what_is_odd_about_it() -> None:
    scene = Scene()
    scene.call(3, "work")
    scene.progress(3, 5, 4)
    scene.progress(3, 2, 4)
    scene.progress(3, "half")

    assert [line[26:] for line in scene.lines()[1:]] == [
        "work #3  5/4 125%  (past total)",
        "work #3  2/4 50%  (backwards)",
        'work #3  "half"  (no number)',
    ]


def test_all_eight_levels_fit_the_column_and_any_json_is_data() -> None:
    scene = Scene()
    scene.log("emergency", {"msg": "all is lost", "extra": {"ms": 812}})
    scene.log("debug", {"a": [1, 2]}, logger="app")
    scene.log("info", None)
    scene.log("notice", 12.5)
    scene.log("LOUD", "what level is this?")
    scene.log(7, "a level that is a number")
    scene.notify("notifications/message", {"level": "info"})

    assert [line[10:] for line in scene.lines()] == [
        '← log emergency all is lost {"ms": 812}',
        '← log debug     [app] {"a": [1, 2]}',
        "← log info      null",
        "← log notice    12.5",
        "← log LOUD      what level is this?",
        "← log 7         a level that is a number",
        "← log info      (no data)",
    ]


def test_a_log_of_several_lines_keeps_them_and_a_terminal_gets_the_first_dozen() -> None:
    scene = Scene()
    scene.log("error", "Traceback:\n\tx = 1\n" + "\n".join(str(n) for n in range(20)), logger="app")

    whole = scene.lines()
    assert whole[:2] == ["   0.000  ← log error     [app] Traceback:", " " * 26 + "    x = 1"]
    assert len(whole) == 22
    short = scene.lines(width=80)
    assert len(short) == 12
    assert short[-1].strip() == "… 11 more lines"


def test_errors_and_tool_errors_say_so_in_words() -> None:
    scene = Scene()
    scene.call(1, "fail", 0.0)
    scene.reply(1, {"content": [{"type": "text", "text": "disk full"}], "isError": True}, 0.25)
    scene.call(2, "fail", 0.3)
    scene.refuse(2, -32602, "Invalid params\nsecond line", 0.31, data={"field": "how"})

    assert [line[10:] for line in scene.lines() if "←" in line or line.startswith(" " * 20)] == [
        '← tools/call    fail #1  tool error 250 ms  "disk full"',
        '← tools/call    fail #2  error -32602 10 ms  Invalid params  {"field": "how"}',
        " " * 16 + "second line",
    ]


def test_a_sampling_request_shows_everything_that_whoever_answers_has_to_know() -> None:
    scene = Scene()
    scene.ask(0, "sampling/createMessage", SAMPLING, 4.3, dir="s2c")

    assert scene.lines() == [
        "   4.300  ← sampling      #0  3 messages · max 200 tokens · temperature 0.3",
        "              system      You are a geographer.",
        "              user        What is the capital of France?",
        "              assistant   Paris.",
        "                          Or was it?",
        "              user        [image image/png 900 B]",
        "              model       sonnet, gpt · intelligence 0.9 · cost 0",
        '              stop at     "\\n\\n", "END"',
        "              context     thisServer",
        '              metadata    {"trace": "abc"}',
    ]


def test_members_of_a_sampling_request_that_no_specification_knows_are_shown_too() -> None:
    scene = Scene()
    scene.ask(0, "sampling/createMessage", {"messages": [], "maxTokens": 1, "seed": 7}, dir="s2c")

    assert scene.lines()[1:] == ["              seed        7"]


def test_an_answer_names_the_rule_that_gave_it_on_its_own_line() -> None:
    scene = Scene()
    asked = scene.ask(0, "sampling/createMessage", {"messages": [], "maxTokens": 9}, 1.0, dir="s2c")
    scene.note("answered", 1.1, re=asked.seq, method="sampling/createMessage", rule="--sampling", action="result")
    content = {"type": "text", "text": "Paris"}
    scene.reply(0, {"role": "assistant", "content": content, "model": "canned"}, 1.2, dir="c2s", by="answer")

    assert scene.lines()[1:] == ['   1.200  → sampling      #0  ok 200 ms  by --sampling (auto)  "Paris"  canned']


def test_a_rule_that_is_known_only_after_the_answer_gets_a_line_of_its_own() -> None:
    scene = Scene()
    asked = scene.ask(1, "elicitation/create", {"message": "Who?", "requestedSchema": FORM}, 1.0, dir="s2c")
    scene.reply(1, {"action": "accept", "content": {"name": "Ada"}}, 1.01, dir="c2s")
    note = Note(
        link="server", what="answered", re=asked.seq, data={"rule": "person", "action": "accept"}, seq=3, t=1.02
    )

    # Not seen by the timeline when the answer's line was made, as in a live session that is shown at once.
    lines = [plain(line) for event in scene.events for line in describe(event, scene.timeline)]
    scene.add(note)
    lines += [plain(line) for line in describe(note, scene.timeline)]
    assert lines == [
        "   1.000  ← elicitation   #1  Who?",
        "              name        string, required  Your name",
        "              age         integer, 0 to 120, optional",
        '              colour      one of red, green, optional, default "green"',
        "   1.010  → elicitation   #1  accept 10 ms  name=Ada",
        "   1.020  ↳ answered      accept by a person",
    ]


def test_a_question_without_an_answer_names_the_option_that_would_have_given_one() -> None:
    scene = Scene()
    asked = scene.ask(1, "elicitation/create", {"message": "Who?", "requestedSchema": {}}, dir="s2c")
    scene.note("unanswered", re=asked.seq, action="decline", rule="nobody", wanted="--elicit accept")
    scene.reply(1, {"action": "decline"}, 0.001, dir="c2s")

    assert [line[10:] for line in scene.lines()[1:]] == [
        "! unanswered    elicitation declined: answer it with --elicit accept",
        "→ elicitation   #1  decline 1.0 ms",
    ]


def test_a_url_is_shown_in_full_with_its_host_on_a_line_of_its_own() -> None:
    scene = Scene()
    url = "https://accounts.google.com@evil.example:8443/login?next=/"
    scene.ask(2, "elicitation/create", {"mode": "url", "message": "Log in", "url": url}, dir="s2c")

    assert [line.strip() for line in scene.lines()[1:]] == [
        f"url         {url}",
        "host        evil.example:8443  ! what stands before @ is not the host",
    ]


def test_roots_are_asked_and_answered() -> None:
    scene = Scene()
    scene.ask(3, "roots/list", None, 1.0, dir="s2c")
    scene.reply(3, {"roots": [{"uri": "file:///home/me"}, {"uri": "file:///tmp"}]}, 1.001, dir="c2s")
    scene.ask(4, "roots/list", None, 1.0, dir="s2c")
    scene.reply(4, {"roots": []}, 1.001, dir="c2s")

    assert [line[10:] for line in scene.lines()] == [
        "← roots         #3  which folders may it use?",
        "→ roots         #3  ok 1.0 ms  2 roots  file:///home/me, file:///tmp",
        "← roots         #4  which folders may it use?",
        "→ roots         #4  ok 1.0 ms  no roots",
    ]


def test_a_request_that_nobody_knows_is_shown_with_its_params() -> None:
    scene = Scene()
    scene.ask(9, "x/custom", {"a": 1, "b": "two words"}, dir="s2c")
    scene.reply(9, {"ok": True}, 0.1, dir="c2s")

    assert [line[10:] for line in scene.lines()] == [
        '← x/custom      #9  a=1 b="two words"',
        '→ x/custom      #9  ok 100 ms  {"ok": true}',
    ]


def test_a_result_that_asks_back_shows_each_question_and_the_next_round_its_answers() -> None:
    scene = Scene()
    scene.call(9, "trip", 1.0, x=1)
    elicit = {"method": "elicitation/create", "params": {"message": "Your name?", "requestedSchema": FORM}}
    sample: dict[str, Any] = {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 50}}
    asked: dict[str, Any] = {
        "resultType": "input_required",
        "inputRequests": {"who": elicit, "cap": sample},
        "requestState": "s",
    }
    frame = scene.reply(9, asked, 1.01)
    scene.note("answered", 1.02, re=frame.seq, key="who", rule="--elicit", action="accept")
    content = {"type": "text", "text": "Paris"}
    answers = {
        "who": {"action": "accept", "content": {"name": "Ada"}},
        "cap": {"role": "assistant", "content": content, "model": "m"},
        "odd": 7,
    }
    params = {"name": "trip", "arguments": {"x": 1}, "requestState": "s", "inputResponses": answers}
    scene.ask(10, "tools/call", params, 1.03, by="answer")
    scene.reply(10, {"content": [{"type": "text", "text": "hello"}], "resultType": "complete"}, 1.04)

    assert scene.lines()[1:] == [
        "   1.010  ← tools/call    trip #9  input required 10 ms",
        "              elicitation who  Your name?",
        "              name        string, required  Your name",
        "              age         integer, 0 to 120, optional",
        '              colour      one of red, green, optional, default "green"',
        "              sampling    cap  0 messages · max 50 tokens",
        "   1.020  ↳ answered      who  accept by --elicit (auto)",
        "   1.030  → tools/call    trip #10  with the answers",
        "              answer      who  accept  name=Ada",
        '              answer      cap  "Paris"  m',
        "              answer      odd  7",
        '   1.040  ← tools/call    trip #10  ok 10 ms  "hello"',
    ]


def test_the_handshake_is_a_short_block_and_our_own_upkeep_has_no_lines() -> None:
    scene = Scene()
    handshake(scene)
    scene.ask(1, "tools/list", {}, 0.26, by="mcpwatch")
    scene.reply(1, {"tools": []}, 0.27)
    scene.ask(5, "ping", None, 0.28, dir="s2c")
    scene.reply(5, {}, 0.29, dir="c2s")

    assert scene.lines() == [
        "   0.000  ● started       python server.py · stdio · pid 4242",
        "   0.250  ● connected     demo 1.2.0 · MCP 2025-11-25 · legacy era · 240 ms · “The demo server”",
        "              offers      logging · tools (list changes)",
    ]


def test_verbose_hides_nothing() -> None:
    scene = Scene()
    handshake(scene)
    scene.ask(1, "tools/list", {}, 0.26, by="mcpwatch")
    scene.reply(1, {"tools": [{"name": "a"}], "nextCursor": "x"}, 0.27)
    scene.ask(5, "ping", None, 0.28, dir="s2c")
    scene.http("request", 1, 1.0, verb="POST", url="http://127.0.0.1:80/mcp")
    scene.http("response", 1, 1.012, status=200, headers=(("Content-Type", "text/event-stream; charset=utf-8"),))

    assert [line[10:] for line in scene.lines(verbose=True)] == [
        "● started       python server.py · stdio · pid 4242",
        "→ initialize    #0  2025-11-25 · mcpwatch · declares sampling",
        "● connected     demo 1.2.0 · MCP 2025-11-25 · legacy era · 240 ms · “The demo server”",
        "    offers      logging · tools (list changes)",
        "→ initialized",
        "→ tools/list    #1",
        "← tools/list    #1  ok 10 ms  1 tool (more to come)",
        "← ping          #5",
        "  http          POST /mcp 200 text/event-stream 12 ms",
    ]


def test_a_list_that_changed_says_what_came_and_went() -> None:
    scene = Scene()
    scene.ask(1, "tools/list", {}, by="mcpwatch")
    scene.reply(1, {"tools": [{"name": "old"}, {"name": "work"}]})
    scene.notify("notifications/tools/list_changed")
    scene.ask(2, "tools/list", {}, by="mcpwatch")
    scene.reply(2, {"tools": [{"name": "work", "description": "new"}, {"name": "grown"}]})

    assert [line[10:] for line in scene.lines()] == ["← tools changed", "● tools         + grown   - old   ~ work"]


def test_notifications_outside_the_specification_are_shown_with_their_params() -> None:
    scene = Scene()
    scene.notify("notifications/chat.message_received", {"room": "r1", "_meta": {"x": 1}})
    scene.notify("chat.quiet")
    scene.notify("notifications/resources/updated", {"uri": "demo://counter"})
    scene.notify("x/y", [1, 2])

    assert [line[10:] for line in scene.lines()] == [
        '← notifications/chat.message_received {"room": "r1"}',
        "← chat.quiet",
        "← updated       demo://counter",
        "← x/y           [1, 2]",
    ]


def test_a_cancellation_names_what_it_cancels() -> None:
    scene = Scene()
    scene.call(4, "slow")
    params = {"requestId": 4, "reason": "took too long"}
    scene.notify("notifications/cancelled", params, 1.0, dir="c2s", by="mcpwatch")
    scene.notify("notifications/cancelled", {"requestId": 77}, 1.0)

    assert [line[10:] for line in scene.lines()[1:]] == [
        "→ cancelled     slow #4  took too long",
        "← cancelled     #77",
    ]


def test_a_batch_is_one_line_and_each_of_its_messages_another() -> None:
    scene = Scene()
    scene.call(1, "work", 0.5)
    log = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "one"}}
    done: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "result": {"content": []}}
    scene.frame("s2c", [log, done], 0.6)

    assert scene.lines()[1:] == [
        "   0.600  ← batch         2 messages",
        "   0.600    ← log info      one",
        "   0.600    ← tools/call    work #1  ok",
    ]


def test_an_answer_to_nothing_and_an_id_that_is_none_are_said() -> None:
    scene = Scene()
    scene.reply(99, {"late": True})
    scene.refuse(None, -32700, "Parse error")
    scene.ask(None, "sampling/createMessage", {"messages": [], "maxTokens": 1}, dir="s2c")
    scene.ask("7", "x/y", None, dir="s2c")
    scene.ask("listen-1", "x/y", None, dir="s2c")

    assert [line[10:] for line in scene.lines()] == [
        '← response      #99  answers nothing that was asked  {"late": true}',
        "← response      #null  (no valid id)  answers nothing that was asked  error -32700  Parse error",
        "← sampling      #null  (no valid id)  0 messages · max 1 tokens",
        '← x/y           #"7"',
        "← x/y           #listen-1",
    ]


def test_a_second_link_brings_a_column_with_its_name_in_a_colour_that_stays() -> None:
    scene = Scene()
    scene.opened(0.0, link="a")
    scene.opened(0.1, link="longer")
    scene.notify("x/y", None, 0.2, link="a")

    assert [line[:28] for line in scene.lines()] == [
        "   0.000  a       ● started ",
        "   0.100  longer  ● started ",
        "   0.200  a       ← x/y",
    ]
    styles = [line[1][1] for line in scene.styled()]
    assert styles == ["link.0", "link.1", "link.0"]


def test_a_note_about_no_link_makes_no_second_one() -> None:
    scene = Scene()
    scene.opened(0.0)
    scene.add(Note(link="", what="view-dropped", data={"error": "x"}))

    assert [line[10:] for line in scene.lines()][-1] == "! note          a view failed and was dropped  error=x"


def test_every_line_fits_the_width_and_what_is_cut_ends_in_an_ellipsis() -> None:
    scene = Scene()
    handshake(scene)
    scene.call(1, "work", text="x" * 500, wide="日本語" * 60)
    scene.ask(0, "sampling/createMessage", {**SAMPLING, "systemPrompt": "é" * 300}, dir="s2c")
    scene.junk(b"noise " * 100)
    scene.stderr("größe ".encode() * 100)
    scene.reply(1, {"content": [{"type": "text", "text": "🎉" * 100}]})

    lines = scene.lines(width=80)
    assert max(map(width, lines)) <= 80
    # stderr goes on below itself, for as many lines as one row may take.
    assert [line[10:22].rstrip() for line in lines if line.endswith("…")] == [
        "→ tools/call",
        "! not protoc",
        "",
    ]
    assert lines[-1].startswith("   0.000  ← tools/call") and lines[-1].endswith("… (-v shows all)")


def test_what_has_to_be_read_to_its_end_takes_more_lines_instead_of_being_cut() -> None:
    scene = Scene()
    scene.call(1, "fail")
    scene.refuse(1, -32000, "the file was not found where it had been looked for, and nowhere else")
    scene.stderr(b'  File "/usr/lib/python3/site-packages/server/tools/work.py", line 10\n')
    scene.ask(0, "sampling/createMessage", {**SAMPLING, "systemPrompt": "word " * 20}, dir="s2c")

    assert scene.lines(width=60)[1:8] == [
        "   0.000  ← tools/call    fail #1  error -32000 0 ms  the",
        "                          file was not found where it had",
        "                          been looked for, and nowhere else",
        '   0.000    stderr      │   File "/usr/lib/python3/site-pack',
        '                        │ ages/server/tools/work.py", line',
        "                        │ 10",
        "   0.000  ← sampling      #0  3 messages · max 200 tokens ·",
    ]
    assert len(scene.lines()) == 3 + 10


def test_a_pipe_gets_everything_up_to_a_limit_that_says_how_much_is_missing() -> None:
    scene = Scene()
    scene.log("info", "x" * 3_999)
    scene.log("info", "x" * 20_000)

    whole, cut = scene.lines()
    assert whole.endswith("x" * 3_999)
    assert cut.endswith("x… (+16 KiB, -v shows all)")


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"content": "sunny"}, "content is no list"),
        ({"content": ["sunny"]}, "content holds what is no object"),
        ("sunny", "the result is no object"),
    ],
)
def test_a_malformed_result_is_no_ok(result: object, why: str) -> None:
    scene = Scene()
    scene.call(1, "work")
    scene.reply(1, result)

    line = scene.lines()[-1]
    assert f"malformed 0 ms  {why}  " in line and line.endswith(json.dumps(result))


def test_all_of_it_is_shown_to_who_asks_for_everything() -> None:
    scene = Scene()
    scene.call(1, "work")
    scene.log("info", "x" * 9_000)
    scene.ask(0, "sampling/createMessage", {**SAMPLING, "systemPrompt": "s" * 9_000}, dir="s2c")
    answer = {"role": "assistant", "content": {"type": "text", "text": "a" * 9_000}, "model": "m"}
    scene.reply(0, answer, dir="c2s")
    scene.stderr(b"e" * 90_000)
    scene.reply(1, {"content": [{"type": "text", "text": "r" * 9_000}] * 30})

    piped = "".join(scene.lines(verbose=True))
    assert [piped.count(letter * 9_000) for letter in "xsaer"] == [1, 1, 1, 10, 30]
    narrow = [line for cells in (100, 40) for line in scene.lines(verbose=True, width=cells)]
    assert max(map(width, narrow)) <= 100
    assert "".join(narrow).count("r") >= 2 * 30 * 9_000
    assert not any("…" in line for line in narrow)


def test_megabytes_are_not_written_out_to_be_cut() -> None:
    scene = Scene()
    rows = [{"n": n, "text": "y" * 100} for n in range(10_000)]
    scene.reply(1, {"structuredContent": rows})

    (line,) = scene.lines()
    assert len(line) < 5_000
    assert line.endswith(" MiB in all, -v shows all)")


ANYTHING: list[Any] = [None, True, 7, -1.5, 1e400, "x", [], [1, "a", None], {}, {"a": {"b": [1]}}, 10**5000]
METHODS = [
    "tools/call",
    "initialize",
    "server/discover",
    "tools/list",
    "prompts/get",
    "resources/read",
    "completion/complete",
    "logging/setLevel",
    "sampling/createMessage",
    "elicitation/create",
    "roots/list",
    "subscriptions/listen",
    "notifications/message",
    "notifications/progress",
    "notifications/cancelled",
    "notifications/resources/updated",
    "notifications/subscriptions/acknowledged",
]
MEMBERS = [
    "arguments",
    "capabilities",
    "clientInfo",
    "completion",
    "content",
    "contents",
    "data",
    "inputRequests",
    "inputResponses",
    "messages",
    "modelPreferences",
    "notifications",
    "progress",
    "progressToken",
    "requestedSchema",
    "roots",
    "serverInfo",
    "structuredContent",
    "supportedVersions",
    "tools",
    "url",
    "_meta",
]


@pytest.mark.parametrize("method", METHODS)
def test_no_shape_of_a_message_raises(method: str) -> None:
    scene = Scene()
    dump = json.dumps
    json.dumps = lambda *_, **__: "{}"  # type: ignore[assignment]  # what is no JSON has to get into a frame too
    try:
        for value in ANYTHING:
            scene.ask(1, method, value)
            scene.ask(2, method, value, dir="s2c")
            scene.notify(method, value)
            scene.reply(1, value)
            scene.reply(2, value, dir="c2s")
            scene.frame("s2c", {"jsonrpc": "2.0", "id": 1, "error": value})
            for member in MEMBERS:
                scene.ask(3, method, {member: value}, dir="s2c")
                scene.ask(4, method, {member: value})
                scene.reply(4, {member: value})
                scene.notify(method, {member: value})
    finally:
        json.dumps = dump

    assert len(scene.lines(verbose=True)) >= len(scene.events)


def _in_every_field(text: str) -> Scene:
    scene = Scene()
    scene.opened(link=text, target={"command": text, "args": [text]})
    info = {"name": text, "version": text, "title": text}
    offer = {"capabilities": {text: {text: True}}, "serverInfo": info, "instructions": text, "protocolVersion": text}
    scene.ask(text, "initialize", {"protocolVersion": text, "clientInfo": info, "capabilities": {text: {}}})
    scene.reply(text, offer)
    scene.ask(1, "tools/call", {"name": text, "arguments": {text: text}, "_meta": {"progressToken": 1}})
    scene.progress(1, 1, 2, text)
    scene.progress(text, text, text, text)
    scene.log(text, text, logger=text)
    scene.log("info", {"msg": text, text: text}, logger=text)
    scene.notify(text, {text: text})
    scene.notify("notifications/cancelled", {"requestId": text, "reason": text})
    scene.notify("notifications/resources/updated", {"uri": text})
    scene.reply(1, {"content": [{"type": "text", "text": text}, {"type": text}, {"type": "image", "mimeType": text}]})
    scene.refuse(9, 5, text, data=text)
    messages = [{"role": text, "content": {"type": "text", "text": text}}]
    preferences = {"hints": [{"name": text}], text: text}
    sampling = {"messages": messages, "systemPrompt": text, "modelPreferences": preferences, text: text}
    more = {"stopSequences": [text], "includeContext": text, "metadata": text, "tools": [{"name": text}]}
    scene.ask(2, "sampling/createMessage", {**sampling, **more}, dir="s2c")
    field = {"type": text, "title": text, "description": text, "default": text, "format": text, "pattern": text}
    schema = {"properties": {text: field, "e": {"enum": [text]}}, "required": [text]}
    scene.ask(3, "elicitation/create", {"message": text, "requestedSchema": schema}, dir="s2c")
    url = f"https://{text}/{text}"
    frame = scene.ask(4, "elicitation/create", {"mode": "url", "message": text, "url": url}, dir="s2c")
    scene.note("answered", re=frame.seq, rule=text, action=text, key=text)
    scene.note("unanswered", re=frame.seq, wanted=text, method=text)
    scene.note(text, error=text)
    scene.reply(4, {"action": text, "content": {text: text}}, dir="c2s")
    asks = {text: {"method": text, "params": {text: text}}}
    scene.ask(5, text, {"name": text})
    scene.reply(5, {"resultType": "input_required", "inputRequests": asks})
    scene.ask(6, "tools/list", {})
    scene.reply(6, {"tools": [{"name": "a"}]})
    scene.ask(7, "tools/list", {})
    scene.reply(7, {"tools": [{"name": text}]})
    scene.junk(text.encode("utf-8", "surrogatepass"), error=text)
    scene.stderr(text.encode("utf-8", "surrogatepass"))
    scene.http("request", 1, verb=text, url=url)
    scene.http("response", 1, status=500, headers=(("content-type", text),))
    scene.http("error", 1, error=text)
    scene.frame("s2c", [{"jsonrpc": "2.0", "method": text, "params": {text: text}}])
    scene.closed("lost", link=text, error=text, signal=text)
    return scene


@pytest.mark.parametrize("width", [None, 80])
def test_hostile_text_in_every_field_reaches_no_line_as_it_is(width: int | None) -> None:
    scene = _in_every_field(HOSTILE)

    lines = scene.lines(width=width, verbose=True)
    text = "".join(lines)
    assert len(lines) > 50
    assert not [char for char in text if not char.isprintable()]
    # What is not dangerous is shown as it is.
    assert width is not None or text.count("[/nope][@click=app.quit][bold]") > 40


def test_a_result_nested_ten_thousand_levels_deep_is_a_line() -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    scene = Scene()
    frame = scene.reply(1, {})
    object.__setattr__(frame, "message", {"id": 1, "result": deep})

    (line,) = scene.lines()
    assert "[[[[" in line and "…" in line


def test_one_event_alone_can_be_described_without_those_before() -> None:
    scene = Scene()
    scene.call(3, "work")
    scene.progress(3, 1, 2, t=0.5)

    (line,) = describe(scene.events[1], scene.timeline, Look())
    assert plain(line) == "   0.500  ← progress      work #3  1/2 50%"


def test_where_a_person_is_asked_a_question_is_told_in_one_line() -> None:
    scene = Scene()
    scene.ask(0, "sampling/createMessage", SAMPLING, 4.3, dir="s2c")
    scene.call(3, "work", 4.4)
    form: dict[str, Any] = {
        "method": "elicitation/create",
        "params": {"message": "Who?", "requestedSchema": {"properties": {"a": {}}}},
    }
    scene.reply(3, {"resultType": "input_required", "inputRequests": {"one": form}}, 4.5)
    whole, lines = scene.lines(), scene.lines(asks=True)
    assert len(whole) > len(lines) == 4
    assert lines[0].startswith("   4.300  ← sampling      #0")
    assert "input required" in lines[2]
    assert lines[3].split() == ["elicitation", "one", "Who?"]
