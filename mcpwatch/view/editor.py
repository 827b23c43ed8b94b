"""A text in the person's own editor, and what became of it.

The file is in a folder that only the person can read, and goes with it. An editor that fails, or was told to give up
(`:cq` in vi), has changed nothing. Where the question ends meanwhile, so does the editor, and the text is kept.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeAlias

from mcpwatch.session.answers.over import Over

__all__ = ["CUT", "Edit", "EditorFailed", "Editor", "kept"]

CUT: Final = "# ------------------------ >8 ------------------------"
"""From this line on nothing of the file counts."""
Edit: TypeAlias = Callable[[str, str], str]
"""(text, suffix of the file) to what the person made of it. Raises `EditorFailed`."""


class EditorFailed(Exception):
    """There is no new text; `str(error)` says why."""


class Editor:
    """Opens one text after the other. `around` is entered while one is open, so that Ctrl-C is the editor's."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._around = around

    def edit(self, text: str, suffix: str, over: Over) -> str:
        """What the person made of `text`. Blocks until they are done. Raises `EditorFailed`."""
        command = self._environ.get("VISUAL") or self._environ.get("EDITOR") or "vi"
        folder = Path(tempfile.mkdtemp(prefix="mcpwatch-"))
        file = folder / f"answer{suffix}"
        try:
            file.write_text(text, encoding="utf-8")
            self._run(command, file, over)
            made = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise EditorFailed("the file is not UTF-8.") from None
        except OSError as error:
            raise EditorFailed(f"{command} could not be used: {error.strerror or error}.") from None
        finally:
            if over.is_set and _differs(file, text):
                over.why = ". ".join(part for part in (over.why, f"What you wrote is in {file}") if part)
            else:
                shutil.rmtree(folder, ignore_errors=True)
        return made

    def _run(self, command: str, file: Path, over: Over) -> None:
        try:
            argv = [*shlex.split(command), str(file)]
        except ValueError as error:
            raise EditorFailed(f"$EDITOR is {command!r}: {error}.") from None
        before = _terminal()
        try:
            with self._around():
                # Our stdout may be a file or a pipe; the person looks at stderr.
                with subprocess.Popen(argv, stdout=sys.stderr if _is_real(sys.stderr) else None) as process:
                    with over.calls(process.terminate):
                        code = process.wait()
        finally:
            _restore(before)
        if over.is_set:
            raise EditorFailed("the question is over.")
        if code:
            raise EditorFailed(f"{argv[0]} ended with {code}, so nothing has changed.")


def kept(text: str) -> str:
    """The part of a file that counts."""
    lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if line.rstrip() == CUT), len(lines))
    return "\n".join(lines[:end]).rstrip()


def _differs(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() != text.encode()
    except OSError:
        return False


def _is_real(stream: Any) -> bool:
    try:
        stream.fileno()
    except (OSError, ValueError, AttributeError):
        return False
    return True


def _terminal() -> Any:
    """How the terminal is set, None where there is none."""
    try:
        import termios
    except ImportError:
        return None
    try:
        return termios.tcgetattr(0)
    except (termios.error, OSError):
        return None


def _restore(before: Any) -> None:
    """Undo what an editor that was ended may have left behind."""
    if before is None:
        return
    import termios

    try:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    except (termios.error, OSError):
        pass  # the terminal has gone
