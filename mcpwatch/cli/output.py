"""The face of a watched session: what goes to stdout, what to stderr, and in which order.

stdout is data, stderr is talk. `run` streams to stdout; `call` and everything with `--json` or `--events` keeps
stdout for its document and streams to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mcpwatch.cli.complain import complain
from mcpwatch.cli.follower import Follower, Stream
from mcpwatch.errors import McpwatchError
from mcpwatch.model import Timeline
from mcpwatch.model.shapes import mapping
from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line

if TYPE_CHECKING:
    from mcpwatch.api import Session
    from mcpwatch.cli.plan import Plan
    from mcpwatch.events import Event
    from mcpwatch.session.answers.ask import Asker
    from mcpwatch.session.client import Client
    from mcpwatch.session.perform import Done

__all__ = ["Face", "show_events"]


def show_events(events: Iterable[Event], accepts: Callable[[Event], bool], file: TextIO, *, verbose: bool) -> None:
    """Print recorded events to `file` as they were seen live, those that `accepts` lets through."""
    screen = Screen.of(file)
    timeline = Timeline()
    look = Look(width=screen.width if screen.terminal else None, verbose=verbose)
    stream = PlainStream(screen.write, timeline, colour=screen.colour, look=look)
    batch: list[Event] = []
    for event in events:
        timeline.apply(event)
        if accepts(event):
            batch.append(event)
            if len(batch) >= 256:
                stream.feed(batch)
                batch.clear()
    stream.feed(batch)


class Face:
    """How one plan talks. Open it before the session, close it after, then ask for the summary."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._out, self._err = Screen.of(sys.stdout), Screen.of(sys.stderr)
        self._to_stderr = plan.one_call or plan.output.json or plan.output.events
        self._stream: Stream | None = None
        self._follower: Follower | None = None
        self._copier: Follower | None = None
        self._asker: Asker | None = None

    @property
    def _screen(self) -> Screen:
        """Where the live view goes."""
        return self._err if self._to_stderr else self._out

    def open(self, session: Session) -> None:
        """Begin to show what the session records."""
        plan = self._plan
        if plan.output.events:
            self._copier = Follower(session.writer.path, _Copier(session), session.hub)
        if not plan.output.quiet:
            self._stream = self._make_stream(session.timeline)
            self._follower = Follower(session.writer.path, self._stream, session.hub)

    def asker(self) -> Asker:
        """Whoever answers questions at this terminal, with the live view out of the way meanwhile."""
        from mcpwatch.documents import schema_error
        from mcpwatch.view.ask import TerminalAsker

        return TerminalAsker(validate=schema_error, around=self._paused)

    def _paused(self) -> AbstractContextManager[None]:
        return nullcontext() if self._follower is None else self._follower.paused()

    def connected(self, client: Client) -> None:
        """The server is there: what it offers, once, in its place between the lines."""
        if self._plan.one_call or self._plan.output.quiet or self._plan.output.json:
            return
        from mcpwatch.view.catalogue import catalogue

        rows = client.catalogue.rows
        words, command = self._plan.target.words
        # Calls to paste are for who only looks; whoever came with steps knows what to call.
        looking = all(step.kind == "list" for group in self._plan.steps for step in group)
        lines = catalogue(
            tools=rows.get("tools", ()),
            prompts=rows.get("prompts", ()),
            resources=rows.get("resources", ()),
            templates=rows.get("templates", ()),
            limit=self._screen.width if self._screen.terminal else None,
            target=words if looking else (),
            command=command if looking else (),
        )
        self._in_place(lambda: self._screen.write(_joined(self._screen, lines)))

    def results(self, done: Sequence[Done], client: Client) -> None:
        """The results that stdout is for, before anybody waits for the server's end."""
        if self._plan.output.json:
            document = _call_document(done) if self._plan.one_call else _run_document(done, client)
            self._in_place(lambda: self._write_json(document))
        elif self._plan.one_call and not self._plan.output.events:
            from mcpwatch.view.result import write_result

            for one in done:
                if one.reply is not None and one.reply.error is None:
                    self._in_place(partial(write_result, one.reply.result, sys.stdout))

    def error(self, error: McpwatchError | None) -> None:
        """Say what went wrong, after all that happened before it."""
        if error is not None:
            self._in_place(lambda: complain(error))

    def close(self) -> None:
        """Show the rest and be still."""
        for follower in (self._follower, self._copier):
            if follower is not None:
                follower.close()

    def summary(self, session: Session) -> None:
        """The closing lines, on stderr."""
        if self._plan.output.quiet:
            return
        from mcpwatch.view.summary import summary

        record = self._plan.record
        where = None if record is None or self._plan.record is None else _short(session.writer.path)
        limit = self._err.width if self._err.terminal else None
        lines = summary(session.timeline, recording=where, kept=self._plan.kept, limit=limit)
        if self._plan.one_call:
            # Whoever made one call wants to know what went wrong and where it is kept, not what was used.
            lines = [line for line in lines if line[0][0].strip() != "used:"]
        self._err.write(_joined(self._err, lines))
        if self._plan.next_commands:
            self._err.write("\nnext:\n" + "".join(f"  {command}\n" for command in self._plan.next_commands))

    def _make_stream(self, timeline: Timeline) -> Stream:
        screen = self._screen
        look = Look(width=screen.width if screen.terminal else None, verbose=self._plan.output.verbose)
        if not self._err.moves:
            return PlainStream(screen.write, timeline, colour=screen.colour, look=look, talk=self._err.write)
        from mcpwatch.view.terminal import TerminalStream

        # With stdout in a pipe the lines go there and the bars to the terminal.
        return TerminalStream(screen, timeline, err=self._err, look=look)

    def _in_place(self, write: Callable[[], object]) -> None:
        """Write something of our own after all that happened so far, with the live region out of the way."""
        with self._paused():
            write()

    def _write_json(self, document: Any) -> None:
        text = json.dumps(document, indent=2, ensure_ascii=False)
        self._out.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


class _Copier:
    """A stream that copies the recording's own lines to stdout."""

    def __init__(self, session: Session) -> None:
        from mcpwatch.recording import encode

        self._encode = encode

    def feed(self, events: Sequence[Event]) -> None:
        sys.stdout.buffer.write(b"".join(self._encode(event) for event in events))
        sys.stdout.buffer.flush()

    def tick(self) -> None:
        pass

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self) -> None:
        pass


def _call_document(done: Sequence[Done]) -> Any:
    for one in done:
        if one.reply is not None:
            return {"error": one.reply.error} if one.reply.error is not None else one.reply.result
    return None


def _run_document(done: Sequence[Done], client: Client) -> Any:
    try:
        negotiated = client.negotiated
    except McpwatchError:
        return {"target": client.target.spoken, "connected": False, "steps": []}
    meta = mapping(negotiated.result.get("_meta"))
    steps: list[dict[str, Any]] = []
    for one in done:
        entry: dict[str, Any] = {"step": one.step.kind, "subject": one.step.subject}
        if one.reply is not None:
            entry |= {"error": one.reply.error} if one.reply.error is not None else {"result": one.reply.result}
        steps.append(entry)
    return {
        "target": client.target.spoken,
        "connected": True,
        "era": negotiated.era,
        "protocolVersion": negotiated.version,
        "server": negotiated.result.get("serverInfo") or meta.get("io.modelcontextprotocol/serverInfo"),
        "capabilities": negotiated.server_capabilities,
        "instructions": negotiated.result.get("instructions"),
        **client.catalogue.rows,
        "steps": steps,
    }


def _joined(screen: Screen, lines: Sequence[Line]) -> str:
    return "".join(f"{screen.text(line)}\n" for line in lines)


def _short(path: Path) -> str:
    """A path as a person would type it here."""
    home = os.path.expanduser("~")
    text = str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
