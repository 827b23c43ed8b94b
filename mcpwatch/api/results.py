"""What came back: a tool's result, or the error that the server answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mcpwatch.errors import McpwatchError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.dispatch import Reply

__all__ = ["CallResult", "JsonObject", "ServerError", "result_of"]

JsonObject: TypeAlias = dict[str, Any]


class ServerError(McpwatchError):
    """The server answered with a JSON-RPC error: its `code`, its message, and its `data` if any."""

    def __init__(self, method: str, error: Mapping[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message')} ({error.get('code')})")
        self.code = error.get("code")
        self.data = error.get("data")


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a tool returned. `raw` is the result as the server sent it, unredacted; the properties only look into it."""

    raw: JsonObject

    @property
    def is_error(self) -> bool:
        return self.raw.get("isError") is True

    @property
    def data(self) -> Any:
        """The structured content, None where there is none."""
        return self.raw.get("structuredContent")

    @property
    def text(self) -> str:
        """The text blocks, a line end between them."""
        texts = (mapping(block).get("text") for block in items(self.raw.get("content")))
        return "\n".join(text for text in texts if isinstance(text, str))


def result_of(method: str, reply: Reply) -> JsonObject:
    """The result as the server sent it. Raises `ServerError`."""
    if reply.error is not None:
        raise ServerError(method, reply.error)
    return dict(mapping(reply.result))
