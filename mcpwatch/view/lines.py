"""One event as lines: which events are worth one, and in which order the rooms beside this one are asked.

`Describer` remembers the little that one line needs of those before it. Everything else it reads from the timeline,
which may be ahead of the event. What the messages say is left to `frames`, `questions` and `notices`; where the
columns stand to `columns`; bars to `bars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.model.shapes import malformed
from mcpwatch.model.timeline import Timeline
from mcpwatch.text import duration
from mcpwatch.view import notices
from mcpwatch.view.columns import Columns
from mcpwatch.view.frames import again_rows, batched, error_rows, notification_rows, request_rows, response_rows
from mcpwatch.view.handshake import is_handshake
from mcpwatch.view.messages import LISTS
from mcpwatch.view.rows import ARROWS, Row, below, listed, owner
from mcpwatch.view.signatures import Signatures
from mcpwatch.view.style import Line
from mcpwatch.view.tokens import Tokens
from mcpwatch.view.values import in_full, members, text_of

__all__ = ["Describer", "Look", "describe"]

_OURS: Final = frozenset({"sdk", "mcpwatch"})
_KEPT: Final = 4_096
"""HTTP exchanges that are remembered; the oldest go first."""
_MOST: Final = 12
"""Lines of one text in a terminal, unless everything is asked for."""
_ITEMS: Final = 100
"""Messages of one batch that get lines."""


@dataclass(slots=True)
class Look:
    """How lines are to look. `width` in cells, None where nothing is cut to one; it may change while lines are made.

    `verbose` shows everything, and all of it: what is too wide goes on below itself. Else what mcpwatch does by itself
    and what went well is left out, and what is too long is cut. `bars`: progress is shown as bars, so it needs no
    lines. `links` are names that are known beforehand, so that the columns never move. `asks`: a person is asked at
    the same screen, and sees there what a question says.
    """

    width: int | None = None
    verbose: bool = False
    bars: bool = False
    links: tuple[str, ...] = ()
    asks: bool = False


class Describer:
    """Events in, in order; lines out. One per stream of lines, and one thread at a time."""

    def __init__(self, timeline: Timeline, look: Look | None = None) -> None:
        self.timeline = timeline
        self.look = Look() if look is None else look
        self._columns = Columns(self.look.links)
        self._known: dict[str, None] = {}
        self._tokens = Tokens(timeline)
        self._signatures = Signatures(timeline)
        self._http: dict[int, tuple[str, str, float]] = {}
        self._wants_login: set[str] = set()
        """The links whose last request that was not served lacked a login, and was not redirected."""
        self._probes: set[int] = set()

    def describe(self, event: Event) -> list[Line]:
        """The lines for one event: none, one, or several, ready for a screen. Never raises over what a server sent."""
        self.see(event)
        if not self.look.verbose:
            rows = self._rows(event)
            return self.lines(rows, event.t, event.link) if rows else []
        with in_full():
            rows = self._rows(event)
            return self.lines(rows, event.t, event.link) if rows else []

    def see(self, event: Event) -> None:
        """Remember what later lines need, for an event that gets no line itself."""
        if isinstance(event, Frame):
            if event.type == "request":
                self._tokens.see(event)
                if event.method == "server/discover" and event.by in _OURS and event.xid is not None:
                    self._probes.add(event.xid)
        elif isinstance(event, Http) and event.phase == "request":
            if len(self._http) >= _KEPT:
                del self._http[next(iter(self._http))]
            self._http[event.xid] = (event.verb or "", notices.path_of(event.url), event.t)
        elif isinstance(event, Http) and event.phase == "response":
            if event.status in (401, 403):
                self._wants_login.add(event.link)
            elif event.status in (301, 302, 307, 308):
                self._wants_login.discard(event.link)

    def is_barred(self, event: Event) -> bool:
        """Whether this is progress that a bar shows, so that it needs no line."""
        return (
            self.look.bars
            and not self.look.verbose
            and isinstance(event, Frame)
            and event.method == "notifications/progress"
            and self._tokens.knows(event)
        )

    def lines(self, rows: list[Row], t: float, link: str) -> list[Line]:
        """Rows of one event in this stream's columns."""
        if link not in self._known:
            self._known = dict.fromkeys([*self.timeline.links, link])
            self._columns.know(self._known)
        return self._columns.lines(rows, t, link, self.look.width, whole=self.look.verbose)

    def _rows(self, event: Event) -> list[Row]:
        match event:
            case Frame():
                return self._frame(event)
            case Stderr():
                return notices.stderr(event)
            case Http():
                return self._step(event)
            case Note():
                return self._note(event)
            case Opened():
                return notices.opened(event)
            case Closed():
                return notices.closed(event, self.timeline.links.get(event.link))

    def _frame(self, frame: Frame) -> list[Row]:
        verbose = self.look.verbose
        match frame.type:
            case "notification":
                return self._notification(frame)
            case "request":
                upkeep = frame.by in _OURS or frame.method == "ping"
                return self._request(frame) if verbose or not upkeep else []
            case "response":
                return self._response(frame)
            case "error":
                refused = frame.method == "server/discover" and self._is_ours(frame)
                rows = error_rows(frame, self._signatures.of(frame))
                if refused or (frame.re is None and frame.xid in self._probes):
                    # A server of the legacy era says no to the modern handshake: the everyday case.
                    return _calm(rows) if verbose else []
                return rows
            case "batch":
                return self._batch(frame)
            case "invalid":
                return notices.junk(frame)

    def _request(self, frame: Frame) -> list[Row]:
        exchange = None if frame.xid is None else self.timeline.exchange_of(frame)
        if frame.xid is not None and exchange is not None and frame.seq in exchange.sent_again:
            path = self._http.get(frame.xid, ("", "", 0.0))[1]
            return again_rows(frame, path, login=frame.link in self._wants_login)
        rows = request_rows(frame)
        return rows[:1] if self.look.asks and rows[0].style == "question" else rows

    def _notification(self, frame: Frame) -> list[Row]:
        look = self.look
        if frame.method == "notifications/progress":
            row = self._tokens.row(frame, known_too=look.verbose or not look.bars)
            return [] if row is None else [row]
        if frame.method == "notifications/cancelled":
            return self._cancelled(frame)
        if not look.verbose and _is_upkeep(frame):
            return []
        return notification_rows(frame, _MOST if look.width is not None and not look.verbose else None)

    def _cancelled(self, frame: Frame) -> list[Row]:
        """A cancellation with the name of what it cancels. Giving up a request is always worth a line, but a stream of
        ours that ends with the session is none."""
        (row,) = notification_rows(frame, None)
        exchange = self.timeline.exchange_of(frame)
        if exchange is None:
            return [row]
        if exchange.by in _OURS and exchange.long_running and not self.look.verbose:
            return []
        return [row._replace(spans=[*owner(exchange.name, exchange.method, exchange.id)[:2], *row.spans[1:]])]

    def _response(self, frame: Frame) -> list[Row]:
        look = self.look
        exchange = None if frame.re is None else self.timeline.exchange_of(frame)
        rows: list[Row] = []
        upkeep = frame.method == "ping" or (exchange is not None and exchange.by in _OURS)
        spoilt = frame.method in LISTS and malformed(frame.method, members(frame.message).get("result"))
        if look.verbose or is_handshake(frame.method) or not upkeep or spoilt:
            bars, whole = look.bars and not look.verbose, look.verbose or look.width is None
            rows = response_rows(frame, exchange, self._signatures.of(frame), bars=bars, whole=whole)
            if look.asks and any(row.style == "question" for row in rows):
                rows = [rows[0], *(row for row in rows if row.style == "question")]
        return rows + self._changes(frame) if frame.method in LISTS else rows

    def _is_ours(self, frame: Frame) -> bool:
        exchange = self.timeline.exchange_of(frame)
        return exchange is not None and exchange.by in _OURS

    def _changes(self, frame: Frame) -> list[Row]:
        """What came and went since the list was asked for the last time."""
        server = self.timeline.links.get(frame.link)
        rows: list[Row] = []
        for change in reversed(list(server.changes)) if server is not None else ():
            if change.seq < frame.seq:
                break
            if change.seq == frame.seq:
                signs = (("+", change.added, "ok"), ("-", change.removed, "error"), ("~", change.changed, ""))
                spans = [(f"{sign} {listed(names)}   ", style) for sign, names, style in signs if names]
                rows.append(Row("●", change.kind, spans))
        return rows

    def _batch(self, frame: Frame) -> list[Row]:
        """A batch: one row, and each message in it like a frame of its own."""
        frames = batched(frame)
        rows = [Row(ARROWS[frame.dir], "batch", [(f"{len(frames)} message{'' if len(frames) == 1 else 's'}", "")])]
        for one in frames[:_ITEMS]:
            self.see(one)
            found = self._frame(one) if one.type != "invalid" else [below("?", (text_of(one.message), "junk"))]
            rows += [row._replace(mark=f"  {row.mark}") if row.mark else row for row in found]
        if len(frames) > _ITEMS:
            rows.append(below("", (f"… {len(frames) - _ITEMS:,} more messages", "dim")))
        return rows

    def _step(self, event: Http) -> list[Row]:
        verb, path, began = self._http.get(event.xid, (event.verb or "", "", event.t))
        probes = event.xid in self._probes
        if event.phase in ("end", "error"):
            self._http.pop(event.xid, None)
            self._probes.discard(event.xid)
        took = duration(event.t - began) if event.t > began else ""
        rows, matters = notices.http(event, verb, path, took)
        if probes and event.phase == "response":
            rows, matters = _calm(rows), False
        # A request says nothing that its response does not say again, with a status; its end says less.
        return rows if matters or (self.look.verbose and event.phase not in ("request", "end")) else []

    def _note(self, note: Note) -> list[Row]:
        verbose = self.look.verbose
        if note.what in ("answered", "unanswered"):
            row = self._signatures.row(note, verbose=verbose)
            return [] if row is None else [row]
        rows, matters = notices.note(note)
        return rows if matters or verbose else []


def _calm(rows: list[Row]) -> list[Row]:
    """Without the colours of what went wrong."""
    loud = ("error", "warning")
    return [row._replace(spans=[(text, "" if style in loud else style) for text, style in row.spans]) for row in rows]


def _is_upkeep(frame: Frame) -> bool:
    """A notification that is only about mcpwatch's own doing."""
    if frame.method == "notifications/subscriptions/acknowledged":
        said = members(members(members(frame.message).get("params")).get("notifications"))
        return "resourceSubscriptions" not in said
    return frame.by in _OURS


def describe(event: Event, timeline: Timeline, look: Look | None = None) -> list[Line]:
    """One event alone, as lines. For many in order use one `Describer`, which knows what came before."""
    return Describer(timeline, look).describe(event)
