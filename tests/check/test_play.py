"""Playing: every kind of step, against a server that really runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpwatch.errors import ExitCode, UsageError
from tests.check.playing import HEAD, play, said, statuses
from tests.check.reading import QUICK

pytestmark = pytest.mark.anyio


async def test_every_kind_of_step_is_done_in_its_order(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - list: tools
    expect: { includes: [say, { name: say, inputSchema: { required: [text] } }], excludes: [nonesuch], count: ">5" }
  - call: say
    args: { text: hello }
    expect: { ok: true, text: { equals: hello }, result: { content: [ { type: text } ] }, within: 20s }
  - call: data
    expect: { data: { city: Oslo, celsius: "<0" } }
  - read: quick://note
    expect: { text: milk }
  - prompt: greet
    args: { who: Ada }
    expect: { text: Say hello }
  - complete: greet
    argument: { who: A }
    expect: { includes: [Ada], equals: [Ada], count: 1 }
  - subscribe: quick://note
  - request: x/add
    params: { a: 1 }
    expect: { data: { sum: 3 } }
  - notify: notifications/x
    params: { a: 1 }
  - pause: 1ms
  - list: prompts
    expect: { equals: [greet] }
""",
    )
    assert said(ran) == []
    assert ran.exit == ExitCode.OK
    assert len(ran.verdicts) == 11


async def test_a_step_that_ends_in_an_error_fails_unless_that_is_expected(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { call: fail, name: unexpected, continue: true }
  - { call: fail, name: expected, expect: { ok: false, text: not work } }
  - { call: refuse, name: by code, expect: { error: { code: -32050, message: shelf, data: { shelf: 3 } } } }
  - { call: refuse, name: by words, expect: { ok: false } }
  - { call: say, args: { text: a }, name: too good, expect: { ok: false }, continue: true }
  - { call: fail, name: another error, expect: { error: { code: 1 } }, continue: true }
  - { call: refuse, name: another code, expect: { error: { code: 1, message: full } } }
""",
    )
    assert statuses(ran) == {
        "unexpected": "failed",
        "expected": "ok",
        "by code": "ok",
        "by words": "ok",
        "too good": "failed",
        "another error": "failed",
        "another code": "failed",
    }
    assert said(ran)[0] == "it ended in isError: it did not work"
    assert "ended well" in said(ran)[1]
    assert said(ran)[-2:] == [
        "error.code: expected 1, got -32050",
        'error.message: "full" is not in "the shelf is empty"',
    ]
    assert ran.exit == ExitCode.FINDING


async def test_after_a_step_that_failed_the_others_are_skipped(tmp_path: Path) -> None:
    ran, played = await play(tmp_path, "steps: [ { call: fail }, { call: data } ]\nexpect: { unanswered: 0 }")
    assert [verdict.status for verdict in ran.verdicts] == ["failed", "skipped"]
    assert not played.results[1].failed


async def test_what_a_step_saved_is_there_for_the_next_ones(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { call: data, save: first }
  - call: say
    args: { text: "${first.result.structuredContent}" }
    expect: { result: { content: [ { text: { city: Oslo } } ] } }
  - call: say
    args: { text: "${first.data.city} is at ${first.data.celsius}" }
    expect: { text: "Oslo is at -3.0" }
  - { list: prompts, save: listed }
  - { call: say, args: { text: "${listed.names[0]}" }, expect: { text: "${listed.names[0]}" } }
  - { call: say, args: { text: "${first.data.wind}" } }
""",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok"] * 5 + ["failed"]
    assert "there is no 'wind' in first.data" in said(ran)[-1]
    assert ran.verdicts[-1].messages[0].startswith(f"{tmp_path / 't.mcpw.yaml'}:")


async def test_progress_and_logs_are_those_of_the_step(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - call: count
    args: { n: 4 }
    expect:
      progress: { count: 4, complete: true, total: 4, last: 4, rising: true }
      logs: [ { count: 4 }, { level: info, logger: quick, data: counted 3, count: 1 }, { level: ">=error", count: 0 } ]
      notifications: { method: "notifications/pro*", count: 4 }
  - call: count
    args: { n: 2 }
    expect:
      progress: { count: 3, complete: false, message: x }
      logs: { data: counted 3 }
""",
    )
    assert ran.verdicts[0].status == "ok", said(ran)
    assert said(ran) == [
        "progress.count: expected 3, got 2",
        "progress.complete: expected false, it reached 2 of 2",
        'progress.message: "x" is not among []',
        'logs with data "counted 3": expected >=1, got 0; there was "counted 1", "counted 2" (line 16)',
    ]


async def test_a_wait_takes_what_came_since_the_step_before_it_began(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { call: count, args: { n: 2 } }
  - { wait: notifications/message, params: { data: counted 1 }, save: heard }
  - { wait: "notifications/*", params: { data: { contains: counted } }, within: 5s }
  - { call: say, args: { text: "${heard.params.data}" }, expect: { text: counted 1 } }
  - { wait: notifications/message, params: { data: counted 1 }, within: 10ms, continue: true }
  - { call: count, args: { n: 1 } }
  - { wait: notifications/message, params: { data: counted 2 }, within: 10ms }
""",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "ok", "ok", "ok", "failed", "ok", "failed"]
    assert said(ran) == [
        "notifications/message did not come within 0.01 s",
        "notifications/message did not come within 0.01 s; 1 came with other parameters: "
        'params.data: expected "counted 2", got "counted 1"',
    ]


@pytest.mark.parametrize("when", ["after: 10ms", "after: 0.01"])
async def test_a_request_is_cancelled_after_a_while(tmp_path: Path, when: str) -> None:
    ran, played = await play(
        tmp_path, f"steps: [ {{ call: hang, cancel: {{ {when} }}, expect: {{ logs: {{ data: thinking }} }} }} ]"
    )
    assert said(ran) == []
    assert played.results[0].came is not None
    assert played.results[0].came.cancelled


async def test_a_request_that_ends_before_it_is_cancelled_is_a_finding(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "steps: [ { call: data, cancel: { at_progress: 3 } } ]")
    assert said(ran) == ["it ended before it was cancelled at progress message 3"]


async def test_a_request_is_cancelled_at_the_nth_progress_message(tmp_path: Path) -> None:
    ran, played = await play(
        tmp_path,
        """
steps:
  - call: work
    args: { label: a, n: 100, seconds: 20 }
    cancel: { at_progress: 2 }
    expect: { progress: { count: ">=2", complete: false } }
""",
        head="mcpwatch: 1\ntarget: demo\n",
    )
    assert said(ran) == []
    exchange = played.results[0].came and played.results[0].came.exchange
    assert exchange is not None
    assert exchange.state == "cancelled"


async def test_what_takes_longer_than_is_expected_is_given_up(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "steps: [ { call: hang, expect: { within: 50ms } } ]")
    assert said(ran) == ["it was not done within 50ms"]
    assert ran.exit == ExitCode.FINDING


async def test_a_time_out_is_no_answer_and_has_its_own_exit_code(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "timeout: 50ms\nsteps: [ { call: hang, expect: { ok: false } }, { call: data } ]")
    assert "got no answer within 0.05 s" in said(ran)[0]
    assert ran.exit == ExitCode.TIMEOUT


@pytest.mark.parametrize(
    ("method", "said_first"),
    [("x", "notifications x: expected 1, got 0"), ("notifications/x", "notifications/x: expected 1, got 0")],
)
async def test_what_was_counted_is_said_to_be_notifications(tmp_path: Path, method: str, said_first: str) -> None:
    text = f"steps: [ {{ call: data, expect: {{ notifications: [ {{ method: {method}, count: 1 }} ] }} }} ]"
    ran, _ = await play(tmp_path, text)
    assert said(ran) == [said_first]


async def test_a_server_that_dies_ends_its_script(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "steps: [ { call: die, continue: true }, { call: data } ]")
    assert said(ran) == ["The server exited with code 3.", "quick said: out of cheese"]
    assert [verdict.status for verdict in ran.verdicts] == ["failed", "skipped"]
    assert ran.exit == ExitCode.CONNECT


async def test_steps_that_run_together_are_judged_each_by_its_own(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - together:
      - { call: "a:work", args: { label: x, n: 2, seconds: 0.05 }, expect: { progress: { count: 2 }, text: x is done } }
      - { call: "b:work", args: { label: y, n: 3, seconds: 0.05 }, expect: { progress: { count: 3 }, text: y is done } }
      - { call: "a:work", args: { label: z, n: 4, seconds: 0.05 }, expect: { progress: { count: 5 } }, save: last }
    expect: { within: 20s }
""",
        head="mcpwatch: 1\ntargets: { a: demo, b: { target: demo, era: legacy } }\n",
    )
    assert said(ran) == ["progress.count: expected 5, got 4"]
    assert [(verdict.status, verdict.depth) for verdict in ran.verdicts] == [
        ("failed", 0),
        ("ok", 1),
        ("ok", 1),
        ("failed", 1),
    ]


async def test_rules_answer_and_what_was_asked_can_be_expected(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
answers:
  - { sampling: France, text: Paris }
  - { elicitation: travels, accept: { name: Ada } }
steps:
  - call: sample
    expect:
      text: Paris
      asked: [ { sampling: { text: Capital, maxTokens: "<=10", tool: sample }, rule: "yaml:6" } ]
  - call: sample
    answers: [ { sampling: {}, text: Rome } ]
    expect: { text: Rome, asked: 1 }
  - { call: form, expect: { text: Ada, asked: [ { elicitation: { fields: [name] }, answer: { action: accept } } ] } }
  - { call: data, expect: { asked: [] } }
  - { call: sample, expect: { asked: [ { sampling: { maxTokens: ">100" } }, { elicitation: {} } ] }, continue: true }
  - { call: sample, expect: { asked: 2 } }
""",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "ok", "ok", "ok", "failed", "failed"], said(ran)
    assert said(ran) == [
        'asked: no sampling {"maxTokens": ">100"}; nearest: maxTokens: expected >100, got 10',
        "asked: no elicitation; it asked: sampling/createMessage",
        "asked: expected 2, got 1; it asked: sampling/createMessage",
    ]


async def test_a_question_without_an_answer_fails_the_script(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "steps: [ { call: sample } ]")
    assert ran.exit == ExitCode.UNANSWERED
    assert said(ran) == ["sampling/createMessage had no answer: add a rule to the script's answers"]
    ran, _ = await play(tmp_path, "steps: [ { call: sample } ]\nexpect: { unanswered: 1, asked: [ { sampling: {} } ] }")
    assert ran.exit == ExitCode.OK
    ran, _ = await play(tmp_path, "steps: [ { call: data } ]\nexpect: { unanswered: 1 }")
    assert said(ran) == ["unanswered: expected 1, got 0"]


async def test_a_rule_that_was_never_needed_is_named(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "answers: [ { sampling: x, text: y } ]\nsteps: [ { call: data } ]")
    assert ran.exit == ExitCode.OK
    assert len(ran.unused) == 1
    assert "never matched" in ran.unused[0]


async def test_a_rule_that_does_not_fit_its_question_is_a_usage_error(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path, "answers: [ { elicitation: {}, accept: { seats: lots } } ]\nsteps: [ { call: form } ]"
    )
    assert ran.exit == ExitCode.USAGE
    assert any("t.mcpw.yaml:4:" in message for message in said(ran))


async def test_roots_are_relative_to_the_script(tmp_path: Path) -> None:
    (tmp_path / "fixtures").mkdir()
    ran, _ = await play(tmp_path, "roots: [ fixtures ]\nsteps: [ { call: roots, expect: { text: /fixtures } } ]")
    assert said(ran) == []


async def test_the_session_as_a_whole_can_be_held_to_something(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps: [ { call: count, args: { n: 2 } } ]
expect: { logs: { level: info, count: 2 }, notifications: { method: notifications/message, count: 3 }, stderr: words }
""",
    )
    assert said(ran) == [
        'notifications/message: expected 3, got 2: {"level": "info", "logger": "quick", "data": "counted 1"}, '
        '{"level": "info", "logger": "quick", "data": "counted 2"}',
        'stderr: "words" is not in ""',
    ]
    assert ran.verdicts[-1].name == "expect"


async def test_what_is_not_offered_is_asked_for_all_the_same(tmp_path: Path) -> None:
    ran, _ = await play(tmp_path, "steps: [ { call: nonesuch, expect: { error: { message: Unknown tool } } } ]")
    assert said(ran) == []


async def test_a_variable_that_is_not_set_stops_everything_before_a_server_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "steps: [ { call: say, args: { text: '${NOT_SET_HERE}' } } ]"
    with pytest.raises(UsageError, match=r":4:37: \$\{NOT_SET_HERE\}: the environment variable is not set"):
        await play(tmp_path, text)
    monkeypatch.setenv("NOT_SET_HERE", "hello")
    ran, _ = await play(tmp_path, text.replace("} } ]", "}, expect: { text: hello } } ]"))
    assert said(ran) == []


async def test_a_list_that_is_not_as_expected_says_what_came_and_went(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { list: prompts, expect: { equals: [greet, bye] }, continue: true }
  - { list: prompts, expect: { includes: [bye] }, continue: true }
  - { list: prompts, expect: { includes: [ { name: greet, title: Hello } ] }, continue: true }
  - { list: prompts, expect: { excludes: [greet], count: 2 }, continue: true }
  - { list: templates, expect: { equals: [], count: 0 } }
""",
        head=HEAD,
    )
    assert said(ran) == [
        "prompts: bye missing",
        "prompts: bye is not there; there is greet",
        'prompts: greet: title: expected "Hello", but it is not there (there is name, arguments)',
        "prompts: greet is there",
        "count of prompts: expected 2, got 1",
    ]


async def test_a_step_without_a_link_is_for_the_first_and_a_wait_for_any(tmp_path: Path) -> None:
    ran, played = await play(
        tmp_path,
        """
steps:
  - { list: tools, expect: { includes: [weather] } }
  - { call: "quick:count", args: { n: 1 } }
  - { wait: notifications/message, params: { data: counted 1 }, within: 10s }
  - { wait: notifications/message, link: demo, within: 10ms }
""",
        head=f"mcpwatch: 1\ntargets: {{ demo: demo, quick: {{ target: {QUICK}, era: legacy }} }}\n",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "ok", "ok", "failed"], said(ran)
    assert [result.came and result.came.link for result in played.results] == ["demo", "quick", "", "demo"]


DEMO = "mcpwatch: 1\ntarget: demo\nanswers: [ { sampling: , text: hi } ]\n"


async def test_what_is_expected_can_be_what_came_before_as_a_number_or_as_a_text(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { list: tools, save: before }
  - { list: tools, expect: { count: "${before.count}" } }
  - { list: tools, expect: { count: ">${before.count}" }, continue: true }
  - { call: say, args: { text: "${before.count} of them" }, expect: { text: "${before.count}" } }
  - { list: tools, expect: { count: "${TWO:-2}" }, continue: true }
  - { call: say, args: { text: x }, expect: { text: "${before.rows}" } }
""",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "ok", "failed", "ok", "failed", "failed"]
    assert "expected a text or a mapping, not a list" in said(ran)[-1]
    assert ran.exit == ExitCode.USAGE


async def test_a_question_is_not_taken_for_what_another_expectation_needs(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { call: ask_model, args: { question: one } }
  - { call: ask_model, args: { question: two } }
expect:
  asked: [ { sampling: {} }, { sampling: one }, { request: sampling/createMessage, count: 2 } ]
""",
        head=DEMO,
    )
    assert said(ran) == []


async def test_what_took_too_long_together_is_given_up(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        "steps: [ { together: [ { call: hang }, { call: data } ], expect: { within: 300ms } } ]",
    )
    assert said(ran) == ["it was not done within 300ms"]
    assert [verdict.status for verdict in ran.verdicts] == ["failed", "skipped", "ok"]


async def test_a_step_that_failed_is_saved_as_such(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
timeout: 200ms
steps:
  - { call: hang, save: late, continue: true }
  - { call: say, args: { text: "it is ${late.ok}" }, expect: { text: it is false } }
""",
    )
    assert ran.exit == ExitCode.TIMEOUT
    assert [verdict.status for verdict in ran.verdicts] == ["failed", "ok"]


async def test_what_cannot_be_filled_in_is_the_steps_own_error_and_the_rest_is_skipped(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path,
        """
steps:
  - { call: data, save: first }
  - together: [ { call: data } ]
    expect: { logs: { data: "${first.data.nonesuch}", count: 0 } }
  - { call: data }
""",
    )
    assert [verdict.status for verdict in ran.verdicts] == ["ok", "failed", "ok", "skipped"]
    assert ran.exit == ExitCode.USAGE


async def test_a_pause_takes_nothing_from_a_wait(tmp_path: Path) -> None:
    ran, _ = await play(
        tmp_path, "steps: [ { call: count, args: { n: 1 } }, { pause: 1ms }, { wait: notifications/message } ]"
    )
    assert said(ran) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps: [ { call: data, link: beta } ]", "There is no link 'beta'"),
        ("steps: []\nexpect: { stderr: '${NONESUCH}' }", "NONESUCH"),
    ],
)
async def test_what_cannot_be_is_told_before_a_server_is_started(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        await play(tmp_path, text)
