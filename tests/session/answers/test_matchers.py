from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcpwatch.session.answers.matchers import described, is_for, takes_urls
from tests.session.answers.asking import EVERY_KIND, FORM, form, question, roots, sampling, url

FULL = replace(
    question(
        "sampling/createMessage",
        {
            "messages": [
                {"role": "user", "content": {"type": "text", "text": "Hello."}},
                {"role": "assistant", "content": {"type": "text", "text": "Yes?"}},
                {"role": "user", "content": [{"type": "text", "text": "Capital of France?"}]},
            ],
            "systemPrompt": "You are a legal clerk.",
            "tools": [{"name": "add"}, {"name": "sub"}],
            "modelPreferences": {"hints": [{"name": "claude-haiku"}, {"name": "small"}]},
            "metadata": {"trace": {"id": "t1"}, "n": 3},
            "maxTokens": 120,
        },
    ),
    during="summarize",
    nth=2,
)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (None, True),
        ({}, True),
        ("Capital", True),
        ("Hello", False),
        ({"any": "Hello"}, True),
        ({"text": {"regex": "^Capital of \\w+"}}, True),
        ({"text": {"equals": "Capital"}}, False),
        ({"system": "legal"}, True),
        ({"system": "medical"}, False),
        ({"tool": "summarize"}, True),
        ({"tool": "summar"}, False),
        ({"tools": "add"}, True),
        ({"tools": ["add", "sub"]}, True),
        ({"tools": ["add", "mul"]}, False),
        ({"model": "haiku"}, True),
        ({"model": {"equals": "haiku"}}, False),
        ({"metadata": {"trace": {"id": "t1"}}}, True),
        ({"metadata": {"trace": {"id": "t2"}}}, False),
        ({"metadata": {"n": ">2"}}, True),
        ({"params": {"maxTokens": "<=200"}}, True),
        ({"params": {"maxTokens": "<=100"}}, False),
        ({"params": {"temperature": 0}}, False),
        ({"nth": 2}, True),
        ({"nth": 1}, False),
        ({"nth": ">=2"}, True),
        ({"link": "alpha"}, True),
        ({"link": "beta"}, False),
        ({"text": "Capital", "system": "legal", "nth": 1}, False),
    ],
)
def test_a_sampling_matcher_asks_for_all_that_it_names(wanted: Any, fits: bool) -> None:
    assert is_for("sampling", wanted, FULL) is fits


@pytest.mark.parametrize(
    ("wanted", "on_form", "on_url"),
    [
        (None, True, True),
        ("Who", True, False),
        ({"message": {"regex": "(?i)pay"}}, False, True),
        ({"mode": "form"}, True, False),
        ({"mode": "url"}, False, True),
        ({"fields": "name"}, True, False),
        ({"fields": ["name", "seats"]}, True, False),
        ({"fields": ["name", "email"]}, False, False),
        ({"url": "evil.example"}, False, True),
        ({"url": {"regex": "^https://good"}}, False, False),
    ],
)
def test_an_elicitation_matcher_tells_forms_from_pages(wanted: Any, on_form: bool, on_url: bool) -> None:
    assert (is_for("elicitation", wanted, form(FORM)), is_for("elicitation", wanted, url())) == (on_form, on_url)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ("x/custom", True),
        ("x/cust", False),
        ({"method": "x/custom", "params": {"a": 1}}, True),
        ({"method": "x/custom", "params": {"a": 2}}, False),
        ({"method": {"regex": "^x/"}}, True),
        ({"method": {"contains": "cust"}, "nth": 1}, True),
    ],
)
def test_a_request_matcher_names_the_method_in_full(wanted: Any, fits: bool) -> None:
    assert is_for("request", wanted, EVERY_KIND["custom"]) is fits


def test_a_matcher_takes_only_questions_of_its_kind_and_a_request_any_method() -> None:
    for kind, own in (("sampling", {"sampling"}), ("elicitation", {"form", "url"}), ("roots", {"roots"})):
        assert {name for name, asked in EVERY_KIND.items() if is_for(kind, None, asked)} == own
    assert is_for("request", "roots/list", roots())
    assert is_for("request", "sampling/createMessage", sampling())


def test_only_who_names_pages_accepts_them() -> None:
    assert [takes_urls(one) for one in (None, "pay", {"mode": "form"}, {"mode": "url"}, {"url": "x"})] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_a_matcher_is_described_in_a_few_words() -> None:
    assert described("sampling", None) == "sampling"
    assert described("sampling", "capital") == "sampling 'capital'"
    assert described("elicitation", {"mode": "url", "nth": 1}) == "elicitation (mode: url, nth: 1)"
    assert len(described("sampling", {"text": "x" * 500})) < 80
