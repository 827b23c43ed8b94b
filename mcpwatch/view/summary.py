"""The end of a run: what was used, what had no answer, how the server ended, where the recording is, and hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mcpwatch.events import ENDED_BY_CLIENT
from mcpwatch.model.exchange import Exchange
from mcpwatch.model.hints import Hint
from mcpwatch.model.question import Question
from mcpwatch.model.server import Server
from mcpwatch.model.timeline import Timeline
from mcpwatch.model.used import Used
from mcpwatch.text import duration, width
from mcpwatch.view.questions import ASKED, wanted
from mcpwatch.view.rows import DOT, FAILED, ident
from mcpwatch.view.style import Line, clean, plain, wrap

__all__ = ["hint_lines", "last_words", "summary", "used_line", "used_words"]

_USED: Final = (
    ("logging", "logging"),
    ("progress", "progress"),
    ("sampling", "sampling"),
    ("elicitation_form", "elicitation"),
    ("elicitation_url", "elicitation.url"),
    ("roots", "roots"),
    ("pings", "ping"),
    ("other_requests", "other requests"),
    ("other_notifications", "other notifications"),
    ("list_changes", "list changes"),
    ("resource_updates", "resource updates"),
    ("subscriptions", "subscriptions"),
)
_MOST: Final = 10
_LAST_WORDS: Final = 8
_INDENT: Final = 6


def used_words(used: Used) -> list[str]:
    """`logging 12`, `progress 3`, …: what came at all."""
    return [f"{word} {count:,}" for field, word in _USED if (count := getattr(used, field))]


def used_line(used: Used) -> Line:
    """`used: logging 12 · progress 3 · sampling 1 — a client needs: sampling`."""
    words = used_words(used)
    line: Line = [("used: ", "strong"), (" · ".join(words) or "nothing but requests and their answers", "")]
    needs = ", ".join(used.needs)
    return [*line, (" — a client needs: ", "dim"), (needs, "strong")] if needs else line


def summary(
    timeline: Timeline,
    *,
    recording: str | None = None,
    kept: bool = False,
    limit: int | None = None,
    said: Sequence[str] = (),
) -> list[Line]:
    """The closing lines. `recording` is the file's path as the user would type it; `kept`: it was not asked for by
    name. `limit` is the width to wrap the lines to. `said` are the errors that have been told: what one of them says
    of a server's end, or of a request without an answer, is not told again.

    Hints have their own lines (`hint_lines`): a live stream has shown them already.
    """
    lines: list[Line] = []
    for server in list(timeline.links.values()):
        if any(_end(server) in one for one in said):
            continue
        if server.signal is not None and server.reason not in ENDED_BY_CLIENT:
            lines.append(
                [(f"{FAILED} ", "error"), (server.link, "name"), (f" was ended by signal {server.signal}", "")]
            )
        elif server.code and server.reason not in ENDED_BY_CLIENT:
            lines.append([(f"{FAILED} ", "error"), (server.link, "name"), (f" ended with exit code {server.code}", "")])
        elif server.reason == "lost" and server.era is not None:  # else an error has said why it never began
            why = f": {server.error}" if server.error else ""
            lines.append([(f"{FAILED} ", "error"), (server.link, "name"), (f" was lost{why}", "")])
    lines += _open(timeline, said)
    lines += _unanswered(timeline.questions)
    links = [link for link in list(timeline.links) if link]
    for link in links if len(links) > 1 else [None]:
        lead: Line = [(f"{link}  ", "name")] if link is not None else []
        lines.append([*lead, *used_line(timeline.used(link))])
    if recording is not None:
        where: Line = clean([("recording: ", "strong"), (recording, "")])
        about = "(mcpwatch show last)"
        if not kept:
            lines.append(where)
        elif limit is None or width(plain(where)) + 2 + len(about) <= limit:
            lines.append([*where, (f"  {about}", "dim")])
        else:
            # On a line of its own: a command in two pieces cannot be pasted.
            return [*_wrapped([*lines, where], limit), [(" " * _INDENT, ""), (about, "dim")]]
    return _wrapped(lines, limit)


def _wrapped(lines: list[Line], limit: int | None) -> list[Line]:
    cleaned = [clean(line) for line in lines]
    return cleaned if limit is None else [part for line in cleaned for part in wrap(line, limit, _INDENT)]


def _end(server: Server) -> str:
    """How an error puts the end of a server."""
    return f"ended by {server.signal}." if server.signal is not None else f"exited with code {server.code}."


def _open(timeline: Timeline, said: Sequence[str]) -> list[Line]:
    """Requests that never got their answer, without those that an error named."""
    lost = [one for one in list(timeline.exchanges) if one.dir == "c2s" and _never_answered(one)]
    lost = [one for one in lost if not any(f"{one.method} (#{one.id})" in sentence for sentence in said)]
    lines: list[Line] = []
    for exchange in lost[:_MOST]:
        line: Line = [
            ("! ", "warning"),
            (f"{exchange.method} ", ""),
            (f"{exchange.name} " if exchange.name else "", "name"),
        ]
        line += [ident(exchange.id), (" was never answered", "warning")]
        if exchange.running:
            line += [DOT, (f"waited {duration(timeline.t - exchange.started)}", "dim")]
        elif exchange.reason:
            line += [DOT, (exchange.reason, "dim")]
        lines.append(line)
    if len(lost) > _MOST:
        lines.append([("! ", "warning"), (f"{len(lost) - _MOST:,} more were never answered", "warning")])
    return lines


def last_words(timeline: Timeline, limit: int | None = None) -> list[Line]:
    """What the servers that died said last on stderr: for whoever has seen no line of the session."""
    lines: list[Line] = []
    for server in list(timeline.links.values()):
        died = bool(server.code) or server.signal is not None or server.era is None
        words = server.last_words.decode("utf-8", "backslashreplace").rstrip()
        if words and died and server.closed is not None and server.reason not in ENDED_BY_CLIENT:
            lines.append([(f"{server.link}'s last words:", "dim")])
            lines += [[("  ", ""), (line, "stderr")] for line in words.split("\n")[-_LAST_WORDS:]]
    return _wrapped(lines, limit)


def _never_answered(exchange: Exchange) -> bool:
    return exchange.state in ("running", "lost") and not exchange.long_running and exchange.method != "server/discover"


def _unanswered(questions: Sequence[Question]) -> list[Line]:
    """Questions of the server that nothing answered, each kind once, with the option that would have."""
    counts: dict[tuple[str, str], int] = {}
    for question in list(questions):
        if question.unanswered:
            what = (ASKED.get(question.method, question.method), question.option or "")
            counts[what] = counts.get(what, 0) + 1
    lines: list[Line] = []
    for (word, option), count in counts.items():
        times = f" ×{count}" if count > 1 else ""
        line: Line = [("! ", "warning"), (f"{word}{times} had no answer", "warning")]
        lines.append([*line, *wanted(option)])
    return lines


def hint_lines(
    hints: Iterable[Hint], limit: int | None = None, again: Callable[[Hint], str | None] | None = None
) -> list[Line]:
    """`hint: …`, and the command to run next on a line of its own, ready to be pasted: never wrapped.

    `again` is asked for that command where somebody knows what was typed; else it is the hint's own.
    """
    lines: list[Line] = []
    for hint in list(hints):
        lines += _wrapped([[("hint: ", "hint"), (hint.sentence, "")]], limit)
        command = hint.command if again is None else again(hint)
        if command:
            lines.append(clean([(" " * _INDENT, ""), (command, "command")]))
    return lines
