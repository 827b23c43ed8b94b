from __future__ import annotations

from typing import Any

import pytest

from tests.model.story import META, MODERN, Story


def hinted(story: Story) -> list[str]:
    return [hint.id for hint in story.timeline.hints]


def fail(story: Story, text: str, *, id: int = 1, link: str = "server") -> None:
    story.call(id=id, link=link)
    story.result({"isError": True, "content": [{"type": "text", "text": text}]}, id=id, link=link)


NO_CHANNEL = (
    "Cannot send 'sampling/createMessage': this transport context has no back-channel for server-initiated requests."
)


def test_a_push_on_a_modern_link_says_to_run_with_the_legacy_era() -> None:
    story = Story().modern()
    fail(story, f"Error executing tool work: {NO_CHANNEL}")
    (hint,) = story.timeline.hints
    assert (hint.id, hint.link, hint.seq) == ("push-on-modern", "server", len(story.events))
    assert hint.command == "mcpwatch run --era legacy -- python 'my server.py'"


def test_a_push_that_fails_as_an_error_response_is_recognised_too() -> None:
    story = Story().modern(target={"url": "https://example.com/mcp?a=1&b=2"})
    story.call()
    story.error(NO_CHANNEL)
    (hint,) = story.timeline.hints
    assert hint.command == "mcpwatch run 'https://example.com/mcp?a=1&b=2' --era legacy"


@pytest.mark.parametrize("what", ["sampling", "elicitation", "roots"])
def test_a_missing_capability_is_named_on_a_legacy_link(what: str) -> None:
    story = Story().legacy()
    fail(story, f"Client does not support {what}")
    assert hinted(story) == [f"no-{what}"]


def test_a_missing_capability_on_a_modern_link_means_the_era() -> None:
    story = Story().modern()
    fail(story, "Client does not support sampling")
    assert hinted(story) == ["push-on-modern"]


def test_fastmcp_four_has_no_ctx_sample() -> None:
    story = Story().modern()
    fail(story, "Error calling tool 'x': 'Context' object has no attribute 'sample'")
    assert hinted(story) == ["no-ctx-sample"] and story.timeline.hints[0].command is None


def test_fastmcp_four_has_no_ctx_list_roots() -> None:
    story = Story().modern()
    fail(story, "Error calling tool 'x': 'Context' object has no attribute 'list_roots'")
    assert hinted(story) == ["no-ctx-roots"]


def test_an_elicitation_of_fastmcp_four_on_a_modern_link_means_the_era() -> None:
    story = Story().modern()
    fail(story, "elicitation via server-initiated requests is unavailable on 2026-07-28 connections.")
    (hint,) = story.timeline.hints
    assert (hint.id, hint.option) == ("push-on-modern", "--era legacy")


def test_a_result_that_wants_input_on_a_legacy_link_means_the_other_era() -> None:
    story = Story().legacy()
    story.call()
    story.error(
        "Tool 'x' returned an InputRequiredResult to request client input, but the multi-round-trip result type "
        "(SEP-2322) only exists at MCP 2026-07-28; this connection negotiated '2025-11-25'."
    )
    (hint,) = story.timeline.hints
    assert (hint.id, hint.option) == ("input-on-legacy", "--era modern")


def test_a_hint_is_given_once_per_link() -> None:
    story = Story().modern("alpha").modern("beta")
    for id in (1, 2):
        fail(story, NO_CHANNEL, id=id, link="alpha")
        fail(story, NO_CHANNEL, id=id, link="beta")
    assert [(hint.link, hint.id) for hint in story.timeline.hints] == [
        ("alpha", "push-on-modern"),
        ("beta", "push-on-modern"),
    ]


def test_the_same_words_in_a_good_result_are_no_hint() -> None:
    story = Story().modern()
    story.call()
    story.result({"content": [{"type": "text", "text": NO_CHANNEL}]})
    assert hinted(story) == []


def test_a_missing_token_is_a_hint_in_a_proxy_only() -> None:
    story = Story().legacy("client").legacy("proxy", mode="proxy")
    story.call(link="client")
    story.call(link="proxy", token=0)
    assert hinted(story) == []
    story.call(link="proxy", id=2)
    assert hinted(story) == ["no-token"] and story.timeline.hints[0].command is None


def test_in_a_proxy_there_is_no_command_to_run_again() -> None:
    story = Story().modern(mode="proxy")
    story.call(token=1)
    story.error(NO_CHANNEL)
    assert [(hint.id, hint.command) for hint in story.timeline.hints] == [("push-on-modern", None)]


def test_logs_below_the_level_count_only_once_the_server_knows_the_level() -> None:
    story = Story().legacy()
    story.log("debug")
    story.request("logging/setLevel", {"level": "warning"}, id=5)
    story.log("debug")
    story.result({}, id=5)
    story.log("warning")
    story.log("loud")
    assert hinted(story) == []
    story.log("info")
    assert hinted(story) == ["below-level"]


def test_a_level_in_a_requests_meta_counts_at_once() -> None:
    story = Story().modern()
    story.call(more={"_meta": {**MODERN, META + "logLevel": "error"}})
    story.log("info")
    assert hinted(story) == ["below-level"]


def test_junk_is_a_hint_on_stdout_and_not_over_http() -> None:
    story = Story().legacy("web", transport="http").legacy("server")
    story.invalid(b"<html>", link="web")
    assert hinted(story) == []
    story.invalid(b"Starting up...")
    assert hinted(story) == ["junk"]


@pytest.mark.parametrize(
    ("times", "end", "expected"),
    [
        ([5.0, 5.001, 5.002], 5.005, ["unflushed"]),
        ([4.0, 5.001, 5.002], 5.005, []),
        ([5.001, 5.002], 5.005, []),
        ([0.15, 0.151, 0.152], 0.153, []),
    ],
)
def test_progress_that_all_comes_with_the_result_was_held_back(times: list[float], end: float, expected: Any) -> None:
    story = Story().legacy()
    story.call(token=1, at=0.0)
    for n, t in enumerate(times):
        story.progress(1, n, at=t)
    story.result({}, at=end)
    assert hinted(story) == expected


@pytest.mark.parametrize(
    ("method", "params", "id", "option"),
    [
        ("sampling/createMessage", {}, "waits-sampling", "--sampling TEXT"),
        ("elicitation/create", {}, "waits-elicitation", "--elicit accept"),
        ("elicitation/create", {"mode": "url"}, "waits-elicitation-url", "--elicit-url"),
        ("roots/list", {}, "waits-roots", "--root DIR"),
        ("x/custom", {}, "waits-answer", "--answers FILE.yaml"),
    ],
)
def test_a_wait_for_our_answer_names_the_option_that_gives_it(method: str, params: Any, id: str, option: str) -> None:
    story = Story().legacy()
    asked = story.ask(method, params)
    assert hinted(story) == []
    story.note("waiting", asked)
    (hint,) = story.timeline.hints
    assert hint.id == id and hint.command == f"mcpwatch run {option} -- python 'my server.py'"


def test_a_call_that_is_given_up_while_its_question_waits_names_the_option_too() -> None:
    story = Story().legacy()
    story.call(id=1)
    story.ask("sampling/createMessage", id=1)
    story.tell("notifications/cancelled", {"requestId": 1}, dir="c2s")
    assert hinted(story) == ["waits-sampling"]


def test_while_somebody_thinks_about_the_answer_there_is_no_hint_about_giving_one() -> None:
    story = Story().legacy()
    asked = story.ask("sampling/createMessage", {})
    story.note("waiting", asked, thinking=True)
    assert hinted(story) == []


def test_without_a_known_target_there_is_a_hint_and_no_command() -> None:
    story = Story().modern(target={})
    fail(story, NO_CHANNEL)
    assert [(hint.id, hint.command) for hint in story.timeline.hints] == [("push-on-modern", None)]


def test_nothing_is_waited_for_once_it_was_answered() -> None:
    story = Story().legacy()
    story.ask("ping", id=1)
    story.ask("roots/list", id=2)
    story.result({"roots": []}, id=2, dir="c2s")
    story.note("waiting")
    story.closed()
    assert hinted(story) == []


def test_a_server_that_never_said_anything_is_silent() -> None:
    story = Story()
    story.opened()
    story.request("initialize", {}, id=0)
    assert hinted(story) == []
    story.note("waiting")
    assert hinted(story) == ["silent"]


def test_a_server_that_crashed_is_not_called_silent() -> None:
    story = Story()
    story.opened()
    story.request("initialize", {}, id=0)
    story.closed(reason="exit", code=1)
    assert hinted(story) == []


def test_a_server_that_was_silent_until_it_had_to_be_ended_is_silent() -> None:
    story = Story()
    story.opened()
    story.request("initialize", {}, id=0)
    story.closed(reason="closed", signal="SIGTERM")
    assert hinted(story) == ["silent"]


@pytest.mark.parametrize("stderr_first", [True, False])
def test_what_a_refused_probe_left_on_stderr_is_said_to_be_ours(stderr_first: bool) -> None:
    story = Story()
    story.opened()
    story.request("server/discover", {}, id=1, by="mcpwatch")
    said = b"WARNING: validation errors, input_value='server/discover'\n"
    for comes in (stderr_first, not stderr_first):
        assert hinted(story) == []
        if comes:
            story.stderr(said)
        else:
            story.error("Invalid request", id=1)
    assert hinted(story) == ["probe-on-stderr"]


def test_a_server_that_takes_the_probe_may_log_it() -> None:
    story = Story()
    story.opened()
    story.request("server/discover", {}, id=1, by="mcpwatch")
    story.stderr(b"got server/discover\n")
    story.result({"supportedVersions": ["2026-07-28"]}, id=1)
    assert hinted(story) == []
