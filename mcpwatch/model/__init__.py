"""What the events mean: a fold over them, with no I/O, no clock and no SDK. `Timeline` is the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcpwatch.model.exchange import Cancellation, Exchange, Fetch, Log, Round, State
    from mcpwatch.model.hints import Hint
    from mcpwatch.model.listing import Change, Listing, ListKind
    from mcpwatch.model.progress import Bar, Progress
    from mcpwatch.model.question import Kind, Question, QuestionState
    from mcpwatch.model.server import Era, Identity, MethodCount, Seen, Server, Subscription, Traffic
    from mcpwatch.model.timeline import Timeline, Waiting
    from mcpwatch.model.used import Used

__all__ = [
    "Bar",
    "Cancellation",
    "Change",
    "Era",
    "Exchange",
    "Fetch",
    "Hint",
    "Identity",
    "Kind",
    "ListKind",
    "Listing",
    "Log",
    "MethodCount",
    "Progress",
    "Question",
    "QuestionState",
    "Round",
    "Seen",
    "Server",
    "State",
    "Subscription",
    "Timeline",
    "Traffic",
    "Used",
    "Waiting",
]

_HOMES = {
    "mcpwatch.model.exchange": ("Cancellation", "Exchange", "Fetch", "Log", "Round", "State"),
    "mcpwatch.model.hints": ("Hint",),
    "mcpwatch.model.listing": ("Change", "Listing", "ListKind"),
    "mcpwatch.model.progress": ("Bar", "Progress"),
    "mcpwatch.model.question": ("Kind", "Question", "QuestionState"),
    "mcpwatch.model.server": ("Era", "Identity", "MethodCount", "Seen", "Server", "Subscription", "Traffic"),
    "mcpwatch.model.timeline": ("Timeline", "Waiting"),
    "mcpwatch.model.used": ("Used",),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562): who only reads shapes does not pay for the fold."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
