"""What came of one step: the reply and how its parts are called in expectations and in `${name.…}`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcpwatch.check.script import Step
from mcpwatch.model import Exchange
from mcpwatch.model.listing import MEMBERS
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.asked import Asked
from mcpwatch.session.dispatch import Reply

__all__ = ["Came", "row_name"]


@dataclass(slots=True)
class Came:
    """`reply` is None where nothing answers (a notification), or where nothing came. Times are in seconds."""

    step: Step
    link: str = ""
    since: int = 0
    """The `seq` before the step began."""
    reply: Reply | None = None
    rows: Sequence[Any] | None = None
    """What a list or a completion brought."""
    said: Mapping[str, Any] | None = None
    """Parameters of what a wait found."""
    exchange: Exchange | None = None
    asked: Sequence[Asked] = ()
    cancelled: bool = False
    seconds: float = 0.0
    alone: bool = True
    """No other step ran at the same time."""

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The JSON-RPC error that came back."""
        return None if self.reply is None else self.reply.error

    @property
    def result(self) -> Any:
        return None if self.reply is None else self.reply.result

    @property
    def failed(self) -> bool:
        """Whether the server said no: an error, or a result with `isError`."""
        return self.error is not None or mapping(self.result).get("isError") is True

    @property
    def why(self) -> str:
        """What the server said when it said no."""
        if self.error is not None:
            return f"{self.error.get('message')} ({self.error.get('code')})"
        return self.text

    @property
    def text(self) -> str:
        """The texts in it: of a tool's content, a resource's contents, a prompt's messages, a line end between them."""
        result = mapping(self.result)
        match self.step.kind:
            case "read":
                blocks: Sequence[Any] = items(result.get("contents"))
            case "prompt":
                blocks = [
                    block
                    for message in items(result.get("messages"))
                    for content in (mapping(message).get("content"),)
                    for block in (items(content) or (content,))
                ]
            case _:
                blocks = items(result.get("content"))
        texts = (mapping(block).get("text") for block in blocks)
        return "\n".join(text for text in texts if isinstance(text, str))

    @property
    def data(self) -> Any:
        """The structured content of a call, the JSON text of a resource, else the result; None where there is none."""
        match self.step.kind:
            case "call":
                return mapping(self.result).get("structuredContent")
            case "read":
                try:
                    return json.loads(self.text)
                except (ValueError, RecursionError):
                    return None
            case "complete":
                return mapping(self.result).get("completion")
            case _:
                return self.result

    @property
    def names(self) -> list[str]:
        """The names in a list; the values of a completion."""
        return [row if isinstance(row, str) else row_name(self.step.subject, row) for row in self.rows or ()]

    def saved(self) -> dict[str, Any]:
        """What `${name.…}` can speak of."""
        done = self.reply is not None or self.rows is not None or self.said is not None
        kept: dict[str, Any] = {"ok": done and not self.failed, "seconds": round(self.seconds, 6)}
        if self.reply is not None:
            kept |= {"result": self.result, "error": self.error, "text": self.text, "data": self.data}
        if self.rows is not None:
            kept |= {"names": self.names, "count": len(self.rows), "rows": list(self.rows)}
        if self.said is not None:
            kept["params"] = self.said
        return kept


def row_name(kind: str, row: Any) -> str:
    """How an entry of a list is called: its name, or for resources its URI."""
    member = MEMBERS[kind][1] if kind in MEMBERS else "name"  # type: ignore[index]
    return str(mapping(row).get(member, ""))
