"""Playing a script: its steps in order against connected clients, each with what was wrong about it.

It sends through the clients, reads what happened from the timeline and from `Heard`, and leaves judging to `expect`.
Connecting, recording and showing are its caller's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Any, TypeAlias, cast

import anyio

from mcpwatch.check.came import Came
from mcpwatch.check.compare import shown, text_finding
from mcpwatch.check.expect import LOG, came_findings, happened_findings
from mcpwatch.check.expected import expected
from mcpwatch.check.finding import Finding
from mcpwatch.check.heard import Heard
from mcpwatch.check.result import StepResult
from mcpwatch.check.script import Place, Script, Step, head_of, seconds
from mcpwatch.check.sending import send
from mcpwatch.check.waiting import Waits
from mcpwatch.errors import McpwatchError
from mcpwatch.model import Timeline
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import Answers
from mcpwatch.session.answers.rules import Rules, rules_from
from mcpwatch.session.asked import Asked
from mcpwatch.session.catalogue import ListKind
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import Reply
from mcpwatch.session.matching import number_matches
from mcpwatch.session.templates import Unresolved, environment, expand, reach

__all__ = ["Player", "heard_methods"]

JsonObject: TypeAlias = dict[str, Any]
SETTLE = 1.0
"""Seconds that what is expected to happen besides the result may come after it: a log on another stream, say."""


class Player:
    """Plays one script: `play`, then `end`. `heard` has to listen since before the clients connected. With `go_on`
    every step is done, whatever becomes of those before it.
    """

    def __init__(
        self,
        script: Script,
        clients: Mapping[str, Client],
        timeline: Timeline,
        heard: Heard,
        answers: Answers,
        *,
        go_on: bool = False,
    ) -> None:
        self.script = script
        self.rules: list[Rules] = []
        """The rules that steps had of their own."""
        self.doing: Step | None = None
        """The step that it is at."""
        self.since = 0.0
        """When that began, as `time.monotonic` has it."""
        self._clients = clients
        self._timeline = timeline
        self._heard = heard
        self._answers = answers
        self._go_on = go_on
        self._saved: JsonObject = {}
        self._waits = Waits(heard)
        self._began = monotonic()

    async def play(self) -> AsyncIterator[StepResult]:
        """Do the steps. After one that failed (without `continue`) the rest is skipped, and comes out all the same."""
        stopped = False
        for step in self.script.steps:
            if stopped:
                yield StepResult(step, skipped=True)
                continue
            self.doing, self.since = step, monotonic()
            result = await self._step(step)
            self.doing = None
            stopped = result.lost or (result.failed and not (step.goes_on or self._go_on))
            yield result

    async def end(self) -> list[Finding]:
        """What is wrong with the session as a whole. Call it while the links are still open."""
        expect, place = expected(self.script, ("expect",), self._look_up), ("expect",)
        came = Came(Step("together", ()), since=0, asked=self._asked({}), seconds=monotonic() - self._began)

        def look() -> list[Finding]:
            came.asked = self._asked({})
            found = happened_findings(expect, place, self._heard, self._timeline, came)
            if "stderr" in expect:
                said = self._heard.stderr.decode("utf-8", "replace")
                finding = text_finding(expect["stderr"], said, (*place, "stderr"), "stderr")
                found += [] if finding is None else [finding]
            return found

        found = await self._settled(look)
        silent = [asked for asked in came.asked if not asked.answer.answered]
        if "unanswered" in expect and not number_matches(expect["unanswered"], len(silent)):
            said = f"unanswered: expected {expect['unanswered']}, got {len(silent)}"
            found.append(Finding(said, (*place, "unanswered"), len(silent)))
        return found

    # ---- one step

    async def _step(self, step: Step) -> StepResult:
        if step.kind not in ("wait", "pause"):
            self._waits.begin()
        return await self._guarded(step, alone=True)

    async def _guarded(self, step: Step, *, alone: bool) -> StepResult:
        """A step with its own answers; an error of ours is how it went."""
        came = Came(step, since=self._heard.seq, alone=alone)
        began = monotonic()
        try:
            with ExitStack() as during:
                if step.answers:
                    during.enter_context(self._answers.first(self._own_rules(step)))
                if step.kind == "together":
                    return await self._together(step, came)
                return await self._alone(step, came)
        except McpwatchError as error:
            came.seconds = monotonic() - began
            return StepResult(step, error=error, seconds=came.seconds, came=came)
        finally:
            if step.save is not None:
                self._saved[step.save] = came.saved()

    async def _together(self, step: Step, came: Came) -> StepResult:
        results: list[StepResult | None] = [None] * len(step.steps)
        marks, began = self._marks(), monotonic()
        place = (*step.place, "expect")

        async def one(number: int, inner: Step) -> None:
            results[number] = await self._guarded(inner, alone=False)

        async def all_of_them() -> list[Finding]:
            async with anyio.create_task_group() as tasks:
                for number, inner in enumerate(step.steps):
                    tasks.start_soon(one, number, inner)
            return []

        findings = await self._within(all_of_them, self._limit(step), place, came)
        came.seconds = monotonic() - began
        # What was given up was not judged: it is said of the whole.
        inner_results = tuple(
            StepResult(inner, skipped=True) if result is None else result
            for inner, result in zip(step.steps, results, strict=True)
        )
        try:
            expect = expected(self.script, place, self._look_up)
        except McpwatchError as error:
            return StepResult(step, tuple(findings), error, came.seconds, came=came, inner=inner_results)

        def look() -> list[Finding]:
            came.asked = self._asked(marks)
            return happened_findings(expect, place, self._heard, self._timeline, came)

        if not came.cancelled:
            findings += await self._settled(look)
        return StepResult(step, tuple(findings), seconds=came.seconds, came=came, inner=inner_results)

    async def _alone(self, step: Step, came: Came) -> StepResult:
        """A step that is no `together`: done and judged."""
        marks, began = self._marks(), monotonic()
        place = (*step.place, "expect")
        expect = expected(self.script, place, self._look_up)
        findings = await self._within(lambda: self._do(step, came), self._limit(step), place, came)
        came.seconds = monotonic() - began
        findings += came_findings(came, expect)

        def look() -> list[Finding]:
            came.asked = self._asked(marks, came)
            return happened_findings(expect, place, self._heard, self._timeline, came)

        if not any(finding.place == (*place, "within") for finding in findings):
            findings += await self._settled(look)
        return StepResult(step, tuple(findings), seconds=came.seconds, came=came)

    @staticmethod
    def _limit(step: Step) -> float | None:
        return seconds(step.expect["within"]) if "within" in step.expect else None

    @staticmethod
    async def _within(
        do: Callable[[], Awaitable[list[Finding]]], limit: float | None, place: Place, came: Came
    ) -> list[Finding]:
        """Do it, for no longer than is expected."""
        with anyio.move_on_after(limit) as bound:
            return await do()
        assert bound.cancelled_caught
        came.cancelled = True
        return [Finding(f"it was not done within {came.step.expect['within']}", (*place, "within"))]

    async def _do(self, step: Step, came: Came) -> list[Finding]:
        if step.kind == "pause":
            await anyio.sleep(step.within or 0)
            return []
        client = self._client(step)
        came.link = "" if step.kind == "wait" and step.link is None else client.link
        subject = self._text(step, step.subject, step.kind)
        given = self._expanded(step.given, (*step.place, self._given_key(step))) if step.given is not None else None
        match step.kind:
            case "wait":
                return await self._wait(step, client, subject, given, came)
            case "notify":
                client.notify(subject, given)
                return []
            case "list":
                came.reply, came.rows = await _list(client, cast("ListKind", subject))
                return []
            case "call":
                await _know_tools(client)
                return await self._send(lambda: client.call(subject, given), "tools/call", came)
            case "read":
                return await self._send(lambda: client.read(subject), "resources/read", came)
            case "prompt":
                return await self._send(lambda: client.prompt(subject, given), "prompts/get", came)
            case "complete":
                argument, prefix = next(iter(mapping(given).items()))
                done = await self._send(
                    lambda: client.complete(subject, argument, str(prefix)), "completion/complete", came
                )
                came.rows = items(mapping(mapping(came.result).get("completion")).get("values"))
                return done
            case "subscribe":
                came.reply = await client.subscribe(subject)
                return []
            case "request":
                return await self._send(lambda: client.request(subject, given), subject, came)
            case _:
                raise AssertionError(step.kind)

    async def _send(self, request: Callable[[], Awaitable[Reply]], method: str, came: Came) -> list[Finding]:
        return await send(request, method, came, timeline=self._timeline, heard=self._heard)

    async def _wait(self, step: Step, client: Client, method: str, wanted: Any, came: Came) -> list[Finding]:
        clients = [client] if step.link is not None else list(self._clients.values())
        within = client.options.within if step.within is None else step.within
        found = await self._waits.find(step, clients, method, wanted, within)
        if isinstance(found, list):
            return found
        came.said = found.params
        return []

    # ---- what a step needs

    def _client(self, step: Step) -> Client:
        if step.link is not None and step.link in self._clients:
            return self._clients[step.link]
        return next(iter(self._clients.values()))

    def _own_rules(self, step: Step) -> Sequence[Any]:
        rules = rules_from(
            self.script.document, (*step.place, "answers"), folder=self.script.folder, look_up=self._look_up
        )
        self.rules.append(rules)
        return rules.answerers()

    def _given_key(self, step: Step) -> str:
        written = mapping(self.script.document.get(step.place))
        return next(key for key in ("argument", "args", "params") if key in written)

    def _text(self, step: Step, text: str, key: str) -> str:
        expanded = self._expanded(text, (*step.place, key))
        return expanded if isinstance(expanded, str) else shown(expanded)

    def _expanded(self, value: Any, place: Place) -> Any:
        try:
            return expand(value, self._look_up)
        except Unresolved as error:
            raise self.script.document.error((*place, *error.path), str(error), hint=error.hint) from None

    def _look_up(self, name: str) -> Any:
        head = head_of(name)
        if head not in self._saved:
            return environment(name)
        return reach(self._saved, name)

    def _marks(self) -> dict[str, int]:
        return {link: len(client.asked) for link, client in self._clients.items()}

    def _asked(self, marks: Mapping[str, int], came: Came | None = None) -> list[Asked]:
        """The questions since `marks`; for a step that did not run alone those that may be its own."""
        found: list[Asked] = []
        for link, client in self._clients.items():
            if came is not None and came.link not in ("", link):
                continue
            for asked in client.asked[marks.get(link, 0) :]:
                if came is not None and not came.alone and came.exchange is not None:
                    known = self._timeline.question(asked.question.seq, asked.question.key)
                    if known is not None and known.during is not None and known.during is not came.exchange:
                        continue
                found.append(asked)
        return found

    async def _settled(self, look: Callable[[], list[Finding]]) -> list[Finding]:
        """What is wrong, once there has been a little time for it to become right."""
        if not look():
            return []

        def right() -> bool | None:
            return True if not look() else None

        await self._heard.until(right, SETTLE)
        return look()


async def _list(client: Client, kind: ListKind) -> tuple[Reply | None, Sequence[Any]]:
    """A list by name; one that the server neither declares nor has is empty."""
    rows = await client.catalogue.fetch(kind, by="user")
    if rows is not None:
        return None, rows
    declared = "resources" if kind == "templates" else kind
    reply = client.catalogue.refused.get(kind)
    return (reply if declared in client.negotiated.server_capabilities else None), ()


async def _know_tools(client: Client) -> None:
    """List the tools once: over HTTP a call's headers follow from its schema."""
    if "tools" not in client.catalogue.rows and "tools" in client.negotiated.server_capabilities:
        await client.catalogue.fetch("tools")


def heard_methods(script: Script) -> set[str]:
    """The methods that a script speaks of: what it waits for, and what it expects to hear."""
    found = {step.subject for step in script.each() if step.kind == "wait"}
    if any("${" in method for method in found):
        found.add("*")
    for expect in (script.expect, *(step.expect for step in script.each())):
        if "logs" in expect:
            found.add(LOG)
        wanted = expect.get("notifications")
        found |= {mapping(one).get("method", LOG) for one in items(wanted) or (wanted,) if one}
    return found
