from __future__ import annotations

from typing import Any

import pytest

from mcpwatch.errors import UsageError
from mcpwatch.session.templates import Unresolved, environment, expand, names_in, places_in, reach

SAVED: dict[str, Any] = {"data": {"items": [{"x": 5}, {"x": None}], "name": "Ada"}}


def _look_up(name: str) -> Any:
    return reach(SAVED, name)


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ("${data.items[0].x}", 5),
        ("${ data.items.0.x }", 5),
        ("${data.items[-1].x}", None),
        ("n = ${data.items[0].x}", "n = 5"),
        ("${data.name} ${data.name}", "Ada Ada"),
        ("${data.items}!", '[{"x": 5}, {"x": null}]!'),
        ("$${data.name}", "${data.name}"),
        ("$5 and ${", "$5 and ${"),
        ({"a": ["${data.name}", 1, True]}, {"a": ["Ada", 1, True]}),
        ({"${data.name}": 1}, {"${data.name}": 1}),
    ],
)
def test_what_is_looked_up_keeps_its_type_where_it_stands_alone(value: Any, becomes: Any) -> None:
    assert expand(value, _look_up) == becomes


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("data.nme", "there is no 'nme' in data; there is items, name."),
        ("data.items[7]", "there is no item 7 in data.items; it has 2."),
        ("data.name.x", "data.name holds no 'x'."),
        ("data..x", "'..x' is no way into a value."),
        ("data.items[x]", "is no way into a value"),
    ],
)
def test_a_name_that_leads_nowhere_says_how_far_it_got(name: str, said: str) -> None:
    with pytest.raises(Unresolved) as caught:
        expand({"a": ["x", "${" + name + "}"]}, _look_up)
    assert said in str(caught.value)
    assert caught.value.path == ("a", 1)


def test_names_are_found_with_their_places() -> None:
    value = {"a": ["${X} $${no} ${Y}"], "b": "${X}", "c": 1}
    assert names_in(value) == ["X", "Y", "X"]
    assert list(places_in(value)) == [(("a", 0), "X"), (("a", 0), "Y"), (("b",), "X")]


def test_an_environment_variable_that_is_not_set_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "there")
    monkeypatch.delenv("GONE", raising=False)
    assert expand("${HERE} ${GONE:-fallback}", environment) == "there fallback"
    with pytest.raises(UsageError, match=r"\$\{GONE\}: the environment variable is not set") as caught:
        expand("Bearer ${GONE}", environment)
    assert "$${" in caught.value.hint
    with pytest.raises(UsageError, match="no name of an environment variable"):
        expand("${a b}", environment)
