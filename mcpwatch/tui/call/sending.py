"""Calls on their way: what goes out, why it cannot, and what went out as it was before anything was redacted.

A call is a request of a session of ours, through as many input rounds as it takes. Nothing is kept of its answer: that
is in the recording, where the list of calls finds it like every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mcpwatch.errors import ConnectError, McpwatchError, RecordingError
from mcpwatch.events import JsonId
from mcpwatch.model import Exchange
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.client import Client
from mcpwatch.session.dispatch import SENDING
from mcpwatch.tui.source import Source

__all__ = ["Sender"]

_OURS: Final = "io.modelcontextprotocol/"
_MOST_KEPT: Final = 1_000
_MOST_VALUES: Final = 100


class Sender:
    """What is sent through one source. `CallPane` has one."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sent: dict[tuple[str, JsonId], Mapping[str, Any]] = {}

    def client(self, link: str) -> Client | None:
        """The client of a link, where there is one that is connected."""
        session = self._source.session
        client = None if session is None else session.clients.get(link)
        return client if client is not None and not self._not_ready(client) else None

    def why_not(self, link: str) -> str:
        """Why nothing can be sent on this link, in a sentence; empty where something can."""
        source = self._source
        if source.session is None:
            if source.live and source.reading is None:
                return "Somebody else's session writes this: it can be watched from here, and nothing can be sent."
            return "This is a recording: everything can be looked at, and nothing can be sent."
        if not source.live:
            return "The session has ended: nothing can be sent any more."
        client = source.session.clients.get(link)
        if client is None:
            return f"There is no connection called {link}: nothing can be sent on it."
        return self._not_ready(client)

    @staticmethod
    def _not_ready(client: Client) -> str:
        if client.closed is not None:
            return f"{client.link} has ended: nothing can be sent until it is restarted (R)."
        try:
            _ = client.negotiated
        except ConnectError:
            return f"{client.link} is not connected: nothing can be sent yet."
        return ""

    async def send(self, link: str, method: str, params: Mapping[str, Any]) -> str:
        """Send a request as it stands, and wait for its end. What went wrong that no answer says, or nothing."""
        client = self.client(link)
        if client is None:
            return self.why_not(link)

        def sent(id: JsonId) -> None:
            self._sent.setdefault((link, id), params)
            while len(self._sent) > _MOST_KEPT:
                del self._sent[next(iter(self._sent))]

        told = SENDING.set(sent)
        try:
            if method == "resources/subscribe":
                reply = await client.subscribe(str(params.get("uri")))
                if reply is not None and reply.error is not None:
                    return f"The server does not take the subscription: {reply.error.get('message')}"
            else:
                await client.converse(client.request, method, dict(params))
        except McpwatchError as error:
            if client.closed is not None:  # whatever the hint of a command line would be, here it is a key
                return f"{error} R {'starts it' if client.target.url is None else 'connects'} anew."
            return f"{error} {error.hint}".strip()
        finally:
            SENDING.reset(told)
        return ""

    def again(self, one: Exchange) -> tuple[dict[str, Any], bool]:
        """The parameters that would make a call once more, and whether that is all of them: what was redacted in the
        recording cannot be sent. Raises `RecordingError`, LookupError.
        """
        kept = self._sent.get((one.link, one.id))
        if kept is not None:
            return dict(kept), True
        params = dict(mapping(one.params))
        meta = {
            key: value
            for key, value in mapping(params.pop("_meta", None)).items()
            if key != "progressToken" and not key.startswith(_OURS)
        }
        return {**params, **({"_meta": meta} if meta else {})}, not one.request.redacted

    def cancel(self, one: Exchange) -> bool:
        """Give up a call; False where it is not ours, or has ended."""
        client = self.client(one.link)
        return client is not None and one.running and client.cancel(one.rounds[-1].id, "cancelled by the person")

    def completes(self, link: str) -> bool:
        """Whether the server suggests values for arguments."""
        client = self.client(link)
        return client is not None and "completions" in client.negotiated.server_capabilities

    async def complete(
        self, link: str, reference: Mapping[str, Any], name: str, typed: str, others: Mapping[str, Any]
    ) -> Sequence[str]:
        """What the server suggests for an argument; nothing where it does not say."""
        client = self.client(link)
        if client is None:
            return ()
        params: dict[str, Any] = {"ref": dict(reference), "argument": {"name": name, "value": typed}}
        if given := {key: value for key, value in others.items() if isinstance(value, str)}:
            params["context"] = {"arguments": given}
        try:
            reply = await client.request("completion/complete", params)
        except (McpwatchError, RecordingError):
            return ()
        values = items(mapping(mapping(reply.result).get("completion")).get("values"))
        return [value for value in values[:_MOST_VALUES] if isinstance(value, str)]
