"""The sessions of one test: served by a recording or recorded, and what stays of them.

This module owns the decision that `--mcpwatch-record` stands for, and the recording's way into its place: it is made
in a temporary folder, and moved where the marker says only if the test passed. So a test that fails freezes nothing,
and a recording that is there is either the old one or a whole new one. A recording that cannot be read is an error,
never one that is not there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

import pytest

from mcpwatch.errors import McpwatchError, RecordingError, UsageError
from mcpwatch.testing.marks import SERVER_ONLY, Wanted, file_name, wanted, wanted_of_marker

if TYPE_CHECKING:
    from mcpwatch.api import Session
    from mcpwatch.testing.mocks import Mock

__all__ = ["Take", "Takes", "fail", "mock_command", "readable"]

Mode: TypeAlias = Literal["once", "none", "all", "new"]
SUFFIXES = (".gz", ".zst")
MOST_MISSED = 10
OPENS = frozenset({"mcpwatch_session", "mcpwatch_blocking"})
_owners = pytest.StashKey[dict[Path, list[str]]]()


def fail(error: McpwatchError) -> NoReturn:
    """End the test with what an error says; where it was raised in here helps nobody."""
    raise pytest.fail.Exception(f"{error}\n{error.hint}".rstrip(), pytrace=False) from None


def readable(path: Path) -> None:
    """Raise RecordingError for a recording that is not there, damaged, or incomplete."""
    from mcpwatch.check.recorded import read_recorded

    try:
        recorded = read_recorded(path)
    except RecordingError as error:
        if path.exists():
            raise RecordingError(str(error), hint=f"Delete it, or record it anew: {_anew('all')}") from None
        raise
    recorded.recording.close()


def mock_command(path: Path, served: Mapping[str, Any]) -> list[str]:
    """The command of a server that plays a recording, at once where nothing else is said."""
    options: list[str] = []
    for name, value in sorted({"pace": "none", **served}.items()):
        for one in [value] if isinstance(value, str) else value:
            options += [f"--{name}", str(one)]
    return [sys.executable, "-m", "mcpwatch", "mock", str(path), *options]


class Take:
    """One session of a test. `served` where a recording plays its server; `record` is where it is recorded while it
    lasts, and `keep` where that recording goes if the test passes."""

    def __init__(self, wanted: Wanted, record: Path, *, serve: bool, artifact: Path | None) -> None:
        self.wanted = wanted
        self.record = record
        self.served = serve
        self.keep = None if serve else wanted.recording
        self.artifact = artifact
        self.session: Session | None = None
        """Once it is open; it stays after it has ended."""
        self.close: Callable[[], None] = lambda: None
        """Ends the session, where that is not the test's own business."""
        self.unreached = False
        """Whether it could not be connected."""

    def open(self) -> AbstractAsyncContextManager[Session]:
        """The session, to be entered once."""
        from contextlib import asynccontextmanager

        from mcpwatch.api import watch

        recording, target, options = self.wanted.recording, self.wanted.target, self.wanted.options
        if self.served:
            assert recording is not None
            target = mock_command(recording, self.wanted.served)
            options = {name: value for name, value in options.items() if name not in SERVER_ONLY}
        assert target is not None

        @asynccontextmanager
        async def noted() -> AsyncGenerator[Session]:
            self.unreached = True
            async with watch(target, record=self.record, force=True, **options) as session:
                if recording is not None:
                    # What other clients of the recording will ask, and in both cases, so that a test that is served
                    # has the timeline of one that is recorded.
                    client = session.client()
                    await client.catalogue.fetch_all(client.negotiated.server_capabilities)
                self.unreached = False
                self.session = session
                yield session

        return noted()

    def missed(self) -> list[str]:
        """What its recording did not hold, a sentence each; all of it once the session has ended."""
        from mcpwatch.testing.telling import misses

        return misses(self)


class Takes:
    """The sessions of one test, in order."""

    def __init__(
        self,
        item: pytest.Item,
        options: Mapping[str, Any],
        folders: pytest.TempPathFactory,
        *,
        anew: bool,
    ) -> None:
        self.item = item
        self.mocks: list[Mock] = []
        """What is served to clients of the test's own."""
        self._options = options
        self._folders = folders
        self._mode = cast("Mode", item.config.getoption("--mcpwatch-record"))
        self._anew = anew
        self._takes: list[Take] = []
        self._marked: Take | None = None
        self._passed = False
        self._failed = False

    @property
    def stale(self) -> bool:
        """Whether a recording did not hold what the test asked, and could be made anew."""
        return any(
            take.served and take.wanted.target is not None and (take.unreached or take.missed()) for take in self._takes
        )

    def wanted_of_marker(self) -> Wanted:
        """What the test's markers say. Fails the test."""
        try:
            return wanted_of_marker(self.item, self._options)
        except UsageError as error:
            fail(error)

    def of_marker(self) -> Take:
        """The session that the test's markers describe: one, also for two fixtures. Fails the test."""
        if self._marked is not None:
            fail(UsageError("A test has mcpwatch_session or mcpwatch_blocking, not both."))
        self._marked = self._take(self.wanted_of_marker())
        return self._marked

    def named(self, name: str | None, options: Mapping[str, Any]) -> Take:
        """One more session; what is not said the markers say, but for the recording. Fails the test."""
        try:
            of_marker = dict(self._options)
            for mark in reversed(list(self.item.iter_markers("mcpwatch"))):
                of_marker |= mark.kwargs
            return self._take(wanted(self.item, name, {**of_marker, **options}))
        except UsageError as error:
            fail(error)

    def _take(self, wanted: Wanted) -> Take:
        try:
            serve = self._serves(wanted)
            if not serve and wanted.recording is not None:
                self._refuse_shared(wanted.recording)
        except McpwatchError as error:
            fail(error)
        number = f"-{len(self._takes) + 1}" if self._takes else ""
        suffix = wanted.recording.suffix if wanted.recording is not None and not serve else ""
        name = f"session{number}.mcpw.jsonl{suffix if suffix in SUFFIXES else ''}"
        take = Take(wanted, self._folder / name, serve=serve, artifact=self._artifact(number, name))
        self._takes.append(take)
        return take

    def _serves(self, wanted: Wanted) -> bool:
        """Whether the recording plays the server; else it is the target's turn. Raises McpwatchError."""
        path, has_target = wanted.recording, wanted.target is not None
        if path is None:
            if not has_target:
                raise UsageError(
                    "The test names neither a recording nor a target.",
                    hint='@pytest.mark.mcpwatch("name.mcpw.jsonl", target="server.py")',
                )
            return False
        there = os.path.lexists(path)
        if has_target and there and (self._mode == "all" or self._anew):
            _refuse_foreign(path)
            return False
        if not there and has_target and self._mode != "none":
            return False
        if not there:
            why = "--mcpwatch-record=none makes none" if has_target else "the test names no target to record it with"
            hint = _anew("once") if has_target else '@pytest.mark.mcpwatch("…", target="server.py")'
            raise RecordingError(f"There is no recording {path}, and {why}.", hint=hint)
        readable(path)
        return True

    def _refuse_shared(self, path: Path) -> None:
        """Two tests may share a recording that is there; they cannot both make it, least of all at the same time."""
        config = self.item.config
        owners = config.stash.get(_owners, None)
        if owners is None:
            owners = config.stash[_owners] = _owners_of(self.item.session.items)
        others = [nodeid for nodeid in owners.get(path, ()) if nodeid != self.item.nodeid]
        if others:
            raise UsageError(
                f"{path} would be recorded by this test and by {others[0]}.",
                hint=f'A recording is made by one test: name another, "{{test}}" in the name stands for the test; or '
                f"record it with this test alone: pytest '{self.item.nodeid}'",
            )

    @cached_property
    def _folder(self) -> Path:
        return self._folders.mktemp("mcpwatch")

    def _artifact(self, number: str, name: str) -> Path | None:
        folder = self.item.config.getoption("--mcpwatch-artifacts")
        if folder is None:
            return None
        ending = name.removeprefix(f"session{number}")
        test = file_name(self.item.nodeid.replace("::", ".").replace("/", "."))
        return Path(self.item.config.invocation_params.dir) / folder / f"{test}{number}{ending}"

    # ---- when the test has run

    def close(self) -> None:
        """End the sessions that are open for the test alone."""
        for take in self._takes:
            take.close()

    def check(self) -> None:
        """Fail a test that passed although its recording did not hold what it asked."""
        for take in self._takes:
            if missed := take.missed():
                hint = f"Record it anew: {_anew('new')}" if take.wanted.target is not None else ""
                said = f"{take.wanted.recording} is not what the test does: {_listed(missed)}"
                fail(UsageError(said, hint=hint))
        if missed := [sentence for mock in self.mocks for sentence in mock.missed()]:
            fail(UsageError(f"{self.mocks[0].recording} is not what the client does: {_listed(missed)}"))

    def reported(self, report: pytest.TestReport) -> None:
        """Take a report of the test: what it says of its end, and, if it failed, the sessions into it."""
        if report.when == "call":
            self._passed = report.passed
        if not report.failed:
            return
        self._failed = True
        from mcpwatch.testing.telling import section

        for take in self._takes:
            report.sections.append(("mcpwatch session", section(take)))
            named = ("mcpwatch_recording", str(take.artifact or take.record))
            if named not in self.item.user_properties:
                self.item.user_properties.append(named)  # which the report of the teardown brings to JUnit's XML
        for mock in self.mocks:
            said = "".join(f"\nmissed: {sentence}" for sentence in mock.missed())
            report.sections.append(("mcpwatch mock", f"served: {mock.recording}{said}"))

    def end(self) -> None:
        """Put every recording where it belongs; the sessions have ended, those of fixtures too. Fails the test."""
        for take in self._takes:
            if not take.record.exists():
                continue
            try:
                if take.artifact is not None and self._failed:
                    _copy(take.record, take.artifact)
                if take.keep is not None and self._passed:
                    _copy(take.record, take.keep)
            except OSError as error:
                fail(RecordingError(f"{error.filename or take.record} cannot be written: {error.strerror}"))
            except RecordingError as error:
                fail(error)
        if self._passed:
            self.check()


def _listed(missed: list[str]) -> str:
    return missed[0] + "".join(f"\n  and: {sentence}" for sentence in missed[1:MOST_MISSED])


def _copy(source: Path, destination: Path) -> None:
    """A copy that is there as a whole or not at all, and that only we may read. Raises OSError, RecordingError."""
    from mcpwatch.recording.files import copy_in_place

    destination.parent.mkdir(parents=True, exist_ok=True)
    copy_in_place(source, destination)


def _refuse_foreign(path: Path) -> None:
    """Raise RecordingError where what is there is no recording, and so must not be replaced by one."""
    from mcpwatch.recording import Recording

    Recording.open(path).close()


def _owners_of(items: list[pytest.Item]) -> dict[Path, list[str]]:
    """Which tests have which recording by their markers."""
    owners: dict[Path, list[str]] = {}
    for item in items:
        if item.get_closest_marker("mcpwatch") is None or OPENS.isdisjoint(getattr(item, "fixturenames", ())):
            continue
        try:
            path = wanted_of_marker(item, {}).recording
        except UsageError:
            continue  # that test will say so itself
        if path is not None:
            owners.setdefault(path, []).append(item.nodeid)
    return owners


def _anew(mode: str) -> str:
    return f"pytest --mcpwatch-record={mode}"
