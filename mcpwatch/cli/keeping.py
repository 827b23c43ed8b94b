"""What a proxy keeps of the traffic that passes: a recording, a kept session, or nothing; and what happens when it
cannot.

The traffic comes first: nothing that goes wrong here raises. It is said once on stderr, ends in exit code 6, and
whoever carries the traffic is told, so that it stops where the user wants it to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcpwatch.errors import ExitCode, RecordingError, UsageError
from mcpwatch.hub import Hub

if TYPE_CHECKING:
    from mcpwatch.recording import Writer
    from mcpwatch.redact import Redactor

__all__ = ["Keeping", "say"]


class Keeping:
    """The hub of a proxy, and its recording where there is one.

    `given` are the options of `options.recording` with `on_record_error`, `name` is what a kept session is called.
    Raises `UsageError` for options that contradict each other or a pattern that is none.
    """

    def __init__(self, given: Mapping[str, Any], name: str, *, secrets: Sequence[str] = ()) -> None:
        redactor = _redactor(given, secrets)
        # A pattern may be found in a string of any event, and has to be looked for in each.
        self.hub = Hub(redact=redactor, cleared=None if given["redact_pattern"] else redactor)
        self.failure: RecordingError | None = None
        """Why there is no recording, or an incomplete one."""
        self.path: Path | None = None
        """Where the recording is; None where nothing is recorded."""
        self._goes_on = given["on_record_error"] != "stop"
        self._on_failure: Callable[[], object] = lambda: None
        self._writer: Writer | None = None
        try:
            path, kept = _where(given, name)
            if path is not None:
                self._writer = self._written(path, redactor, force=given["force"])
                self.path = path
                if not kept:
                    self._announce(self._writer.path, name)
                if kept and not given["quiet"]:
                    say(f"recording: {_short(path)}  (mcpwatch show --follow)")
        except RecordingError as error:
            self._failed(error)

    @property
    def records(self) -> bool:
        """Whether anybody wants events: without a recording nobody does."""
        return self._writer is not None and self.failure is None

    @property
    def stopped(self) -> bool:
        """Whether the traffic has to end, because it cannot be recorded and the user wants no other."""
        return self.failure is not None and not self._goes_on

    def on_failure(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the recording fails: at once if it has, else from the thread whose event it was."""
        self._on_failure = callback
        if self.failure is not None:
            callback()

    def fail(self, why: str) -> None:
        """Count the recording as failed, for a reason that only the caller can see."""
        if self.failure is None:
            self._failed(RecordingError(f"cannot record: {why}"))

    def close(self, exit: int) -> int:
        """Complete the recording; returns the exit code: `exit`, or 6 where the recording failed."""
        if self._writer is not None:
            try:
                self._writer.close(exit if self.failure is None else ExitCode.RECORDING)
            except RecordingError as error:
                if self.failure is None:
                    self._failed(error)
        return exit if self.failure is None else ExitCode.RECORDING

    def _announce(self, path: Path, name: str) -> None:
        from mcpwatch.cli.ci import in_ci
        from mcpwatch.recording.kept import announce

        if not in_ci():
            announce(path, name, started=self.hub.started)

    def _written(self, path: Path, redactor: Redactor | None, *, force: bool) -> Writer:
        from mcpwatch.recording.writer import Writer

        policy = "off" if redactor is None else redactor.policy
        writer = Writer(path, started=self.hub.started, policy=policy, force=force, indexed=False)
        self.hub.record(writer.write, writer.write_all, writer.write_entries)
        self.hub.on_failure(self._failed)
        return writer

    def _failed(self, error: RecordingError) -> None:
        self.failure = error
        what = "the traffic goes on unrecorded" if self._goes_on else "the traffic is stopped"
        hint = f" ({error.hint})" if error.hint else ""
        say(f"{error}{hint}; {what}")
        self._on_failure()


def say(text: str) -> None:
    """One line of ours on stderr, which belongs to the server too."""
    from mcpwatch.view.screen import Screen
    from mcpwatch.view.style import clean

    screen = Screen.of(sys.stderr)
    with suppress(OSError, ValueError):  # nobody reads it any more
        screen.write(f"{screen.text(clean([('proxy:', 'hint'), (f' {text}', '')]))}\n")


def _redactor(given: Mapping[str, Any], more: Sequence[str]) -> Redactor | None:
    if given["no_redact"]:
        return None
    from mcpwatch.redact import Redactor, environment_secrets

    secrets = [*environment_secrets(os.environ), *more]
    return Redactor(secrets=secrets, keys=given["redact_key"], patterns=given["redact_pattern"])


def _where(given: Mapping[str, Any], name: str) -> tuple[Path | None, bool]:
    """The recording's path, and whether it is a kept session. Raises `RecordingError`, `UsageError`."""
    from mcpwatch.cli.ci import in_ci
    from mcpwatch.recording.kept import KEEP_SESSIONS, new_path, prune, sessions_folder

    record: Path | None = given["record"]
    if record is not None:
        if given["no_record"]:
            raise UsageError("--record and --no-record contradict each other.")
        if str(record) == "-":
            raise UsageError("A recording is a file.", hint="Another terminal follows it: mcpwatch show --follow FILE")
        return record, False
    if given["no_record"] or in_ci() or sessions_folder() is None:
        return None, False
    prune(sessions=KEEP_SESSIONS - 1)  # with this one there are as many as are kept
    return new_path(name), True


def _short(path: Path) -> str:
    home = os.path.expanduser("~")
    text = str(path)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
