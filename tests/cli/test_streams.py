"""stdout is data, stderr is talk: what comes where, and in which form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import DEMO, QUICK, bad, mcpwatch


@pytest.mark.parametrize("text", ["hi", "käse → 😀", "two\r\nlines", '{"a": 1}', "[bold]x[/]", "\x1b[31mred", ""])
def test_a_results_text_is_alone_on_stdout_to_the_byte(text: str) -> None:
    ran = mcpwatch("call", "say", json.dumps({"text": text}), *QUICK)
    assert ran.stdout == text.encode() + b"\n"
    assert "tools/call" in ran.err


def test_a_text_that_ends_in_a_line_end_gets_no_second_one() -> None:
    assert mcpwatch("call", "say", 'text:="hi\\n"', *QUICK).out == "hi\n"


def test_structured_content_is_json_and_goes_before_text() -> None:
    ran = mcpwatch("call", "data", *QUICK)
    assert ran.json == {"city": "Oslo", "celsius": -3.0, "sign": "°"}
    assert "°" in ran.out
    assert "see the structure" not in ran.out


def test_an_error_of_the_protocol_is_talk_and_an_error_result_is_data() -> None:
    assert not mcpwatch("call", "refuse", *QUICK).out
    assert mcpwatch("call", "fail", *QUICK).out == "it did not work\n"


def test_run_streams_to_stdout_and_sums_up_on_stderr() -> None:
    ran = mcpwatch("run", "--call", "count", *QUICK)
    assert "counted 1" in ran.out
    assert "counted 1" not in ran.err
    assert ran.err.startswith("used: logging 3 · progress 1\nrecording: ")


def test_json_of_a_call_is_its_whole_result_as_one_document() -> None:
    ran = mcpwatch("call", "data", "--json", *QUICK)
    assert ran.json["structuredContent"]["city"] == "Oslo"
    assert ran.json["content"] == [{"type": "text", "text": "see the structure"}]
    assert "tools/call" in ran.err


def test_json_of_a_call_that_was_refused_is_the_error() -> None:
    ran = mcpwatch("call", "refuse", "--json", "--quiet", *QUICK)
    assert ran.json == {"error": {"code": -32050, "message": "the shelf is empty", "data": {"shelf": 3}}}


@pytest.mark.parametrize("tool", ["nan", "infinity", "huge"])
def test_json_is_strict_whatever_the_server_makes_of_it(tool: str) -> None:
    ran = mcpwatch("call", tool, "--json", "--quiet", *bad("odd_numbers"))
    assert json.loads(ran.out, parse_constant=pytest.fail)["structuredContent"] == {"n": None}


def test_json_of_a_run_is_who_the_server_is_what_it_offers_and_what_came_of_each_step() -> None:
    steps = ("--call", "say text=hi", "--call", "refuse", "--read", "quick://note", "--notify", "x/y")
    document: dict[str, Any] = mcpwatch("run", *steps, "--json", *QUICK).json
    assert document["connected"] is True
    assert document["era"] == "legacy"
    assert document["protocolVersion"] == "2025-11-25"
    assert document["server"] == {"name": "quick", "version": "1"}
    assert "say" in [tool["name"] for tool in document["tools"]]
    assert document["prompts"]
    assert document["resources"]
    said = [(step["step"], step["subject"], "result" in step, "error" in step) for step in document["steps"]]
    assert said == [
        ("call", "say", True, False),
        ("call", "refuse", False, True),
        ("read", "quick://note", True, False),
        ("notify", "x/y", False, False),
    ]


def test_json_of_a_server_of_the_modern_era_names_it_too() -> None:
    document = mcpwatch("run", "--list", "--json", "--quiet", *DEMO).json
    assert document["era"] == "modern"
    assert document["server"]["name"] == "mcpwatch-demo"
    assert len(document["tools"]) == 14


def test_json_of_a_run_that_did_not_connect_says_so() -> None:
    ran = mcpwatch("run", "--json", "--", "no-such-command")
    assert ran.json == {"target": "-- no-such-command", "connected": False, "steps": []}
    assert ran.code == 3


def test_events_are_the_recording_byte_for_byte_and_can_be_shown(file: Path) -> None:
    ran = mcpwatch("run", "--call", "count n=50", "--events", "-o", str(file), *QUICK)
    assert ran.stdout == file.read_bytes()
    copy = file.with_name("copy.mcpw.jsonl")
    copy.write_bytes(ran.stdout)
    shown = mcpwatch("show", str(copy))
    assert shown.out == mcpwatch("show", str(file)).out
    assert "no footer" not in shown.err
    assert "counted 50" in ran.err, "the live view is on stderr meanwhile"


@pytest.mark.parametrize("name", ["t.mcpw.jsonl.gz", "t.mcpw.jsonl.zst"])
def test_events_of_a_compressed_recording_are_plain_and_complete(name: str, tmp_path: Path) -> None:
    ran = mcpwatch("run", "--list", "--events", "--quiet", "-o", str(tmp_path / name), *QUICK)
    assert ran.stdout == mcpwatch("show", str(tmp_path / name), "--events").stdout
    assert json.loads(ran.stdout.splitlines()[-1])["kind"] == "footer"


def test_events_without_a_recording_are_complete_as_well() -> None:
    ran = mcpwatch("call", "say", "text=hi", "--events", "--quiet", "--no-record", *QUICK)
    kinds = [json.loads(line)["kind"] for line in ran.stdout.splitlines()]
    assert (kinds[0], kinds[-1]) == ("header", "footer")
    assert not ran.err


def test_quiet_leaves_the_result_alone() -> None:
    ran = mcpwatch("call", "say", "text=hi", "--quiet", *QUICK)
    assert (ran.out, ran.err) == ("hi\n", "")
    ran = mcpwatch("run", "--call", "count", "--quiet", *QUICK)
    assert (ran.out, ran.err) == ("", "")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("call", "refuse"), "the shelf is empty (-32050)"),
        (("run", "--call", "fail"), "call fail ended in an error: "),
        (("call", "sample"), "--sampling TEXT"),
        (("call", "hang", "--timeout", "300ms"), "got no answer"),
        (("call", "die"), "exited with code 3"),
        (("call", "sya"), "Did you mean"),
    ],
)
def test_quiet_does_not_keep_quiet_about_why_it_failed(argv: tuple[str, ...], said: str) -> None:
    ran = mcpwatch(*argv, "--quiet", *QUICK)
    assert ran.code != 0
    assert said in ran.err
    assert "used:" not in ran.err


def test_quiet_keeps_the_last_words_of_a_server_that_died() -> None:
    code = "import sys; sys.stdin.readline(); sys.exit('no key in the environment')"
    for argv in (("run", "--list"), ("call", "x")):
        ran = mcpwatch(*argv, "--quiet", "--", sys.executable, "-c", code)
        assert "'s last words:\n  no key in the environment\n" in ran.err


def test_the_end_of_a_server_is_told_once() -> None:
    err = mcpwatch("call", "die", "--quiet", *QUICK).err
    assert err.count("code 3") == 1
    assert "tools/call die #" in err
    assert mcpwatch("call", "hang", "--timeout", "300ms", "-q", *QUICK).err.count("tools/call (#") == 1


def test_verbose_shows_what_is_left_out_otherwise() -> None:
    assert "tools/list" not in mcpwatch("run", "--call", "say text=x", *QUICK).out
    assert "tools/list" in mcpwatch("run", "--call", "say text=x", "--verbose", *QUICK).out


def test_without_a_terminal_and_a_bound_a_run_lists_and_ends() -> None:
    ran = mcpwatch("run", *QUICK)
    assert ran.code == 0
    assert "offers 22 tools · 1 prompt · 1 resource" in ran.out
    assert "  mcpwatch call say text=text -- " in ran.out


def test_what_is_pasteable_names_the_target_as_it_was_given(tmp_path: Path) -> None:
    script = tmp_path / "my server.py"
    script.write_text(Path(QUICK[-1]).read_text())
    ran = mcpwatch("run", str(script))
    assert f"  mcpwatch call '{script}' say text=text\n" in ran.out
