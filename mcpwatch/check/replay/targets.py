"""The server of a recording as a target again, as far as the recording knows it.

A recording keeps no credential, so what was redacted has to be said anew; what it knows of them (names of environment
entries and of headers) goes into the sentence that asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mcpwatch.check.recorded import RecordedLink
from mcpwatch.errors import UsageError
from mcpwatch.events import Http
from mcpwatch.model.shapes import items, mapping
from mcpwatch.recording import Filter
from mcpwatch.redact import REDACTED
from mcpwatch.session.target import Target

__all__ = ["recorded_target"]

_FIRST = 20
"""HTTP requests that are looked at for headers which only the recorded client had."""


def recorded_target(
    link: RecordedLink, env: dict[str, str], headers: dict[str, str], warn: Callable[[str], None]
) -> Target:
    """What `link` was connected to, with `env` or `headers` added; `warn` is told what it lacks.

    Raises `UsageError` where a credential was redacted in it, or it is not there any more.
    """
    described = mapping(link.opened.target)
    url = described.get("url")
    if isinstance(url, str):
        if env:
            raise UsageError("--env is for processes; a URL has --header.")
        if REDACTED in url:
            raise _hidden(link, url)
        given = {name.lower() for name in headers}
        for name in _redacted_headers(link):
            if name not in given:
                warn(f"{link.name}: the header {name} was redacted; send one with --header '{name}: …'")
        transport = "sse" if link.transport == "sse" else "auto"
        return Target(link.name, url, url=url, headers=headers, transport=transport)
    if headers:
        raise UsageError("--header is for URLs; a process has --env.")
    command = str(described.get("command", ""))
    args = tuple(str(word) for word in items(described.get("args")))
    if not command:
        raise UsageError(f"{link.name} was recorded without its command.", hint="Name a TARGET.")
    if any(REDACTED in word for word in (command, *args)):
        raise _hidden(link, " ".join((command, *args)))
    cwd = described.get("cwd")
    if isinstance(cwd, str) and not Path(cwd).is_dir():
        raise UsageError(f"{link.name} was started in {cwd}, which is not there.", hint="Name a TARGET.")
    for name in items(described.get("env_keys")):
        if isinstance(name, str) and name not in env and name not in os.environ:
            warn(f"{link.name}: {name} was set for the server, and its value is in no recording; --env {name}=…")
    target = Target(link.name, " ".join((command, *args)), command, args, env)
    return replace(target, cwd=cwd) if isinstance(cwd, str) else target


def _hidden(link: RecordedLink, said: str) -> UsageError:
    return UsageError(
        f"{link.name} cannot be connected to again as it was recorded: a credential is redacted in {said}",
        hint="Name the TARGET, with the credential.",
    )


def _redacted_headers(link: RecordedLink) -> list[str]:
    """The headers with a credential that the recorded client sent, in lower case."""
    found: dict[str, None] = {}
    wanted = Filter(types=("http",), links=(link.name,))
    for number, event in enumerate(link.recording.events(filter=wanted)):
        if number > _FIRST:
            break
        if isinstance(event, Http) and event.phase == "request":
            found |= {
                name.lower(): None for name, value in event.headers if REDACTED in value and name.lower() != "cookie"
            }
    found.pop("mcp-session-id", None)
    return list(found)
