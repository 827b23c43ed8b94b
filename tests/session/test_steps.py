from __future__ import annotations

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.steps import KINDS, Step, StepKind, did_you_mean, names, parse_step, reference


def refused(kind: StepKind, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_step(kind, text)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "text", "step"),
    [
        ("list", "", Step("list")),
        ("call", "work n=5", Step("call", "work", ("n=5",))),
        ("call", "  work\tn=5\n s=x ", Step("call", "work", ("n=5", "s=x"))),
        ("call", "work", Step("call", "work")),
        ("call", "work s='a b' t=\"c d\"", Step("call", "work", ("s=a b", "t=c d"))),
        ("call", 'work {"n": 5, "s": "it\'s"}', Step("call", "work", ('{"n": 5, "s": "it\'s"}',))),
        ("call", "'my tool' n=5", Step("call", "my tool", ("n=5",))),
        ("call", '"my tool" {"n": "a b"}', Step("call", "my tool", ('{"n": "a b"}',))),
        ("read", "file:///notes.txt", Step("read", "file:///notes.txt")),
        ("read", "file:///it's", Step("read", "file:///it's")),
        ("read", "'file:///a b'", Step("read", "file:///a b")),
        ("prompt", "greet name=Ada", Step("prompt", "greet", ("name=Ada",))),
        ("complete", "greet name=A", Step("complete", "greet", ("name=A",))),
        ("complete", "greet name=", Step("complete", "greet", ("name=",))),
        ("complete", "file:///{path} path='a b'", Step("complete", "file:///{path}", ("path=a b",))),
        ("subscribe", "file:///x", Step("subscribe", "file:///x")),
        ("request", 'x/y {"a":1}', Step("request", "x/y", ('{"a":1}',))),
        ("request", "x/y", Step("request", "x/y")),
        ("notify", "x/y {}", Step("notify", "x/y", ("{}",))),
        ("notify", "x/y a=1", Step("notify", "x/y", ("a=1",))),
    ],
)
def test_a_step_is_its_kind_its_subject_and_its_words(kind: StepKind, text: str, step: Step) -> None:
    assert parse_step(kind, text) == step


def test_every_kind_of_step_is_known() -> None:
    assert KINDS == ("list", "call", "read", "prompt", "complete", "subscribe", "request", "notify")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "list"])
def test_a_step_about_nothing_shows_an_example(kind: StepKind) -> None:
    for text in ("", "   ", "''"):
        error = refused(kind, text)
        assert f"--{kind}" in str(error)
        assert f"--{kind}" in error.hint


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("list", "tools"),
        ("read", "file:///a file:///b"),
        ("subscribe", "file:///a b"),
        ("complete", "greet"),
        ("complete", "greet name"),
        ("complete", "greet a=1 b=2"),
        ("complete", 'greet {"a": "x"}'),
        ("call", "work 'open"),
        ("call", "'open n=5"),
    ],
)
def test_a_step_with_the_wrong_words_is_refused_with_what_it_said(kind: StepKind, text: str) -> None:
    assert text.split()[-1].strip("'") in str(refused(kind, text))


def test_a_prefix_names_a_link_if_there_is_such_a_link() -> None:
    links = ("alpha", "beta#2")
    assert parse_step("call", "alpha:work n=5", links) == Step("call", "work", ("n=5",), "alpha")
    assert parse_step("call", "beta#2: work", links) == Step("call", "work", (), "beta#2")
    assert parse_step("list", "alpha:", links) == Step("list", link="alpha")
    assert parse_step("read", "alpha:file:///x", links) == Step("read", "file:///x", (), "alpha")
    assert parse_step("call", "gamma:work", links) == Step("call", "gamma:work")
    assert parse_step("read", "file:///x", links) == Step("read", "file:///x")


def test_words_are_read_when_the_schema_is_known() -> None:
    step = parse_step("call", "work n=5 s=5")
    assert step.arguments({"properties": {"n": {"type": "integer"}}}) == {"n": 5, "s": "5"}


def test_a_raw_message_without_words_has_no_params() -> None:
    assert parse_step("request", "x/y").params() is None
    assert parse_step("request", "x/y {}").params() == {}
    assert parse_step("notify", "x/y a=1 b:=2").params() == {"a": "1", "b": 2}


@pytest.mark.parametrize("prefix", ["", "A", "a.b", "@x", "a=b", "5"])
def test_a_completion_takes_argument_and_prefix_as_they_stand(prefix: str) -> None:
    assert parse_step("complete", f"greet first.name={prefix}").completion() == ("first.name", prefix)


def test_a_step_reads_as_its_kind_and_subject() -> None:
    assert str(parse_step("call", "work n=5")) == "call work"
    assert str(parse_step("list", "")) == "list"


def test_a_name_that_is_not_offered_gets_the_nearest_one_that_is() -> None:
    error = did_you_mean("tool", "serach", ["fetch", "search", ""])
    assert "'serach'" in str(error)
    assert error.hint == "Did you mean 'search'?"
    assert did_you_mean("tool", "SEARCH", ["fetch", "search"]).hint == "Did you mean 'search'?"


def test_a_name_like_no_other_gets_a_list_of_what_there_is() -> None:
    assert did_you_mean("tool", "zzz", ["a", "b"]).hint == "It offers: a, b."
    assert did_you_mean("tool", "zzz", [f"tool-{n}" for n in range(20)]).hint.endswith("tool-11, ….")
    assert did_you_mean("tool", "zzz", []).hint == "It offers none."


def test_a_completion_refers_to_a_template_where_it_looks_like_a_uri() -> None:
    assert reference("greet") == {"type": "ref/prompt", "name": "greet"}
    assert reference("file:///{path}") == {"type": "ref/resource", "uri": "file:///{path}"}


def test_names_are_found_in_rows_of_any_shape() -> None:
    assert names([{"name": "a"}, {"name": 5}, "b", None, {"uri": "c"}]) == ["a"]
    assert names([{"uri": "c"}], "uri") == ["c"]
