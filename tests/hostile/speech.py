"""What a hostile server says: every message of the protocol, with a payload in every field that a server controls.

A `Mouth` fills a field: the payload, and behind it the field's name, by which a test finds what reached a screen. With
every turn each field gets the next payload, so that after as many turns as there are payloads each stood in each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.hostile.payloads import PAYLOADS

__all__ = ["Message", "Mouth", "dump"]

Message = dict[str, Any]
META: Final = "io.modelcontextprotocol/"


def dump(message: Any) -> bytes:
    r"""A message as it goes over the wire; lone surrogates can only be there as `\ud800`."""
    try:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":")).encode()


class Mouth:
    """Fills fields in one turn; `said` remembers what stood where."""

    def __init__(self, turn: int = 0, payloads: Sequence[str] = tuple(PAYLOADS)) -> None:
        self.turn = turn
        self.said: dict[str, str] = {}
        self._names = payloads

    def __call__(self, field: str) -> str:
        at = len(self.said) if field not in self.said else list(self.said).index(field)
        name = self._names[(self.turn + at) % len(self._names)]
        self.said[field] = name
        return f"{PAYLOADS[name]}~{field}~"

    def tree(self, field: str) -> Any:
        """Any JSON: in keys, in items, in deep places."""
        return {self(f"{field}.key"): [self(f"{field}.item"), {"deep": {"in": self(f"{field}.deep")}}], "n": 1e300}

    # ---- the server

    def information(self) -> Message:
        return {
            "name": self("server.name"),
            "title": self("server.title"),
            "version": self("server.version"),
            "websiteUrl": self("server.website"),
            "icons": [{"src": self("icon.src"), "mimeType": self("icon.type"), "sizes": [self("icon.size")]}],
        }

    def capabilities(self) -> Message:
        return {
            "tools": {"listChanged": True},
            "prompts": {},
            "resources": {"subscribe": True},
            "logging": {},
            "completions": {},
            self("capability"): {},
            "experimental": {self("experimental"): self.tree("experimental")},
        }

    def handshake(self, version: str = "2025-11-25") -> Message:
        return {
            "protocolVersion": version,
            "capabilities": self.capabilities(),
            "serverInfo": self.information(),
            "instructions": self("instructions"),
        }

    def discovered(self) -> Message:
        return {
            "supportedVersions": ["2026-07-28", self("supported.version")],
            "capabilities": self.capabilities(),
            "instructions": self("instructions"),
            "_meta": {META + "serverInfo": self.information()},
        }

    # ---- listings

    def schema(self, field: str) -> Message:
        return {
            "type": "object",
            "title": self(f"{field}.title"),
            "description": self(f"{field}.description"),
            "properties": {
                "how": {"type": "string", "description": self(f"{field}.how"), "default": self(f"{field}.default")},
                self(f"{field}.property"): {"type": "integer", "title": self(f"{field}.property.title")},
                "pick": {"enum": [self(f"{field}.enum"), "b"], "enumNames": [self(f"{field}.enum.name"), "B"]},
                "const": {"const": self(f"{field}.const")},
                "text": {"type": "string", "pattern": self(f"{field}.pattern"), "format": self(f"{field}.format")},
                "deep": {"$ref": self(f"{field}.ref"), "items": {"description": self(f"{field}.items")}},
            },
            "required": ["how", self(f"{field}.required")],
        }

    def tools(self) -> list[Message]:
        common: Message = {
            "title": self("tool.title"),
            "description": self("tool.description"),
            "inputSchema": self.schema("input"),
            "outputSchema": self.schema("output"),
            "annotations": {"title": self("tool.annotation"), "readOnlyHint": self("tool.hint"), "openWorldHint": True},
            "icons": [{"src": self("tool.icon")}],
            "_meta": {self("tool.meta"): 1},
        }
        return [{"name": name, **common} for name in ("work", self("tool.name"))]

    def resources(self) -> list[Message]:
        return [
            {
                "uri": self("resource.uri"),
                "name": self("resource.name"),
                "title": self("resource.title"),
                "description": self("resource.description"),
                "mimeType": self("resource.type"),
                "size": self("resource.size"),
                "annotations": {"audience": [self("resource.audience")], "lastModified": self("resource.modified")},
            }
        ]

    def templates(self) -> list[Message]:
        return [
            {
                "uriTemplate": f"x://{{a}}/{self('template.uri')}",
                "name": self("template.name"),
                "description": self("template.description"),
                "mimeType": self("template.type"),
            }
        ]

    def prompts(self) -> list[Message]:
        arguments = [{"name": self("prompt.argument"), "description": self("prompt.about"), "required": True}]
        return [
            {
                "name": self("prompt.name"),
                "title": self("prompt.title"),
                "description": self("prompt.description"),
                "arguments": arguments,
            }
        ]

    # ---- while a call goes on

    def notifications(self, token: Any) -> Iterator[Message]:
        def tell(method: str, **params: Any) -> Message:
            return {"jsonrpc": "2.0", "method": method, "params": params}

        def log(**params: Any) -> Message:
            return tell("notifications/message", **params)

        yield log(level="info", logger=self("logger"), data=self("log.text"))
        yield log(level=self("log.level"), data=self.tree("log"))
        yield log(level="error", data={"message": self("log.message"), "extra": self("log.extra")})
        yield log(level="warning", data=[self("log.list")])
        progress = tell("notifications/progress", progressToken=token, progress=1, total=9, message=self("progress"))
        yield progress
        yield tell("notifications/progress", progressToken=self("progress.token"), progress=2, message=self("stray"))
        yield tell("notifications/progress", progressToken=token, progress=self("progress.value"), total=self("total"))
        yield tell(self("method"), **{self("params.key"): self("params.value")})
        yield tell("notifications/resources/updated", uri=self("updated.uri"), title=self("updated.title"))
        yield tell("notifications/cancelled", requestId=self("cancelled.id"), reason=self("cancelled.reason"))
        yield tell(
            "notifications/elicitation/complete", elicitationId=self("complete.id"), **{self("complete.key"): True}
        )
        yield tell(
            "notifications/tasks/status",
            taskId=self("task.id"),
            status=self("task.status"),
            statusMessage=self("task.message"),
        )
        yield {"jsonrpc": "2.0", "id": self("unknown.id"), "result": {"x": self("unknown.result")}}
        yield {"jsonrpc": self("jsonrpc"), "method": "notifications/x", self("member"): self("member.value")}

    def questions(self) -> Iterator[tuple[str, Any]]:
        """Requests of the server: the method and its parameters."""
        yield (
            "sampling/createMessage",
            {
                "messages": [
                    {"role": "user", "content": {"type": "text", "text": self("sampling.text")}},
                    {"role": self("sampling.role"), "content": [{"type": "text", "text": self("sampling.more")}]},
                    {"role": "user", "content": {"type": "image", "data": "AA==", "mimeType": self("sampling.type")}},
                ],
                "systemPrompt": self("sampling.system"),
                "modelPreferences": {"hints": [{"name": self("sampling.hint")}]},
                "stopSequences": [self("sampling.stop")],
                "tools": [{"name": self("sampling.tool"), "description": self("sampling.tool.about")}],
                "metadata": {self("sampling.metadata"): self("sampling.metadata.value")},
                "maxTokens": 9,
            },
        )
        yield "elicitation/create", {"mode": "form", "message": self("form"), "requestedSchema": self.form()}
        yield (
            "elicitation/create",
            {
                "mode": "url",
                "message": self("url.message"),
                "url": f"https://example.com/{self('url')}",
                "elicitationId": self("url.id"),
            },
        )
        yield "elicitation/create", {"mode": self("mode"), "message": self("mode.message"), "url": self("bare.url")}
        yield "roots/list", {self("roots.key"): self("roots.value")}
        yield self("question.method"), {self("question.key"): self("question.value")}

    def form(self) -> Message:
        return {
            "type": "object",
            "properties": {
                "name": {
                    "type": "string",
                    "title": self("form.title"),
                    "description": self("form.description"),
                    "default": self("form.default"),
                },
                "pick": {
                    "type": "string",
                    "enum": [self("form.enum"), "b"],
                    "enumNames": [self("form.enum.name"), "B"],
                },
                "one": {"type": "string", "oneOf": [{"const": self("form.const"), "title": self("form.one")}]},
                "many": {"type": "array", "items": {"type": "string", "enum": [self("form.item")]}},
                self("form.key"): {"type": "boolean", "title": self("form.key.title")},
            },
            "required": ["name"],
        }

    def content(self) -> list[Message]:
        return [
            {"type": "text", "text": self("result.text"), "annotations": {"audience": [self("result.audience")]}},
            {"type": "image", "data": self("image.data"), "mimeType": self("image.type")},
            {"type": "audio", "data": "AA==", "mimeType": self("audio.type")},
            {
                "type": "resource_link",
                "uri": self("link.uri"),
                "name": self("link.name"),
                "description": self("link.description"),
            },
            {
                "type": "resource",
                "resource": {"uri": self("embedded.uri"), "mimeType": self("embedded.type"), "text": self("embedded")},
            },
            {"type": self("content.type"), self("content.key"): self("content.value")},
        ]

    def result(self) -> Message:
        return {
            "content": self.content(),
            "structuredContent": self.tree("structured"),
            "isError": False,
            "_meta": {self("result.meta"): self("result.meta.value")},
        }

    def failed(self) -> Message:
        return {"content": [{"type": "text", "text": self("tool.error")}], "isError": True}

    def error(self) -> Message:
        return {"code": -32001, "message": self("error"), "data": self.tree("error")}

    def read(self) -> Message:
        item = {"uri": self("contents.uri"), "mimeType": self("contents.type"), "text": self("contents.text")}
        return {"contents": [item, {"uri": self("blob.uri"), "blob": self("blob")}]}

    def prompted(self) -> Message:
        said = [{"role": self("got.role"), "content": {"type": "text", "text": self("got.text")}}]
        return {"description": self("got.description"), "messages": said}

    def completed(self) -> Message:
        return {"completion": {"values": [self("completion")], "total": 1, "hasMore": False}}

    # ---- beside the protocol

    def stderr(self) -> bytes:
        return f"{self('stderr')}\n".encode("utf-8", "surrogatepass")

    def junk(self) -> bytes:
        """Lines on stdout that are no messages: as they are, and cut in the middle of one."""
        said = f'{self("junk")}\n{{"jsonrpc":"2.0","method":"{self("torn")}\n'
        return said.encode("utf-8", "surrogatepass")
