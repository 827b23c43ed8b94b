"""Where output goes, and what may be written there: a terminal or not, how wide, in colour, in which encoding.

The environment is read here and nowhere else in the room: `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, `COLUMNS`, and
whether a CI system reads the output for commands. rich is not asked: to it `FORCE_COLOR` makes a terminal of a pipe,
and its import takes longer than a short run of ours.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TextIO, cast

from mcpwatch.view.style import Line, ansi, plain

__all__ = ["Commands", "Screen", "defused"]

_ASCII: Final = str.maketrans(
    {
        "→": "->",
        "←": "<-",
        "●": "*",
        "✗": "x",
        "↳": "`-",
        "│": "|",
        "·": "-",
        "…": "...",
        "×": "x",
        "━": "=",
        "╸": ">",
        "─": "-",
        "›": ">",
        "‹": "<",
        "“": '"',
        "”": '"',
        "—": "--",
    }
)
"""Our own signs, for an encoding that has not got them."""
_READERS: Final = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Set by the CI systems that carry out what they find in a job's output."""
_COMMAND: Final = re.compile(r"^([^\S\n]*)(::)|(#)(#(?:\[|vso\[|teamcity\[))", re.MULTILINE)
"""What they look for: GitHub at the beginning of a line, after any space, and, as the others, anywhere in one."""


class Commands(str):
    """Lines that are commands for the CI system, and ours: everything else that is written there is none."""

    __slots__ = ()


def defused(text: str) -> str:
    """`text` without anything that a CI system takes for a command: a server could set a variable or fail the job.

    A backslash breaks it, so that it can still be read: `\\::error::`, `#\\#[group]`.
    """
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda found: f"{found[1] or ''}{found[3] or ''}\\{found[2] or found[4]}", text)


class Screen(NamedTuple):
    """One output. `size` is asked anew each time, so that resizing works: (columns, rows) in cells.

    `moves` says that the cursor can be moved: a terminal that is not `TERM=dumb`. `colour` that SGR codes are welcome.
    """

    write: Callable[[str], object]
    """Writes at once: the text is on its way when this returns."""
    moves: bool
    colour: bool
    size: Callable[[], tuple[int, int]]
    terminal: bool = True

    @property
    def width(self) -> int:
        """Columns that a line may fill. One stays free: a full line leaves the cursor where erasing takes a
        character."""
        return max(self.size()[0] - 1, 20)

    def text(self, line: Line) -> str:
        """`line` as it is written here, without a line end."""
        return ansi(line) if self.colour else plain(line)

    @classmethod
    def of(cls, file: TextIO, environ: Mapping[str, str] | None = None) -> Screen:
        """What `file` is. Raises nothing; a closed or broken one fails when it is written to."""
        environ = os.environ if environ is None else environ
        try:
            terminal = file.isatty()
        except (ValueError, OSError):
            terminal = False
        moves = terminal and environ.get("TERM", "") != "dumb"
        if environ.get("NO_COLOR"):
            colour = False
        elif environ.get("FORCE_COLOR"):
            colour = environ["FORCE_COLOR"] != "0"
        else:
            colour = moves
        if moves and sys.platform == "win32":
            _understand_colour()
        return cls(_writer(file, environ), moves, colour, _sizer(file, environ), terminal)


def _writer(file: TextIO, environ: Mapping[str, str]) -> Callable[[str], object]:
    """Writes and flushes; what the encoding has no sign for is spelled in ASCII, never an error in the middle of a
    run. Where a CI system reads along, only `Commands` are commands."""

    encoding: str = getattr(file, "encoding", None) or "utf-8"
    read = any(environ.get(name, "").lower() not in ("", "0", "false") for name in _READERS)

    def write(text: str) -> None:
        if read and not isinstance(text, Commands):
            text = defused(text)
        try:
            if not text.isascii():
                text.encode(encoding)  # stderr takes everything, and writes escapes for what it cannot spell
        except UnicodeEncodeError:
            text = text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        file.write(text)
        file.flush()

    return write


def _sizer(file: TextIO, environ: Mapping[str, str]) -> Callable[[], tuple[int, int]]:
    def size() -> tuple[int, int]:
        try:
            columns, rows = os.get_terminal_size(file.fileno())
        except (OSError, ValueError, AttributeError):
            columns, rows = 0, 0
        named = environ.get("COLUMNS", "")
        if named.isascii() and named.isdigit() and 0 < int(named[:6]):
            columns = int(named[:6])
        return columns or 80, rows or 24

    return size


def _understand_colour() -> None:
    """Have a Windows console understand escape sequences from here on; no shell is needed for it."""
    import ctypes

    kernel = cast("Any", ctypes).windll.kernel32
    for stream in _STREAMS:
        handle, mode = kernel.GetStdHandle(stream), ctypes.c_ulong()
        if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
            kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL)


_STREAMS: Final = (-11, -12)
"""Windows' numbers for stdout and stderr."""
_VIRTUAL_TERMINAL: Final = 4
