"""A class of handlers: one method for each thing that a server sends, called by its name.

What is asked of the client is heard here and answered elsewhere: see `answers`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from mcpwatch.events import Event, Frame
from mcpwatch.session.handlers import Handlers

__all__ = ["Watcher"]

Returned: TypeAlias = Awaitable[None] | None
_METHODS: Final[dict[str, tuple[str, ...]]] = {
    "on_progress": ("notifications/progress",),
    "on_log": ("notifications/message",),
    "on_tool_list_changed": ("notifications/tools/list_changed",),
    "on_prompt_list_changed": ("notifications/prompts/list_changed",),
    "on_resource_list_changed": ("notifications/resources/list_changed",),
    "on_resource_updated": ("notifications/resources/updated",),
    "on_cancelled": ("notifications/cancelled",),
}
_ASKED: Final[dict[str, str]] = {"on_sampling": "sampling/createMessage", "on_elicitation": "elicitation/create"}


class Watcher:
    """Derive from it, write the methods you need, and give it to `Session.add`: each sync or async, as you like.

    A method that you leave out costs nothing. `on_message` gets every event of every kind before the others do; the
    others get frames of the server, unredacted: `frame.params`, `frame.link`, `frame.t`. `on_sampling` and
    `on_elicitation` get the frame that asks: a request, or in the era of 2026-07-28 the `input_required` result with
    the question in it.
    """

    def on_message(self, event: Event) -> Returned: ...

    def on_progress(self, frame: Frame) -> Returned: ...

    def on_log(self, frame: Frame) -> Returned: ...

    def on_tool_list_changed(self, frame: Frame) -> Returned: ...

    def on_prompt_list_changed(self, frame: Frame) -> Returned: ...

    def on_resource_list_changed(self, frame: Frame) -> Returned: ...

    def on_resource_updated(self, frame: Frame) -> Returned: ...

    def on_cancelled(self, frame: Frame) -> Returned: ...

    def on_sampling(self, frame: Frame) -> Returned: ...

    def on_elicitation(self, frame: Frame) -> Returned: ...


def handlers_of(watcher: object) -> list[tuple[str | None, Callable[[Any], Any]]]:
    """The methods that an object has of its own, each with the JSON-RPC method that it is for; None for everything.

    `on_message` comes first. A question's handler is for everything as well, and looks for itself.
    """
    found: list[tuple[str | None, Callable[[Any], Any]]] = []
    if (everything := _own(watcher, "on_message")) is not None:
        found.append((None, everything))
    for name, methods in _METHODS.items():
        if (handler := _own(watcher, name)) is not None:
            found += [(method, _Heard(handler)) for method in methods]
    for name, method in _ASKED.items():
        if (handler := _own(watcher, name)) is not None:
            found += [(method, _Heard(handler)), (None, _Rounds(handler, method))]
    return found


def add(handlers: Handlers, watcher: object, *, link: str | None = None) -> list[Callable[[Any], Any]]:
    """Install all methods of a watcher; returns what `Handlers.off` takes."""
    made = handlers_of(watcher)
    for method, handler in made:
        handlers.on(method, handler, link=link)
    return [handler for _, handler in made]


def _own(watcher: object, name: str) -> Callable[[Any], Any] | None:
    method = getattr(watcher, name, None)
    if method is None or getattr(type(watcher), name, None) is getattr(Watcher, name, None):
        return None
    return method


class _Heard:
    """A handler of what the server sends: the same notification may go the other way too."""

    def __init__(self, handler: Callable[[Any], Any]) -> None:
        self._handler = handler
        self.__qualname__ = getattr(handler, "__qualname__", repr(handler))

    def __call__(self, frame: Frame) -> Returned:
        return self._handler(frame) if frame.dir == "s2c" else None


class _Rounds:
    """A handler of questions that come in a result."""

    def __init__(self, handler: Callable[[Any], Any], method: str) -> None:
        self._handler = handler
        self._method = method
        self.__qualname__ = getattr(handler, "__qualname__", repr(handler))

    def __call__(self, event: Event) -> Returned:
        if not isinstance(event, Frame) or event.type != "response" or event.dir != "s2c":
            return None
        if b"inputRequests" not in event.data or not _asks(event, self._method):
            return None
        return self._handler(event)


def _asks(frame: Frame, method: str) -> bool:
    from mcpwatch.model.shapes import mapping

    wanted = mapping(mapping(mapping(frame.message).get("result")).get("inputRequests"))
    return any(mapping(one).get("method") == method for one in wanted.values())
