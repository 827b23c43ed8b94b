"""Patterns that fail for a known reason: one sentence, and the command to run next.

Owns the sentences, the texts by which an error is recognised, and how the command is put together. When to look is the
fold's: it calls these where the facts are. No clock is involved, and each hint is given once per link.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from mcpwatch.model.exchange import Exchange
from mcpwatch.model.question import Question
from mcpwatch.model.server import Server
from mcpwatch.model.shapes import items, mapping, text


class Hint(NamedTuple):
    """`seq` and `t` (seconds) are those of the event that gave it away; `command` is a command line to run next.

    `option` is what makes the difference in that command, for whoever knows what was typed in the first place; empty
    where it is an option to leave away (`--without`), None where no option helps.
    """

    id: str
    link: str
    seq: int
    t: float
    sentence: str
    command: str | None = None
    option: str | None = None


_TABLE: Final[dict[str, tuple[str, str | None]]] = {
    "no-token": (
        "The client's request carried no progress token, so the server has nothing to report progress on.",
        None,
    ),
    "push-on-modern": (
        "The server asks the client back in the middle of a call, which the stateless era (2026-07-28) does not carry.",
        "--era legacy",
    ),
    "input-on-legacy": (
        "The server asks back with a result that wants input, which the handshake era (up to 2025-11-25) does not "
        "carry.",
        "--era modern",
    ),
    "no-sampling": ("The server says that the client does not support sampling.", ""),
    "no-elicitation": ("The server says that the client does not support elicitation.", ""),
    "no-roots": ("The server says that the client does not support roots.", ""),
    "no-ctx-sample": (
        "FastMCP 4 has no ctx.sample: on a legacy link call ctx.session.create_message, on a modern one return an "
        "InputRequiredResult.",
        None,
    ),
    "no-ctx-roots": (
        "FastMCP 4 has no ctx.list_roots: on a legacy link call ctx.session.list_roots, on a modern one return an "
        "InputRequiredResult.",
        None,
    ),
    "below-level": ("The server sends logs below the level that was asked for: it ignores the level.", None),
    "junk": (
        "The server prints to stdout, which belongs to the protocol: its prints and logs have to go to stderr.",
        None,
    ),
    "unflushed": (
        "All progress of this call came together with its result: something holds the output back until the end.",
        None,
    ),
    "waits-sampling": ("The server waits for an answer to its sampling request.", "--sampling TEXT"),
    "waits-elicitation": ("The server waits for an answer to its elicitation.", "--elicit accept"),
    "waits-elicitation-url": ("The server waits for an answer to a URL that it asks to be opened.", "--elicit-url"),
    "waits-roots": ("The server waits for an answer to its roots request.", "--root DIR"),
    "waits-answer": ("The server waits for an answer to a request of its own.", "--answers FILE.yaml"),
    "probe-on-stderr": (
        "What came on stderr about server/discover was mcpwatch asking for the era; --era legacy skips it.",
        None,
    ),
    "silent": (
        "The server sent nothing at all: a file that only defines its server is named with the object (server.py:mcp); "
        "else it may not speak MCP here, or keep its output in a buffer (python -u).",
        None,
    ),
}
"""By id: the sentence, and the options of the command to run next (None: no command helps)."""

_ERRORS: Final = (
    (r"no back-channel|server-initiated requests (?:is|are) unavailable", "push-on-modern"),
    (r"InputRequiredResult .{0,200}only exists at", "input-on-legacy"),
    (r"'Context' object has no attribute 'sample(?:_step)?'", "no-ctx-sample"),
    (r"'Context' object has no attribute 'list_roots'", "no-ctx-roots"),
    (r"(?:does not|doesn't) support (?:\w+ )?sampling|sampling (?:is )?not supported", "no-sampling"),
    (r"(?:does not|doesn't) support (?:\w+ )?elicitation|elicitation (?:is )?not supported", "no-elicitation"),
    (r"(?:does not|doesn't) support (?:\w+ )?roots|roots (?:is |are )?not supported", "no-roots"),
)
"""By the text of an error. Compiled when the first error comes: most sessions have none."""
_ENOUGH: Final = 4096
"""Characters of an error that are looked at."""
_TOGETHER: Final = 0.010
_LONG: Final = 0.200
_SEVERAL: Final = 3


def hint(id: str, server: Server, seq: int, t: float) -> Hint:
    """The hint with this id, for this link."""
    sentence, options = _TABLE[id]
    return Hint(id, server.link, seq, t, sentence, None if options is None else _again(server, options), options)


def of_error(server: Server, message: Any) -> str | None:
    """The id of the hint that an error response, or a result with `isError`, deserves."""
    said = _words(mapping(message))
    for pattern, id in _ERRORS:
        if re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            # A modern server that misses a capability cannot ask anyway: only the other era helps there.
            lacks = id.startswith("no-") and not id.startswith("no-ctx-")
            return "push-on-modern" if lacks and _modern(server) else id
    return None


def of_progress(exchange: Exchange, started: float, t: float) -> str | None:
    """At the end of a call: whether its progress was held back until then."""
    bar = exchange.bar
    if bar is None or bar.count < _SEVERAL or t - started <= _LONG or bar.first < t - _TOGETHER:
        return None
    return "unflushed"


def of_question(question: Question) -> str | None:
    """The id for a question that keeps the server waiting."""
    if question.kind == "ping":
        return None
    if question.mode == "url":
        return "waits-elicitation-url"
    return f"waits-{question.kind}" if f"waits-{question.kind}" in _TABLE else "waits-answer"


def _modern(server: Server) -> bool:
    return server.era == "modern"


def _words(message: Mapping[str, Any]) -> str:
    error = text(mapping(message.get("error")).get("message"))
    if error is not None:
        return error[:_ENOUGH]
    said = (text(mapping(part).get("text")) for part in items(mapping(message.get("result")).get("content"))[:8])
    return "\n".join(one[:_ENOUGH] for one in said if one)


def _again(server: Server, options: str) -> str | None:
    """The command that opens this target once more. In a proxy the client opens it, so there is none."""
    if server.mode != "client":
        return None
    url = text(server.target.get("url"))
    if url is not None:
        return f"mcpwatch run {shlex.quote(url)} {options}".rstrip()
    command = text(server.target.get("command"))
    if command is None:
        return None
    args = [arg for arg in items(server.target.get("args")) if isinstance(arg, str)]
    return " ".join(["mcpwatch run", *options.split(), "--", shlex.join([command, *args])])
