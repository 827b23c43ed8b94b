"""The face of a watched session: what goes to stdout, what to stderr, and in which order.

stdout is data, stderr is talk. `run` streams to stdout; `call` and everything with `--json` or `--events` keeps
stdout for its document and streams to stderr. Whatever is said here that does not come from the recording (results,
the catalogue, errors) is redacted first, as everything in the recording is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mcpwatch.cli.again import Typed, command_with
from mcpwatch.cli.complain import complain
from mcpwatch.cli.copier import Copier
from mcpwatch.cli.document import call_document, json_text, links_document
from mcpwatch.cli.follower import Follower, Stream
from mcpwatch.cli.outlets import Outlet
from mcpwatch.cli.redacted import redacted_document, redacted_error, redacted_reply, redacted_words
from mcpwatch.errors import ExitCode, McpwatchError
from mcpwatch.model import Timeline
from mcpwatch.model.shapes import items, mapping, text
from mcpwatch.view.lines import Look
from mcpwatch.view.plain import PlainStream
from mcpwatch.view.screen import Screen
from mcpwatch.view.style import Line, clean, wrap

if TYPE_CHECKING:
    from mcpwatch.api import Session
    from mcpwatch.check.checked import Checked
    from mcpwatch.check.forwarded import Forwarded
    from mcpwatch.cli.interrupts import Interrupts
    from mcpwatch.cli.plan import Plan
    from mcpwatch.hub import Hub
    from mcpwatch.model.hints import Hint
    from mcpwatch.session.answers import Question
    from mcpwatch.session.answers.ask import Asker
    from mcpwatch.session.auth import Invitation
    from mcpwatch.session.client import Client
    from mcpwatch.session.perform import Done
    from mcpwatch.session.steps import Step
    from mcpwatch.view.ask import TerminalAsker

__all__ = ["Face"]

_MOST_SAID = 300
"""Characters of a result that an error quotes."""
_INDENT = 6
"""Cells that a line of ours goes on with."""


class Face:
    """How one plan talks. Open it before the session, close it after, then ask for the summary.

    `gone` is called once, from any thread, when stdout breaks: nobody reads it any more, or its disk is full.
    """

    def __init__(self, plan: Plan, gone: Callable[[], object]) -> None:
        self._plan = plan
        self._stdout, self._stderr = Outlet(sys.stdout, 1, gone), Outlet(sys.stderr, 2)
        self._to_stderr = plan.one_call or plan.output.json or plan.output.events
        self._session: Session | None = None
        self._follower: Follower | None = None
        self._copier: Follower | None = None
        self._asker: TerminalAsker | None = None
        self._ends: Interrupts | None = None
        self._said: list[str] = []
        """The errors that were told."""

    @property
    def _hub(self) -> Hub:
        assert self._session is not None
        return self._session.hub

    @property
    def _outlet(self) -> Outlet:
        """Where the live view goes."""
        return self._stderr if self._to_stderr else self._stdout

    def open(self, session: Session) -> None:
        """Begin to show what the session records."""
        plan, self._session = self._plan, session
        if plan.output.events:
            self._copier = Follower(session.writer.path, Copier(session.writer.path, self._stdout), session.hub)
        if not plan.output.quiet:
            self._follower = Follower(session.writer.path, self._make_stream(session.timeline), session.hub)

    def asker(self, interrupts: Interrupts) -> Asker:
        """Whoever answers questions at this terminal, with the live view out of the way meanwhile."""
        from mcpwatch.documents import schema_error
        from mcpwatch.view.ask import TerminalAsker
        from mcpwatch.view.editor import Editor

        self._ends = interrupts
        self._asker = TerminalAsker(
            validate=schema_error,
            around=self._paused,
            editor=Editor(around=interrupts.deaf),
            saves_to="" if self._plan.save_to is None else str(self._plan.save_to),
        )
        return self._asker

    def why_over(self, question: Question) -> str:
        """Why nobody waits for the answer to this question any more, as far as it is known."""
        key = (question.link, question.seq, question.key)
        for asked in reversed(self._session.timeline.questions if self._session is not None else ()):
            if (asked.link, asked.seq, asked.key) == key:
                if asked.state == "cancelled":
                    reason = asked.exchange.reason
                    return "the server took the question back" + (f" ({reason})" if reason else "")
                if asked.state == "lost":
                    return "the server has gone"
        return "the run ends" if self._ends is not None and self._ends.code is not None else ""

    def hide(self) -> None:
        """Leave the terminal to somebody else: nothing of ours moves until `unhide`."""
        if self._follower is not None:
            self._follower.stream.pause()

    def unhide(self) -> None:
        """The terminal is ours again."""
        if self._follower is not None:
            self._follower.stream.resume()
        if self._asker is not None:
            self._asker.redraw()

    def _paused(self) -> AbstractContextManager[None]:
        return nullcontext() if self._follower is None else self._follower.paused()

    def connected(self, client: Client) -> None:
        """The server is there: what it offers, once, in its place between the lines."""
        if self._plan.one_call or self._plan.output.quiet or self._to_stderr:
            return
        from mcpwatch.redact.commands import redact_argv
        from mcpwatch.view.catalogue import catalogue, offer

        rows = redacted_document(self._hub, client.catalogue.rows)
        named, started_by = client.target.words
        options = redact_argv(self._plan.connection) if self._plan.redact else self._plan.connection
        words, command = (redacted_words(self._hub, words) for words in ((*named, *options), started_by))
        kinds = [step.kind for group in self._plan.steps for step in group]
        # Calls to paste are for who only looks; whoever came with steps knows what to call.
        looking = all(kind == "list" for kind in kinds)
        screen = self._outlet.screen
        link = client.link if len(self._plan.targets) > 1 else None
        if kinds and "list" not in kinds:
            brief = offer(link=link, **{kind: len(found) for kind, found in rows.items()})
            self._in_place(lambda: screen.write(_joined(screen, [brief])))
            return
        lines = catalogue(
            tools=rows.get("tools", ()),
            prompts=rows.get("prompts", ()),
            resources=rows.get("resources", ()),
            templates=rows.get("templates", ()),
            link=link,
            limit=screen.width if screen.terminal else None,
            target=words if looking else (),
            command=command if looking else (),
        )
        self._in_place(lambda: screen.write(_joined(screen, lines)))

    def hint(self, done: Done) -> None:
        """What may help with a step that the server refused, at once. Without a live view it goes with the error."""
        if done.hint and not self._plan.output.quiet:
            (sentence,) = redacted_words(self._hub, (done.hint,))
            self._in_place(lambda: self._stderr.screen.write(_joined(self._stderr.screen, [_hint(sentence)])))

    def results(self, done: Sequence[Done], clients: Mapping[str, Client], undone: Sequence[Step]) -> None:
        """The results that stdout is for, before anybody waits for the server's end."""
        output = self._plan.output
        if output.json:
            document = call_document(done) if self._plan.one_call else links_document(done, clients, undone)
            text = json_text(redacted_document(self._hub, document), sys.stdout)
            self._in_place(partial(self._stdout.screen.write, text))
            return
        for one in done:
            if self._plan.one_call and not output.events:
                self._result(one)
            if output.quiet and not output.allow_errors:
                self._failed(one)

    def error(self, error: McpwatchError | None) -> None:
        """Say what went wrong, after all that happened before it."""
        if error is not None:
            shown = redacted_error(self._hub, error)
            self._said.append(str(shown))
            self._in_place(lambda: self._stderr.attempt(partial(complain, shown)))

    def not_done(self, steps: Sequence[Step]) -> None:
        """Name the steps that the session ended before."""
        if not steps:
            return
        screen = self._stderr.screen
        named = " · ".join(redacted_words(self._hub, [str(step) for step in steps]))
        line = clean([("not done:", "warning"), (f" {named}", "")])
        lines = wrap(line, screen.width, _INDENT) if screen.terminal else [line]
        self._in_place(lambda: screen.write(_joined(screen, lines)))

    def say(self, lines: Sequence[Line]) -> None:
        """Lines of our own on stderr, after all that happened so far; they have been redacted."""
        self._in_place(lambda: self._stderr.screen.write(_joined(self._stderr.screen, lines)))

    def invite(self, invitation: Invitation) -> None:
        """Somebody has to log in: where, and the whole address on a line of its own, which no terminal wraps for us."""
        did = "opened in your browser" if invitation.opened else "open this address in a browser"
        said: Line = [("login:", "hint"), (f" {invitation.server} wants one at {invitation.host}; {did}", "")]
        self.say([clean(said), clean([(invitation.url, "")])])

    def unused(self, sentences: Sequence[str]) -> None:
        """Name the rules that nothing was asked for, a line each."""
        if not sentences:
            return
        screen = self._stderr.screen
        lines = [clean([("unused:", "warning"), (f" {one}", "")]) for one in redacted_words(self._hub, sentences)]
        screen.write(_joined(screen, lines))

    def close(self) -> None:
        """Show the rest and be still."""
        for follower in (self._follower, self._copier):
            if follower is not None:
                follower.close()

    def code(self) -> ExitCode:
        """What became of stdout."""
        return ExitCode.OK if self._stdout.failure is None else self._stdout.failure.exit_code

    def findings(self, checked: Checked) -> None:
        """What was against the protocol, after all that was shown."""
        if self._plan.output.quiet and not checked.tally.rules:
            return
        from mcpwatch.view.findings import finding_lines, verdict_line

        screen = self._outlet.screen
        limit = screen.width if screen.terminal else None
        lines = finding_lines(checked, limit, verbose=self._plan.output.verbose)
        screen.write(_joined(screen, [[], *lines, verdict_line(checked)]))

    def passed_on(self, found: Forwarded) -> None:
        """What the aggregator passed on of what its backends said, after all that was shown."""
        from mcpwatch.view.forwarded import forwarded_lines

        screen = self._outlet.screen
        limit = screen.width if screen.terminal else None
        screen.write(_joined(screen, [*forwarded_lines(found, limit, verbose=self._plan.output.verbose), []]))

    def summary(self, session: Session) -> None:
        """The closing lines, on stderr."""
        from mcpwatch.view.summary import last_words, summary

        for follower in (self._follower, self._copier):
            if follower is not None and follower.failure is not None:
                self._tell(f"The view failed ({follower.failure}); the recording has everything.")
        self.error(self._stdout.failure)
        plan, screen = self._plan, self._stderr.screen
        where = None if plan.record is None else _short(session.writer.path)
        limit = screen.width if screen.terminal else None
        lines = summary(session.timeline, recording=where, kept=plan.kept, limit=limit, said=self._said)
        left_out: set[str] = set()
        if plan.output.quiet:
            left_out = {"used:", "recording:"}
        elif plan.one_call:
            # Whoever made one call wants to know what went wrong and where it is kept, not what was used.
            left_out = {"used:"}
        told: list[Line] = []
        skipping = False
        for line in lines:
            head = line[0][0]
            # What a line was wrapped into goes with it.
            skipping = head.strip() in left_out or (skipping and head.startswith(" "))
            if not skipping:
                told.append(line)
        if plan.output.quiet:
            told = [*last_words(session.timeline, limit), *told]
        screen.write(_joined(screen, told))
        if plan.next_commands and not plan.output.quiet:
            screen.write("\nnext:\n" + "".join(f"  {command}\n" for command in plan.next_commands))

    # ---- what is written

    def _make_stream(self, timeline: Timeline) -> Stream:
        screen, err = self._outlet.screen, self._stderr.screen
        look = Look(width=screen.width if screen.terminal else None, verbose=self._plan.output.verbose)
        if len(self._plan.targets) > 1:
            look.links = tuple(target.name for target in self._plan.targets)
        # Where nobody but the person answers, a question need not be told twice on one screen.
        look.asks = screen.terminal and self._plan.ask and not self._plan.answers and not look.verbose
        again = None if self._plan.typed is None else self._again
        if not err.moves:
            return PlainStream(screen.write, timeline, colour=screen.colour, look=look, talk=err.write, again=again)
        from mcpwatch.view.terminal import TerminalStream

        # With stdout in a pipe the lines go there and the bars to the terminal.
        return TerminalStream(screen, timeline, err=err, look=look, again=again)

    def _again(self, hint: Hint) -> str | None:
        """The command that a hint proposes: the one that was typed, with the option that helps."""
        typed = self._plan.typed
        if typed is None or hint.option is None:
            return hint.command
        shown = Typed(*(redacted_words(self._hub, words) for words in typed))
        return command_with(shown, hint.option)

    def _result(self, done: Done) -> None:
        """The result of the one call as data; an error of the protocol is none."""
        if done.reply is None or done.reply.error is not None:
            return
        from mcpwatch.view.result import write_result

        result = redacted_reply(self._hub, done.reply).result
        self._in_place(lambda: self._stdout.attempt(partial(write_result, result, sys.stdout)))

    def _failed(self, done: Done) -> None:
        """Without a live view: why a step failed, which nothing else says."""
        if done.reply is not None and done.reply.error is not None:
            error = done.reply.error
            self.error(McpwatchError(f"{done.step}: {error.get('message')} ({error.get('code')})", hint=done.hint))
        elif done.failed and not self._plan.one_call:
            said = _first_line(done.reply.result) if done.reply is not None else ""
            self.error(McpwatchError(f"{done.step} ended in an error{': ' + said if said else '.'}", hint=done.hint))

    def _in_place(self, write: Callable[[], object]) -> None:
        """Write something of our own after all that happened so far, with the live region out of the way."""
        with self._paused():
            write()

    def _tell(self, sentence: str) -> None:
        self._stderr.screen.write(f"{sentence}\n")


def _first_line(result: object) -> str:
    """What a result with `isError` says, as much as an error has room for."""
    said = (text(mapping(part).get("text")) or "" for part in items(mapping(result).get("content")))
    lines = (line.strip() for one in said for line in one.splitlines())
    found = next((line for line in lines if line), "")
    return found if len(found) <= _MOST_SAID else f"{found[: _MOST_SAID - 1]}…"


def _hint(sentence: str) -> Line:
    return clean([("hint:", "hint"), (f" {sentence}", "")])


def _joined(screen: Screen, lines: Sequence[Line]) -> str:
    return "".join(f"{screen.text(line)}\n" for line in lines)


def _short(path: Path) -> str:
    """A path as a person would type it here."""
    home = os.path.expanduser("~")
    text = str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):  # somewhere else, or there is no here any more
        return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
