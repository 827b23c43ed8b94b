"""What `test`, `check`, `diff` and `replay` leave behind for CI, the same from each: annotations, JUnit's XML, a job's
summary.

A command says how it went in its own words and ends with its verdict; between the two it calls `write`. What kept it
from judging anything (a recording that is damaged, say) is a failure in the reports too: `refusals`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcpwatch.cli.ci import SUMMARY, in_github, job_summary
from mcpwatch.errors import ExitCode, McpwatchError, RecordingError
from mcpwatch.view.screen import Commands

if TYPE_CHECKING:
    from mcpwatch.check.report import Ran

__all__ = ["Reports"]


class Reports:
    """`github` is None where it was not said whether there are annotations. `say` writes where no document goes."""

    def __init__(
        self,
        command: str,
        *,
        junit: Path | None,
        github: bool | None,
        say: Callable[[str], object],
        complain: Callable[[McpwatchError], object] | None = None,
    ) -> None:
        self._command = command
        self._junit = junit
        self._github = in_github() if github is None else github
        self._say = say
        self._complain = complain

    @property
    def wanted(self) -> bool:
        """Whether there is any: what they need is imported only then."""
        return self._github or self._junit is not None

    @property
    def summarised(self) -> bool:
        """Whether a failure gets into a job's summary, with its exchange."""
        return self._github and bool(os.environ.get(SUMMARY))

    def write(
        self,
        runs: Sequence[Ran],
        said: str = "",
        *,
        body: str | None = None,
        trees: Callable[[], Mapping[str, Sequence[str]]] | None = None,
    ) -> list[ExitCode]:
        """Write all that is wanted; what that makes of the exit code. `said` is the verdict, `body` the summary where
        it is not the list of failures, `trees` the exchanges in which they are, by their names.
        """
        if not self.wanted:
            return []
        from mcpwatch.check.report import github_lines, write_junit

        if self._github:
            self._say(Commands("".join(f"{line}\n" for line in github_lines(*map(_placed, runs)))))
        if self.summarised and any(run.failed for run in runs):
            from mcpwatch.view.summaries import failures, summary
            from mcpwatch.view.summaries import trees as shown

            body = failures(runs) if body is None else body
            job_summary(summary(self._command, said, body, shown({} if trees is None else trees())))
        if self._junit is None:
            return []
        try:
            self._junit.parent.mkdir(parents=True, exist_ok=True)
            write_junit(runs, self._junit)
        except (OSError, RecordingError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            failure = RecordingError(f"{self._junit} cannot be written: {why}", hint=getattr(error, "hint", ""))
            if self._complain is None:
                from mcpwatch.cli.complain import complain

                complain(failure)
            else:
                self._complain(failure)
            return [failure.exit_code]
        return []

    @contextmanager
    def refusals(self, file: str) -> Generator[None]:
        """An error of the body becomes a report too, and goes on. `file` is what should have been judged."""
        try:
            yield
        except McpwatchError as error:
            if self.wanted:
                from mcpwatch.check.report import Ran, error_verdict

                verdict = error_verdict(error, self._command)
                self.write([Ran(file, file, (verdict,), exit=int(error.exit_code))], str(error))
            raise


def trees_of(recording: Any, runs: Sequence[Ran]) -> dict[str, list[str]]:
    """The exchanges of a recording in which the first failures of `runs` are."""
    from mcpwatch.view.exchanges import exchange_trees
    from mcpwatch.view.summaries import MOST_TREES

    seqs: dict[int, str] = {}
    for run in runs:
        for one in run.verdicts:
            if one.status == "failed" and one.seq and len(seqs) < MOST_TREES:
                seqs.setdefault(one.seq, one.name)
    found = exchange_trees(recording, seqs)
    return {f"#{seq} {name}": found[seq] for seq, name in seqs.items() if seq in found}


def _placed(run: Ran) -> Ran:
    """With its file as GitHub knows it: from the checkout's root, wherever this runs."""
    root = os.environ.get("GITHUB_WORKSPACE", "")
    if not root or not os.path.exists(run.file):
        return run
    try:
        return replace(run, file=Path(run.file).resolve().relative_to(Path(root).resolve()).as_posix())
    except ValueError:
        return run
