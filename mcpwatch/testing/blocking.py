"""A session for tests that await nothing: it lives on a loop in a thread of its own."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from mcpwatch.api import CallResult, Session
from mcpwatch.errors import McpwatchError
from mcpwatch.model import Timeline
from mcpwatch.testing.takes import Take, fail

if TYPE_CHECKING:
    from mcpwatch.session.catalogue import ListKind
    from mcpwatch.session.handlers import Handler

__all__ = ["BlockingSession", "blocking"]


class BlockingSession:
    """The methods of a `Session`, without `await`. Handlers and answers are called in the session's thread."""

    def __init__(self, session: Session, portal: BlockingPortal) -> None:
        self.session = session
        """The session itself, for whoever is on its loop."""
        self._portal = portal

    @property
    def timeline(self) -> Timeline:
        """What happened so far."""
        return self.session.timeline

    def call(self, tool: str, /, arguments: Mapping[str, Any] | None = None, **named: Any) -> CallResult:
        """See `Session.call`."""
        return self._portal.call(partial(self.session.call, tool, arguments, **named))

    def list(self, kind: ListKind = "tools") -> list[dict[str, Any]]:
        """See `Session.list`."""
        return self._portal.call(self.session.list, kind)

    def read(self, uri: str) -> dict[str, Any]:
        """See `Session.read`."""
        return self._portal.call(self.session.read, uri)

    def prompt(self, name: str, arguments: Mapping[str, str] | None = None) -> dict[str, Any]:
        """See `Session.prompt`."""
        return self._portal.call(self.session.prompt, name, arguments)

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """See `Session.request`."""
        return self._portal.call(self.session.request, method, params)

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """See `Session.notify`."""
        self._portal.call(self.session.notify, method, params)

    def on(self, method: str | None, handler: Handler) -> None:
        """See `Session.on`."""
        self._portal.call(self.session.on, method, handler)

    def off(self, handler: Handler) -> None:
        """See `Session.off`."""
        self._portal.call(self.session.off, handler)


@contextmanager
def blocking(take: Take) -> Generator[BlockingSession]:
    """The session of a take, open while this is or until `take.close`. Fails the test where it cannot be connected."""
    with start_blocking_portal("asyncio") as portal, ExitStack() as stack:
        try:
            session = stack.enter_context(portal.wrap_async_context_manager(take.open()))
        except McpwatchError as error:
            fail(error)
        take.close = stack.close
        yield BlockingSession(session, portal)
