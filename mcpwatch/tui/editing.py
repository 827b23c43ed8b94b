"""A text in the person's own editor, while the screens step aside.

The editor runs in a thread: what the servers send goes on being read and answered meanwhile, only nothing is drawn. A
terminal that cannot be lent (a test's, a browser's) is told as an editor that failed.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, cast
from weakref import WeakSet

from anyio import to_thread
from textual.app import App, SuspendNotSupported
from textual.dom import DOMNode

from mcpwatch.session.answers.over import Over
from mcpwatch.view.editor import Editor, EditorFailed

__all__ = ["edit", "is_lent"]

_LENT: WeakSet[App[Any]] = WeakSet()


def is_lent(app: App[Any]) -> bool:
    """Whether the terminal is an editor's now. Nothing may be written to it meanwhile, no bell either: what is written
    is kept back, and there is not room for much.
    """
    return app in _LENT


async def edit(node: DOMNode, text: str, suffix: str, over: Over | None = None) -> str:
    """What the person made of `text` in `$VISUAL` or `$EDITOR`, in place of the app that `node` is in. Where `over` is
    set the editor is ended.

    Raises `EditorFailed` with why there is no new text.
    """
    app = cast("App[Any]", node.app)  # pyright: ignore[reportUnknownMemberType]
    failed: EditorFailed | None = None
    made = text
    try:
        with app.suspend(), app.batch_update(), _interrupts_are_the_editors():
            _LENT.add(app)
            try:
                made = await to_thread.run_sync(partial(Editor().edit, text, suffix, over or Over()))
            except EditorFailed as error:  # past the end of the block the screens are there again
                failed = error
            finally:
                _LENT.discard(app)
    except SuspendNotSupported:
        raise EditorFailed("this terminal cannot be lent to an editor.") from None
    if failed is not None:
        raise failed
    return made


@contextmanager
def _interrupts_are_the_editors() -> Generator[None]:
    """Ctrl-C goes to everybody in the foreground; it is not meant for us. (A handler is not inherited, as to ignore
    it would be.)
    """
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, _leave_it)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_it(number: int, frame: FrameType | None) -> None:
    """Nothing."""
