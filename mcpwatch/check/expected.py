"""Expectations with their variables put in, and looked at once more: what a server said may stand there now.

What a script says by itself was checked when it was read. A value that came from somewhere else can have any type, and
one that an expectation cannot mean must be an error, not an expectation that nothing can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, cast

from mcpwatch.check.compare import shown
from mcpwatch.check.schema import SCRIPT_SCHEMA
from mcpwatch.check.script import Place, Script, check_expectation
from mcpwatch.documents import check_document
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.templates import Unresolved, expand, names_in

__all__ = ["expected"]


def expected(script: Script, place: Place, look_up: Callable[[str], Any]) -> Mapping[str, Any]:
    """The expectations at `place`, ready to be held against what came. Raises `UsageError` with line and column."""
    written = mapping(script.document.get(place))
    try:
        value = expand(written, look_up)
    except Unresolved as error:
        raise script.document.error((*place, *error.path), str(error), hint=error.hint) from None
    if not names_in(written):
        return value
    schema = SCRIPT_SCHEMA["$defs"]["expect" if len(place) > 1 else "expectAtEnd"]
    value = _fitted(value, schema)
    document = replace(script.document, value=_put(script.document.value, place, value))
    check_document(document, SCRIPT_SCHEMA)
    check_expectation(document, place)
    return value


def _fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """`value` with numbers where texts have to be as texts, and the other way round: `${NAME}` is always a text."""
    while "$ref" in schema:
        schema = SCRIPT_SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    types = schema.get("type", ())
    if isinstance(value, int | float) and "string" in types and "number" not in types:
        return shown(value)
    if isinstance(value, str) and "number" in types:
        return _number(value)
    if isinstance(value, dict):
        inner = mapping(schema.get("properties"))
        there = cast("dict[str, Any]", value)
        return {key: _fitted(one, mapping(inner.get(key))) for key, one in there.items()}
    if isinstance(value, list):
        return [_fitted(one, mapping(schema.get("items"))) for one in items(value)]
    return value


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _put(value: Any, place: Place, new: Any) -> Any:
    """A copy of `value` with `new` at `place`."""
    if not place:
        return new
    copied: Any = copy(value)
    copied[place[0]] = _put(value[place[0]], place[1:], new)
    return copied
