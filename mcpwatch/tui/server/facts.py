"""What is known about the server of one link, in lines: who it is, what it offers, what it did, and how it ended.

Pure: a `Server` of the model in, lines out; every count has its times beside it. What roots it was given is read from
the recording by whoever asks for these lines.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mcpwatch.events import Closed
from mcpwatch.model import Server
from mcpwatch.model.listing import Change, Listing
from mcpwatch.model.server import Identity, Seen
from mcpwatch.text import duration, size
from mcpwatch.view.handshake import capabilities
from mcpwatch.view.notices import died
from mcpwatch.view.rows import DOT, FAILED, dotted, listed
from mcpwatch.view.style import Line
from mcpwatch.view.summary import used_line
from mcpwatch.view.values import entries, members, text_of

__all__ = ["INDENT", "ended_badly", "facts", "headline", "in_short", "roots_in"]

_LABEL: Final = 15
INDENT: Final = _LABEL + 2
"""Cells before what stands beside a label, where a long line goes on."""
_LAST_WORDS: Final = 12
_CHANGES: Final = 8
_UPDATES: Final = 10
_INSTRUCTIONS: Final = 200
_KINDS: Final = (("tools", "tool"), ("prompts", "prompt"), ("resources", "resource"), ("templates", "template"))


def headline(server: Server, now: float, *, failed: bool = False) -> Line:
    """`✓ alpha · modern 2026-07-28 · stdio · pid 12 · for 3 m 05 s`, or how it ended; `failed` without a connection."""
    line: Line
    if server.closed is None:
        gone = server.unreachable is not None or (failed and server.era is None)
        waits = server.era is None and not gone
        mark = (f"{FAILED} ", "error") if gone else ("… ", "warning") if waits else ("✓ ", "ok")
        line = [mark, (server.link, "strong")]
        line += [DOT, ("connecting", "warning")] if waits else []
        line += [DOT, (f"cannot be reached: {server.unreachable or 'not connected'}", "error")] if gone else []
    else:
        bad = ended_badly(server)
        line = [(f"{FAILED} " if bad else "■ ", "error" if bad else "dim"), (server.link, "strong"), DOT, *_end(server)]
    if server.followed_by is not None:
        line += [DOT, (f"goes on as {server.followed_by}", "strong")]
    if server.era is not None:
        line += [DOT, (f"{server.era} {server.protocol_version or ''}".rstrip(), "")]
    if server.transport is not None:
        line += [DOT, (server.transport, "")]
    if server.pid is not None:
        line += [DOT, (f"pid {server.pid}", "")]
    if server.opened is not None:
        until = now if server.closed is None else server.closed
        line += [DOT, (f"for {duration(max(until - server.opened, 0.0))}", "dim")]
    return line


def in_short(server: Server, now: float) -> list[Line]:
    """A link that another has taken the place of: its headline, and its last words where it died."""
    return [headline(server, now), *(_last_words(server) if ended_badly(server) else [])]


def facts(server: Server, now: float, *, roots: Sequence[Any] | None = None) -> list[Line]:
    """Everything, without the headline. `roots` are those that it was told last, None where it has not asked."""
    lines: list[Line] = []
    if server.closed is not None and ended_badly(server):
        lines += _last_words(server)
    lines += _labelled("target", [_target(server)])
    lines += _labelled("server", [_identity(server.identity)] if server.identity is not None else [])
    if server.supported_versions:
        lines += _labelled("speaks", [[(listed(server.supported_versions), "")]])
    lines += _labelled("client", [_identity(server.client)] if server.client is not None else [])
    if server.client_capabilities is not None:
        lines += _labelled("declares", [_dotted(capabilities(dict(server.client_capabilities)) or ["nothing"])])
    if server.capabilities is not None:
        lines += _labelled("capabilities", [_dotted(capabilities(dict(server.capabilities)) or ["none"])])
    lines += _labelled("offers", _offers(server))
    lines += _labelled("roots", _roots(server, roots))
    lines += _labelled("subscriptions", _subscriptions(server))
    lines += _labelled("list changes", _seen(list(server.list_changes.items())))
    lines += _labelled("what changed", [_change(change) for change in list(server.changes)[-_CHANGES:]])
    lines += _labelled("updated", _seen(list(server.updates.items())[-_UPDATES:]))
    lines += _labelled("asked", [_counts(server.asked)] if server.asked else [])
    lines += _labelled("logs", _logs(server))
    lines += _labelled("other", [_counts(server.unknown_notifications)] if server.unknown_notifications else [])
    lines += _labelled("traffic", [_traffic(server)])
    lines += _labelled("used", [used_line(server.used())[1:]])
    # Last, since they may be long, and do not change.
    if server.instructions:
        shown = server.instructions.rstrip().split("\n")
        said: list[Line] = [[(line.expandtabs(4), "")] for line in shown[:_INSTRUCTIONS]]
        more = len(shown) - _INSTRUCTIONS
        lines += _labelled("instructions", [*said, *([[(f"… {more:,} more lines", "dim")]] if more > 0 else [])])
    return lines


# ---- parts


def _target(server: Server) -> Line:
    target = server.target
    if target.get("url") is not None:
        return [(text_of(target["url"]), "name")]
    words = [text_of(target.get("command")), *(text_of(word) for word in entries(target.get("args")))]
    line: Line = [(shlex.join([word for word in words if word]), "name")]
    if target.get("cwd"):
        line += [("  in ", "dim"), (text_of(target["cwd"]), "")]
    if keys := entries(target.get("env_keys")):
        line += [("  with ", "dim"), (", ".join(map(text_of, keys)), "")]
    return line


def _identity(who: Identity) -> Line:
    line: Line = [(who.name or "(no name)", "name")]
    if who.version:
        line.append((f" {who.version}", ""))
    if who.title and who.title != who.name:
        line += [DOT, (f"“{who.title}”", "")]
    return line


def _offers(server: Server) -> list[Line]:
    lines: list[Line] = []
    for kind, one in _KINDS:
        listing: Listing = server.listings[kind]  # pyright: ignore[reportArgumentType]
        if listing.listed is None:
            continue
        names = list(dict(listing.items))
        line: Line = [(f"{len(names):,} {one}{'' if len(names) == 1 else 's'}", "strong")]
        line += [("  ", ""), (listed(names, 8), "")] if names else []
        line.append((f"  listed at {_at(listing.listed)}", "dim"))
        if not listing.complete:
            line.append(("  not to the end", "warning"))
        if listing.nameless or listing.doubled:
            odd = [f"{listing.nameless} without a name"] if listing.nameless else []
            odd += [f"twice: {listed(listing.doubled, 4)}"] if listing.doubled else []
            line.append((f"  {', '.join(odd)}", "warning"))
        lines.append(line)
    return lines


def _roots(server: Server, roots: Sequence[Any] | None) -> list[Line]:
    asked = server.asked.get("roots", 0)
    if not asked:
        return []
    times = f"asked {asked:,} time{'' if asked == 1 else 's'}"
    if roots is None:
        return [[(times, ""), DOT, ("not answered", "warning")]]
    lines: list[Line] = [[(times, ""), DOT, (f"given {len(roots):,}", "")]]
    for root in roots[:_UPDATES]:
        known = members(root) or {"uri": root}
        line: Line = [(text_of(known.get("uri")), "name")]
        lines.append([*line, (f"  {text_of(known['name'])}", "dim")] if known.get("name") else line)
    return lines


def _subscriptions(server: Server) -> list[Line]:
    lines: list[Line] = []
    for one in list(server.subscriptions.values()):
        wanted = [*(f"{kind} list" for kind in one.lists), *one.uris]
        line: Line = [(listed(wanted, 6) or "everything", "name"), (f"  since {_at(one.since)}", "dim")]
        lines.append([*line, *([] if one.acknowledged else [("  not acknowledged", "warning")])])
    ended = server.subscribed - len(lines)
    return [*lines, *([[(f"{ended:,} that ended", "dim")]] if ended > 0 else [])]


def _seen(seen: Iterable[tuple[str, Seen]]) -> list[Line]:
    lines: list[Line] = []
    for name, one in seen:
        line: Line = [(name, "name"), (f"  {one.count:,}×", "strong"), (f"  first at {_at(one.first)}", "")]
        lines.append([*line, *([(f", last at {_at(one.last)}", "")] if one.count > 1 else [])])
    return lines


def _change(change: Change) -> Line:
    line: Line = [(f"{_at(change.t)}  ", "time"), (f"{change.kind}  ", "name")]
    for sign, names, style in (("+", change.added, "ok"), ("−", change.removed, "error"), ("~", change.changed, "")):
        if names:
            line.append((f"{sign} {listed(names, 6)}   ", style))
    return line


def _counts(counts: Mapping[str, int]) -> Line:
    return _dotted([f"{name} {count:,}" for name, count in list(counts.items())[:20]])


def _logs(server: Server) -> list[Line]:
    lines = [_counts(server.logs)] if server.logs else []
    return [*lines, *([[(f"asked for from {server.log_level} on", "dim")]] if server.log_level else [])]


def _traffic(server: Server) -> Line:
    sides = (("→", server.c2s), ("←", server.s2c))
    line = _dotted(
        f"{arrow} {one.frames:,} frame{'' if one.frames == 1 else 's'} {size(one.bytes)}" for arrow, one in sides
    )
    odd = [f"{server.junk:,} not protocol"] if server.junk else []
    odd += [f"{server.orphans:,} answers to nothing"] if server.orphans else []
    line += [DOT, (", ".join(odd), "warning")] if odd else []
    return [*line, *([DOT, (f"stderr {size(server.stderr_bytes)}", "")] if server.stderr_bytes else [])]


def ended_badly(server: Server) -> bool:
    if server.closed is None:
        return False
    return died(Closed(link=server.link, reason=server.reason or "", code=server.code, signal=server.signal))


def _end(server: Server) -> Line:
    style = "error" if ended_badly(server) else "dim"
    if server.reason == "closed":
        words = "ended by mcpwatch"
    elif server.signal is not None:
        words = f"ended by {server.signal}"
    elif server.code is not None:
        words = f"exit code {server.code}"
    else:
        words = {"eof": "closed its output", "lost": "connection lost"}.get(
            server.reason or "", server.reason or "ended"
        )
    line: Line = [(words, style), (f" at {_at(server.closed or 0.0)}", "dim")]
    return [*line, *([(f" ({server.error})", style)] if server.error else [])]


def _last_words(server: Server) -> list[Line]:
    words = server.last_words.decode("utf-8", "backslashreplace").rstrip()
    if not words:
        return _labelled("last words", [[("none: nothing came on stderr", "dim")]])
    shown = [line.rstrip("\r").rpartition("\r")[2].expandtabs(4) for line in words.split("\n")[-_LAST_WORDS:]]
    return _labelled("last words", [[(line, "stderr")] for line in shown])


# ---- how it looks


def _labelled(label: str, lines: Sequence[Line]) -> list[Line]:
    """The lines beside their label; without any, nothing."""
    return [[(f"  {label if not number else '':<{_LABEL}}", "key"), *line] for number, line in enumerate(lines)]


def _dotted(words: Iterable[str]) -> Line:
    return dotted([(word, "") for word in words])


def _at(t: float) -> str:
    return f"{t:.3f} s" if t < 1000 else duration(t)


def roots_in(answer: Any) -> Sequence[Any] | None:
    """The roots of an answer to `roots/list`; None for one that has none."""
    said = members(answer)
    return entries(said.get("roots")) if "roots" in said else None
