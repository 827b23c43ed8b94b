"""What a request, a result or a notification says, method by method, in one row.

Every method that the specification knows has its own few words; everything else is shown under its own name with its
params as JSON. Nothing here trusts a shape: what is of the wrong type is shown as it is. Questions (sampling,
elicitation, roots) are `questions`' matter, the handshake's answer is `handshake`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.events import Frame
from mcpwatch.text import size
from mcpwatch.view.questions import given
from mcpwatch.view.rows import DOT, Row, below, ident, listed
from mcpwatch.view.style import Line
from mcpwatch.view.values import LIMIT, arguments, block, blocks, compact, entries, members, most, quoted, text_of, word

__all__ = ["LISTS", "NAMES", "log_text", "notification", "number", "progress", "request", "result"]

LISTS: Final[dict[str, tuple[str, str]]] = {
    "tools/list": ("tools", "tool"),
    "prompts/list": ("prompts", "prompt"),
    "resources/list": ("resources", "resource"),
    "resources/templates/list": ("resourceTemplates", "template"),
    "tasks/list": ("tasks", "task"),
}
NAMES: Final[dict[str, str]] = {
    "notifications/cancelled": "cancelled",
    "notifications/initialized": "initialized",
    "notifications/progress": "progress",
    "notifications/resources/updated": "updated",
    "notifications/tools/list_changed": "tools changed",
    "notifications/prompts/list_changed": "prompts changed",
    "notifications/resources/list_changed": "resources changed",
    "notifications/roots/list_changed": "roots changed",
    "notifications/subscriptions/acknowledged": "subscribed",
    "notifications/elicitation/complete": "elicitation",
}
"""Notifications that go by a shorter name on screens."""
_LEVELS: Final = frozenset({"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"})
_FEW: Final = 5
"""Contents of a resource that are shown, unless all are asked for."""
_TEXTS: Final = ("msg", "message", "text", "event")


def request(method: str, params: object, frame: Frame) -> tuple[Line, list[Row]]:
    """A request that is no question: what it asks for, and rows for what it carries along."""
    said = members(params)
    weight = len(frame.data)
    match method:
        case "tools/call":
            spans: Line = [(arguments(said.get("arguments"), weight=weight), "")]
        case "prompts/get":
            spans = [(arguments(said.get("arguments"), weight=weight), "")]
        case "resources/read" | "resources/subscribe" | "resources/unsubscribe":
            spans = []
        case "completion/complete":
            argument = members(said.get("argument"))
            spans = [(f"{text_of(argument.get('name'))}={word(argument.get('value'))}", "")]
        case "logging/setLevel":
            spans = [(text_of(said.get("level")), "")]
        case "initialize":
            spans = _introduction(said)
        case "subscriptions/listen":
            spans = [(arguments(said.get("notifications")), "")]
        case _ if method in LISTS:
            spans = [(f"from {compact(said['cursor'], 60)}", "")] if said.get("cursor") is not None else []
        case _:
            rest = {key: item for key, item in said.items() if key != "_meta"} if said else params
            spans = [(arguments(rest, weight=weight), "")] if rest else []
    rows = [
        below("answer", (f"{key}  ", "key"), *given(item))._replace(more=True)
        for key, item in members(said.get("inputResponses")).items()
    ]
    # The next round of a conversation: its arguments are those of the first.
    return ([("with the answers", "dim")] if rows else spans), rows


def _introduction(said: Mapping[str, Any]) -> Line:
    """`initialize`: the version wanted, who asks, and what it can do."""
    client = members(said.get("clientInfo"))
    who = " ".join(part for part in (text_of(client.get("name")), text_of(client.get("version"))) if part)
    spans: Line = [(text_of(said.get("protocolVersion")), "")]
    if who:
        spans += [DOT, (who, "name")]
    capabilities = list(members(said.get("capabilities")))
    return [*spans, DOT, (f"declares {listed(capabilities)}" if capabilities else "declares nothing", "")]


def result(method: str | None, value: object, frame: Frame) -> Line:
    """The result of a request that went well, after its `ok`."""
    said = members(value)
    weight = len(frame.data)
    match method:
        case "tools/call":
            return [(_tool_result(said, value, weight), "value")]
        case "resources/read" if "contents" in said:
            contents = [members(item) for item in entries(said["contents"])]
            few = contents if most() > LIMIT else contents[:_FEW]
            rest = f" … (+{len(contents) - len(few)})" if len(few) < len(contents) else ""
            return [(" ".join([_contents(item) for item in few]) + rest, "value")]
        case "prompts/get" if "messages" in said:
            messages = [members(item) for item in entries(said["messages"])]
            first = f"  {text_of(messages[0].get('role'))} {blocks(messages[0].get('content'))}" if messages else ""
            return [(f"{_count(len(messages), 'message')}{first}", "value")]
        case "completion/complete" if "completion" in said:
            found = members(said["completion"])
            names = [text_of(item) for item in entries(found.get("values"))]
            total = f" of {compact(found['total'])}" if found.get("total") is not None else ""
            return [(f"{len(names)}{total}: {listed(names)}" if names else "nothing fits", "value")]
        case str() if method in LISTS and LISTS[method][0] in said:
            member, thing = LISTS[method]
            more = " (more to come)" if said.get("nextCursor") else ""
            return [(f"{_count(len(entries(said[member])), thing)}{more}", "value")]
        case _:
            rest = {key: item for key, item in said.items() if key not in ("_meta", "resultType")} if said else value
            return [(compact(rest, weight=weight), "value")] if rest else []


def _tool_result(said: Mapping[str, Any], value: object, weight: int) -> str:
    """The structured result, else the content; what is no text is named beside either."""
    content = said.get("content")
    structured = said.get("structuredContent")
    if structured is None:
        return blocks(content) if content is not None else compact(value, weight=weight)
    others = [item for item in entries(content) if members(item).get("type") != "text"]
    return " ".join([compact(structured, weight=weight), *[block(item) for item in others[:5]]])


def _contents(item: Mapping[str, Any]) -> str:
    text, blob = item.get("text"), item.get("blob")
    kind = f"[{text_of(item['mimeType'])}] " if item.get("mimeType") is not None else ""
    if isinstance(blob, str):
        return f"{kind}{size(len(blob) * 3 // 4 - blob[-2:].count('='))}"
    return f"{kind}{quoted(text)}" if isinstance(text, str) else compact(dict(item))


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def notification(method: str, params: object) -> tuple[str, str, Line]:
    """A notification other than progress: its name on screens, the style of that, and spans."""
    said = members(params)
    if method == "notifications/message":
        return _log(said, params)
    name = NAMES.get(method, method)
    match method:
        case "notifications/cancelled":
            reason = said.get("reason")
            spans: Line = [ident(said.get("requestId"))] if "requestId" in said else []
            return name, "warning", [*spans, (f"  {text_of(reason)}", "")] if reason is not None else spans
        case "notifications/resources/updated":
            return name, "", [(text_of(said.get("uri")), "name")]
        case "notifications/elicitation/complete":
            return name, "", [(f"complete {text_of(said.get('elicitationId'))}", "")]
        case "notifications/subscriptions/acknowledged":
            return name, "", [(arguments(said.get("notifications")), "")]
        case _:
            rest = {key: item for key, item in said.items() if key != "_meta"} if said else params
            return name, "", [(compact(rest), "")] if rest else []


def _log(said: Mapping[str, Any], params: object) -> tuple[str, str, Line]:
    level = said.get("level")
    named = level if isinstance(level, str) else compact(level, 20)
    if "data" not in said and "level" not in said:
        return "log", "warning", [(compact(params), "")]
    text, rest = log_text(said.get("data"), "data" in said)
    spans: Line = []
    if said.get("logger") is not None:
        spans.append((f"[{text_of(said['logger'])}] ", "key"))
    if text:
        spans.append((text, "value"))
    if rest:
        spans.append((f" {rest}" if text else rest, "dim" if text else "value"))
    return f"log {named}", f"log.{named}" if named in _LEVELS else "warning", spans


def log_text(data: object, there: bool = True) -> tuple[str, str]:
    """A log's data as its text and the rest as JSON: `{"msg": "slow", "extra": {"ms": 8}}` is `slow` and `{"ms":
    8}`."""
    if isinstance(data, str):
        return data, ""
    said = members(data)
    for key in _TEXTS:
        if isinstance(said.get(key), str):
            rest: Any = {name: item for name, item in said.items() if name != key and item is not None}
            if len(rest) == 1 and isinstance(rest.get("extra"), dict):
                rest = rest["extra"]
            return said[key], compact(rest) if rest else ""
    return "", compact(data) if there else "(no data)"


def number(value: object) -> str:
    """A progress value for people: `3`, `0.25`, `1,000,000`; what is no number as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return compact(value, 40)
    if isinstance(value, int):
        return f"{value:,}" if value.bit_length() < 200 else compact(value, 40)
    if abs(value) >= 1e15 or value != value:
        return f"{value:.6g}"
    return f"{value:,.0f}" if value.is_integer() or abs(value) >= 10_000 else f"{value:,.4g}"


def progress(said: Mapping[str, Any]) -> Line:
    """`3/10 30%  reading files`, as far as it is there."""
    value, total, message = said.get("progress"), said.get("total"), said.get("message")
    text = number(value)
    if total is not None:
        text = f"{text}/{number(total)}"
        if (
            isinstance(value, (int, float))
            and isinstance(total, (int, float))
            and 0 < total < 1e300
            and abs(value) < 1e300
        ):
            text = f"{text} {value / total:.0%}" if abs(value / total) < 1e6 else text
    spans: Line = [(text, "value")]
    if message is not None:
        spans.append((f"  {text_of(message)}", ""))
    return spans
