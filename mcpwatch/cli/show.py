"""`mcpwatch show`: a recording as it was seen live, all of it or what a filter lets through, also while it is
written.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Command
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.events import Event
    from mcpwatch.recording import Filter, Recording, Tail
    from mcpwatch.recording.filter import Sieve

ThingT = TypeVar("ThingT")
MOST_NAMED = 10
"""Kinds of events that are named where none matches."""
MOST_COUNTED = 200_000
"""Events of which the kinds are counted for that: it takes longer than not to find anything."""
POLL = 0.1
"""Seconds between two looks at a file that is being written."""
BATCH = 256
"""Events that are shown with one write."""
TYPES = (
    *("request", "response", "error", "notification", "batch", "invalid"),
    *("frame", "stderr", "http", "note", "opened", "closed"),
)
DIRECTIONS = {"c2s": "c2s", "s2c": "s2c", ">": "c2s", "<": "s2c", "→": "c2s", "←": "s2c"}


_filter = partial(o.option, panel="Filter")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch show",
        "mcpwatch show t.mcpw.jsonl --method 'notifications/*' --since 2s",
        "mcpwatch show last --errors",
        "mcpwatch show last --filter 'method:tools/call ms>100'",
        "mcpwatch show last --raw --dir s2c | head",
        "mcpwatch show last --summary",
        "mcpwatch show --follow",
    ),
)
@click.argument("file", metavar="[FILE]", required=False, shell_complete=files)
@_filter(
    "-m",
    "--method",
    metavar="METHOD",
    multiple=True,
    help="Only this method, or one that ends in /METHOD; responses too. * is anything.",
)
@_filter("--dir", "direction", metavar="c2s|s2c", shell_complete=words("c2s", "s2c"), help="Only this direction.")
@_filter(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    shell_complete=words(*TYPES),
    help=f"Only this type: {', '.join(TYPES)}.",
)
@_filter("--link", metavar="NAME", multiple=True, help="Only this link.")
@_filter("--id", "ids", metavar="ID", multiple=True, help='Only this id; 7 is both 7 and "7".')
@_filter("--since", metavar="TIME", help="From here on, counted from the start.")
@_filter("--until", metavar="TIME", help="Up to here.")
@_filter("-t", "--text", metavar="TEXT", help="Only what holds this text, in upper or lower case.")
@_filter("--errors", is_flag=True, help="Only what went wrong.")
@_filter(
    "--filter",
    "query",
    metavar="WORDS",
    help="The words of the TUI's filter: 'method:tools/call ms>100 -ping'.",
)
@o.option("-f", "--follow", panel="Output", is_flag=True, help="Go on while it is being written.")
@o.option("--summary", panel="Output", is_flag=True, help="What was so at the end, by link, instead of what happened.")
@o.option("--json", "json_", panel="Output", is_flag=True, help="With --summary: one JSON document.")
@o.option("--raw", panel="Output", is_flag=True, help="The messages' bytes as they crossed the wire.")
@o.events
@o.verbose
def show(
    file: str | None,
    method: tuple[str, ...],
    direction: str | None,
    types: tuple[str, ...],
    link: tuple[str, ...],
    ids: tuple[str, ...],
    since: str | None,
    until: str | None,
    text: str | None,
    errors: bool,
    query: str | None,
    follow: bool,
    summary: bool,
    json_: bool,
    raw: bool,
    events: bool,
    verbose: bool,
) -> None:
    """Print a recording as it was seen live.

    FILE is a recording, `last` (the default), `last~1`, the id of a kept session, or - for stdin. With --follow the
    default is the newest session that goes on, a proxy's in another window, say; or the next one to begin.
    """
    from mcpwatch.recording import Filter, Recording, resolve

    if raw and events:
        raise UsageError("--raw and --events contradict each other.")
    if json_ and not summary:
        raise UsageError("--json goes with --summary.", hint="--events prints the recording's lines, which are JSON.")
    if summary and (follow or raw or events or query is not None):
        raise UsageError(
            "--summary stands alone.", hint="With --link and --until it looks at one link, or until a time."
        )
    given = Filter(
        methods=method,
        dirs=_directions(direction),
        types=_types(types),
        links=link,
        ids=ids,
        since=o.duration(since, "--since"),
        until=o.duration(until, "--until"),
        text=text,
        errors=errors,
    )
    wanted: Sieve = given if query is None else _query(query, given)
    everything = wanted == Filter()
    if file is None and follow:
        path = _newest()
    else:
        path = Path("/dev/stdin") if file == "-" else resolve(file or "last")
    if summary:
        from mcpwatch.cli.summing import show_summary

        return show_summary(path, links=link, until=given.until, as_json=json_)
    if follow:
        from mcpwatch.recording import Tail

        tail = Tail(path)
        batches = _followed(tail)
        if events:
            _copy_followed(tail, batches, wanted)
        elif raw:
            _raw(event for event in chain.from_iterable(batches) if wanted.accepts(event))
        else:
            marked = ([(event, wanted.accepts(event)) for event in batch] for batch in batches)
            _print(marked, verbose=verbose, hints=sys.stderr)
        if tail.abandoned:
            sys.stderr.write("The recording has no footer: whoever wrote it was ended.\n")
        return
    with Recording.open(path) as recording:
        matched = _Counted()
        if events:
            _copy(
                recording.header,
                matched.of(recording.lines(None if everything else wanted)),
                lambda: recording.footer,
            )
        elif raw:
            _raw(matched.of(recording.events(filter=None if everything else wanted)))
        elif everything:
            _print(_batched((event, True) for event in recording.events()), verbose=verbose)
            matched.count = 1  # nothing was asked for that could have been missed
        else:
            from mcpwatch.cli.context import selected

            lines = _print(_batched(matched.of(selected(recording, wanted), _is_shown)), verbose=verbose)
            if matched.count and not lines:
                sys.stderr.write(f"{matched.count:,} match{'es' if matched.count == 1 else ''}, hidden without -v.\n")
        if not matched.count and not everything:
            _say_nothing(recording)
        _say_end(recording)


def _query(text: str, given: Filter) -> Sieve:
    """What the words of a filter and the other options want together. Raises `UsageError`, with the words."""
    from mcpwatch.recording import Filter
    from mcpwatch.recording.query import Query, parse_query

    try:
        asked = parse_query(text)
    except UsageError as error:
        hint = error.hint or "The words are those of the filter in `mcpwatch tui`."
        raise UsageError(f"--filter {text!r}: {error}.", hint=hint) from None
    if not asked:
        return given
    return Query(wanted=(given,)).also(asked) if given != Filter() else asked


def _directions(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    if text not in DIRECTIONS:
        raise UsageError(f"--dir {text!r} is neither c2s nor s2c.")
    return (DIRECTIONS[text],)


def _types(types: tuple[str, ...]) -> tuple[str, ...]:
    for one in types:
        if one not in TYPES:
            raise UsageError(f"There is no type {one!r}.", hint=f"One of: {', '.join(TYPES)}.")
    return types


def _newest() -> Path:
    """The newest session that goes on; waits for one to begin where there is none."""
    from mcpwatch.recording.kept import Newest

    newest = Newest()
    path = newest.look()
    if path is None:
        sys.stderr.write("No session goes on. Waiting for one to begin.\n")
        sys.stderr.flush()
        pause = threading.Event()
        while (path := newest.look()) is None:
            pause.wait(POLL)
    return path


def _followed(tail: Tail) -> Iterator[Sequence[Event]]:
    """The events of a file that grows, as they come, until its footer, or until nobody writes it any more."""
    pause = threading.Event()
    while True:
        found = tail.read()
        yield found
        if not found:
            sys.stdout.flush()
            if tail.ended or tail.abandoned:
                return
            pause.wait(POLL)


class _Counted:
    """How many of some things went by."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, things: Iterable[ThingT], counts: Callable[[ThingT], bool] = lambda _: True) -> Iterator[ThingT]:
        for one in things:
            self.count += counts(one)
            yield one


def _is_shown(marked: tuple[Event, bool]) -> bool:
    return marked[1]


def _batched(things: Iterable[ThingT]) -> Iterator[Sequence[ThingT]]:
    left = iter(things)
    while batch := list(islice(left, BATCH)):
        yield batch


def _print(batches: Iterable[Sequence[tuple[Event, bool]]], *, verbose: bool, hints: TextIO | None = None) -> int:
    from mcpwatch.cli.printing import show_events

    return show_events(batches, sys.stdout, verbose=verbose, hints=hints)


def _raw(events: Iterable[Event]) -> None:
    """The frames' bytes into a pipe as they are; onto a terminal a line each."""
    from mcpwatch.events import Frame

    terminal = sys.stdout.isatty()
    for frame in events:
        if not isinstance(frame, Frame):
            continue
        if terminal:
            _clean(frame.data.replace(b"\n", b" ") + b"\n")
        else:
            sys.stdout.buffer.write(frame.data + frame.eol.encode())


def _copy(header: Mapping[str, Any], lines: Iterable[bytes], footer: Callable[[], Mapping[str, Any] | None]) -> None:
    """The lines with a header and, where the recording has one, a footer: what is copied is a recording as well."""
    from mcpwatch.recording.format import footer_again

    write = _clean if sys.stdout.isatty() else sys.stdout.buffer.write
    write(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    count = 0
    for line in lines:
        write(line)
        write(b"\n")
        count += 1
    if end := footer():
        write(footer_again(end, events=count))


def _clean(data: bytes) -> None:
    """Onto a terminal, where a server's text could do more than be read."""
    from mcpwatch.text import sanitize

    sys.stdout.write(sanitize(data.decode("utf-8", "replace"), lines=True))


def _copy_followed(tail: Tail, batches: Iterator[Sequence[Event]], wanted: Sieve) -> None:
    from mcpwatch.recording import encode

    first = next((batch for batch in batches if tail.header is not None), ())
    if tail.header is None:
        return  # not even that was written
    events = chain.from_iterable(chain([first], batches))
    _copy(tail.header, (encode(event)[:-1] for event in events if wanted.accepts(event)), lambda: tail.footer)


def _say_nothing(recording: Recording) -> None:
    """The filter let nothing through: say what there is."""
    from collections import Counter

    from mcpwatch.text import sanitize
    from mcpwatch.view.screen import Screen

    events = (recording.footer or {}).get("events")
    if isinstance(events, int) and events > MOST_COUNTED:
        sys.stderr.write(f"Nothing matches. The recording has {events:,} events.\n")
        return
    index = recording.index
    entries = map(index.entry, range(len(index)))
    counts = Counter(entry.method or (entry.type if entry.kind == "frame" else entry.kind) or "" for entry in entries)
    named = [f"{count:,} {sanitize(name)}" for name, count in counts.most_common(MOST_NAMED)]
    more = f", … (+{len(counts) - len(named)})" if len(named) < len(counts) else ""
    there = f"{len(index):,} event{'' if len(index) == 1 else 's'}"
    Screen.of(sys.stderr).write(f"Nothing matches. The recording has {there}: {', '.join(named)}{more}.\n")


def _say_end(recording: object) -> None:
    from mcpwatch.recording import Recording

    assert isinstance(recording, Recording)
    if recording.cut:
        sys.stderr.write("The recording breaks off in its last line.\n")
    elif not recording.complete:
        sys.stderr.write("The recording has no footer: it is being written, or whoever wrote it was ended.\n")
    if recording.unknown:
        sys.stderr.write(f"{recording.unknown} lines are of a kind that this version does not know.\n")
    sys.stdout.flush()
