"""What a tool of the demo server says to its client while it runs, the same in both eras of the protocol.

The eras differ in three places, and only here: a question is a request of the server (up to 2025-11-25) or a result
that asks to be called again with the answers (2026-07-28); logs come at the level set once, or at the level a request
names; changes go to everybody, or to those who listen for them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import anyio
import mcp_types as types
from mcp.server.connection import allowed_log_levels
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

AnswerT = TypeVar("AnswerT", types.CreateMessageResult, types.ElicitResult, types.ListRootsResult)
LEVELS: tuple[types.LoggingLevel, ...] = (
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
)


class Refused(Exception):
    """The client cannot or would not answer; the tool call ends as an error result with this text."""


class NeedsInput(Exception):
    """The call cannot go on before the client has answered; `result` says what it is to answer (2026-07-28)."""

    def __init__(self, questions: Mapping[str, types.InputRequest], state: Mapping[str, Any]) -> None:
        super().__init__(", ".join(questions))
        self.result = types.InputRequiredResult(input_requests=dict(questions), request_state=json.dumps(state))


@dataclass(slots=True)
class Wishes:
    """What one client asked for once, which only the handshake era knows."""

    level: types.LoggingLevel = "debug"
    uris: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Stage:
    """All that the demo server remembers from one request to the next."""

    pace: float = 1.0
    grown: bool = False
    touched: int = 0
    bus: InMemorySubscriptionBus = field(default_factory=InMemorySubscriptionBus)
    clients: defaultdict[str, Wishes] = field(default_factory=lambda: defaultdict(Wishes))

    def wishes(self, context: ServerRequestContext[Any, Any]) -> Wishes:
        """Those of the client behind `context`: its HTTP session, or the only one there is over stdio."""
        session = context.request.headers.get("mcp-session-id", "") if context.request is not None else ""
        return self.clients[session]


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call while it runs. `arguments` has the schema's defaults filled in."""

    stage: Stage
    context: ServerRequestContext[Any, Any]
    params: types.CallToolRequestParams
    arguments: Mapping[str, Any]

    @property
    def modern(self) -> bool:
        return self.context.protocol_version in MODERN_PROTOCOL_VERSIONS

    async def pause(self, seconds: float) -> None:
        await anyio.sleep(seconds * self.stage.pace)

    async def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send any notification, also one that the specification does not know, on this call's own stream."""
        raw = types.Notification[dict[str, Any] | None, str](method=method, params=dict(params) if params else None)
        # The SDK's parameter is the union of what the specification has; what it does with it holds for any.
        await self.context.session.send_notification(cast(types.ServerNotification, raw), self.context.request_id)

    async def log(self, level: types.LoggingLevel, data: Any, logger: str | None = None) -> None:
        """Log, if the client wants to hear of this level. Not the SDK's way: that loses a `data` of null."""
        if self.modern:
            wanted = level in allowed_log_levels(self.context.protocol_version, self.context.meta)
        else:
            wanted = LEVELS.index(level) >= LEVELS.index(self.stage.wishes(self.context).level)
        if wanted:
            named = {} if logger is None else {"logger": logger}
            await self.notify("notifications/message", {"level": level, **named, "data": data})

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        await self.context.session.report_progress(progress, total, message)

    async def changed(self, event: ServerEvent) -> None:
        """Tell who wants to know: those who listen (2026-07-28), and this client if it is of the handshake era."""
        await self.stage.bus.publish(event)
        if self.modern:
            return
        session = self.context.session
        match event:
            case ToolsListChanged():
                await session.send_tool_list_changed()
            case PromptsListChanged():
                await session.send_prompt_list_changed()
            case ResourcesListChanged():
                await session.send_resource_list_changed()
            case ResourceUpdated(uri=uri):
                if uri in self.stage.wishes(self.context).uris:
                    await session.send_resource_updated(uri)

    def state(self) -> dict[str, Any]:
        """What the round before this one gave the client to carry; empty in the first, and in the handshake era."""
        carried = json.loads(self.params.request_state or "{}")
        return cast(dict[str, Any], carried) if isinstance(carried, dict) else {}

    async def ask(
        self, question: types.InputRequest, expected: type[AnswerT], *, state: Mapping[str, Any] | None = None
    ) -> AnswerT:
        """Put one question. Raises Refused, or NeedsInput with `state` to be carried to the next round."""
        answer = (await self.ask_all({"question": question}, state=state))["question"]
        return expect(answer, expected)

    async def ask_all(
        self, questions: Mapping[str, types.InputRequest], *, state: Mapping[str, Any] | None = None
    ) -> dict[str, types.InputResponse]:
        """Put several questions: all at once in one result (2026-07-28), or as requests, one after the other."""
        for question in questions.values():
            self._require(question)
        if not self.modern:
            return {key: await self._request(question) for key, question in questions.items()}
        answers = self.params.input_responses or {}
        if not questions.keys() <= answers.keys():
            raise NeedsInput(questions, state or {"tool": self.params.name})
        return {key: answers[key] for key in questions}

    async def _request(self, question: types.InputRequest) -> types.InputResponse:
        carrier = ServerMessageMetadata(related_request_id=self.context.request_id)
        session = self.context.session
        try:
            match question:
                case types.CreateMessageRequest():
                    return await session.send_request(question, types.CreateMessageResult, metadata=carrier)
                case types.ElicitRequest():
                    return await session.send_request(question, types.ElicitResult, metadata=carrier)
                case types.ListRootsRequest():
                    return await session.send_request(question, types.ListRootsResult, metadata=carrier)
        except MCPError as refusal:
            raise Refused(f"the client refused {question.method}: {refusal.message}") from refusal

    def _require(self, question: types.InputRequest) -> None:
        can = self.context.session.client_capabilities or types.ClientCapabilities()
        match question:
            case types.CreateMessageRequest():
                word, there = "sampling", can.sampling is not None
            case types.ListRootsRequest():
                word, there = "roots", can.roots is not None
            case types.ElicitRequest(params=types.ElicitRequestURLParams()):
                word, there = "elicitation of URLs", can.elicitation is not None and can.elicitation.url is not None
            case types.ElicitRequest():
                word, there = "elicitation", can.elicitation is not None
        if not there:
            raise Refused(f"Client does not support {word}")


def expect(answer: types.InputResponse, expected: type[AnswerT]) -> AnswerT:
    """`answer`, if it is of the kind that was asked for. Raises Refused."""
    if isinstance(answer, expected):
        return answer
    raise Refused(f"the client answered with something that is no {expected.__name__}")
