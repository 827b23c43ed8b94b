"""One event in the words of a line: its kind, method, subject, latency, size, and what it says in short.

What messages say is taken from the views that `show` uses; this module only picks from it what fits into columns.
Spans may still hold anything a server sent: `columns` cleans what it puts together.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mcpwatch.events import GAVE_UP, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.recording import is_wrong
from mcpwatch.text import duration, size
from mcpwatch.view import notices
from mcpwatch.view.frames import response_rows
from mcpwatch.view.messages import NAMES, notification, progress, request, result
from mcpwatch.view.questions import ASKED, answered, asked
from mcpwatch.view.rows import ident
from mcpwatch.view.style import Line
from mcpwatch.view.values import blocks, compact, members, text_of

__all__ = ["Told", "told"]

_BATCHED: Final = 12
_WORDS: Final = {
    "request": ("request", ""),
    "response": ("result", "ok"),
    "error": ("error", "error"),
    "notification": ("notify", ""),
    "batch": ("batch", ""),
    "invalid": ("junk", "junk"),
}


class Told(NamedTuple):
    """What there is to say about one event. `what` is empty where `spans` take all of the line."""

    kind: str
    style: str = ""
    what: str = ""
    subject: Line = []
    ms: str = ""
    size: str = ""
    spans: Line = []
    wrong: bool = False


def told(event: Event) -> Told:
    """Never raises over what an event holds."""
    match event:
        case Frame():
            return _frame(event)
        case Stderr():
            rows = notices.stderr(event)
            more: Line = [(f"  (+{len(rows) - 1} lines)", "dim")] if len(rows) > 1 else []
            return Told("stderr", "stderr", spans=[*rows[0].spans, *more], size=size(len(event.data)))
        case Http():
            return _http(event)
        case Note():
            return _note(event)
        case Opened():
            return Told("opened", "strong", spans=notices.opened(event)[0].spans)
        case Closed():
            return _closed(event)


def _frame(frame: Frame) -> Told:
    kind, style = _WORDS[frame.type]
    method = frame.method or "?"
    subject: Line = [(f"{frame.name} ", "name")] if frame.name else []
    if frame.type not in ("notification", "batch", "invalid"):
        subject.append(ident(frame.id))
    ms = duration(frame.ms / 1000) if frame.ms is not None else ""
    bytes_ = size(frame.size)
    match frame.type:
        case "request":
            asks = frame.dir == "s2c" and method in ASKED
            params = members(frame.message).get("params")
            spans = asked(method, params)[0] if asks else request(method, params, frame)[0]
            if asks:
                kind, style = "asks", "question"
            return Told(kind, style, method, subject, ms, bytes_, spans)
        case "response":
            kind, style, spans = _response(frame)
            return Told(kind, style, method, subject, ms, bytes_, spans, is_wrong(frame))
        case "error":
            return Told(kind, style, method, subject, ms, bytes_, _error(frame), True)
        case "notification":
            name, style, spans = _notified(frame)
            return Told(kind, style, name, subject, ms, bytes_, spans)
        case "batch":
            names = [item.method or item.type for item in frame.items]
            text = ", ".join(names[:_BATCHED]) + (f", … (+{len(names) - _BATCHED})" if len(names) > _BATCHED else "")
            return Told(kind, style, f"{len(names)} messages", [], ms, bytes_, [(text, "")], is_wrong(frame))
        case "invalid":
            return Told(kind, style, "", [], ms, bytes_, notices.junk(frame)[0].spans, True)


def _response(frame: Frame) -> tuple[str, str, Line]:
    value = members(frame.message).get("result")
    said = members(value)
    if frame.re is None:
        return "result", "warning", [("answers nothing that was asked", "warning")]
    if frame.dir == "c2s" and frame.method in ASKED:
        status, spans = answered(frame.method, value)
        return "answer", "answer", [(f"{status}  ", "answer"), *spans]
    if said.get("isError") is True:
        structured = said.get("structuredContent")
        return "failed", "error", [(blocks(said.get("content")) if structured is None else compact(structured), "")]
    if said.get("resultType") == "input_required":
        keys = list(members(said.get("inputRequests")))
        return "asks", "question", [(f"input required: {', '.join(keys)}" if keys else "input required", "question")]
    if frame.dir == "s2c" and frame.method in ("initialize", "server/discover"):
        row = response_rows(frame, None, [], bars=False, whole=False)[0]
        return "result", "ok", row.spans
    return "result", "ok", result(frame.method, value, frame)


def _error(frame: Frame) -> Line:
    error = members(frame.message).get("error")
    said = members(error)
    code: Line = [(f"{compact(said['code'], 20)} ", "error")] if "code" in said else []
    message = text_of(said.get("message")) if said else compact(error)
    data: Line = [(f"  {compact(said['data'])}", "dim")] if said.get("data") is not None else []
    return [*code, (message, ""), *data]


def _notified(frame: Frame) -> tuple[str, str, Line]:
    method = frame.method or "?"
    params = members(frame.message).get("params")
    if method == "notifications/progress":
        said = members(params)
        return NAMES[method], "", [*progress(said), (f"  token {compact(said.get('progressToken'), 40)}", "dim")]
    name, style, spans = notification(method, params)
    return (name if name != method else method.removeprefix("notifications/")), style, spans


def _http(event: Http) -> Told:
    rows, _ = notices.http(event, event.verb or "", notices.path_of(event.url) if event.url else "", "")
    spans: Line = [(f"{event.phase:<9}", "dim"), (f"x{event.xid} ", "id"), *rows[0].spans]
    failed = event.phase == "error" and event.error not in GAVE_UP
    bad = failed or (event.status or 0) >= 400
    return Told(
        "http", "warning" if bad else "dim", spans=spans, size=size(event.size) if event.size else "", wrong=bad
    )


def _note(event: Note) -> Told:
    about: Line = [(f"about {event.re}  ", "id")] if event.re is not None else []
    if event.what in ("answered", "unanswered"):
        words = "  ".join(f"{key} {text_of(value)}" for key, value in event.data.items())
        style = "warning" if event.what == "unanswered" else "answer"
        return Told("note", "answer", spans=[*about, (f"{event.what}  ", style), (words, "dim")])
    rows, _ = notices.note(event)
    return Told("note", "dim", spans=[*about, *rows[0].spans])


def _closed(event: Closed) -> Told:
    row = notices.closed(event, None)[0]
    return Told("closed", "error" if is_wrong(event) else "strong", spans=[(f"{row.what} ", row.style), *row.spans],
                wrong=is_wrong(event))  # fmt: skip
