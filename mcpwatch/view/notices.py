"""Everything that happens beside the messages: a link that opens or ends, stderr, HTTP heads, junk, and our own
notes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mcpwatch.events import GAVE_UP, Closed, Frame, Http, Note, Opened, Stderr
from mcpwatch.model.server import Server
from mcpwatch.text import duration, size
from mcpwatch.view.rows import DOT, FAILED, Row, below, lines_below
from mcpwatch.view.style import Line
from mcpwatch.view.values import arguments, compact, cut, entries, most, text_of

__all__ = ["closed", "died", "http", "junk", "note", "opened", "path_of", "stderr"]

_WORDS: Final[dict[str, str]] = {
    "probe-ended": "the probe for the modern era ended early",
    "relist": "the list changed: asked for it again",
    "waiting": "still waiting",
    "handler-failed": "a handler failed",
    "not-sent": "not sent",
    "left-open": "not answered any more",
    "list-cut": "the list was given up before its end",
    "made-up": "told to the session in place of what could not be read",
    "view-dropped": "a view failed and was dropped",
    "not-kept": "too large to keep",
    "stdout-closed": "the server closed its stdout and lives on",
    "client-closed": "the client closed the server's input",
    "client-gone": "the client reads no more",
    "signalled": "signals were handed on",
    "batch": "the messages of a batch are read one by one",
    "answer-without-id": "an answer without an id: taken for the only request that waits",
    "too-many-rounds": "asked for input too often: given up",
    "not-continued": "goes no further, and the answers were not sent",
    "held-back": "a handler is slow: this link is held back",
    "transport": "that was not spoken here: trying the other transport",
    "unreadable": "an answer that could not be read",
    "restarted": "ended, to be begun anew",
    "not-connected": "could not be begun anew",
    "refused": "a request was not let in",
    "rewritten": "the client was told an address that leads through the proxy",
    "unasked": "the server sent what nobody asked for",
    "login": "the server wants a login",
    "logged-in": "logged in",
    "renewed": "the login was renewed",
    "not-renewed": "the login could not be renewed",
    "stream-given-up": "the standing stream was given up: what belongs to no request is not heard any more",
}
_QUIET: Final = frozenset({"junk", "relist", "probe-ended", "made-up", "batch", "not-continued"})
"""Notes about what another line says already, or that only explain our own doing: for the verbose."""
_LOUD: Final = frozenset(
    {
        "client-gone",
        "handler-failed",
        "held-back",
        "list-cut",
        "not-kept",
        "not-sent",
        "stdout-closed",
        "too-many-rounds",
        "unreadable",
    }
    | {"left-open", "refused", "stream-given-up", "unasked", "view-dropped", "waiting"}
)
_AT_START: Final = frozenset({"server/discover", "initialize"})
_LAST_WORDS: Final = 8
_SIGNALS: Final[dict[str, str]] = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "aborted",
    "SIGKILL": "killed, perhaps for its memory",
    "SIGBUS": "bus error",
    "SIGILL": "illegal instruction",
    "SIGFPE": "arithmetic error",
    "SIGTERM": "terminated",
    "SIGINT": "interrupted",
    "SIGPIPE": "broken pipe",
    "SIGHUP": "hung up",
}


def opened(event: Opened) -> list[Row]:
    target = event.target
    if target.get("url") is not None:
        spans: Line = [(text_of(target["url"]), "name")]
    else:
        words = [text_of(target.get("command")), *(text_of(word) for word in entries(target.get("args")))]
        spans = [(shlex.join([word for word in words if word]), "name")]
    spans += [DOT, (event.transport, "")]
    if event.pid is not None:
        spans += [DOT, (f"pid {event.pid}", "")]
    if event.mode == "proxy":
        spans += [DOT, ("watched from between", "")]
    return [Row("●", "started" if event.transport == "stdio" else "connecting", spans)]


def died(event: Closed) -> bool:
    """Whether the end was not meant: a signal that is not ours, an exit code, a connection that was lost."""
    return event.reason in ("signal", "lost") or (event.reason in ("exit", "eof") and event.code not in (0, None))


def closed(event: Closed, server: Server | None) -> list[Row]:
    """The end of a link; when it died, what it said last on stderr."""
    bad = died(event)
    if event.signal is not None and event.reason != "closed":
        how = f"signal {event.signal}"
        if event.signal in _SIGNALS:
            how += f" ({_SIGNALS[event.signal]})"
    elif event.code is not None:
        how = f"exit code {event.code}"
    else:
        how = {
            "closed": "by mcpwatch",
            "eof": "the server closed its output",
            "lost": "connection lost",
            "left": "the client ended it",
        }.get(event.reason, "")
    spans: Line = [(how, "error" if bad else "dim")] if how else []
    if event.error:
        spans += [*([DOT] if spans else []), (event.error, "")]
    rows = [Row(FAILED if bad else "●", "died" if bad else "ended", spans, "error" if bad else "", full=bad)]
    if bad and server is not None and server.last_words.strip():
        words = server.last_words.decode("utf-8", "backslashreplace").rstrip().split("\n")
        rows += lines_below("last words", "\n".join(words[-_LAST_WORDS:]), "stderr", full=True)
    elif bad and server is not None and server.transport == "stdio":
        rows.append(below("last words", ("none: nothing came on stderr", "dim")))
    return rows


def stderr(event: Stderr) -> list[Row]:
    r"""One row a line. `\r` inside a line is a bar redrawing itself: what it drew last is what counts."""
    more = len(event.data) - most() * 4
    text = event.data[: most() * 4].decode("utf-8", "backslashreplace").rstrip("\r\n")
    shown = [cut(line.rstrip("\r").rpartition("\r")[2].expandtabs(4)) for line in text.split("\n")]
    rows = [Row(" ", "stderr", [(line, "")], "stderr", full=True) for line in shown]
    if more > 0:
        rows[-1].spans.append((f"… (+{size(more)})", "dim"))
    return rows


def junk(frame: Frame) -> list[Row]:
    """A line that is no message, as text, and why it is none where that is not plain to see."""
    data = frame.data[: most() * 4]
    text = cut(data.decode("utf-8", "backslashreplace"))
    if len(frame.data) > len(data):
        text += f"… ({size(frame.size or len(frame.data))} in all)"
    spans: Line = [(text, "junk") if text else ("(an empty line)", "dim")]
    # `hello` says by itself that it is no JSON; a line that looks like a message has to say what is wrong with it.
    if frame.error and (data.lstrip()[:1] in (b"{", b"[") or not data.isascii()):
        spans.append((f"  ({frame.error})", "dim"))
    who = "" if frame.dir == "s2c" else " (from the client)"
    return [Row("!", f"not protocol{who}:", spans, "warning")]


def http(event: Http, verb: str, path: str, ms: str) -> tuple[list[Row], bool]:
    """One step of an HTTP exchange, and whether it matters to those who did not ask for all of it."""
    what = f"{verb} {path}".strip()
    match event.phase:
        case "response":
            status = event.status or 0
            kind = next((value for name, value in event.headers if name.lower() == "content-type"), "")
            spans: Line = [(what, ""), (f" {status}", "warning" if status >= 400 else "")]
            if status >= 400:
                spans.append((f" {_phrase(status)}", "warning"))
                later = next((value for name, value in event.headers if name.lower() == "retry-after"), None)
                if later is not None:
                    when = f"for {later} s" if later.isdecimal() else f"until {later}"
                    spans.append((f" (asks to wait {when})", "warning"))
            elif kind:
                spans.append((f" {kind.partition(';')[0].strip()}", "dim"))
            if ms:
                spans.append((f" {ms}", "dim"))
            # A server without a standing stream, or whose sessions cannot be ended, says so with these: nothing is
            # wrong.
            usual = status in (404, 405) and verb in ("GET", "DELETE")
            return [Row(" ", "http", spans, "dim")], status >= 400 and not usual
        case "error":
            # What the client gave up itself, a standing stream at the end for one, is nothing to warn of.
            ours = event.error in GAVE_UP
            return [Row("!", "http", [(what, ""), (f"  {event.error or 'failed'}", "warning")], "warning")], not ours
        case "body":
            text = cut(text_of(event.text))
            return [Row(" ", "http", [(what, ""), (f" body {text}", "dim")], "dim")], False
        case "sse":
            parts = (("event", event.event), ("id", event.event_id), ("retry", event.retry), ("comment", event.comment))
            text = " ".join(f"{name}={compact(value)}" for name, value in parts if value is not None)
            return [Row(" ", "http", [(what, ""), (f" stream {text}", "dim")], "dim")], False
        case "request":
            return [Row(" ", "http", [(what, "")], "dim")], False
        case _:
            size_ = f" {size(event.size)}" if event.size is not None else ""
            return [Row(" ", "http", [(what, ""), (f" end{size_}", "dim")], "dim")], False


def _phrase(status: int) -> str:
    from http import HTTPStatus  # here, as most recordings are of a pipe

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def path_of(url: str | None) -> str:
    """What of a URL tells one request from another on the same server."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return url or ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def note(event: Note) -> tuple[list[Row], bool]:
    """A note that has no line of its own elsewhere, and whether it matters to those who did not ask for all."""
    if event.what == "model":
        return _model(event.data), True
    words = _WORDS.get(event.what, event.what.replace("-", " "))
    loud = event.what in _LOUD
    about = f"  {arguments(event.data)}" if event.data else ""
    row = Row("!" if loud else "↳", "note", [(words, "warning" if loud else ""), (about, "dim")], "dim")
    return [row], event.what not in _QUIET and not _ended_at_start(event)


def _ended_at_start(event: Note) -> bool:
    """A handshake that could not begin: the line about the server's end, which comes next, says it all."""
    return event.what == "not-sent" and event.data.get("method") in _AT_START and event.re is None


def _model(data: Mapping[str, Any]) -> list[Row]:
    """A call of ours to a model: what was sent where, what came of it, and how long it took."""
    messages = data.get("messages")
    about = [f"{text_of(messages)} message{'' if messages == 1 else 's'}"]
    if "tools" in data:
        about.append(f"{text_of(data['tools'])} tool{'' if data['tools'] == 1 else 's'} offered")
    if "input_tokens" in data or "output_tokens" in data:
        about.append(f"{text_of(data.get('input_tokens', '?'))} → {text_of(data.get('output_tokens', '?'))} tokens")
    if left_out := entries(data.get("left_out")):
        about.append(f"without {', '.join(map(text_of, left_out))}")
    if isinstance(ms := data.get("ms"), int | float):
        about.append(duration(ms / 1000))
    spans: Line = [(text_of(data.get("model")), "name"), (f" at {text_of(data.get('host'))}", "")]
    spans.append(("  " + " · ".join(about), "dim"))
    problem = data.get("problem")
    if problem is None:
        return [Row("↳", "model", spans, "dim")]
    return [Row("!", "model", [*spans, (f"  {text_of(problem)}", "warning")], "dim", full=True)]
