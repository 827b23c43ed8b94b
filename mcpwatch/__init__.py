"""mcpwatch: see, answer and record everything that crosses the wire of the Model Context Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcpwatch.api import CallResult, ServerError, Session, watch
    from mcpwatch.errors import (
        ConnectError,
        ExitCode,
        McpwatchError,
        RecordingError,
        TimedOut,
        UsageError,
    )
    from mcpwatch.events import Closed, Event, Frame, Http, Note, Opened, Stderr
    from mcpwatch.model.state import State
    from mcpwatch.recording import Recording
    from mcpwatch.session.answers import Question, Refuse
    from mcpwatch.session.auth import Access
    from mcpwatch.session.watcher import Watcher

__version__ = "0.1.0"

__all__ = [
    "Access",
    "CallResult",
    "Closed",
    "ConnectError",
    "Event",
    "ExitCode",
    "Frame",
    "Http",
    "McpwatchError",
    "Note",
    "Opened",
    "Question",
    "Recording",
    "RecordingError",
    "Refuse",
    "ServerError",
    "Session",
    "State",
    "Stderr",
    "TimedOut",
    "UsageError",
    "Watcher",
    "__version__",
    "watch",
]

_HOMES = {
    "mcpwatch.api": ("CallResult", "ServerError", "Session", "watch"),
    "mcpwatch.errors": (
        "ConnectError",
        "ExitCode",
        "McpwatchError",
        "RecordingError",
        "TimedOut",
        "UsageError",
    ),
    "mcpwatch.events": ("Closed", "Event", "Frame", "Http", "Note", "Opened", "Stderr"),
    "mcpwatch.recording": ("Recording",),
    "mcpwatch.model.state": ("State",),
    "mcpwatch.session.answers": ("Question", "Refuse"),
    "mcpwatch.session.auth": ("Access",),
    "mcpwatch.session.watcher": ("Watcher",),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562): the command line must start without the session."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
