"""How a step went: what was wrong, what kept it from being done, and what that makes of the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mcpwatch.check.came import Came
from mcpwatch.check.finding import Finding
from mcpwatch.check.script import Step
from mcpwatch.errors import ConnectError, ExitCode, McpwatchError

__all__ = ["StepResult"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step went. `error` is what kept it from being done: a time-out, a lost link."""

    step: Step
    findings: tuple[Finding, ...] = ()
    error: McpwatchError | None = None
    seconds: float = 0.0
    skipped: bool = False
    """It was not done, because one before it failed."""
    came: Came | None = None
    inner: tuple[StepResult, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.findings) or self.error is not None or any(one.failed for one in self.inner)

    @property
    def lost(self) -> bool:
        """A server is gone: there is nothing to go on with."""
        return isinstance(self.error, ConnectError) or any(one.lost for one in self.inner)

    def with_inner(self) -> Iterator[StepResult]:
        """It and the steps inside it, in their order."""
        yield self
        for one in self.inner:
            yield from one.with_inner()

    def every(self) -> list[Finding]:
        """Its findings, and those of the steps inside it."""
        return [*self.findings, *(finding for one in self.inner for finding in one.every())]

    def codes(self) -> list[ExitCode]:
        """What it makes of the exit code."""
        found = [code for one in self.inner for code in one.codes()]
        if self.error is not None:
            found.append(self.error.exit_code)
        if self.findings:
            found.append(ExitCode.FINDING)
        return found
