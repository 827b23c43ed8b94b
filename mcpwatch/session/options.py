"""How a client behaves, as its user has it: values only, so that a command line can read them before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcpwatch.errors import UsageError
from mcpwatch.session.auth.access import Access

__all__ = ["ERAS", "LOG_LEVELS", "WITHOUT", "ClientOptions", "check_era", "check_log_level", "check_without"]

ERAS = ("auto", "legacy", "modern")
LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
WITHOUT = ("sampling", "elicitation", "roots", "progress", "logs")
"""What a client may lack."""


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How a client behaves. `within` is in seconds a request; `without` names what a lesser client would lack."""

    era: str = "auto"
    log_level: str = "debug"
    within: float | None = 60.0
    without: frozenset[str] = frozenset()
    relist: bool = True
    answer_within: float | None = None
    """Seconds that whoever answers a question has, before it is refused; None lets the server decide."""
    max_rounds: int = 10
    """How often a request of the stateless era is sent again with answers before it is given up."""
    declared: Mapping[str, Any] | None = None
    """The capabilities to declare, of a client that is to be imitated; None declares all that `without` leaves."""
    version: str | None = None
    """The version that `initialize` asks for; None asks for the newest."""
    access: Access | None = None
    """How it logs in where a server wants that; None does not."""
    listen: bool = True
    """Whether it subscribes to list changes by itself in the stateless era."""


def check_era(era: str) -> str:
    """`era` if there is such a word. Raises `UsageError`."""
    if era not in ERAS:
        raise UsageError(f"There is no era {era!r}.", hint=f"One of: {', '.join(ERAS)}.")
    return era


def check_log_level(level: str) -> str:
    """`level` if the protocol knows it. Raises `UsageError`."""
    if level not in LOG_LEVELS:
        raise UsageError(f"There is no log level {level!r}.", hint=f"One of: {', '.join(LOG_LEVELS)}.")
    return level


def check_without(words: frozenset[str]) -> frozenset[str]:
    """`words` if a client can lack each of them. Raises `UsageError`."""
    if unknown := words - set(WITHOUT):
        known = ", ".join(WITHOUT)
        raise UsageError(f"--without does not know {', '.join(sorted(unknown))}.", hint=f"Any of: {known}.")
    return words
