"""One frame as rows: a request, its answer, a notification, a question, a reply.

Everything that has to be remembered from one frame to the next comes in as an argument, so each frame reads the same
live, from a file, or alone. Which frames are worth a line is decided in `lines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.events import Frame
from mcpwatch.model.exchange import Exchange
from mcpwatch.model.shapes import malformed
from mcpwatch.text import duration
from mcpwatch.view.handshake import connected, is_handshake
from mcpwatch.view.messages import notification, request, result
from mcpwatch.view.questions import ASKED, address, answered, asked
from mcpwatch.view.rows import ARROWS, DOT, Row, below, ident, lines_below
from mcpwatch.view.style import Line
from mcpwatch.view.values import blocks, compact, entries, members, text_of

__all__ = ["again_rows", "batched", "error_rows", "notification_rows", "request_rows", "response_rows"]

_GAP: Final = ("  ", "")
_SEVERE: Final = frozenset({"log.error", "log.critical", "log.alert", "log.emergency"})
_ODD_IDS: Final = (float, bool, type(None))


def request_rows(frame: Frame) -> list[Row]:
    """A request in either direction; a question of the server with everything that it asks."""
    method = frame.method or "?"
    params = members(frame.message).get("params")
    mark = ARROWS[frame.dir]
    if frame.dir == "s2c" and method in ASKED:
        spans, rows = asked(method, params)
        return [Row(mark, ASKED[method], [*_subject(None, frame), *spans], "question", full=True, more=True), *rows]
    spans, rows = request(method, params, frame)
    style = "question" if frame.dir == "s2c" and method != "ping" else ""
    return [Row(mark, method, [*_subject(frame.name, frame), *spans], style), *rows]


def again_rows(frame: Frame, path: str, *, login: bool = False) -> list[Row]:
    """A request that goes out once more, unchanged: HTTP has redirected it to `path`, or wanted a login first."""
    where = "with a login" if login else f"redirected to {path}" if path else "redirected"
    return [Row(ARROWS[frame.dir], frame.method or "?", [*_subject(frame.name, frame), (f"again: {where}", "dim")])]


def _subject(name: str | None, frame: Frame) -> Line:
    """What it is about and its id: `work #3  `."""
    spans: Line = [(f"{name} ", "name")] if name else []
    spans += [ident(frame.id), _GAP]
    if isinstance(frame.id, _ODD_IDS):
        spans.append(("(no valid id)  ", "warning"))
    return spans


def response_rows(frame: Frame, exchange: Exchange | None, signature: Line, *, bars: bool, whole: bool) -> list[Row]:
    """The result of a request. `signature` says who gave it, where it is ours. `bars`: progress had no lines, so its
    sum is said here. `whole`: nothing is shortened."""
    method = frame.method
    value = members(frame.message).get("result")
    said = members(value)
    took = duration(frame.ms / 1000) if frame.ms is not None else ""
    mark = ARROWS[frame.dir]
    if frame.re is None and exchange is None:
        spans: Line = [ident(frame.id), _GAP, ("answers nothing that was asked", "warning"), _GAP]
        return [Row(mark, method or "response", [*spans, (compact(value, weight=len(frame.data)), "")], "warning")]
    if frame.dir == "s2c" and is_handshake(method) and ("capabilities" in said or "serverInfo" in said):
        return connected(method or "", value, took, whole=whole)
    if frame.dir == "c2s" and method in ASKED:
        status, spans = answered(method, value)
        head: Line = [*_subject(None, frame), (status, "answer"), (f" {took}" if took else "", "dim"), _GAP]
        return [Row(mark, ASKED[method], [*head, *signature, *spans], "answer", more=True)]
    if said.get("resultType") == "input_required":
        return _input_required(frame, said, took)
    head = _subject(frame.name, frame)
    if said.get("isError") is True:
        head += [
            ("tool error", "error"),
            (f" {took}" if took else "", "dim"),
            *(_progressed(exchange) if bars else []),
            _GAP,
        ]
        text = (
            blocks(said.get("content")) if said.get("structuredContent") is None else compact(said["structuredContent"])
        )
        return [Row(mark, method or "response", [*head, (text, "value")], full=True, more=True)]
    wrong = malformed(method, value) if frame.dir == "s2c" else ""
    head += [("malformed", "error") if wrong else ("ok", "ok"), (f" {took}" if took else "", "dim")]
    head += _progressed(exchange) if bars else []
    if wrong:
        head += [_GAP, (wrong, "warning")]
        return [Row(mark, method or "response", [*head, _GAP, (compact(value), "value")], full=True, more=True)]
    return [Row(mark, method or "response", [*head, _GAP, *signature, *result(method, value, frame)], more=True)]


def _progressed(exchange: Exchange | None) -> Line:
    """The sum of a call's progress, for a screen on which it was a bar that is gone now."""
    if exchange is None or exchange.bar is None:
        return []
    odd = [word for word in exchange.bar.odd if word != "after the end"]
    spans: Line = [DOT, (f"progress ×{exchange.progress_count:,}", "dim")]
    return [*spans, (f" ({', '.join(odd)})", "warning")] if odd else spans


def _input_required(frame: Frame, said: Mapping[str, Any], took: str) -> list[Row]:
    """A result of the modern era that asks back: each input request like a question."""
    wanted = members(said.get("inputRequests"))
    head: Line = [*_subject(frame.name, frame), ("input required", "question"), (f" {took}" if took else "", "dim")]
    if not wanted:
        head += [_GAP, ("nothing is asked: it wants to be called again", "dim")]
    rows = [Row(ARROWS[frame.dir], frame.method or "response", head)]
    for key, item in wanted.items():
        one = members(item)
        method = text_of(one.get("method"))
        spans, more = asked(method, one.get("params"))
        rows.append(Row("", ASKED.get(method, method or "?"), [(f"{key}  ", "key"), *spans], "question", full=True))
        rows += more
    return rows


def error_rows(frame: Frame, signature: Line) -> list[Row]:
    """An error response: code, message, data. A refusal of ours to a question is one too, with who gave it."""
    error = members(frame.message).get("error")
    said = members(error)
    took = f" {duration(frame.ms / 1000)}" if frame.ms is not None else ""
    method = frame.method or "response"
    message = text_of(said.get("message")) if said else compact(error)
    first, _, rest = message.partition("\n")
    spans: Line = _subject(frame.name, frame)
    if frame.re is None:
        spans += [("answers nothing that was asked", "warning"), _GAP]
    code = f"error {compact(said['code'], 20)}" if "code" in said else "error"
    # A question that was turned down is an answer, not a failure.
    style = "answer" if frame.dir == "c2s" else "error"
    spans += [(code, style), (took, "dim"), _GAP, *signature, (first, "")]
    rows = lines_below("", rest, full=True) if rest else []
    data = said.get("data")
    urls = [members(item) for item in entries(members(data).get("elicitations"))] if said.get("code") == -32042 else []
    for one in urls[:10]:
        rows += [below("open", (text_of(one.get("message")), "")), *address(text_of(one.get("url")))]
    if data is not None and not urls:
        spans.append((f"  {compact(data)}", "dim"))
    ours = frame.dir == "c2s" and method in ASKED
    what = ASKED[method] if ours else method
    return [Row(ARROWS[frame.dir], what, spans, "answer" if ours else "", full=True, more=True), *rows]


def notification_rows(frame: Frame, most: int | None) -> list[Row]:
    """Any notification but progress. A log of several lines keeps them, at most `most`."""
    name, style, spans = notification(frame.method or "?", members(frame.message).get("params"))
    row = Row(ARROWS[frame.dir], name, spans, style, full=style in _SEVERE)
    for index, (text, shade) in enumerate(spans):
        if shade == "value" and "\n" in text and frame.method == "notifications/message":
            first, *rest = lines_below("", text, most=most, full=row.full)
            return [row._replace(spans=[*spans[:index], *first.spans, *spans[index + 1 :]]), *rest]
    return [row]


def batched(frame: Frame) -> list[Frame]:
    """The messages of a batch as frames of their own. One that is no message is of type `invalid`."""
    return [
        Frame(
            link=frame.link,
            dir=frame.dir,
            type="invalid" if item.type == "batch" else item.type,
            data=b"",
            message=message,
            method=item.method,
            id=item.id,
            name=item.name,
            re=item.re,
            seq=frame.seq,
            t=frame.t,
        )
        for item, message in zip(frame.items, entries(frame.message), strict=False)
    ]
