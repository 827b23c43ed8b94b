"""What was wanted and what came, compared leaf by leaf, so that each difference has its place in the script.

Owns places and what would be written there; whether one value fits another is `session.matching`'s to say, so that a
script and an answers file mean the same by the same words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from mcpwatch.check.finding import Finding
from mcpwatch.check.script import Place
from mcpwatch.session.matching import OPERATORS, mismatch, number_matches, text_matches

__all__ = ["differences", "number_finding", "shown", "text_finding"]

MOST = 160
"""Characters of a value that a sentence shows."""


def differences(want: Any, got: Any, place: Place, name: str) -> Iterator[Finding]:
    """Where `got` is not what `want` asks for: mappings are subsets, lists have the same length. `name` is what the
    sentence calls it (`data.items`).
    """
    if _is_mapping(want) and not _is_matcher(want, got):
        if not _is_mapping(got):
            yield Finding(f"{name}: expected a mapping, got {shown(got)}", place, got)
            return
        for key, value in want.items():
            if key not in got:
                known = f"; there is {', '.join(list(got)[:8])}" if got else ""
                yield Finding(f"{name}.{key} is missing{known}", (*place, key), _fitted(want, got), place)
            else:
                yield from differences(value, got[key], (*place, key), f"{name}.{key}")
    elif _is_list(want):
        if not _is_list(got):
            yield Finding(f"{name}: expected a list, got {shown(got)}", place, got)
        elif len(want) != len(got):
            yield Finding(f"{name}: expected {len(want)} items, got {len(got)}: {shown(got)}", place, got)
        else:
            for number, (one, other) in enumerate(zip(want, got, strict=True)):
                yield from differences(one, other, (*place, number), f"{name}[{number}]")
    elif (said := mismatch(want, got, name)) is not None:
        yield Finding(said, place, got)


def _fitted(want: Any, got: Any) -> Any:
    """`want` as it would have to be: what is there, of what was wanted."""
    if _is_mapping(want) and _is_mapping(got):
        return {key: _fitted(value, got[key]) for key, value in want.items() if key in got}
    return want if mismatch(want, got) is None else got


def text_finding(want: str | Mapping[str, Any], got: str, place: Place, name: str) -> Finding | None:
    """Why a text does not fit; None where it does."""
    if text_matches(want, got):
        return None
    rewrite = got or {"equals": ""}  # which every text contains
    if isinstance(want, str):
        return Finding(f"{name}: {shown(want)} is not in {shown(got)}", place, rewrite)
    how, wanted = next((how, wanted) for how, wanted in want.items() if not text_matches({how: wanted}, got))
    said = {"equals": "expected", "contains": "expected to contain", "regex": "expected to match"}[how]
    return Finding(f"{name}: {said} {shown(wanted)}, got {shown(got)}", place, rewrite)


def number_finding(want: float | str, got: float | None, place: Place, name: str) -> Finding | None:
    """Why a number does not fit; None where it does. There may be none."""
    if got is None:
        return Finding(f"{name}: expected {want}, there is none", place)
    if number_matches(want, got):
        return None
    return Finding(f"{name}: expected {want}, got {got:g}", place, got)


def shown(value: Any) -> str:
    """A value in a sentence: as JSON, cut."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def _is_matcher(want: Mapping[str, Any], got: Any) -> bool:
    """Whether a mapping says how a value has to be, rather than what is in a mapping."""
    return bool(want) and want.keys() <= OPERATORS and not (_is_mapping(got) and want.keys() <= got.keys())


def _is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list)
