"""`mcpwatch show`: a recording as it was seen live, all of it or what a filter lets through, also while it is
written.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcpwatch.cli import options as o
from mcpwatch.cli.options import OUTPUT
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.events import Event
    from mcpwatch.recording import Filter, Tail

FILTER = "Filter"
POLL = 0.1
"""Seconds between two looks at a file that is being written."""
DIRECTIONS = {"c2s": "c2s", "s2c": "s2c", ">": "c2s", "<": "s2c", "→": "c2s", "←": "s2c"}


def show(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A recording, `last`, `last~1`, a session's id, or - for stdin.")
    ] = "last",
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "-m",
            metavar="METHOD",
            rich_help_panel=FILTER,
            show_default=False,
            help="Only this method, responses included; * stands for anything.",
        ),
    ] = None,
    dir_: Annotated[
        str | None,
        typer.Option(
            "--dir", metavar="c2s|s2c", rich_help_panel=FILTER, show_default=False, help="Only this direction."
        ),
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            rich_help_panel=FILTER,
            show_default=False,
            help="Only this type of frame (request, response, error, notification, batch, invalid) or kind "
            "of event (stderr, http, note, opened, closed).",
        ),
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option("--link", metavar="NAME", rich_help_panel=FILTER, show_default=False, help="Only this link."),
    ] = None,
    id_: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="ID", rich_help_panel=FILTER, show_default=False, help='Only this id; 7 is both 7 and "7".'
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", rich_help_panel=FILTER, show_default=False, help="From here on."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", rich_help_panel=FILTER, show_default=False, help="Up to here."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            "-t",
            metavar="TEXT",
            rich_help_panel=FILTER,
            show_default=False,
            help="Only what holds this text, upper or lower case.",
        ),
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", rich_help_panel=FILTER, help="Only what went wrong.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", rich_help_panel=OUTPUT, help="Go on while it is being written.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", rich_help_panel=OUTPUT, help="The messages' bytes as they crossed the wire.")
    ] = False,
    events: o.Events = False,
    verbose: o.Verbose = False,
) -> None:
    """Print a recording as it was seen live.

    Examples:

      mcpwatch show

      mcpwatch show t.mcpw.jsonl --method 'notifications/*' --since 2s

      mcpwatch show last --errors

      mcpwatch show last --raw --dir s2c | head
    """
    from mcpwatch.recording import Filter, Recording, resolve

    if raw and events:
        raise UsageError("--raw and --events contradict each other.")
    path = Path("/dev/stdin") if file == "-" else resolve(file)
    wanted = Filter(
        methods=tuple(method or ()),
        dirs=_directions(dir_),
        types=tuple(type_ or ()),
        links=tuple(link or ()),
        ids=tuple(id_ or ()),
        since=o.duration(since, "--since"),
        until=o.duration(until, "--until"),
        text=text,
        errors=errors,
    )
    if follow:
        from mcpwatch.recording import Tail

        tail = Tail(path)
        _print(_followed(tail), wanted, raw=raw, lines=events, verbose=verbose)
        if tail.abandoned:
            sys.stderr.write("The recording has no footer: whoever wrote it was ended.\n")
        return
    with Recording.open(path) as recording:
        if events:
            _copy(recording.lines(wanted))
        else:
            _print(recording.events(), wanted, raw=raw, lines=False, verbose=verbose)
        _say_end(recording)


def _directions(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    if text not in DIRECTIONS:
        raise UsageError(f"--dir {text!r} is neither c2s nor s2c.")
    return (DIRECTIONS[text],)


def _followed(tail: Tail) -> Iterator[Event]:
    """The events of a file that grows, until its footer, or until nobody writes it any more."""
    pause = threading.Event()
    while True:
        found = tail.read()
        yield from found
        if not found:
            sys.stdout.flush()
            if tail.ended or tail.abandoned:
                return
            pause.wait(POLL)


def _print(events: Iterable[Event], wanted: Filter, *, raw: bool, lines: bool, verbose: bool) -> None:
    from mcpwatch.events import Frame

    if lines:
        from mcpwatch.recording import encode

        _copy(encode(event)[:-1] for event in events if wanted.accepts(event))
    elif raw:
        _raw(event for event in events if isinstance(event, Frame) and wanted.accepts(event))
    else:
        _pretty(events, wanted, verbose=verbose)


def _raw(frames: Iterable[Event]) -> None:
    """Bytes into a pipe as they are; onto a terminal only what it may show."""
    from mcpwatch.events import Frame
    from mcpwatch.text import sanitize

    terminal = sys.stdout.isatty()
    for frame in frames:
        assert isinstance(frame, Frame)
        if terminal:
            sys.stdout.write(sanitize(frame.data.decode("utf-8", "replace")) + "\n")
        else:
            sys.stdout.buffer.write(frame.data + frame.eol.encode())


def _copy(lines: Iterable[bytes]) -> None:
    write = sys.stdout.buffer.write
    for line in lines:
        write(line)
        write(b"\n")


def _pretty(events: Iterable[Event], wanted: Filter, *, verbose: bool) -> None:
    from mcpwatch.cli.output import show_events

    show_events(events, wanted.accepts, sys.stdout, verbose=verbose)


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
