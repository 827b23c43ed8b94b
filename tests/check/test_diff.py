"""What changed between two recordings, and only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcpwatch import UsageError
from mcpwatch.check.change import sentence
from mcpwatch.check.diff import Diff, compare
from mcpwatch.check.recorded import read_recorded
from tests.check.recordings import ADD, Session, asked, difference, keep, log, progress, read, text, told


def sentences(diff: Diff) -> list[str]:
    """Every change in words."""
    return [
        *(f"{one.name} {one.message}" for link in diff.links for one in link.interface),
        *(f"{pair.title}: {sentence(one)}" for link in diff.links for pair in link.pairs for one in pair.changes),
        *(f"{one.title} only in {one.side}" for link in diff.links for one in link.alone),
        *(sentence(one) for link in diff.links for one in link.outside),
    ]


def test_what_is_never_the_same_twice_is_no_difference(tmp_path: Path) -> None:
    def session(first_id: Any, moment: str, port: int, folder: str) -> Session:
        said = f'{{"at": "{moment}", "url": "http://127.0.0.1:{port}/x", "file": "{folder}/notes.txt"}}'
        made = Session(first_id=first_id).tool(
            "add", {"a": 1}, progress(1), log(f"began at {moment}"), result=text(said)
        )
        return made.ends()

    a = session(0, "2026-11-21T10:00:00Z", 40123, "/tmp/tmpab12cd_9")
    b = session("x", "2027-01-02T11:22:33.456+02:00", 51234, "/tmp/pytest-of-me/pytest-3")
    assert difference(tmp_path, a, b).same


def test_json_in_a_text_is_compared_as_json(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, result=text('{"sum": 1, "of": [1]}'))
    b = Session().tool("add", {"a": 1}, result=text('{\n  "of": [1],\n  "sum": 2\n}'))
    diff = difference(tmp_path, a, b)
    assert sentences(diff) == ["tools/call add: result.content.0.text.sum: 1 → 2"]


def test_a_field_that_is_gone_or_new_is_named_by_its_path(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, result=text("x", structuredContent={"sum": 1, "note": "n"}))
    b = Session().tool("add", {"a": 1}, result=text("x", structuredContent={"sum": 1, "more": True}))
    assert sentences(difference(tmp_path, a, b)) == [
        'tools/call add: result.structuredContent.note is gone: "n"',
        "tools/call add: result.structuredContent.more is new: true",
    ]


def test_a_path_that_is_ignored_makes_no_difference(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, log({"took": 3}), result=text("x", structuredContent={"n": [{"id": 1}]}))
    b = Session().tool("add", {"a": 1}, log({"took": 4}), result=text("x", structuredContent={"n": [{"id": 2}]}))
    assert not difference(tmp_path, a, b).same
    ignore = ["result.structuredContent.n.*.id", "params.data.took"]
    assert difference(tmp_path, a, b, ignore=ignore).same
    with pytest.raises(UsageError, match="is no path"):
        difference(tmp_path, a, b, ignore=["result..id"])


def test_two_notifications_that_changed_places_are_told_as_one_move(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, log("one"), log("two"), log("three"))
    b = Session().tool("add", {"a": 1}, log("one"), log("three"), log("two"))
    (said,) = sentences(difference(tmp_path, a, b))
    assert said.startswith("tools/call add: log ") and said.endswith("it was the 3rd, now it is the 2nd")


def test_a_log_that_changed_is_told_where_it_changed(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, progress(1, 2), log("one"), log("two"))
    b = Session().tool("add", {"a": 1}, progress(1, 2), log("one"), log("2"))
    assert sentences(difference(tmp_path, a, b)) == ['tools/call add: log 2: params.data: "two" → "2"']


def test_progress_that_did_not_come_is_told(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, progress(1, 2), progress(2, 2))
    b = Session().tool("add", {"a": 1}, progress(1, 2))
    (said,) = sentences(difference(tmp_path, a, b))
    assert said == 'tools/call add: progress 2 is gone: {"progress": 2, "total": 2}'


def test_a_log_just_after_its_call_is_a_matter_of_timing(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, log("one"))
    b = Session().tool("add", {"a": 1})
    b.log(data="one")
    assert difference(tmp_path, a, b).same


def test_a_list_change_during_another_call_is_a_matter_of_timing(tmp_path: Path) -> None:
    changed = told("notifications/tools/list_changed")
    a = Session().tool("add", {"a": 1}, changed).tool("add", {"a": 2})
    b = Session().tool("add", {"a": 1}).tool("add", {"a": 2}, changed)
    assert difference(tmp_path, a, b).same


def test_a_log_during_another_call_is_a_difference(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, log("one")).tool("add", {"a": 2})
    b = Session().tool("add", {"a": 1}).tool("add", {"a": 2}, log("one"))
    assert len(sentences(difference(tmp_path, a, b))) == 2


def test_a_result_that_became_an_error_is_one_sentence(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1})
    b = Session().tool("add", {"a": 1}, error="out of cheese")
    assert sentences(difference(tmp_path, a, b)) == [
        "tools/call add: it ended in a result, now in the error 'out of cheese'"
    ]


def test_a_question_and_its_answer_are_compared(tmp_path: Path) -> None:
    question = {"messages": [{"role": "user", "content": {"type": "text", "text": "Capital?"}}], "maxTokens": 9}

    def answer(said: str) -> Any:
        return asked(
            "sampling/createMessage",
            question,
            {"role": "assistant", "model": "m", "content": {"type": "text", "text": said}},
        )

    a, b = Session().tool("add", {"a": 1}, answer("Paris")), Session().tool("add", {"a": 1}, answer("Rome"))
    assert sentences(difference(tmp_path, a, b)) == [
        'tools/call add: sampling question 1: result.content.text: "Paris" → "Rome"'
    ]


def test_latency_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    a, b = Session().tool("add", {"a": 1}, ms=20), Session().tool("add", {"a": 1}, ms=90)
    assert difference(tmp_path, a, b).same
    assert sentences(difference(tmp_path, a, b, latency=2.0)) == ["tools/call add: slower: 20 ms before, 90 ms now"]
    assert sentences(difference(tmp_path, b, a, latency=2.0)) == ["tools/call add: faster: 90 ms before, 20 ms now"]
    assert difference(tmp_path, a, b, latency=5.0).same


def test_milliseconds_are_never_worth_a_word(tmp_path: Path) -> None:
    a, b = Session().tool("add", {"a": 1}, ms=1), Session().tool("add", {"a": 1}, ms=9)
    assert difference(tmp_path, a, b, latency=2.0).same


def test_a_call_with_other_arguments_is_compared_with_its_likely_partner(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}).tool("add", {"a": 2, "b": 3}).tool("add", {"a": 4})
    b = Session().tool("add", {"a": 1}).tool("add", {"a": 2, "b": 9}).tool("add", {"a": 4})
    assert sentences(difference(tmp_path, a, b)) == ["tools/call add: params.arguments.b: 3 → 9"]


def test_a_call_that_is_missing_leaves_the_others_where_they_are(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}).tool("add", {"a": 2}).tool("add", {"a": 3})
    b = Session().tool("add", {"a": 1}).tool("add", {"a": 3})
    diff = difference(tmp_path, a, b)
    assert sentences(diff) == ["tools/call add only in a"]
    near = diff.links[0].alone[0].nearest
    assert near is not None and near.why == "params.arguments.a: 2 → 1"


def test_a_tool_under_another_name_is_found_again(tmp_path: Path) -> None:
    total = {**ADD, "name": "total"}
    a = Session().tool("add", {"a": 1}, told("notifications/tools/list_changed"))
    b = Session(tools=[total]).tool("total", {"a": 1}, told("notifications/tools/list_changed"))
    diff = difference(tmp_path, a, b)
    assert sentences(diff) == [
        "add is gone, renamed to total as it seems",
        "total is new",
        "tools/call add only in a",
        "tools/call total only in b",
    ]
    assert diff.breaking == 1
    near = diff.links[0].alone[0].nearest
    assert near is not None
    assert (near.title, near.why) == ("tools/call total", "another name with the same arguments")


def test_what_came_with_a_call_goes_with_it(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}, log("one"), told("x/custom")).tool("add", {"a": 2})
    b = Session().tool("add", {"a": 2})
    assert sentences(difference(tmp_path, a, b)) == ["tools/call add only in a"]


def test_a_call_that_came_earlier_is_told_once(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1}).tool("add", {"a": 2}).tool("add", {"a": 3})
    b = Session().tool("add", {"a": 3}).tool("add", {"a": 1}).tool("add", {"a": 2})
    (said,) = sentences(difference(tmp_path, a, b))
    assert said == "tools/call add: request moved: it was the 4th, now it is the 2nd"


def test_calls_that_were_in_flight_together_have_no_order(tmp_path: Path) -> None:
    def both(*numbers: int) -> Session:
        made = Session()
        for number in numbers:
            made.request("tools/call", {"name": "add", "arguments": {"a": number}}, id=f"c{number}")
        for number in numbers:
            made.result(text(str(number)), id=f"c{number}")
        return made

    assert difference(tmp_path, both(1, 2), both(2, 1)).same


def test_a_line_that_is_no_message_is_told(tmp_path: Path) -> None:
    a, b = Session(), Session()
    b.invalid(b"hello")
    assert sentences(difference(tmp_path, a, b)) == ['line that is no message 1 is new: {"text": "hello"}']


def test_a_server_that_died_is_told(tmp_path: Path) -> None:
    a, b = Session().ends(), Session().ends("exit", code=3)
    assert sentences(difference(tmp_path, a, b)) == ['end of the server: "ended by the client" → "exit 3"']


def test_what_is_redacted_equals_anything(tmp_path: Path) -> None:
    a = Session().tool("add", {"a": 1, "key": "[redacted]"}, result=text("Bearer [redacted], ok"))
    b = Session().tool("add", {"a": 1, "key": "hunter2"}, result=text("Bearer s3cret, ok"))
    assert difference(tmp_path, a, b).same
    assert difference(tmp_path, b, a).same


def test_only_the_interface_is_compared_where_nothing_else_is_asked_for(tmp_path: Path) -> None:
    a, b = Session().tool("add", {"a": 1}), Session(version="2").tool("add", {"a": 9}, error="no")
    diff = difference(tmp_path, a, b, interface_only=True)
    assert sentences(diff) == ['version "1" → "2"']
    assert not diff.links[0].pairs


def test_a_list_that_only_one_has_is_a_note_and_no_difference(tmp_path: Path) -> None:
    a, b = Session(), Session()
    a.request("prompts/list", {}, id="p")
    a.result({"prompts": [{"name": "greet"}]}, id="p")
    diff = difference(tmp_path, a, b)
    assert diff.same
    assert diff.links[0].notes == ["prompts were listed only in A, so they are not compared"]


def test_an_incomplete_recording_says_so(tmp_path: Path) -> None:
    whole = keep(Session().ends(), tmp_path / "a.mcpw.jsonl")
    cut = keep(Session(), tmp_path / "b.mcpw.jsonl", complete=False)
    diff = compare(read_recorded(whole), read_recorded(cut, allow_incomplete=True), names=("a", "b"))
    assert diff.notes == ["b is incomplete: what happened after its end is not known"]


def test_links_belong_together_by_name_and_a_single_one_by_being_alone(tmp_path: Path) -> None:
    a, b = Session(link="v1"), Session(link="v2")
    assert difference(tmp_path, a, b).same
    c = Session(link="v1")
    c.opened("more")
    diff = difference(tmp_path, a, c)
    assert (diff.only_a, diff.only_b, diff.same) == ([], ["more"], False)


def test_the_same_recordings_give_the_same_difference(tmp_path: Path) -> None:
    def session(order: tuple[int, ...]) -> Session:
        made = Session()
        for number in order:
            made.tool("add", {"a": number % 3}, log(number), log("x"), result=text(str(number)))
        return made

    a, b = session((1, 2, 3, 4, 5, 6)), session((6, 2, 7, 4, 1, 1, 9))
    assert sentences(difference(tmp_path, a, b)) == sentences(difference(tmp_path, a, b))


def test_a_recording_is_the_same_as_itself(tmp_path: Path) -> None:
    recorded = read(Session().tool("add", {"a": 1}, progress(1), log("x")).ends(), tmp_path / "a.mcpw.jsonl")
    assert compare(recorded, recorded).same
