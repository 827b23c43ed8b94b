"""What to do about a step that failed, in one sentence: what the command line hints at, in the words of a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mcpwatch.check.result import StepResult
from mcpwatch.errors import McpwatchError, TimedOut
from mcpwatch.model import Timeline
from mcpwatch.model.hints import hint, of_error
from mcpwatch.session.client import Client
from mcpwatch.session.steps import did_you_mean, names

__all__ = ["advice", "advised"]

_KEYS: Final[Mapping[str, str]] = {
    "push-on-modern": "Write `era: legacy`.",
    "input-on-legacy": "Write `era: modern`.",
}
"""What a script says instead of the options of a hint."""


def advice(result: StepResult, clients: Mapping[str, Client], timeline: Timeline) -> str:
    """What to say of a step besides what was wrong; empty where nothing is known. It has not been redacted."""
    if result.error is not None:
        return advised(result.error)
    came = result.came
    if not result.findings or came is None or came.reply is None or not came.failed:
        return ""
    client, server = clients.get(came.link), timeline.links.get(came.link)
    if client is None or server is None:
        return ""
    if result.step.kind == "call" and (unknown := _unknown(result.step.subject, client, clients)):
        return unknown
    said = {"error": came.error} if came.error is not None else {"result": came.result}
    known = of_error(server, said)
    if known is None:
        return ""
    found = hint(known, server, 0, 0.0)
    return f"{found.sentence} {_KEYS.get(known, '')}".strip()


def advised(error: McpwatchError) -> str:
    """The hint of an error that ended a step or a session."""
    if isinstance(error, TimedOut) and "--timeout" in error.hint:
        return "Give it longer with `timeout: 2m` in the script, or --timeout 2m; progress starts the time anew."
    return error.hint


def _unknown(subject: str, client: Client, clients: Mapping[str, Client]) -> str:
    """What was meant by the name of a tool that the server does not list."""
    listed = client.catalogue.rows.get("tools")
    if not listed or "${" in subject:
        return ""
    known = names(listed)
    if subject in known:
        return ""
    first, _, rest = subject.partition(" ")
    if first in known and rest:
        return f"The tool is {first!r}; its arguments go in `args: {{ … }}`."
    link, colon, tool = subject.partition(":")
    if colon and tool in known:
        return f"There is no link {link!r}; there is {', '.join(clients)}."
    return did_you_mean("tool", subject, known).hint
