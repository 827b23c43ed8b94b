"""Recordings to compare: a session told in a few words, written as a file, read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from mcpwatch.check.diff import Diff, compare
from mcpwatch.check.recorded import Recorded, read_recorded
from mcpwatch.recording import encode, footer_line, header_line
from tests.model.story import Story

Says: TypeAlias = Callable[["Session"], object]
ADD: dict[str, Any] = {
    "name": "add",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
}


class Session(Story):
    """A session with one server of the older era. `first_id` is where its client begins to count."""

    def __init__(
        self, *, tools: Sequence[Any] = (ADD,), first_id: Any = 1, link: str = "server", **server: Any
    ) -> None:
        super().__init__()
        self.link = link
        self._id = first_id
        self.token = ""
        """The progress token of the call that was made last."""
        self.opened(link)
        capabilities = server.pop("capabilities", {"tools": {}, "logging": {}})
        self._asks("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        info = {"name": "s", "version": server.pop("version", "1")}
        answer = {"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info, **server}
        self.result(answer, id=self._id, link=link)
        self._asks("tools/list")
        self.result({"tools": list(tools)}, id=self._id, link=link)

    def _asks(self, method: str, params: Any = None, **more: Any) -> None:
        self._id = self._id + 1 if isinstance(self._id, int) else f"{self._id}."
        self.request(method, params, id=self._id, link=self.link, **more)

    def tool(
        self, name: str, arguments: Any, *said: Says, result: Any = None, error: str = "", ms: float = 5.0
    ) -> Session:
        """A call, what is said during it, and its end."""
        self.token = f"token {self._id}"
        meta = {"progressToken": self.token, "traceparent": f"00-{self.token}"}
        self._asks("tools/call", {"name": name, "arguments": arguments, "_meta": meta})
        started = self.events[-1].t
        id = self._id
        for one in said:
            one(self)
        if error:
            self.error(error, id=id, link=self.link)
        else:
            done = text("done") if result is None else result
            self.result(done, id=id, link=self.link, at=max(started + ms / 1000, self.events[-1].t))
        return self

    def ends(self, reason: str = "closed", **more: Any) -> Session:
        self.closed(self.link, reason, **more)
        return self


def text(said: str, **more: Any) -> dict[str, Any]:
    """A tool's result."""
    return {"content": [{"type": "text", "text": said}], **more}


def log(data: Any) -> Says:
    return lambda session: session.log(data=data, link=session.link)


def progress(done: float, total: float | None = None) -> Says:
    return lambda session: session.progress(session.token, done, total, link=session.link)


def told(method: str, params: Any = None) -> Says:
    return lambda session: session.tell(method, params, link=session.link)


def asked(method: str, params: Any, answer: Any) -> Says:
    """A question of the server, and what it hears."""

    def says(session: Session) -> None:
        session.ask(method, params, id="q", link=session.link)
        session.result(answer, id="q", dir="c2s", link=session.link)

    return says


def keep(story: Story, path: Path, *, complete: bool = True) -> Path:
    """Write what was told into a file."""
    lines = [header_line(datetime(2026, 11, 21, tzinfo=UTC)), *map(encode, story.events)]
    if complete:
        last = story.events[-1]
        lines.append(footer_line(seq=last.seq + 1, t=last.t, events=len(story.events), exit=0))
    path.write_bytes(b"".join(lines))
    return path


def read(story: Story, path: Path) -> Recorded:
    return read_recorded(keep(story, path))


def difference(folder: Path, a: Story, b: Story, **options: Any) -> Diff:
    """What changed between two sessions."""
    with (
        (first := read(a, folder / "a.mcpw.jsonl")).recording,
        (second := read(b, folder / "b.mcpw.jsonl")).recording,
    ):
        return compare(first, second, names=("a", "b"), **options)
