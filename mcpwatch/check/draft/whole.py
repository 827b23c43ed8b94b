"""The whole script that a recording becomes, as text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mcpwatch.check.draft.rules import drafted_roots, drafted_rules
from mcpwatch.check.draft.steps import drafted_steps
from mcpwatch.check.draft.targets import drafted_target
from mcpwatch.documents.write import yaml_lines
from mcpwatch.errors import UsageError
from mcpwatch.events import Event, Frame
from mcpwatch.model import Fetch, Server, Timeline
from mcpwatch.session.templates import literal

__all__ = ["draft"]

LACKING = ("sampling", "elicitation", "roots")


def draft(events: Iterable[Event], fetch: Fetch, *, source: str, folder: Path) -> str:
    """The script for a recording, to be kept in `folder`. `fetch` reads an event back.

    Raises `UsageError` where the recording has nothing that a script could do.
    """
    timeline, notifications, redacted = Timeline(fetch=fetch), list[Frame](), False
    for event in events:
        timeline.apply(event)
        if isinstance(event, Frame) and event.dir == "c2s":
            redacted = redacted or event.redacted > 0
            if event.type == "notification":
                notifications.append(event)
    servers = [server for server in timeline.links.values() if server.opened is not None and server.era is not None]
    if not servers:
        raise UsageError(f"{source} has no server that was connected.", hint="mcpwatch sessions")
    links = [server.link for server in servers]
    steps = drafted_steps(timeline, notifications, links)
    if not steps:
        raise UsageError(
            f"Nobody called anything in {source}.", hint="Record calls: mcpwatch run TARGET --call 'TOOL k=v'"
        )
    body: dict[str, Any] = {"mcpwatch": 1}
    eras = {server.era for server in servers}
    targets = {server.link: drafted_target(server, folder) for server in servers}
    if len(servers) == 1:
        body["target"] = targets[servers[0].link]
    else:
        one_era = len(eras) == 1
        body["targets"] = {
            server.link: targets[server.link] if one_era else _in_era(targets[server.link], server)
            for server in servers
        }
    if len(eras) == 1:
        body["era"] = servers[0].era
    if without := _without(servers[0]):
        body["without"] = without
    if roots := drafted_roots(timeline, folder):
        body["roots"] = literal(roots)
    if rules := drafted_rules(timeline, links):
        body["answers"] = rules
    body["steps"] = steps
    said = [f"# Drafted from {source} by `mcpwatch init-script`: edit it as you like."]
    if redacted:
        said.append("# What was redacted in the recording stands as [redacted]: put ${NAME} there, and set NAME.")
    return "\n".join([*said, *yaml_lines(body), ""])


def _in_era(target: Any, server: Server) -> dict[str, Any]:
    made: dict[str, Any] = {"target": target} if isinstance(target, str) else dict(target)
    return {**made, "era": server.era}


def _without(server: Server) -> list[str]:
    """What the client did not declare. Of a proxy's client nothing is taken over: it is another one."""
    declared = server.client_capabilities
    if server.mode != "client" or declared is None:
        return []
    return [name for name in LACKING if name not in declared]
