"""`show`: a recording as it was seen live, filtered, raw, as events, cut, compressed, from a pipe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mcpwatch.events import Frame
from tests.cli.running import DEMO, PROGRAM, QUICK, bad, events, mcpwatch

GOLDEN = Path(__file__).parent.parent / "golden"
EVERY_KIND = GOLDEN / "v1-every-kind.mcpw.jsonl"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with a little of everything, recorded once."""
    file = tmp_path_factory.mktemp("recording") / "t.mcpw.jsonl"
    steps = ("--call", "count n=3", "--call", "sample", "--call", "refuse", "--read", "quick://note", "--call", "die")
    mcpwatch("run", *steps, "--sampling", "Paris", "-q", "-o", str(file), *QUICK)
    return file


def without_offer(live: str) -> str:
    """What a run printed, less what it says of its own: what is offered is no event."""
    before, _, rest = live.partition("\noffers ")
    return before + rest[rest.index("\n") :]


def test_a_long_result_says_how_to_see_all_of_it(file: Path) -> None:
    mcpwatch("run", "--call", f"say text={'x' * 9_000}", "-q", "-o", str(file), *QUICK)
    assert "xxx… (+4.9 KiB, -v shows all)\n" in mcpwatch("show", str(file)).out
    assert f'"{"x" * 9_000}"' in mcpwatch("show", str(file), "-v").out


@pytest.mark.parametrize("target", [DEMO, bad("flood", "2000"), bad("junk_lines")], ids=["demo", "flood", "junk"])
def test_it_prints_what_was_printed_live(target: tuple[str, ...], file: Path) -> None:
    demo = (
        "log_levels",
        "progress kind=open",
        "ask_model",
        "ask_person",
        "look_around",
        "chat",
        "grow",
        "touch",
        "noisy",
    )
    calls = [word for name in (*demo, "fail", "fail how=error") for word in ("--call", name)]
    options = calls if target == DEMO else ["--call", "work"]
    ran = mcpwatch("run", *options, "--sampling", "x", "--elicit", "name=Ada", "-o", str(file), *target)
    assert mcpwatch("show", str(file)).out == without_offer(ran.out)


@pytest.mark.parametrize("forced", [{}, {"FORCE_COLOR": "1"}], ids=["plain", "colour"])
def test_colours_are_as_they_were_too(forced: dict[str, str], file: Path) -> None:
    ran = mcpwatch("call", "count", "-o", str(file), *QUICK, env=forced)
    shown = mcpwatch("show", str(file), env=forced).out
    assert ran.err.startswith(shown)


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (("--method", "resources/read"), ["→ resources/read quick://note", "← resources/read quick://note"]),
        (("-m", "resources/*", "--dir", "c2s"), ["→ resources/read quick://note"]),
        (("-m", "resources/read", "--dir", "<"), ["← resources/read quick://note"]),
        (
            ("-m", "sampling/createMessage", "-m", "resources/read", "--type", "response"),
            ["→ sampling", "← resources/read"],
        ),
        (("--type", "error"), ["← tools/call    refuse"]),
        (("--type", "stderr"), ["  stderr      │ out of cheese"]),
        (("--type", "opened", "--type", "closed"), ["● started", "✗ died"]),
        (("--text", "COUNTED 2"), ["← log info      [quick] counted 2"]),
        (("--id", "q1"), ["← sampling", "→ sampling"]),
        (("--until", "0"), []),
        (("--since", "1h"), []),
        (("--link", "other"), []),
        (("--link", "quick", "--type", "stderr"), ["  stderr"]),
    ],
)
def test_a_filter_leaves_the_lines_that_it_is_about(
    recording: Path, options: tuple[str, ...], lines: list[str]
) -> None:
    ran = mcpwatch("show", str(recording), *options)
    assert ran.code == 0
    # Lines that begin with a time; what is below them belongs to them.
    shown = [line[10:] for line in ran.out.splitlines() if line[:8].strip()]
    assert len(shown) == len(lines)
    for line, start in zip(shown, lines, strict=True):
        assert line.startswith(start), line


def test_errors_are_what_went_wrong(recording: Path) -> None:
    shown = mcpwatch("show", str(recording), "--errors").out
    assert "refuse" in shown
    assert "died" in shown
    assert "counted" not in shown
    assert "resources/read" not in shown


def test_filters_see_answers_in_their_context(recording: Path) -> None:
    """What a line says of its request is known although the request was filtered out."""
    (line,) = mcpwatch("show", str(recording), "--type", "error").out.splitlines()
    assert "refuse #" in line


def test_a_number_is_an_id_of_both_kinds_and_a_quoted_one_is_a_string() -> None:
    both = mcpwatch("show", str(EVERY_KIND), "--events", "--id", "7").out.splitlines()
    text = mcpwatch("show", str(EVERY_KIND), "--events", "--id", '"7"').out.splitlines()
    assert {json.dumps(json.loads(line).get("id")) for line in text[1:-1]} <= {'"7"'}
    assert len(text) <= len(both)


@pytest.mark.parametrize(
    ("options", "said"), [(("--dir", "up"), "c2s"), (("--type", "x"), "request"), (("--since", "x"), "10s")]
)
def test_a_filter_that_is_none_is_a_mistake(recording: Path, options: tuple[str, ...], said: str) -> None:
    ran = mcpwatch("show", str(recording), *options)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("name", ["invalid_utf8", "crlf", "unterminated"])
def test_raw_is_what_crossed_the_wire_to_the_byte(name: str, file: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    tool = "log" if name == "invalid_utf8" else "work"
    mcpwatch(
        "run",
        "--era",
        "legacy",
        "--call",
        tool,
        "-q",
        "-o",
        str(file),
        *bad(name),
        env={"MCPWATCH_TEST_TRUTH": str(truth)},
    )
    ran = mcpwatch("show", str(file), "--raw", "--dir", "s2c")
    assert ran.stdout == truth.read_bytes()


def test_raw_has_both_directions_in_order(recording: Path) -> None:
    frames = [event for event in events(recording) if isinstance(event, Frame)]
    assert mcpwatch("show", str(recording), "--raw").stdout == b"".join(frame.data + b"\n" for frame in frames)


def test_events_are_the_file_and_filtered_ones_are_a_smaller_recording(recording: Path, file: Path) -> None:
    assert mcpwatch("show", str(recording), "--events").stdout == recording.read_bytes()
    file.write_bytes(mcpwatch("show", str(recording), "--events", "--method", "tools/call").stdout)
    kept = events(file)
    assert {event.method for event in kept if isinstance(event, Frame)} == {"tools/call"}
    shown = mcpwatch("show", str(file))
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == mcpwatch("show", str(recording), "--method", "tools/call").out
    footer = json.loads(file.read_bytes().splitlines()[-1])
    assert (footer["events"], footer["exit"]) == (len(kept), 3)


def test_raw_and_events_contradict_each_other(recording: Path) -> None:
    assert mcpwatch("show", str(recording), "--raw", "--events").code == 2


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_recording_is_shown_like_a_plain_one(suffix: str) -> None:
    packed = mcpwatch("show", f"{EVERY_KIND}{suffix}", "--verbose")
    assert packed.code == 0
    assert packed.out == mcpwatch("show", str(EVERY_KIND), "--verbose").out


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_what_a_run_writes_can_be_shown_whatever_it_is_called(suffix: str, file: Path) -> None:
    named = Path(f"{file}{suffix}")
    ran = mcpwatch("run", "--call", "count", "-o", str(named), *QUICK)
    assert ran.code == 0
    assert f"recording: {named}" in ran.err
    assert [path.name for path in file.parent.iterdir()] == [named.name]
    assert mcpwatch("show", str(named)).out == without_offer(ran.out)


def test_a_file_that_breaks_off_shows_what_there_is_and_says_so(recording: Path, file: Path) -> None:
    whole = recording.read_bytes()
    file.write_bytes(whole[: whole.rindex(b'"kind":"closed"')])
    ran = mcpwatch("show", str(file))
    assert ran.code == 0
    assert "out of cheese" in ran.out
    assert ran.err == "The recording breaks off in its last line.\n"
    assert mcpwatch("show", str(GOLDEN / "v1-cut.mcpw.jsonl")).err == ran.err


def test_a_file_without_a_footer_says_so(recording: Path, file: Path) -> None:
    file.write_bytes(b"".join(recording.read_bytes().splitlines(keepends=True)[:-1]))
    ran = mcpwatch("show", str(file))
    assert ran.code == 0
    assert ran.out == mcpwatch("show", str(recording)).out
    assert "no footer" in ran.err


def test_a_recording_may_come_through_a_pipe(recording: Path) -> None:
    piped = mcpwatch("show", "-", stdin=recording.read_bytes())
    assert (piped.code, piped.out) == (0, mcpwatch("show", str(recording)).out)


def test_what_a_newer_version_added_is_counted_not_hidden() -> None:
    ran = mcpwatch("show", str(GOLDEN / "v1-foreign.mcpw.jsonl"))
    assert ran.code == 0
    assert "of a kind that this version does not know" in ran.err


def test_nothing_heavy_is_imported_to_show_a_file(recording: Path) -> None:
    heavy = ("mcp", "mcp_types", "textual", "httpx2", "rich", "pydantic")
    code = (
        f"import sys; from mcpwatch.cli import _run; _run(['show', {str(recording)!r}]);"
        f"sys.stderr.write(' '.join(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run([PROGRAM[0], "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_last_part_of_a_method_is_enough_to_name_it(recording: Path) -> None:
    short, long = (mcpwatch("show", str(recording), "-m", name).out for name in ("progress", "notifications/progress"))
    assert short == long and "progress" in short


@pytest.mark.parametrize("how", [(), ("--events",), ("--raw",)], ids=["lines", "events", "raw"])
def test_a_filter_that_nothing_matches_says_what_there_is(how: tuple[str, ...], recording: Path) -> None:
    ran = mcpwatch("show", str(recording), "-m", "nope", *how)
    assert ran.code == 0
    assert ran.err.startswith("Nothing matches. The recording has ")
    assert "3 notifications/progress" in ran.err and "tools/call" in ran.err
    assert "Nothing" not in mcpwatch("show", str(recording), *how).err
    assert "Nothing" not in mcpwatch("show", str(recording), "-m", "progress", *how).err


def test_an_answer_to_nothing_is_among_what_went_wrong(file: Path) -> None:
    mcpwatch("run", "--list", "--record", str(file), *bad("unasked"))
    assert "#4711  answers nothing that was asked" in mcpwatch("show", str(file), "--errors").out


def test_what_only_the_verbose_see_is_counted_where_it_is_all_that_matches(file: Path) -> None:
    mcpwatch("run", "--list", "--era", "legacy", "--record", str(file), *QUICK)
    asked = ("show", str(file), "--type", "notification", "--dir", "c2s")
    ran = mcpwatch(*asked)
    assert (ran.out, ran.err, ran.code) == ("", "1 matches, hidden without -v.\n", 0)
    assert "initialized" in mcpwatch(*asked, "-v").out
    assert mcpwatch(*asked, "-v").err == ""


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("method:tools/call", ("--method", "tools/call")),
        ("method:tools/call dir:s2c", ("-m", "tools/call", "--dir", "s2c")),
        ("err", ("--errors",)),
        ("kind:stderr", ("--type", "stderr")),
        ("t>=0 t<60", ()),
    ],
)
def test_the_words_of_a_filter_say_what_options_say(words: str, options: tuple[str, ...]) -> None:
    file = str(GOLDEN / "v1-session.mcpw.jsonl")
    for how in ((), ("--events",), ("--raw",)):
        filtered, optioned = (mcpwatch("show", file, *how, *given) for given in (("--filter", words), options))
        assert (filtered.out, filtered.code) == (optioned.out, 0)
        assert filtered.out or (how, words) == (("--raw",), "kind:stderr")


def test_a_filter_says_more_than_options_do_and_goes_with_them() -> None:
    file = str(GOLDEN / "v1-session.mcpw.jsonl")
    slow = mcpwatch("show", file, "--filter", "method:tools/call ms>100 -Atlantis")
    assert [line.split()[1:4] for line in slow.out.splitlines()] == [["←", "tools/call", "forecast"]]
    assert "260 ms" in slow.out
    assert mcpwatch("show", file, "--filter", "ms>100", "--dir", "s2c", "--method", "tools/call").out == slow.out
    nothing = mcpwatch("show", file, "--filter", "ms>100", "--dir", "c2s")
    assert (nothing.out, nothing.code) == ("", 0) and "Nothing matches" in nothing.err


@pytest.mark.parametrize(
    ("words", "said"),
    [("bogus:x", "there is no bogus:"), ("ms>abc", "ms>abc is no number"), ("kind:stdr", "did you mean stderr?")],
)
def test_a_filter_that_is_none_is_said(words: str, said: str) -> None:
    ran = mcpwatch("show", str(EVERY_KIND), "--filter", words)
    assert ran.code == 2
    assert said in ran.err


def test_a_summary_says_what_was_so_at_the_end_or_at_a_time(recording: Path) -> None:
    summed = mcpwatch("show", str(recording), "--summary")
    assert summed.out.splitlines()[0].startswith("quick  ended after ")
    assert "  server            quick 1" in summed.out.splitlines()
    (state,) = mcpwatch("show", str(recording), "--summary", "--json").json
    assert (state["link"], state["open"], state["identity"]["name"]) == ("quick", False, "quick")
    (call,) = (one for one in state["stats"] if (one["method"], one["name"]) == ("tools/call", "count"))
    assert (call["dir"], call["count"], call["errors"], call["p50"] == call["p99"]) == ("c2s", 1, 0, True)
    assert mcpwatch("show", str(recording), "--summary", "--json", "--until", "0").json == []
    assert mcpwatch("show", str(recording), "--summary", "--link", "other").code == 2
    assert mcpwatch("show", str(recording), "--summary", "--raw").code == 2
    assert mcpwatch("show", str(recording), "--json").code == 2
