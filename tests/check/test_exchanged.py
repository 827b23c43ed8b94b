"""An exchange as it is compared: both eras ask the same, and housekeeping is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpwatch.check.change import sentence
from mcpwatch.check.diff import Diff
from mcpwatch.check.exchanged import Exchanged, exchanged
from mcpwatch.check.normalize import Normalizer
from tests.check.recordings import Session, asked, difference, log, progress, read, text, told
from tests.model.story import META, MODERN, Story

CAPITAL = {"messages": [{"role": "user", "content": {"type": "text", "text": "Capital?"}}], "maxTokens": 9}
PARIS = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Paris"}}
DONE = {"resultType": "complete", **text("done")}


class Modern(Story):
    """A session of the stateless era."""

    def __init__(self) -> None:
        super().__init__()
        self.opened()
        self.request("server/discover", {"_meta": MODERN}, id="d")
        self.result(
            {
                "resultType": "complete",
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}, "logging": {}},
                "_meta": {META + "serverInfo": {"name": "s", "version": "1"}},
            },
            id="d",
        )

    def asks_back(self, answer: Any, *, state: str = "s1", question: Any = CAPITAL) -> Modern:
        """A call in two rounds."""
        params = {"name": "add", "arguments": {"a": 1}, "_meta": MODERN}
        self.request("tools/call", params, id="c1")
        wanted = {"q": {"method": "sampling/createMessage", "params": question}}
        self.result({"resultType": "input_required", "inputRequests": wanted, "requestState": state}, id="c1")
        self.request("tools/call", {**params, "requestState": state, "inputResponses": {"q": answer}}, id="c2")
        self.result(DONE, id="c2")
        return self


def of(story: Story, folder: Path, *, eras_differ: bool = False) -> list[Exchanged]:
    recorded = read(story, folder / "t.mcpw.jsonl")
    with recorded.recording:
        return list(exchanged(recorded.links[0], Normalizer(), eras_differ=eras_differ))


def sentences(diff: Diff) -> list[str]:
    changes = [*(one for link in diff.links for pair in link.pairs for one in pair.changes)]
    return [sentence(one) for one in [*changes, *(one for link in diff.links for one in link.outside)]]


def test_the_rounds_of_a_conversation_are_one_exchange_with_questions(tmp_path: Path) -> None:
    (one,) = of(Modern().asks_back(PARIS), tmp_path)
    (question,) = one.said
    assert (one.title, one.ended, question.name) == ("tools/call add", "a result", "sampling question")
    assert question.value == {"params": CAPITAL, "result": PARIS}
    assert one.params == {"name": "add", "arguments": {"a": 1}}


def test_both_eras_ask_the_same_question(tmp_path: Path) -> None:
    older = Session(tools=[]).tool("add", {"a": 1}, asked("sampling/createMessage", CAPITAL, PARIS))
    assert sentences(difference(tmp_path, older, Modern().asks_back(PARIS))) == []


def test_another_answer_in_a_round_is_told(tmp_path: Path) -> None:
    rome = {**PARIS, "content": {"type": "text", "text": "Rome"}}
    a, b = Modern().asks_back(PARIS, state="x"), Modern().asks_back(rome, state="y")
    assert sentences(difference(tmp_path, a, b)) == ['sampling question 1: result.content.text: "Paris" → "Rome"']


def test_when_roots_are_asked_for_is_a_matter_of_timing(tmp_path: Path) -> None:
    roots = asked("roots/list", {}, {"roots": []})
    a = Session().tool("add", {"a": 1}, roots).tool("add", {"a": 2})
    b = Session().tool("add", {"a": 1}).tool("add", {"a": 2}, roots)
    assert difference(tmp_path, a, b).same
    assert not difference(tmp_path, a, Session().tool("add", {"a": 1}).tool("add", {"a": 2})).same


def test_when_roots_are_asked_for_during_a_call_is_one_too_and_what_belongs_to_the_call_keeps_its_order(
    tmp_path: Path,
) -> None:
    roots = asked("roots/list", {}, {"roots": []})
    updated, one, two = log("Roots updated"), progress(1), progress(2)
    a = Session().tool("add", {"a": 1}, one, roots, updated, two)
    b = Session().tool("add", {"a": 1}, one, two, roots, updated)
    assert difference(tmp_path, a, b).same
    swapped = Session().tool("add", {"a": 1}, two, one, roots, updated)
    assert sentences(difference(tmp_path, a, swapped)) == [
        "progress 2 (2) moved: it was the 2nd, now it is the 1st",
    ]


def test_a_refused_question_is_an_error(tmp_path: Path) -> None:
    made = Session()

    def refused(session: Session) -> None:
        session.ask("roots/list", {}, id="q")
        session.error("no", id="q", dir="c2s")

    (*_, one) = of(made.tool("add", {"a": 1}, refused), tmp_path)
    assert one.said[0].value == {"params": {}, "error": {"code": -32603, "message": "no", "data": None}}


def test_pings_and_further_pages_are_no_exchanges_of_their_own(tmp_path: Path) -> None:
    made = Session()
    made.request("ping", {}, id="p", by="mcpwatch")
    made.result({}, id="p")
    made.request("tools/list", {"cursor": "2"}, id="l")
    made.result({"tools": []}, id="l")
    assert [one.title for one in of(made, tmp_path)] == ["tools/list"]


def test_a_ping_that_a_person_sent_is_one(tmp_path: Path) -> None:
    made = Session()
    made.request("ping", {}, id="p", by="user")
    made.result({}, id="p")
    assert [one.title for one in of(made, tmp_path)] == ["tools/list", "ping"]


def test_the_items_of_a_list_are_the_interfaces(tmp_path: Path) -> None:
    (one,) = of(Session(), tmp_path)
    assert one.outcome == ("result", {})


def test_what_comes_while_a_list_is_asked_for_belongs_to_nothing(tmp_path: Path) -> None:
    a, b = Session(), Session()
    a.request("prompts/list", {}, id="l")
    a.tell("notifications/x")
    a.result({"prompts": []}, id="l")
    b.request("prompts/list", {}, id="l")
    b.result({"prompts": []}, id="l")
    b.tell("notifications/x")
    assert difference(tmp_path, a, b).same


ENDINGS: list[tuple[Callable[[Session], object], str]] = [
    (lambda made: made.error("out of cheese", id="c"), "the error 'out of cheese'"),
    (lambda made: made.result(text("no such thing", isError=True), id="c"), "the tool's error 'no such thing'"),
    (lambda made: made.result({"content": [], "isError": True}, id="c"), "a result with isError"),
    (lambda made: made.tell("notifications/cancelled", {"requestId": "c"}, dir="c2s"), "a cancellation"),
    (lambda made: made.closed(), "nothing: it was never answered"),
    (lambda made: made.result(text("ok"), id="c"), "a result"),
]


@pytest.mark.parametrize(("ending", "words"), ENDINGS)
def test_how_it_ended_is_said_in_words(ending: Callable[[Session], object], words: str, tmp_path: Path) -> None:
    made = Session()
    made.request("tools/call", {"name": "add", "arguments": {}}, id="c")
    ending(made)
    assert of(made, tmp_path)[-1].ended == words


def test_over_http_what_only_comes_meanwhile_has_no_order(tmp_path: Path) -> None:
    def session(*order: str) -> Story:
        made = Story()
        made.opened(transport="http", target={"url": "http://h/mcp"})
        made.request("tools/call", {"name": "add", "arguments": {}}, id="c", xid=1)
        for one in order:
            if one == "log":
                made.log(data="x", xid=1)
            else:
                made.tell("notifications/resources/list_changed", xid=2)
        made.result(text("ok"), id="c", xid=1)
        return made

    assert difference(tmp_path, session("log", "change"), session("change", "log")).same


def test_over_a_pipe_the_order_counts(tmp_path: Path) -> None:
    change = told("notifications/resources/list_changed")
    a, b = Session().tool("add", {}, log("x"), change), Session().tool("add", {}, change, log("x"))
    assert len(sentences(difference(tmp_path, a, b))) == 1
