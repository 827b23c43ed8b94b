"""The fold: events go in, one after the other, and change what is known.

Owns the state of all links and the one way to write to it, `apply`. Reading it is `timeline`'s. It gets stamped events
(`seq`, `t`, `re`) from a live hub or from a file and cannot tell which; time is `event.t` and nothing else. What a
message holds may have any shape: it is read through `shapes` only, so that `apply` never raises over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.events import ENDED_BY_CLIENT, GAVE_UP, Closed, Event, Frame, Http, Note, Opened, Stderr
from mcpwatch.model import hints, learn
from mcpwatch.model.exchange import CLOSED_LINK, Cancellation, Exchange, Fetch, State
from mcpwatch.model.exchanges import Exchanges, bar_of
from mcpwatch.model.hinting import Hinting
from mcpwatch.model.hints import Hint
from mcpwatch.model.progress import Bar
from mcpwatch.model.question import Question, Questions
from mcpwatch.model.routes import Routes
from mcpwatch.model.server import LIMIT, OTHERS, MethodCount, Server, tally
from mcpwatch.model.shapes import Scalar, items, key, label, mapping, params, result, scalar, text

_LAST_WORDS = 4096
_MOST = 2**63
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_LOGIN: Final = frozenset({401, 403})
"""Statuses after which a client sends the same request once more, to where it was sent; 303 changes what it asks."""
_NOBODY: Final = frozenset({502, 504})
"""Statuses with which something in between says that it does not reach the server."""
_ENDED_BY_NOTE: Final[dict[str, State]] = {
    "answer-without-id": "failed",
    "made-up": "lost",
    "not-sent": "lost",
    "unreadable": "lost",
}


class Fold:
    """All links' state. What has a name without an underscore is for reading."""

    def __init__(self, fetch: Fetch | None = None) -> None:
        self.links: dict[str, Server] = {}
        """In order of appearance."""
        self._hinting = Hinting()
        self.hints: list[Hint] = self._hinting.given
        """Each at most once per link, in the order in which they were found."""
        self.seq = 0
        """The last event's `seq`."""
        self.t = 0.0
        """The last event's time."""
        self._exchanges = Exchanges(fetch)
        self.exchanges: list[Exchange] = self._exchanges.all
        """Every exchange of every link and both directions, running or not, in order of start."""
        self.running: dict[int, Exchange] = self._exchanges.running
        """Those without an answer yet, by `Exchange.number`."""
        self._questions = Questions()
        self.questions: list[Question] = self._questions.all
        """Everything the servers asked, in order."""
        self._routes: dict[str, Routes] = {}

    def apply(self, event: Event) -> None:
        """Fold one stamped event. Never raises, whatever its message holds."""
        seq = event.seq
        if not 0 <= seq <= _MOST:
            return  # no hub stamps that: a file that was made to break its reader
        self.seq = seq
        self.t = event.t
        self._hinting.at(seq, event.t)
        link = event.link
        server = self.links.get(link)
        if server is None:
            server = self.links[link] = Server(link)
            self._routes[link] = Routes()
        if isinstance(event, Frame):
            self._frame(server, self._routes[link], event)
        elif isinstance(event, Stderr):
            server.stderr_bytes += len(event.data)
            server.last_words = (server.last_words + event.data[-_LAST_WORDS:])[-_LAST_WORDS:]
            if b"server/discover" in event.data:
                self._hinting.probe_on_stderr(server)
        elif isinstance(event, Http):
            self._http(server, self._routes[link], event)
        elif isinstance(event, Note):
            self._note(server, self._routes[link], event)
        elif isinstance(event, Opened):
            server.mode, server.transport, server.pid = event.mode, event.transport, event.pid
            server.target, server.opened, server.closed = event.target, event.t, None
        else:
            self._closed(server, event)

    # Frames

    def _frame(self, server: Server, routes: Routes, frame: Frame) -> None:
        side = server.c2s if frame.dir == "c2s" else server.s2c
        side.frames += 1
        side.bytes += frame.size
        if frame.type == "batch":
            self._batch(server, routes, frame)
        elif frame.type == "invalid":
            if frame.dir == "s2c":
                server.junk += 1
                if server.transport == "stdio" and frame.id is None:  # with one it is an answer that was spoilt
                    self._hinting.give(server, "junk")
        else:
            self._message(server, routes, frame)

    def _message(self, server: Server, routes: Routes, frame: Frame) -> None:
        method = frame.method
        count = server.methods.get(method) if method is not None else None
        if count is None:
            count = _counted(server, method, frame.t)
        count.last = frame.t
        count.bytes += frame.size
        kind = frame.type
        if kind == "notification":
            count.notifications += 1
            server.stats.sent(frame)
            if method == "notifications/progress":
                self._progress(server, routes, frame)
            elif method == "notifications/message" and frame.dir == "s2c":
                self._log(server, routes, frame)
            elif method == "notifications/cancelled":
                self._cancelled(server, routes, frame)
            elif frame.dir == "s2c":
                said = params(frame.message)
                learn.notified(server, method or "", said, _stream(routes, frame, said), frame.t)
            elif method == "notifications/roots/list_changed":
                learn.roots_changed(server, frame.t)
        elif kind == "request":
            again = None if frame.xid is None else routes.redirected(frame) or routes.let_in(frame)
            if again is not None:
                self._exchanges.send_again(again, frame)
                return
            count.requests += 1
            server.stats.sent(frame)
            self._request(server, routes, frame)
        else:
            if kind == "error":
                count.errors += 1
            else:
                count.responses += 1
            server.stats.answered(frame)
            self._answer(server, routes, frame)

    def _batch(self, server: Server, routes: Routes, frame: Frame) -> None:
        messages = items(frame.message)
        for position, item in enumerate(frame.items):
            if item.type in ("batch", "invalid"):
                continue
            one = Frame(
                link=frame.link,
                dir=frame.dir,
                type=item.type,
                data=b"",
                message=messages[position] if position < len(messages) else None,
                method=item.method,
                id=item.id,
                name=item.name,
                re=item.re,
                by=frame.by,
                xid=frame.xid,
                seq=frame.seq,
                t=frame.t,
            )
            self._message(server, routes, one)

    def _progress(self, server: Server, routes: Routes, frame: Frame) -> None:
        said = params(frame.message)
        token = scalar(said.get("progressToken"))
        exchange, late = routes.by_token("c2s" if frame.dir == "s2c" else "s2c", token)
        if exchange is None:
            bar = _unknown(server, frame, token)
        else:
            bar, new = bar_of(exchange, token, frame)
            if new and frame.dir == "s2c":
                server.progress_tokens += 1
            if late:
                bar.after_end = True
            exchange.add_progress(frame.seq)
        bar.advance(said, frame.t)

    def _log(self, server: Server, routes: Routes, frame: Frame) -> None:
        level = params(frame.message).get("level")
        name = level if isinstance(level, str) else label(level)
        if name in server.logs:
            server.logs[name] += 1
        else:
            tally(server.logs, name)
        if server.log_floor and learn.RANKS.get(name, server.log_floor) < server.log_floor:
            self._hinting.give(server, "below-level")
        exchange = routes.caller(frame, streams=server.transport == "http")
        if exchange is not None:
            exchange.add_log(frame.seq)

    def _cancelled(self, server: Server, routes: Routes, frame: Frame) -> None:
        said = params(frame.message)
        exchange = routes.by_id(frame.dir, said.get("requestId"))
        if exchange is None and frame.dir == "s2c":
            # A server of the modern era ends a stream that the client opened by cancelling it.
            exchange = routes.by_id("c2s", said.get("requestId"))
            if exchange is not None and not exchange.long_running:
                return
        if exchange is None:
            return
        reason = text(said.get("reason"))
        exchange.cancellation = Cancellation(frame.seq, frame.dir, frame.t)
        self._settle(server, routes, exchange, "cancelled", frame.t, reason=None if reason is None else label(reason))
        if exchange.dir == "s2c":
            for question in self._questions.of(exchange):
                self._questions.close(question, "cancelled")
        for question in exchange.questions:
            # The client gave the call up while the server was still waiting for the client.
            if question.waiting:
                self._hinting.give(server, hints.of_question(question))

    def _request(self, server: Server, routes: Routes, frame: Frame) -> None:
        said = params(frame.message)
        meta = mapping(said.get("_meta"))
        token = meta.get("progressToken")
        memo = None
        if frame.dir == "c2s":
            memo = learn.asked(server, frame.method or "", said, meta)
            if token is None and server.mode == "proxy" and frame.method == "tools/call":
                self._hinting.give(server, "no-token")
            if "inputResponses" in said or "requestState" in said:
                exchange = routes.resume(frame, said)
                if exchange is not None:
                    self._exchanges.next_round(exchange, frame)
                    self._questions.answered_by_round(exchange, said, frame)
                    routes.begin(exchange, frame.id, token, frame.xid, memo)
                    return
        exchange = self._exchanges.begin(frame)
        if frame.dir == "s2c":
            during = routes.caller(frame, streams=server.transport == "http")
            self._questions.ask(server, frame, exchange.method, said, exchange, during=during)
        elif exchange.long_running:
            learn.listening(server, exchange, said, frame.t)
        routes.begin(exchange, frame.id, token, frame.xid, memo)

    def _answer(self, server: Server, routes: Routes, frame: Frame) -> None:
        exchange = None if frame.re is None else self._exchanges.find(frame.re, frame.id)
        if exchange is None or not exchange.may_be_answered_by(frame):
            server.orphans += 1
            return
        if exchange.state == "cancelled":
            exchange.answered = exchange.answered or frame.seq
            return
        outcome = result(frame.message)
        state: State = "done"
        if frame.type == "error":
            state = "failed"
        elif outcome.get("isError") is True:
            state = "tool_error"
        elif outcome.get("resultType") == "input_required" and exchange.dir == "c2s":
            state = "input_required"
        started = exchange.conversation[-1].started if exchange.conversation else exchange.started
        memo = self._settle(server, routes, exchange, state, frame.t, answered=frame.seq)
        since = None if exchange.long_running else started
        server.stats.settled(frame, since, failed=state in ("failed", "tool_error"))
        if exchange.dir == "s2c":
            for question in self._questions.of(exchange):
                self._questions.answered(question, outcome, frame)
            return
        if state == "input_required":
            self._ask_back(server, routes, exchange, outcome, memo, frame)
        if frame.type == "response":
            learn.told(server, exchange, outcome, memo, frame.seq, frame.t)
        if state in ("failed", "tool_error"):
            self._refusal(server, frame)
        if state == "failed" and exchange.method == "server/discover" and exchange.by == "mcpwatch":
            self._hinting.probe_refused(server)
        self._hinting.give(server, hints.of_progress(exchange, started, frame.t))

    def _refusal(self, server: Server, frame: Frame) -> None:
        self._hinting.give(server, hints.of_error(server, frame.message))
        error = mapping(mapping(frame.message).get("error"))
        if error.get("code") == -32042:
            # The legacy way of asking for a URL to be opened before the call is made once more.
            for _ in items(mapping(error.get("data")).get("elicitations")):
                tally(server.asked, "elicitation.url")
                server.needs.add("elicitation.url")

    def _ask_back(
        self, server: Server, routes: Routes, exchange: Exchange, outcome: Mapping[str, Any], memo: Any, frame: Frame
    ) -> None:
        """The result asks for input: the modern era's questions."""
        wanted = mapping(outcome.get("inputRequests"))
        self._exchanges.ask_back(exchange, frame, wanted)
        for name, one in wanted.items():
            request = mapping(one)
            method = text(request.get("method")) or ""
            self._questions.ask(
                server, frame, method, mapping(request.get("params")), exchange, during=exchange, key=name
            )
        routes.pause(exchange, outcome, memo)

    # What no message says

    def _settle(
        self,
        server: Server,
        routes: Routes,
        exchange: Exchange,
        state: State,
        t: float,
        *,
        reason: str | None = None,
        answered: int | None = None,
    ) -> Any:
        """End `exchange` (or its round). Returns what its request left for its answer."""
        self._exchanges.end(exchange, state, t, reason, answered)
        server.subscriptions.pop(exchange.number, None)
        way = routes.end(exchange)
        return None if way is None else way.memo

    def _http(self, server: Server, routes: Routes, event: Http) -> None:
        if event.phase == "response" and event.status is not None:
            routes.status[event.xid] = event.status
            server.unreachable = f"HTTP {event.status}" if event.status in _NOBODY else None
            if event.status in _REDIRECTS and event.xid in routes.streams:
                routes.redirects.add(event.xid)
        elif event.phase in ("end", "error"):
            status = routes.status.pop(event.xid, None)
            if event.phase == "error" and status is None and event.error not in GAVE_UP:
                server.unreachable = label(event.error or "no connection")
            exchange = routes.streams.get(event.xid)
            if exchange is None:
                return
            if event.xid in routes.redirects:
                return  # the same request comes once more, elsewhere; if it does not, a note will say so
            refused = status is not None and status >= 400
            # A legacy stream may be taken up again on another connection; any other end without an answer is final.
            if refused or server.era == "modern" or (event.phase == "error" and status is None):
                why = f"HTTP {status}" if refused else event.error or event.text or "the stream ended without an answer"
                state: State = "cancelled" if why in GAVE_UP else "lost"
                way = routes.way(exchange)
                self._settle(server, routes, exchange, state, event.t, reason=label(why))
                if status in _LOGIN and way is not None and exchange.method != "subscriptions/listen":
                    routes.turn_away(exchange, way)

    def _note(self, server: Server, routes: Routes, note: Note) -> None:
        if note.what in ("answered", "unanswered"):
            self._questions.chosen(note)
        elif note.what == "left-open":
            for question in self._questions.at(note.re or 0):
                if question.kind == "roots":  # which has an answer without any option; it only came too late
                    self._questions.close(question, "lost")
        elif note.what in ("not-continued", "too-many-rounds"):
            self._not_continued(note)
        elif note.what == "waiting":
            if note.data.get("thinking") is not True:
                self._hinting.kept_waiting(server, self._questions.waiting(server.link))
        elif note.what == "restarted":
            server.followed_by = text(note.data.get("as"))
        elif note.what == "probe-ended":
            for exchange in self._exchanges.of_link(server.link):
                if exchange.method == "server/discover":
                    self._settle(server, routes, exchange, "lost", note.t, reason="the probe was ended early")
        elif note.what in _ENDED_BY_NOTE:
            exchange = routes.by_id("c2s", note.data.get("id"))
            if exchange is not None and (note.what != "not-sent" or note.data.get("type") == "request"):
                # The session took these for the end of a request, though no response that pairs is on the wire.
                state = _ENDED_BY_NOTE[note.what]
                # Frames are numbered before the note about them; a file that was made up may say anything.
                named = note.re if note.what in ("unreadable", "answer-without-id") else None
                answered = named if named is not None and exchange.seq < named < note.seq else None
                why = text(note.data.get("error"))
                reason = None if why is None else label(why)
                self._settle(server, routes, exchange, state, note.t, reason=reason, answered=answered)

    def _not_continued(self, note: Note) -> None:
        """No further round comes after the result that asked in the frame `note.re`."""
        why = text(note.data.get("reason")) or "it asked for input too often"
        for question in self._questions.at(note.re or 0):
            exchange = question.exchange
            if question.link == note.link and exchange.state == "input_required" and exchange.answered == note.re:
                exchange.reason = label(why)

    def _closed(self, server: Server, event: Closed) -> None:
        server.closed, server.reason = event.t, event.reason
        server.code, server.signal, server.error = event.code, event.signal, event.error
        if not event.code and event.signal is None:
            self._hinting.kept_waiting(server, self._questions.waiting(server.link))
        elif event.reason in ENDED_BY_CLIENT:
            self._hinting.silent(server)  # we gave up on it; that it then had to be killed does not say that it crashed
        routes = self._routes[server.link]
        for exchange in self._exchanges.of_link(server.link):
            self._settle(server, routes, exchange, "lost", event.t, reason=CLOSED_LINK)
        for question in self._questions.waiting(server.link):
            self._questions.close(question, "lost")
        server.subscriptions.clear()
        self._routes[server.link] = Routes()


def _counted(server: Server, method: str | None, t: float) -> MethodCount:
    """The tally of a method that was not seen before, as long as there are not too many."""
    name = OTHERS if method is None or len(server.methods) >= LIMIT else method
    return server.methods.setdefault(name, MethodCount(first=t))


def _stream(routes: Routes, frame: Frame, said: Mapping[str, Any]) -> Exchange | None:
    """The `subscriptions/listen` that a notification names, else the request on whose stream it came."""
    named = mapping(said.get("_meta")).get(learn.META + "subscriptionId")
    if named is not None:
        return routes.by_id("c2s", named)
    return None if frame.xid is None else routes.streams.get(frame.xid)


def _unknown(server: Server, frame: Frame, token: Scalar) -> Bar:
    """The bar of a token that no request carried."""
    name = key(token)
    bar = server.unknown_progress.get(name)
    if bar is None:
        if len(server.unknown_progress) >= LIMIT:
            name, token = OTHERS, OTHERS
        bar = server.unknown_progress.setdefault(name, Bar(frame.link, token, frame.dir, first=frame.t))
    return bar
