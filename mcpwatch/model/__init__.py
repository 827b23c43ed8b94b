"""What the events mean: a fold over them, with no I/O, no clock and no SDK. `Timeline` is the way in."""

from __future__ import annotations

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
