"""What is said beside the events (results, the catalogue, errors), redacted by the hub as every event is.

Screens and recordings show events, which are redacted when they are published. What comes from the session itself is
as it was on the wire, and goes through here before it is printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcpwatch.errors import McpwatchError
from mcpwatch.events import Frame, Note
from mcpwatch.hub import Hub
from mcpwatch.model.shapes import mapping
from mcpwatch.session.dispatch import Reply

__all__ = ["redacted_document", "redacted_error", "redacted_reply", "redacted_words"]


def redacted_document(hub: Hub, document: Any) -> Any:
    """A server's JSON as a message would carry it; the very same where there is nothing to hide."""
    message = {"jsonrpc": "2.0", "id": 0, "result": document}
    frame = Frame(link="", dir="s2c", type="response", data=json.dumps(message).encode(), message=message)
    shown = hub.redacted(frame)
    return document if shown is frame else mapping(shown.message).get("result")


def redacted_reply(hub: Hub, reply: Reply) -> Reply:
    """What a request brought, as its recording has it."""
    if reply.frame is not None and hub.redacted(reply.frame) is reply.frame:
        return reply  # the everyday case, which a long result should not pay for
    error = None if reply.error is None else mapping(redacted_document(hub, dict(reply.error)))
    return replace(reply, result=redacted_document(hub, reply.result), error=error)


def redacted_words(hub: Hub, words: Sequence[str]) -> tuple[str, ...]:
    """Words of ours, such as the command that a target stands for."""
    said: Mapping[str, Any] = hub.redacted(Note(link="", what="said", data={"words": list(words)})).data
    return tuple(said["words"])


def redacted_error(hub: Hub, error: McpwatchError) -> McpwatchError:
    """An error with the URL in its sentence, or what the server said, cleaned; its exit code stays."""
    message, hint = redacted_words(hub, (str(error), error.hint))
    shown = McpwatchError(message, hint=hint)
    shown.exit_code = error.exit_code
    return shown
