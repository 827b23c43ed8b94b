"""A watched session from start to end: connect, show what is offered, do the steps, stay, end, and say how it went.

`run`, `call` and `demo` are plans that this one function carries out. Results are printed before the server is ended,
so that nobody waits for a slow shutdown.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint

from mcpwatch.api import Session, Settings
from mcpwatch.cli.access import told_by
from mcpwatch.cli.interrupts import Interrupts
from mcpwatch.cli.links import Links
from mcpwatch.cli.output import Face
from mcpwatch.cli.plan import Plan
from mcpwatch.errors import ExitCode, McpwatchError, RecordingError, TimedOut, worst
from mcpwatch.session.answers import Answers
from mcpwatch.session.answers.ask import ask
from mcpwatch.session.perform import Done, perform
from mcpwatch.session.steps import Step
from mcpwatch.wire.process import Child

if TYPE_CHECKING:
    from mcpwatch.check.checked import Checking
    from mcpwatch.check.forwarded import Following, Forwarded

__all__ = ["watch_plan"]

AT_ONCE = 10
"""Turns of the loop in which a question that has just come may still be answered: nobody has to think about roots."""
LAST_WORDS = 3.0
"""Seconds that what is still to be shown has, after a signal."""


@dataclass(slots=True)
class _Course:
    """How a session went so far."""

    done: list[Done] = field(default_factory=list[Done])
    error: McpwatchError | None = None
    given_up: int = 0
    """Questions that nobody had answered when it ended."""
    bounded: bool = False
    """`--for` ended it."""
    failed: Step | None = None
    """The step that `error` is about, where it is about one."""

    def left(self, plan: Plan) -> list[Step]:
        """The steps that were not done, without the one that failed."""
        seen = {id(self.failed), *(id(done.step) for done in self.done)}  # the same step may be there twice
        return [step for group in plan.steps for step in group if id(step) not in seen]


def watch_plan(plan: Plan, started: Mapping[str, Child]) -> ExitCode:
    """Carry out a plan; `started` are those of its servers, by link, that run already. Errors are printed here; the
    exit code says the rest.
    """
    return anyio.run(_watch, plan, started)


async def _watch(plan: Plan, started: Mapping[str, Child]) -> ExitCode:
    course, interrupts = _Course(), Interrupts()
    with interrupts.caught():
        return await _session(plan, started, course, interrupts)


async def _session(plan: Plan, started: Mapping[str, Child], course: _Course, interrupts: Interrupts) -> ExitCode:
    loop = asyncio.get_running_loop()
    face = Face(plan, lambda: loop.call_soon_threadsafe(scope.cancel))
    answerers = list(plan.answers)
    if plan.ask:
        draft = plan.llm.draft if plan.llm is not None and plan.drafts else None
        asker = face.asker(interrupts)
        answerers.append(ask(asker, draft=draft, save_to=plan.save_to, why=face.why_over))
    interrupts.on_stop(face.hide, face.unhide)
    answers = Answers(answerers)
    settings = Settings(
        options=told_by(plan.options, face.invite),
        answers=answers,
        llm=plan.llm,
        record=plan.record,
        force=plan.force,
        redact=plan.redact,
        redact_keys=plan.redact_keys,
        redact_patterns=plan.redact_patterns,
    )
    session = Session(plan.targets, settings, started=started)
    scope = anyio.CancelScope()
    beside = _Beside(session, interrupts)
    checking, following = _checking(plan, session), _following(plan, session)
    face.open(session)
    try:
        async with session:
            links = Links(session.clients)
            for client in links.clients.values():
                client.because(partial(_reason, course, interrupts))
            with scope, interrupts.cancel(scope, beside.hurry):
                try:
                    await _do(plan, session, links, face, course)
                except McpwatchError as error:
                    course.error = error
            for _ in range(AT_ONCE):
                await checkpoint()
            course.given_up = sum(client.stop_answering() for client in links.clients.values())
            left = course.left(plan)
            undone = left if course.failed is None else [course.failed, *left]
            await beside.call(face.results, course.done, links.clients, undone)
            session.exit_code = worst(
                _code(plan, links, course, interrupts), *(problem.exit_code for problem in answers.problems)
            )
            for error in (course.error, *links.untold(course.error)):
                if error is not None:
                    await beside.call(face.error, error)
            for problem in answers.problems:
                await beside.call(face.error, problem)
            await beside.call(face.not_done, left)
            session.exit_code = worst(session.exit_code, interrupts.code or ExitCode.OK, _found(checking))
    except RecordingError as error:
        await beside.call(face.error, error)
        session.exit_code = worst(session.exit_code, error.exit_code)
    finally:
        await beside.call(face.close)
    if course.error is None and not course.left(plan):
        # What was not done had no use for its answers.
        await beside.call(face.unused, [one for file in plan.files for one in file.unused()])
    if checking is not None:
        await beside.call(face.findings, checking.checked())
    passed_on = None if following is None else following.account("via")
    if passed_on is not None:
        await beside.call(face.passed_on, passed_on)
    await beside.call(face.summary, session)
    code = worst(session.exit_code, face.code(), interrupts.code or ExitCode.OK, _found(checking), _lost(passed_on))
    if beside.abandoned:
        # A thread of ours is stuck in a write that nobody reads; waiting for it would wait for ever.
        os._exit(code)
    return code


def _checking(plan: Plan, session: Session) -> Checking | None:
    """What looks for breaches of the protocol from the first event on, where that is wanted."""
    if not plan.output.check:
        return None
    from mcpwatch.check.checked import Checking  # all the rules, which only --check pays for

    checking = Checking(", ".join(target.name for target in plan.targets))
    session.hub.attach(checking.take)
    return checking


def _found(checking: Checking | None) -> ExitCode:
    return ExitCode.FINDING if checking is not None and checking.checked().failed else ExitCode.OK


def _following(plan: Plan, session: Session) -> Following | None:
    """What notes what the link `via` passes on, where that is asked for."""
    if not plan.output.compare:
        return None
    from mcpwatch.check.forwarded import Following

    following = Following()
    session.hub.attach(following.take)
    return following


def _lost(passed_on: Forwarded | None) -> ExitCode:
    return ExitCode.OK if passed_on is None or passed_on.whole else ExitCode.FINDING


class _Beside:
    """What shows, in a thread beside the loop: a reader that reads nothing must not keep signals from being heard."""

    def __init__(self, session: Session, interrupts: Interrupts) -> None:
        self.abandoned = False
        self._session = session
        self._interrupts = interrupts

    async def call(self, call: Callable[..., object], *args: object) -> None:
        """Run it to its end, until a signal comes, or, where one came before, for a few seconds at most."""
        if self.abandoned:
            return
        signalled = self._interrupts.code is not None
        with anyio.CancelScope(shield=True, deadline=anyio.current_time() + LAST_WORDS if signalled else inf) as scope:
            with nullcontext() if signalled else self._interrupts.cancel(scope, self.hurry):
                await to_thread.run_sync(partial(call, *args), abandon_on_cancel=True)
        self.abandoned = scope.cancelled_caught

    def hurry(self) -> None:
        """A further signal: end the servers at once."""
        for client in self._session.clients.values():
            client.kill()
        code = self._interrupts.code or ExitCode.OK
        self._session.exit_code = worst(self._session.exit_code, code)


async def _do(plan: Plan, session: Session, links: Links, face: Face, course: _Course) -> None:
    bound = _Bound(course)
    with bound.over(plan.watch_for, links):
        await links.connect()
        bound.connected = True
        for error in links.lost.values():
            await to_thread.run_sync(face.error, error, abandon_on_cancel=True)
        groups = list(plan.steps)
        if groups and groups[0][0].kind == "list" and groups[0][0].link is None:
            await _together(links, groups.pop(0), course)
        elif not plan.one_call:
            await links.list_all()
        for client in links.connected:
            await to_thread.run_sync(face.connected, client, abandon_on_cancel=True)
        for group in groups:
            before = len(course.done)
            await _together(links, group, course)
            for done in course.done[before:]:
                await to_thread.run_sync(face.hint, done, abandon_on_cancel=True)
        if plan.stay:
            await _stay(plan, session, links)
    steps = sum(map(len, plan.steps))
    bound.check(left=len(course.left(plan)), steps=steps)


@dataclass(slots=True)
class _Bound:
    """`--for`: how much of it there was when it ended."""

    course: _Course
    connected: bool = False
    ended: bool = False
    unanswered: list[str] = field(default_factory=list[str])

    @contextmanager
    def over(self, seconds: float | None, links: Links) -> Generator[None]:
        """Cancel the block after so many seconds; None never does."""

        def end() -> None:
            # Now: what is cancelled does not wait for an answer any more.
            clients = links.clients.values()
            unanswered = [one for client in clients for one in client.unanswered()]
            waiting = [(id, method) for id, method, _ in unanswered if method != "subscriptions/listen"]
            self.unanswered = [f"{method} (#{id})" for id, method in waiting]
            if not waiting and any(client.is_asked for client in clients):
                self.unanswered = ["what the server asked"]  # in a result, so that no request waits
            self.ended = self.course.bounded = True
            scope.cancel()

        with anyio.CancelScope() as scope:
            timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, end)
            try:
                yield
            finally:
                if timer is not None:
                    timer.cancel()

    def check(self, *, left: int, steps: int) -> None:
        """Raise `TimedOut` where it ended before all was done."""
        if not self.ended or (self.connected and not left):
            return
        done = f"with {left} of {steps} steps left" if self.connected else "before the server was connected"
        waiting = ", ".join(self.unanswered) or "nothing"
        raise TimedOut(f"--for ended {done}; unanswered: {waiting}.")


async def _together(links: Links, group: Sequence[Step], course: _Course) -> None:
    """Do the steps of a group at the same time; the first error of one ends the others."""
    failures: list[McpwatchError] = []
    async with anyio.create_task_group() as tasks:

        async def one(step: Step) -> None:
            try:
                for client in links.of(step):
                    course.done.append(await perform(client, step))
            except McpwatchError as error:
                course.failed = course.failed or step
                failures.append(error)
                tasks.cancel_scope.cancel()

        for step in group:
            tasks.start_soon(one, step)
    if failures:
        raise failures[0]


async def _stay(plan: Plan, session: Session, links: Links) -> None:
    """Watch until the last server ends, or until nothing has happened for long enough. `--for` is the caller's."""
    while links.open:
        if plan.until_idle is None:
            await links.ended()
            return
        # Somebody who thinks about an answer is not idle.
        asked = any(client.is_asked for client in links.connected)
        left = plan.until_idle - (0 if asked else session.hub.now() - session.hub.last)
        if left <= 0:
            return
        with anyio.move_on_after(left):
            await links.ended()


def _reason(course: _Course, interrupts: Interrupts) -> str:
    """Why what is still going on is given up, for the server and the recording."""
    if interrupts.code is not None:
        return "interrupted" if interrupts.code == ExitCode.INTERRUPTED else "terminated"
    if course.bounded:
        return "the time of --for is over"
    return "another step failed" if course.failed is not None else "the session was ending"


def _code(plan: Plan, links: Links, course: _Course, interrupts: Interrupts) -> ExitCode:
    codes = [error.exit_code for error in links.lost.values()]
    if interrupts.code is not None:
        codes.append(interrupts.code)
    if course.error is not None:
        codes.append(course.error.exit_code)
    for client in links.clients.values():
        closed = client.closed
        if closed is not None and (closed.code or closed.signal or closed.reason == "lost"):
            codes.append(ExitCode.CONNECT)
        if any(not asked.answer.answered for asked in client.asked):
            codes.append(ExitCode.UNANSWERED)
    if course.given_up:
        codes.append(ExitCode.UNANSWERED)
    if not plan.output.allow_errors and any(done.failed for done in course.done):
        codes.append(ExitCode.FINDING)
    return worst(*codes)
