"""One event as lines: which events are worth one, and what they need from those before.

`Describer` remembers the little that one line needs of those before it: which request a progress token belongs to, the
verb of an HTTP exchange, whose answer was signed. Everything else it reads from the timeline, which may be ahead of
the event. What the messages say is left to `frames`, `questions` and `notices`; bars are `bars`' matter."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.model.exchange import Exchange
from mcpwatch.model.timeline import Timeline
from mcpwatch.text import duration
from mcpwatch.view import notices
from mcpwatch.view.columns import Columns
from mcpwatch.view.frames import (
    error_rows,
    notification_rows,
    owner_of,
    progress_row,
    request_rows,
    response_rows,
)
from mcpwatch.view.handshake import is_handshake
from mcpwatch.view.messages import LISTS
from mcpwatch.view.questions import ASKED, wanted
from mcpwatch.view.rows import ARROWS, Row, below, ident, listed
from mcpwatch.view.style import Line
from mcpwatch.view.values import entries, members, text_of

__all__ = ["Describer", "Look", "describe"]

_OURS: Final = frozenset({"sdk", "mcpwatch"})
_KEPT: Final = 4_096
"""Tokens, HTTP exchanges and values that are remembered; the oldest go first."""
_MOST: Final = 12
"""Lines of one text in a terminal, unless everything is asked for."""
_ITEMS: Final = 100


@dataclass(slots=True)
class Look:
    """How lines are to look. `width` in cells, None where nothing is cut to one; it may change while lines are made.

    `verbose` shows everything; else what mcpwatch does by itself and what went well is left out. `bars`: progress is
    shown as bars, so it needs no lines. `links` are names that are known beforehand, so that the columns never move.
    """

    width: int | None = None
    verbose: bool = False
    bars: bool = False
    links: tuple[str, ...] = ()


class Describer:
    """Events in, in order; lines out. One per stream of lines, and one thread at a time."""

    def __init__(self, timeline: Timeline, look: Look | None = None) -> None:
        self.timeline = timeline
        self.look = Look() if look is None else look
        self._owners: dict[Hashable, tuple[Line | None, Any]] = {}
        self._http: dict[int, tuple[str, str, float]] = {}
        self._signed: dict[tuple[int, str | None], None] = {}
        self._columns = Columns(self.look.links)
        self._known: dict[str, None] = {}

    def describe(self, event: Event) -> list[Line]:
        """The lines for one event: none, one, or several, ready for a screen. Never raises over what a server sent."""
        self.see(event)
        rows = self._rows(event)
        if not rows:
            return []
        return self.lines(rows, event.t, event.link)

    def see(self, event: Event) -> None:
        """Remember what later lines need, for an event that gets no line itself."""
        if isinstance(event, Frame):
            if event.type == "request":
                meta = members(members(members(event.message).get("params")).get("_meta"))
                token = meta.get("progressToken")
                if token is not None:
                    self._own(_key(event.link, event.dir, token), owner_of(event.name, event.method or "?", event))
        elif isinstance(event, Http) and event.phase == "request":
            _remember(self._http, event.xid, (event.verb or "", notices.path_of(event.url), event.t))

    def lines(self, rows: list[Row], t: float, link: str) -> list[Line]:
        """Rows of one event in this stream's columns."""
        if link not in self._known:
            self._known = dict.fromkeys([*self.timeline.links, link])
            self._columns.know(self._known)
        return self._columns.lines(rows, t, link, self.look.width)

    # What is worth a line, and which

    def _rows(self, event: Event) -> list[Row]:
        if isinstance(event, Frame):
            return self._frame(event)
        if isinstance(event, Stderr):
            return notices.stderr(event)
        verbose = self.look.verbose
        if isinstance(event, Http):
            verb, path, began = self._http.get(event.xid, (event.verb or "", "", event.t))
            if event.phase in ("end", "error"):
                self._http.pop(event.xid, None)
            took = duration(event.t - began) if event.t > began else ""
            rows, matters = notices.http(event, verb, path, took)
            # The request says nothing that its response does not say again with a status.
            return rows if matters or (verbose and event.phase not in ("request", "end")) else []
        if isinstance(event, Note):
            return self._note(event)
        if isinstance(event, Opened):
            return notices.opened(event)
        return self._closed(event)

    def _closed(self, event: Closed) -> list[Row]:
        return notices.closed(event, self.timeline.links.get(event.link))

    def _frame(self, frame: Frame) -> list[Row]:
        look = self.look
        match frame.type:
            case "notification":
                if frame.method == "notifications/progress":
                    return self._progress(frame)
                if not look.verbose and self._is_upkeep(frame):
                    return []
                rows = notification_rows(frame, _MOST if look.width is not None and not look.verbose else None)
                return self._cancelled(frame, rows[0]) if frame.method == "notifications/cancelled" else rows
            case "request":
                if not look.verbose and (frame.by in _OURS or frame.method == "ping"):
                    return []
                return request_rows(frame)
            case "response":
                return self._response(frame)
            case "error":
                if not look.verbose and frame.method == "server/discover" and self._by_us(frame):
                    return []  # a server of the legacy era says no to the modern handshake: the everyday case
                return error_rows(frame, self._signature(frame))
            case "batch":
                return self._batch(frame)
            case _:
                return notices.junk(frame)

    def _is_upkeep(self, frame: Frame) -> bool:
        """A notification that is only about mcpwatch's own doing. Giving up a request is always worth a line."""
        if frame.method == "notifications/subscriptions/acknowledged":
            said = members(members(members(frame.message).get("params")).get("notifications"))
            return "resourceSubscriptions" not in said
        return frame.by in _OURS and frame.method != "notifications/cancelled"

    def _cancelled(self, frame: Frame, row: Row) -> list[Row]:
        """A cancellation with the name of what it cancels."""
        exchange = self.timeline.exchange_of(frame)
        if exchange is None:
            return [row]
        if exchange.by in _OURS and exchange.long_running and not self.look.verbose:
            return []
        return [row._replace(spans=[*_owned(exchange)[:2], *row.spans[1:]])]

    def _response(self, frame: Frame) -> list[Row]:
        look = self.look
        exchange = None if frame.re is None else self.timeline.exchange_of(frame)
        rows: list[Row] = []
        quiet = not look.verbose and not is_handshake(frame.method)
        if not (quiet and (frame.method == "ping" or (exchange is not None and exchange.by in _OURS))):
            bars, whole = look.bars and not look.verbose, look.verbose or look.width is None
            rows = response_rows(frame, exchange, self._signature(frame), bars=bars, whole=whole)
        return rows + self._changes(frame) if frame.method in LISTS else rows

    def _by_us(self, frame: Frame) -> bool:
        exchange = self.timeline.exchange_of(frame)
        return exchange is not None and exchange.by in _OURS

    def _progress(self, frame: Frame) -> list[Row]:
        said = members(members(frame.message).get("params"))
        token, value, total = said.get("progressToken"), said.get("progress"), said.get("total")
        key = _key(frame.link, "c2s" if frame.dir == "s2c" else "s2c", token)
        known = self._owners.get(key)
        if known is None:
            exchange = self.timeline.exchange_of(frame)
            known = (_owned(exchange) if exchange is not None else None, None)
        owner, before = known
        if owner is not None and self.look.bars and not self.look.verbose:
            return []
        odd: list[str] = []
        if owner is None:
            named: Line = [
                ("token ", "key"),
                ident(token if isinstance(token, (str, int)) else text_of(token)),
                ("  ", ""),
            ]
            if self.timeline.seq >= frame.seq:
                odd.append("unknown token")
        else:
            named = owner
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if before is not None and value < before:
                odd.append("backwards")
            if isinstance(total, (int, float)) and value > total:
                odd.append("past total")
            before = value
        else:
            odd.append("no number")
        self._own(key, owner, before)
        return [progress_row(frame, said, named, ", ".join(odd))]

    def _own(self, key: Hashable, owner: Line | None, value: Any = None) -> None:
        _remember(self._owners, key, (owner, value))

    def _batch(self, frame: Frame) -> list[Row]:
        """A batch: one row, and each message in it like a frame of its own."""
        messages = entries(frame.message)
        count = len(frame.items) or len(messages)
        rows = [Row(ARROWS[frame.dir], "batch", [(f"{count} message{'' if count == 1 else 's'}", "")])]
        for item, message in list(zip(frame.items, messages, strict=False))[:_ITEMS]:
            one = Frame(
                link=frame.link,
                dir=frame.dir,
                type=item.type if item.type != "batch" else "invalid",
                data=b"",
                message=message,
                method=item.method,
                id=item.id,
                name=item.name,
                re=item.re,
                seq=frame.seq,
                t=frame.t,
            )
            self.see(one)
            found = self._frame(one) if one.type != "invalid" else [below("?", (text_of(message), "junk"))]
            rows += [row._replace(mark=f"  {row.mark}") if row.mark else row for row in found]
        if count > _ITEMS:
            rows.append(below("", (f"… {count - _ITEMS:,} more messages", "dim")))
        return rows

    # Questions and their answers

    def _signature(self, frame: Frame) -> Line:
        """Who gave an answer of ours, if that is known already; else a note says it later, on a line of its own."""
        if frame.dir != "c2s" or frame.re is None:
            return []
        for question in self.timeline.questions_at(frame.re):
            if question.key is None and question.rule is not None and not question.unanswered:
                _remember(self._signed, (frame.re, None), None)
                return [(notices.rule_of({"rule": question.rule, "who": question.who}) + "  ", "answer")]
        return []

    def _note(self, note: Note) -> list[Row]:
        if note.what == "answered":
            return self._answered(note)
        if note.what == "unanswered":
            return _unanswered(note, self._asked(note))
        rows, matters = notices.note(note)
        return rows if matters or self.look.verbose else []

    def _answered(self, note: Note) -> list[Row]:
        key = note.data.get("key")
        signed = (note.re or 0, key if isinstance(key, str) else None)
        if signed in self._signed:
            del self._signed[signed]
            return []
        method = self._asked(note)
        if method == "ping" and not self.look.verbose:
            return []
        question = self.timeline.question(note.re or 0, signed[1])
        if (
            question is not None
            and question.key is None
            and (question.answer_seq is None or question.answer_seq > note.seq)
        ):
            return []  # the answer itself comes next, and is signed
        spans: Line = [(f"{signed[1]}  ", "key")] if signed[1] else []
        action = text_of(note.data.get("action"))
        if action and action != "result":
            spans.append((f"{action} ", "answer"))
        return [Row("↳", "answered", [*spans, (notices.rule_of(note.data), "answer")], "answer")]

    def _asked(self, note: Note) -> str:
        """The method of the question that a note speaks of."""
        key = note.data.get("key")
        question = self.timeline.question(note.re or 0, key if isinstance(key, str) else None)
        return question.method if question is not None else text_of(note.data.get("method"))

    def _changes(self, frame: Frame) -> list[Row]:
        """What came and went since the list was asked for the last time."""
        server = self.timeline.links.get(frame.link)
        rows: list[Row] = []
        for change in reversed(list(server.changes)) if server is not None else ():
            if change.seq < frame.seq:
                break
            if change.seq == frame.seq:
                spans: Line = []
                for sign, names, style in (
                    ("+", change.added, "ok"),
                    ("-", change.removed, "error"),
                    ("~", change.changed, ""),
                ):
                    if names:
                        spans.append((f"{sign} {listed(names)}   ", style))
                rows.append(Row("●", change.kind, spans))
        return rows


def _unanswered(note: Note, method: str) -> list[Row]:
    """What had no answer, and the option that would have been one."""
    word = ASKED.get(method, method) or "question"
    key = text_of(note.data.get("key"))
    refused = "declined" if text_of(note.data.get("action")) == "decline" else "refused"
    spans: Line = [(f"{key}  ", "key")] if key else []
    spans.append((f"nothing answers this {word}, so it was {refused}", "warning"))
    return [
        Row("!", "unanswered", [*spans, *wanted(text_of(note.data.get("wanted", note.data.get("option"))))], "warning")
    ]


def _owned(exchange: Exchange) -> Line:
    return [(f"{exchange.name or exchange.method} ", "name" if exchange.name else ""), ident(exchange.id), ("  ", "")]


def _key(link: str, dir: str, token: Any) -> Hashable:
    """What a token is looked up by: `1` and `"1"` and `true` are three different ones."""
    return (link, dir, type(token), token) if isinstance(token, (str, int, float)) else (link, dir, text_of(token))


def _remember(kept: dict[Any, Any], key: Hashable, value: Any) -> None:
    if key not in kept and len(kept) >= _KEPT:
        del kept[next(iter(kept))]
    kept[key] = value


def describe(event: Event, timeline: Timeline, look: Look | None = None) -> list[Line]:
    """One event alone, as lines. For many in order use one `Describer`, which knows what came before."""
    return Describer(timeline, look).describe(event)
