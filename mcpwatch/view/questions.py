"""What a server asks, and what it was told: sampling, elicitation, roots, and requests that nobody knows.

One question is one head row and, below it, everything that whoever answers has to know: nothing that the protocol lets
a server ask for is left out. The same rows serve a request of the handshake era, an entry of `inputRequests` in an
`input_required` result, and the person who is asked at the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mcpwatch.view.form import form, wants
from mcpwatch.view.rows import Row, below, dotted, lines_below, listed
from mcpwatch.view.schema import signature
from mcpwatch.view.style import Line, Span
from mcpwatch.view.values import arguments, blocks, compact, entries, members, text_of

__all__ = ["ASKED", "address", "answered", "asked", "given", "host_of", "wanted"]

ASKED: Final[dict[str, str]] = {
    "sampling/createMessage": "sampling",
    "elicitation/create": "elicitation",
    "roots/list": "roots",
}
"""Methods that are questions to the person or the program behind the client, and the word for each."""
_PREFERENCES: Final = (("intelligencePriority", "intelligence"), ("speedPriority", "speed"), ("costPriority", "cost"))
_SAMPLING: Final = frozenset(
    ("messages", "modelPreferences", "systemPrompt", "includeContext", "temperature", "maxTokens")
    + ("stopSequences", "metadata", "tools", "toolChoice", "_meta", "task")
)
_FIELDS: Final = 40
_ALL: Final = 100_000
"""Characters of one text that whoever has to answer sees; more than that is read in no terminal."""


def asked(method: str, params: object, *, whole: bool = False) -> tuple[Line, list[Row]]:
    """A question: the spans of its head row, and the rows below. `whole`: all of it, for whoever has to answer."""
    said = members(params)
    if method == "sampling/createMessage":
        return _sampling(said, whole)
    if method == "elicitation/create":
        return _elicitation(said)
    if method == "roots/list":
        return [("which folders may it use?", "")], []
    return ([(arguments(params), "")] if said else []), []


def _sampling(said: Mapping[str, Any], whole: bool) -> tuple[Line, list[Row]]:
    messages = entries(said.get("messages"))
    head: Line = [(f"{len(messages)} message{'' if len(messages) == 1 else 's'}", "")]
    if said.get("maxTokens") is not None:
        head.append((f"max {compact(said['maxTokens'])} tokens", ""))
    if said.get("temperature") is not None:
        head.append((f"temperature {compact(said['temperature'])}", ""))
    rows: list[Row] = []
    if said.get("systemPrompt") is not None:
        rows += lines_below("system", text_of(said["systemPrompt"]), full=True, limit=_ALL if whole else None)
    for message in messages:
        one = members(message)
        rows += _message(text_of(one.get("role")) or "?", one.get("content") if one else message, whole)
        if whole and one.get("_meta") is not None:
            rows.append(below("_meta", (compact(one["_meta"], _ALL), "")))
    preferences = members(said.get("modelPreferences"))
    if preferences:
        hints = [text_of(members(hint).get("name")) or compact(hint) for hint in entries(preferences.get("hints"))]
        parts: Line = [(", ".join(hints), "")] if hints else []
        parts += [
            (f"{word} {compact(preferences[key])}", "")
            for key, word in _PREFERENCES
            if preferences.get(key) is not None
        ]
        known = {"hints", *(key for key, _ in _PREFERENCES)}
        parts += [(f"{key} {compact(item)}", "") for key, item in preferences.items() if key not in known]
        rows.append(below("model", *dotted(parts)))
    if said.get("stopSequences") is not None:
        rows.append(below("stop at", (", ".join(compact(stop) for stop in entries(said["stopSequences"])), "")))
    if said.get("includeContext") is not None:
        rows.append(below("context", (text_of(said["includeContext"]), "")))
    if whole:
        rows += [row for tool in entries(said.get("tools")) for row in _tool(members(tool))]
    elif said.get("tools") is not None:
        names = [text_of(members(tool).get("name")) for tool in entries(said["tools"])]
        rows.append(below("tools", (listed(names), "")))
    if said.get("toolChoice") is not None:
        choice = said["toolChoice"]
        rows.append(below("choice", (text_of(members(choice).get("mode")) or compact(choice), "")))
    if said.get("metadata") is not None:
        rows.append(below("metadata", (compact(said["metadata"]), "")))
    known = _SAMPLING - {"_meta", "task"} if whole else _SAMPLING
    rows += [below(key[:10], (compact(item), "")) for key, item in said.items() if key not in known]
    return dotted(head), rows


def _message(role: str, content: object, whole: bool) -> list[Row]:
    one = members(content)
    if one.get("type") == "text" and isinstance(one.get("text"), str):
        limit = _ALL if whole else None
        return lines_below(role, one["text"], full=True, limit=limit) or [below(role, ('""', "dim"))]
    if whole and (parts := entries(content)):
        # One after the other, the role beside the first.
        rows = [row for part in parts for row in _message("", part, whole)]
        return [rows[0]._replace(what=role), *rows[1:]]
    return [below(role, (blocks(content, _ALL if whole else None), ""))]


def _tool(tool: Mapping[str, Any]) -> list[Row]:
    """A tool that the model may use: how it is called, what it is for, and what its arguments are."""
    schema = members(tool.get("inputSchema"))
    rows = [below("tool", (text_of(tool.get("name")), "name"), (f"({signature(schema)})", ""))]
    rows += lines_below("", text_of(tool.get("description") or tool.get("title")), "dim", full=True, limit=_ALL)
    for field in form(schema):
        about = text_of(field.schema.get("description") or field.schema.get("title"))
        rows.append(below("", (f"  {field.name}  ", "name"), (wants(field, schema), "dim"), (f"  {about}", "")))
    return rows


def _elicitation(said: Mapping[str, Any]) -> tuple[Line, list[Row]]:
    text = text_of(said.get("message"))
    first, _, rest = text.partition("\n")
    head: Line = [(first, "")]
    rows = lines_below("", rest, full=True) if rest else []
    if said.get("mode") == "url" or ("url" in said and "requestedSchema" not in said):
        return head, [*rows, *address(text_of(said.get("url")))]
    schema = members(said.get("requestedSchema"))
    fields = form(schema)
    for field in fields[:_FIELDS]:
        title = text_of(field.schema.get("title") or field.schema.get("description"))
        about: Line = [(wants(field, schema), "")]
        if title and title != field.name:
            about.append((f"  {title}", "dim"))
        rows.append(below(field.name, *about)._replace(full=True))
    if len(fields) > _FIELDS:
        rows.append(below("", (f"… {len(fields) - _FIELDS} more fields", "dim")))
    return head, rows


def host_of(url: str) -> tuple[str, str, str]:
    """The address in three parts, the middle one the host with its port: what decides where one ends up.

    What stands before `@` is a user's name, never the host, however much it looks like one. Without a host the middle
    is empty.
    """
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return url, "", ""
    start = url.find("//")
    if not host or start < 0:
        return url, "", ""
    at = url.find(host, url.find("@", start) + 1 if "@" in urlsplit(url).netloc else start)
    return (url[:at], host, url[at + len(host) :]) if at >= 0 else (url, "", "")


def address(url: str) -> list[Row]:
    """A URL in full, then its host alone and what about it may deceive the eye: the row a person has to read."""
    before, host, after = host_of(url)
    if not host:
        return [below("url", (url, "")), below("host", ("none to be seen: this is no web address", "warning"))]
    spans: list[Span] = [(host, "host")]
    if warning := _disguise(url, before, host):
        spans.append((f"  ! {warning}", "warning"))
    # An address that is cut is one whose end nobody has seen.
    shown = below("url", (before, ""), (host, "host"), (after, ""))
    return [shown._replace(full=True), below("host", *spans)._replace(full=True)]


def _disguise(url: str, before: str, host: str) -> str:
    """What about an address may deceive the eye, in words; empty when nothing does."""
    found: list[str] = []
    scheme = url.partition(":")[0].lower()
    if scheme != "https":
        found.append("not encrypted" if scheme == "http" else f"{scheme}: is no web address")
    if "@" in before:
        found.append("what stands before @ is not the host")
    if "\\" in url:
        found.append("it holds a backslash, so programs disagree about the host")
    try:
        if not host.isascii():
            found.append(f"really {host.encode('idna').decode('ascii')}")
        elif "xn--" in host.lower():
            found.append(f"reads {host.encode('ascii').decode('idna')}")
    except UnicodeError:
        found.append("no valid host name")
    return "; ".join(found)


def answered(method: str, result: object) -> tuple[str, Line]:
    """What was replied to a question: how it went in a word (`ok`, or an elicitation's action), and what was said."""
    said = members(result)
    if method == "sampling/createMessage" and "content" in said:
        spans: Line = [(blocks(said["content"]), "value")]
        about = [text_of(said.get("model")), text_of(said.get("stopReason"))]
        shown = " · ".join(part for part in about if part)
        return "ok", [*spans, (f"  {shown}", "dim")] if shown else spans
    if method == "elicitation/create" and "action" in said:
        content = said.get("content")
        return text_of(said["action"]), [] if content is None else [(arguments(content), "")]
    if method == "roots/list" and "roots" in said:
        roots = entries(said["roots"])
        uris = [text_of(members(root).get("uri")) for root in roots]
        count = f"{len(roots)} root{'' if len(roots) == 1 else 's'}"
        return "ok", [(f"{count}  {listed(uris)}" if uris else "no roots", "")]
    return "ok", [(compact(result), "")] if result is not None and (said or not isinstance(result, Mapping)) else []


def given(answer: object) -> Line:
    """An entry of `inputResponses`, which does not say what it answers: its shape does."""
    said = members(answer)
    for method, member in (
        ("elicitation/create", "action"),
        ("roots/list", "roots"),
        ("sampling/createMessage", "content"),
    ):
        if member in said:
            status, spans = answered(method, answer)
            return spans if status == "ok" else [(f"{status}  ", "answer"), *spans]
    return [(compact(answer), "")]


def wanted(option: str) -> Line:
    """The end of a line that says what would have answered a question: an option, or a sentence about one."""
    if not option:
        return []
    if option.startswith("--") and ":" not in option:
        return [(": answer it with ", ""), (option, "command")]
    return [(f": {option}", "")]
