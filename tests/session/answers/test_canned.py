from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcpwatch.session.answers import Answer, Answerer, Answers, canned
from mcpwatch.session.answers.question import Unanswerable
from tests.session.answers.asking import EVERY_KIND, FORM, form, roots, sampling, url

pytestmark = pytest.mark.anyio


async def others(answerer: Answerer, *own: str) -> set[str]:
    """The kinds besides its own that an answerer takes; it should take none."""
    return {kind for kind, question in EVERY_KIND.items() if kind not in own and await answerer(question) is not None}


async def test_sampling_is_answered_with_the_text_as_an_assistants_message() -> None:
    answer = await canned.sampling("Paris")(sampling())
    assert answer is not None
    assert answer.rule == "--sampling"
    assert answer.result["role"] == "assistant"
    assert answer.result["content"] == {"type": "text", "text": "Paris"}
    assert {"model", "stopReason"} <= set(answer.result)
    assert await others(canned.sampling("Paris"), "sampling") == set()


@pytest.mark.parametrize("how", ["decline", "cancel"])
async def test_an_elicitation_of_either_kind_is_turned_down_as_told(how: str) -> None:
    for question in (form(), url()):
        assert await canned.elicit(how)(question) == Answer("--elicit", result={"action": how})
    assert await others(canned.elicit(how), "form", "url") == set()


@pytest.mark.parametrize(
    ("how", "content"),
    [
        ("name=Ada", {"name": "Ada", "seats": 2, "meal": "none"}),
        ("name='Ada L' seats=5 meal=vegan", {"name": "Ada L", "seats": 5, "meal": "vegan"}),
        ('{"name": "Ada", "extra": true}', {"name": "Ada", "seats": 2, "meal": "none", "extra": True}),
        ({"name": "Ada", "seats": 0}, {"name": "Ada", "seats": 0, "meal": "none"}),
    ],
)
async def test_a_form_is_filled_with_what_was_given_and_the_schemas_defaults(how: Any, content: Any) -> None:
    answer = await canned.elicit(how)(form())
    assert answer == Answer("--elicit", result={"action": "accept", "content": content})


async def test_accept_takes_the_defaults() -> None:
    schema = {"properties": {"a": {"default": False}, "b": {"default": None}, "c": {}}, "required": ["a", "b"]}
    answer = await canned.elicit("accept")(form(schema))
    assert answer == Answer("--elicit", result={"action": "accept", "content": {"a": False, "b": None}})


async def test_a_required_field_without_a_value_is_named_and_leaves_the_question_unanswered() -> None:
    with pytest.raises(Unanswerable, match="--elicit does not fit this form: name is required and has no default"):
        await canned.elicit("accept")(form())
    answer = await Answers([canned.elicit("seats=1")]).answer(form({**FORM, "required": ["name", "note", "seats"]}))
    assert (answer.answered, answer.result) == (False, {"action": "decline"})
    said = "name and note are required and have no default. Add name=… note=…"
    assert answer.wanted == f"--elicit does not fit this form: {said}"


@pytest.mark.parametrize("how", ["name=Ada nam=Eve", "nam=Ada", "name=Ada nam:=1"])
async def test_a_word_for_a_field_that_the_form_does_not_have_leaves_the_question_unanswered(how: str) -> None:
    with pytest.raises(Unanswerable) as wrong:
        await canned.elicit(how)(form())
    said = "it has no field 'nam'. Did you mean 'name'? It has name, seats, meal, note."
    assert str(wrong.value) == f"--elicit does not fit this form: {said}"


@pytest.mark.parametrize("how", ["seats=many", "meal=fish", "nonsense", "name='open"])
async def test_words_that_do_not_fit_the_form_leave_the_question_unanswered(how: str) -> None:
    with pytest.raises(Unanswerable, match="--elicit does not fit this form: "):
        await canned.elicit(how)(form())


@pytest.mark.parametrize("how", ["accept", "name=Ada", {"name": "Ada"}])
async def test_a_url_is_never_accepted_by_what_accepts_forms(how: Any) -> None:
    assert await canned.elicit(how)(url()) is None


async def test_a_url_is_accepted_only_where_that_was_said() -> None:
    assert await canned.elicit_url()(url()) == Answer("--elicit-url", result={"action": "accept"})
    assert await others(canned.elicit_url(), "url") == set()


IMPOSSIBLE: list[dict[str, Any]] = [
    {"required": [5, {}, ["a"], None]},
    {"required": "name"},
    {"properties": [1]},
    {"properties": {"a": 5}},
]


@pytest.mark.parametrize("schema", IMPOSSIBLE)
async def test_a_form_of_an_impossible_shape_is_accepted_empty(schema: Any) -> None:
    answer = await canned.elicit("accept")(form(schema))
    assert answer == Answer("--elicit", result={"action": "accept", "content": {}})


async def test_roots_are_the_folders_as_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a b"
    answer = await canned.roots(["a b", tmp_path])(roots())
    assert answer is not None
    listed = [{"uri": folder.as_uri(), "name": "a b"}, {"uri": tmp_path.as_uri(), "name": tmp_path.name}]
    assert answer.result == {"roots": listed}
    assert "a%20b" in listed[0]["uri"]
    assert await others(canned.roots([]), "roots") == set()


@pytest.mark.parametrize(
    ("without", "kinds"),
    [
        ({"sampling"}, {"sampling"}),
        ({"elicitation", "roots"}, {"form", "url", "roots"}),
        ({"progress", "logs"}, set[str]()),
    ],
)
async def test_a_lesser_client_does_not_know_what_it_did_not_declare(without: set[str], kinds: set[str]) -> None:
    answerer = canned.undeclared(frozenset(without))
    assert await others(answerer) == kinds
    for kind in kinds:
        answer = await answerer(EVERY_KIND[kind])
        assert answer is not None and answer.error is not None
        assert (answer.error["code"], answer.answered) == (-32601, True)
