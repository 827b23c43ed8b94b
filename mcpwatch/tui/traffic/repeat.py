"""A request of the client as a command line that sends it again.

Owns which command and which words. What was redacted in the recording stays redacted: a server that needs a secret
from its environment gets it from whoever runs the command.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.events import Frame
from mcpwatch.view.values import entries, members, text_of

__all__ = ["command_for"]

_FORBIDDEN: Final = frozenset("=.:@ \t\n\"'")
"""What the name of an argument must not hold to stand before `=` on the command line."""


def command_for(request: Frame, target: Mapping[str, Any] | None) -> str | None:
    """`mcpwatch call … -- server`, quoted for a shell. `target` is that of the link's `Opened`.

    None where there is nothing to be sent again (what the server sent, a handshake), or where it would hold what does
    more in a terminal than being read.
    """
    if request.type not in ("request", "notification") or request.dir != "c2s" or not request.method:
        return None
    if request.method in ("initialize", "notifications/initialized", "server/discover"):
        return None
    before, after = _target(members(target))
    params = {key: value for key, value in members(members(request.message).get("params")).items() if key != "_meta"}
    command = shlex.join(["mcpwatch", *_words(request, request.method, params, before), *after])
    return command if command.isprintable() else None


def _target(target: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The words that stand before everything else, and those at the end."""
    if isinstance(url := target.get("url"), str):
        return [url], []
    command = [text_of(target.get("command")), *(text_of(word) for word in entries(target.get("args")))]
    if not command[0]:
        return ["TARGET"], []
    cwd = target.get("cwd")
    return (["--cwd", cwd] if isinstance(cwd, str) else []), ["--", *command]


def _words(request: Frame, method: str, params: Mapping[str, Any], before: list[str]) -> list[str]:
    name = request.name or ""
    plain = bool(name) and name.isprintable() and not name.startswith("-") and "=" not in name
    only = set(params) <= {"name", "arguments"} and isinstance(params.get("arguments", {}), Mapping)
    if method == "tools/call" and plain and only:
        return ["call", *before, name, *_arguments(members(params.get("arguments")))]
    if method == "resources/read" and plain and set(params) == {"uri"}:
        return ["run", *before, "--read", name]
    if method == "resources/subscribe" and plain and set(params) == {"uri"}:
        return ["run", *before, "--subscribe", name]
    option = "--notify" if request.type == "notification" else "--request"
    return ["run", *before, option, f"{method} {_json(params)}" if params else method]


def _arguments(given: Mapping[str, Any]) -> list[str]:
    if not all(map(_is_plain, given)):
        return [_json(given)]
    return [_argument(name, value) for name, value in given.items()]


def _argument(name: str, value: object) -> str:
    # `k=text` is read by the tool's schema: only what no schema takes for anything else goes that way.
    if isinstance(value, str) and value.isprintable() and value[:1] not in ("", "@") and not _is_json(value):
        return f"{name}={value}"
    return f"{name}:={_json(value)}"


def _is_plain(name: str) -> bool:
    """Whether the name of an argument can stand before `=`."""
    return name.isprintable() and name[:1] not in ("", "-") and not _FORBIDDEN.intersection(name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
        return text if text.isprintable() else json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return "{}"
