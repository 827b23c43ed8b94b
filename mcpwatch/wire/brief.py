"""Frames in brief: what a recorder needs of a message in which there is nothing unusual, and no more.

Making a `Frame` of a line parses all of it into Python's objects, which is what most of a frame costs; behind a proxy
nobody looks at them. Here the same strict parser checks the line and hands out only what an envelope says: method, id,
what it is about. Everything else is left to `framing.classify`, whose answer is the measure: a line that comes back
from here is one of which it would say the same, and a line that is in any way unusual does not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from mcpwatch.events import Brief, Direction, FrameType, JsonId
from mcpwatch.strictjson import envelope_reader
from mcpwatch.wire import strict
from mcpwatch.wire.framing import NAMED_BY

__all__ = ["Line", "in_brief"]

Line: TypeAlias = tuple[Direction, float, bytes, str, str]
"""The direction, when the last of it came, the data without the line end, the line end, and why it is no message
whatever it holds (empty where it may be one)."""

_LARGEST_ID = 1 << 63
_ANY: dict[str, Any] = {"type": "any"}
_read = envelope_reader(
    {
        "id": _ANY,
        "method": {"type": "str"},
        "params": {"name": _ANY, "uri": _ANY},
        "result": {},
        "error": {},
    }
)


def in_brief(lines: Sequence[Line], whole: bytes) -> list[Brief] | None:
    """The frames that `lines` are, or None if one of them is unusual. `whole` holds their data, joined by line breaks.

    What a parser does not see is looked for in all of them at once: numbers out of range, a carriage return.
    """
    if 0x0D in whole or strict.may_name_numbers(whole) or strict.may_be_out_of_range(whole):
        return None
    briefs: list[Brief] = []
    for dir, at, data, eol, flaw in lines:
        try:
            read = _read(data)
        except ValueError:
            return None
        if flaw or eol != "\n" or (len(data) > strict.FLAT and not strict.has_few_brackets(data)):
            return None
        id: JsonId = read.get("id")
        kind = type(id)
        if kind is int:
            if not -_LARGEST_ID < id < _LARGEST_ID:  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
                return None
        elif kind is not str and "id" in read:
            return None
        name: Any = None
        method: str | None = read.get("method")
        what: FrameType
        if method is not None:
            what = "request" if "id" in read else "notification"
            if method in NAMED_BY:
                params = read.get("params")
                name = None if params is None else params.get(NAMED_BY[method])
                if name is not None and type(name) is not str:
                    return None
            elif method == "completion/complete":
                return None
        elif "error" in read:
            what = "error"
        elif "result" in read and "id" in read:
            what = "response"
        else:
            return None
        briefs.append((dir, at, what, data, method, id, name))
    return briefs
