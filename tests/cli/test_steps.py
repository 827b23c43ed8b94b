"""Steps: every kind, in the order in which they were written, and how long a run stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.events import Frame
from tests.cli.running import DEMO, QUICK, events, mcpwatch


def asked(file: Path) -> list[tuple[str | None, str | None]]:
    """What the user sent, in order: method and name."""
    sent = [event for event in events(file) if isinstance(event, Frame) and event.by == "user"]
    return [(frame.method, frame.name) for frame in sent if frame.method != "notifications/cancelled"]


def test_steps_keep_their_order_across_different_options(file: Path) -> None:
    steps = (
        *("--read", "quick://note"),
        *("--call", "say text=1", "--sampling", "--call"),  # the value of an option that looks like a step
        *("--prompt", "greet who=Ada", "--call=count n=1"),
        *("--notify", "x/y {}", "--read", "quick://note", "--list"),
        *("--request", "x/add {}", "--subscribe", "quick://note", "--complete", "greet who=A"),
    )
    assert mcpwatch("run", *steps, "-o", str(file), *QUICK).code == 0
    lists = {("tools/list", None), ("prompts/list", None), ("resources/list", None), ("resources/templates/list", None)}
    found = asked(file)
    assert set(found[6:10]) == lists
    assert found[:6] + found[10:] == [
        ("resources/read", "quick://note"),
        ("tools/call", "say"),
        ("prompts/get", "greet"),
        ("tools/call", "count"),
        ("x/y", None),
        ("resources/read", "quick://note"),
        ("x/add", None),
        ("resources/subscribe", "quick://note"),
        ("completion/complete", "greet"),
    ]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_every_kind_of_step_works_on_the_demo_server(era: str, file: Path) -> None:
    steps = (
        *("--call", "weather city=Oslo"),
        *("--call", 'weather {"city": "Lima"}'),
        *("--read", "demo://cities/lagos"),
        *("--prompt", "compare one=Lisbon other=Oslo"),
        *("--complete", "compare tone=k"),
        *("--complete", "demo://cities/{city} city=l"),
        *("--subscribe", "demo://counter"),
        *("--call", "touch"),
        *("--request", 'tools/call {"name": "touch", "arguments": {}}'),
        *("--notify", 'x/y {"a": 1}'),
    )
    ran = mcpwatch("run", "--era", era, *steps, "--json", "-o", str(file), *DEMO)
    assert ran.code == 0
    assert ran.json["era"] == era
    results = [step.get("result", {}) for step in ran.json["steps"]]
    assert results[0]["structuredContent"]["celsius"] == -3.0
    assert results[1]["structuredContent"]["sky"] == "mist"
    assert "thunder" in results[2]["contents"][0]["text"]
    assert "Lisbon or Oslo" in results[3]["messages"][0]["content"]["text"]
    assert results[4]["completion"]["values"] == ["kind"]
    assert results[5]["completion"]["values"] == ["Lagos", "Lima", "Lisbon", "London"]
    assert results[7]["content"][0]["text"] == "The counter is at 1."
    assert results[8]["content"][0]["text"] == "The counter is at 2."
    updates = [event for event in events(file) if getattr(event, "method", "") == "notifications/resources/updated"]
    assert len(updates) == 2


def test_values_are_read_by_the_tools_schema_unless_they_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("from a file")
    steps = ("--call", "say text=7", "--call", "say text:='\"7\"'", "--call", "say text=@text.txt")
    document = mcpwatch("run", *steps, "--json", *QUICK, cwd=tmp_path).json
    assert [step["result"]["content"][0]["text"] for step in document["steps"]] == ["7", "7", "from a file"]


def test_a_step_may_name_its_link() -> None:
    ran = mcpwatch("run", "--call", "one:say text=hi", "--json", f"one={QUICK[-1]}")
    assert ran.json["steps"][0]["result"]["content"][0]["text"] == "hi"


def test_a_mistake_in_a_later_step_is_found_before_anything_is_started(file: Path) -> None:
    ran = mcpwatch("run", "--call", "say text=1", "--complete", "greet", "-o", str(file), *QUICK)
    assert ran.code == 2
    assert not file.exists()


def test_list_comes_first_and_ends_with_calls_to_paste_and_other_steps_do_not() -> None:
    assert "call one\n" in mcpwatch("run", "--list", *QUICK).out
    assert "call one\n" not in mcpwatch("run", "--call", "count", *QUICK).out


@pytest.mark.parametrize("steps", [(), ("--call", "count")], ids=["no steps", "a step"])
@pytest.mark.parametrize("bound", [("--for", "400ms"), ("--until-idle", "200ms")], ids=lambda one: one[0])
def test_a_bounded_run_stays_until_its_bound(steps: tuple[str, ...], bound: tuple[str, str], file: Path) -> None:
    ran = mcpwatch("run", *steps, *bound, "-o", str(file), *QUICK)
    assert ran.code == 0
    found = events(file)
    silence = found[-1].t - found[-2].t
    assert silence >= 0.15 if bound[0] == "--until-idle" else found[-1].t >= 0.4


def test_idle_means_that_nothing_comes_not_that_nothing_is_asked(file: Path) -> None:
    ran = mcpwatch("run", "--call", "count n=20", "--until-idle", "100ms", "--for", "60s", "-o", str(file), *QUICK)
    assert ran.code == 0
    assert "counted 20" in ran.out


def test_a_run_ends_when_its_server_does(tmp_path: Path) -> None:
    script = tmp_path / "ends.py"
    ending = '    if method == "resources/read":\n            sys.exit(0)\n        '
    script.write_text(
        Path(QUICK[-1]).read_text().replace('    if method == "tools/call":', ending + 'if method == "tools/call":')
    )
    ran = mcpwatch("run", "--for", "60s", "--read", "quick://note", "--", QUICK[1], str(script))
    assert ran.code == 3
    assert "never answered" in ran.err


def test_env_and_cwd_reach_the_server(tmp_path: Path) -> None:
    ran = mcpwatch("call", "env", "name=COLOUR", "--env", "COLOUR=red=blue", *QUICK)
    assert ran.out == "red=blue\n"
    assert mcpwatch("call", "cwd", "--cwd", str(tmp_path), *QUICK).out == f"{tmp_path.resolve()}\n"


def test_the_log_level_is_asked_for(file: Path) -> None:
    mcpwatch("run", "--list", "--log-level", "error", "-q", "-o", str(file), *QUICK)
    (level,) = [
        event
        for event in events(file)
        if isinstance(event, Frame) and event.method == "logging/setLevel" and event.dir == "c2s"
    ]
    assert level.params == {"level": "error"}


def test_a_step_that_cannot_be_done_ends_the_steps_and_those_that_are_left_are_named() -> None:
    steps = ("--call", "say text=1", "--call", "nope", "--read", "quick://note", "--call", "count n=1")
    ran = mcpwatch("run", *steps, *QUICK)
    assert ran.code == 2
    assert "not done: read quick://note · call count\n" in ran.err
    document = mcpwatch("run", *steps, "--json", *QUICK).json
    assert [(step["subject"], step.get("done", True)) for step in document["steps"]] == [
        ("say", True),
        ("nope", False),
        ("quick://note", False),
        ("count", False),
    ]


def test_a_step_that_is_answered_with_an_error_ends_nothing() -> None:
    ran = mcpwatch("run", "--request", "x/nope", "--read", "quick://note", *QUICK)
    assert ran.code == 1
    assert "not done" not in ran.err
    assert "resources/read" in ran.out


def test_steps_that_for_ends_before_are_named_and_the_server_is_told_why(file: Path) -> None:
    ran = mcpwatch("run", "--call", "hang", "--read", "quick://note", "--for", "0.5s", "-o", str(file), *QUICK)
    assert ran.code == 5
    assert "not done: call hang · read quick://note\n" in ran.err
    (cancelled,) = [one for one in events(file) if isinstance(one, Frame) and one.method == "notifications/cancelled"]
    assert cancelled.message["params"]["reason"] == "the time of --for is over"


@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["live", "quiet"])
def test_a_method_that_the_server_does_not_know_gets_the_nearest_one_of_the_protocol(quiet: tuple[str, ...]) -> None:
    ran = mcpwatch("run", "--request", "tool/list", *quiet, *QUICK)
    assert "hint: There is no method 'tool/list'. Did you mean 'tools/list'?\n" in ran.err


def test_with_steps_what_is_offered_is_counted_unless_it_is_asked_for() -> None:
    step = ("--call", "say text=1")
    brief, listed = mcpwatch("run", *step, *QUICK).out, mcpwatch("run", "--list", *step, *QUICK).out
    assert " tools · 1 prompt · 1 resource" in brief and "(--list names them)" in brief
    assert "\ntools\n" not in brief
    assert "\ntools\n" in listed and "--list names them" not in listed


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("server.py", "--call", "bake", "loaves=1"), "--call 'bake loaves=1'"),
        (("server.py", "--call", "bake a=1", "b:=2"), "--call 'bake a=1 b:=2'"),
        (("--prompt", "greet", "name=A B", "--", "srv"), """--prompt 'greet '"'"'name=A B'"'"''"""),
    ],
)
def test_the_arguments_of_a_step_that_were_not_quoted_are_told_as_one_word(argv: tuple[str, ...], hint: str) -> None:
    ran = mcpwatch("run", *argv)
    assert ran.code == 2
    assert ran.err.endswith(f"hint: A step is one word for the shell: {hint}\n")


def test_several_targets_are_told_by_the_first_that_is_none() -> None:
    assert "no file server.py" in mcpwatch("run", "server.py", "other.py", "--call", "bake").err
