"""The one JSON document that `--json` prints: what is in it, and how it is spelled for whoever reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TextIO, cast

from mcpwatch.errors import McpwatchError
from mcpwatch.model.shapes import mapping
from mcpwatch.text import sanitize

if TYPE_CHECKING:
    from mcpwatch.session.client import Client
    from mcpwatch.session.perform import Done
    from mcpwatch.session.steps import Step

__all__ = ["call_document", "json_text", "run_document"]

_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")
_MARKS = re.compile(r"[^\w\s\x20-\x7e]{5,}+")
"""Where marks may be piled up: no letter, no space."""


def json_text(document: Any, file: TextIO) -> str:
    """`document` as JSON, indented, with a line end. Characters that `file` cannot take, or that would do something to
    a terminal or to the CI system that reads it (`##[`), are escaped, which in JSON says the same. Numbers that JSON
    has not got (NaN, Infinity) are null.
    """
    encoding = (getattr(file, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    try:
        text = json.dumps(document, indent=2, ensure_ascii=encoding != "utf8", allow_nan=False) + "\n"
    except ValueError:
        text = json.dumps(_finite(document), indent=2, ensure_ascii=encoding != "utf8") + "\n"
    text = text.replace("##", "#\\u0023")
    if file.isatty():
        text = _MARKS.sub(_harmless, _NOT_ASCII.sub(_harmless, text))
    return text.encode("utf-8", "backslashreplace").decode()


def call_document(done: Sequence[Done]) -> Any:
    """The result of the one call, or `{"error": …}` as the server sent it; None where nothing came back."""
    for one in done:
        if one.reply is not None:
            return {"error": one.reply.error} if one.reply.error is not None else one.reply.result
    return None


def run_document(done: Sequence[Done], client: Client, undone: Sequence[Step] = ()) -> Any:
    """Who the server is, what it offers, what came of each step, and (`done` is false) the steps that were not done."""
    try:
        negotiated = client.negotiated
    except McpwatchError:
        return {"target": client.target.spoken, "connected": False, "steps": [_undone(step) for step in undone]}
    meta = mapping(negotiated.result.get("_meta"))
    return {
        "target": client.target.spoken,
        "connected": True,
        "era": negotiated.era,
        "protocolVersion": negotiated.version,
        "server": negotiated.result.get("serverInfo") or meta.get("io.modelcontextprotocol/serverInfo"),
        "capabilities": negotiated.server_capabilities,
        "instructions": negotiated.result.get("instructions"),
        **client.catalogue.rows,
        "steps": [*(_step(one) for one in done), *(_undone(step) for step in undone)],
    }


def links_document(done: Sequence[Done], clients: Mapping[str, Client], undone: Sequence[Step] = ()) -> Any:
    """The same for every link, by its name; of one link only as it is. Steps that were not done stand by themselves
    where they name no link.
    """
    if len(clients) == 1:
        return run_document(done, next(iter(clients.values())), undone)
    links = {
        link: run_document(
            [one for one in done if one.link == link], client, [one for one in undone if one.link == link]
        )
        for link, client in clients.items()
    }
    return {"links": links, "steps": [_undone(step) for step in undone if step.link is None]}


def _step(done: Done) -> Mapping[str, Any]:
    entry: dict[str, Any] = {"step": done.step.kind, "subject": done.step.subject}
    if done.reply is not None:
        entry |= {"error": done.reply.error} if done.reply.error is not None else {"result": done.reply.result}
    return entry


def _undone(step: Step) -> Mapping[str, Any]:
    return {"step": step.kind, "subject": step.subject, "done": False}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(member) for key, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_finite(item) for item in cast("list[Any]", value)]
    return None if isinstance(value, float) and not isfinite(value) else value


def _harmless(match: re.Match[str]) -> str:
    return match[0] if sanitize(match[0]) == match[0] else json.dumps(match[0])[1:-1]
