"""What comes from the roots that were offered: folders of this machine, that are others elsewhere.

A script offers its roots from where it stands, so nothing that names them can be expected again as it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from mcpwatch.model import Timeline
from mcpwatch.model.shapes import items, mapping

__all__ = ["holds", "offered_roots", "without"]


def offered_roots(timeline: Timeline) -> frozenset[str]:
    """What names the roots that were offered: their URIs, paths and names."""
    found: set[str] = set()
    for asked in timeline.questions:
        if asked.kind != "roots" or asked.state != "answered":
            continue
        for root in items(mapping(asked.answer).get("roots")):
            uri = str(mapping(root).get("uri", ""))
            try:
                path = unquote(urlsplit(uri).path)
            except ValueError:
                path = ""
            found |= {uri, path, str(mapping(root).get("name") or "")}
    return frozenset(name.rstrip("/") for name in found) - {""}


def holds(value: Any, offered: Collection[str]) -> bool:
    """Whether a text in `value` names one of `offered`."""
    if isinstance(value, str):
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", value) for name in offered)
    if isinstance(value, dict):
        return any(holds(one, offered) for one in cast("dict[str, Any]", value).values())
    return isinstance(value, list) and any(holds(one, offered) for one in cast("list[Any]", value))


def without(value: Any, offered: Collection[str]) -> Any:
    """`value` with nothing in place of every text that names one of `offered`."""
    if isinstance(value, dict):
        return {key: without(one, offered) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [without(one, offered) for one in cast("list[Any]", value)]
    return None if isinstance(value, str) and holds(value, offered) else value
