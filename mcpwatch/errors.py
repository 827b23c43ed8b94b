"""What can go wrong, as few kinds as possible, and what the process then returns.

    McpwatchError             a sentence, a hint, an exit code
    ├── UsageError            2  the command line, a target or a config is wrong
    ├── ConnectError          3  a server could not be started or reached, or it died
    ├── TimedOut              5  nothing came in time; names what is unanswered
    └── RecordingError        6  a recording could not be read or written

Every message is one sentence for a person; the hint names what to do next. Only the top of the command line turns
one into output. A finding is not an error: it is a result, and ends in exit code 1; so is a question that had no
answer, which ends in 4.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process returns. Where several apply, `worst` picks the one that counts."""

    OK = 0
    FINDING = 1
    USAGE = 2
    CONNECT = 3
    UNANSWERED = 4
    TIMEOUT = 5
    RECORDING = 6
    INTERRUPTED = 130
    TERMINATED = 143


_PRECEDENCE = (
    ExitCode.RECORDING,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.USAGE,
    ExitCode.CONNECT,
    ExitCode.TIMEOUT,
    ExitCode.UNANSWERED,
    ExitCode.FINDING,
    ExitCode.OK,
)


def worst(*codes: ExitCode) -> ExitCode:
    """The one exit code that stands for all of `codes`; `OK` for none."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.OK)


class McpwatchError(Exception):
    """The base: `str(error)` is one sentence, `hint` (may be empty) says what to do next."""

    exit_code: ExitCode = ExitCode.FINDING

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(McpwatchError):
    exit_code = ExitCode.USAGE


class ConnectError(McpwatchError):
    exit_code = ExitCode.CONNECT


class TimedOut(McpwatchError):
    exit_code = ExitCode.TIMEOUT


class RecordingError(McpwatchError):
    exit_code = ExitCode.RECORDING
