"""Whether the arguments that a person typed bear the names that a tool has for its own.

A slip in a name is told here, with the name that was meant: a server says the same in a page of its validator's words.
Whoever wants to see that page gives JSON (`k:=1`, or the whole as one object), which nobody here judges. What the
values mean is the server's to say in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.shape import shape_of

__all__ = ["check_names"]

_MOST_NAMED = 12


def check_names(tool: str, words: Sequence[str], arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raises `UsageError` for a name among `words` that the schema does not have, and for one that has to be there.

    `arguments` are what the words were read as.
    """
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        return
    shape = shape_of(schema)
    known = shape.properties
    if any("patternProperties" in part or part.get("additionalProperties", False) is not False for part in shape.parts):
        named_freely = True
    else:
        named_freely = not known and schema.get("additionalProperties") is not False
    for word in words:
        key = word.partition("=")[0]
        if key.endswith(":") or key in known or key.partition(".")[0] in known or named_freely:
            continue
        near = get_close_matches(key, known, n=1)
        listed = ", ".join(list(known)[:_MOST_NAMED]) or "none"
        meant = f"Did you mean {near[0]!r}?" if near else f"It takes: {listed}."
        raise UsageError(f"{tool} has no argument {key!r}.", hint=f"{meant} To send it all the same: {key}:=JSON")
    for name in items(schema.get("required")):
        if isinstance(name, str) and name in known and name not in arguments and "default" not in mapping(known[name]):
            given = "the arguments as one JSON object"
            raise UsageError(
                f"{tool} needs {name}.", hint=f"Give it as {name}=…; to call without it: {given}, '{{…}}'."
            )
