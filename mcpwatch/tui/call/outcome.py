"""What came of a call, as lines: what was sent, the result block by block, or the error in plain words.

Everything stands on a line of its own, and some lines lead somewhere: a link that can be read through the server, data
that can be saved. Nothing is fetched or opened by being shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from mcpwatch.documents import schema_error
from mcpwatch.errors import RecordingError
from mcpwatch.model import Exchange
from mcpwatch.model.shapes import mapping
from mcpwatch.text import duration, size
from mcpwatch.tui.call.files import Media
from mcpwatch.tui.call.history import METHODS
from mcpwatch.tui.detail.body import Body, Lines
from mcpwatch.tui.detail.jsontree import JsonTree
from mcpwatch.view.marked import looks_marked, marked
from mcpwatch.view.style import Line, clean
from mcpwatch.view.values import block, compact, entries, members, text_of

__all__ = ["Link", "Outcome", "Target", "outcome_of"]

_MOST_BLOCKS: Final = 500
_MOST_TEXT: Final = 1 << 18
"""Characters of one text that are shown; the JSON has all of it."""
_MOST_CHECKED: Final = 1 << 20


class Link(NamedTuple):
    """A resource that a result points to."""

    uri: str


Target: TypeAlias = Link | Media


class _Led:
    """A line that leads somewhere."""

    def __init__(self, line: Line, target: Target) -> None:
        self._line = clean(line)
        self.target = target

    @property
    def count(self) -> int:
        return 1

    def fit(self, width: int) -> None: ...

    def line(self, number: int, width: int) -> Line:
        return self._line

    def toggle(self, number: int) -> bool:
        return False


class _Marked:
    """Markdown, at whatever width there is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._width = 0
        self._lines: list[Line] = []

    @property
    def count(self) -> int:
        return len(self._lines)

    def fit(self, width: int) -> None:
        if width != self._width:
            self._width, self._lines = width, marked(self._text, width)

    def line(self, number: int, width: int) -> Line:
        return self._lines[number]

    def toggle(self, number: int) -> bool:
        return False


class Outcome:
    """Several bodies below each other. `target` says where a line leads."""

    def __init__(self, parts: Sequence[Body]) -> None:
        self._parts = list(parts)

    @property
    def count(self) -> int:
        return sum(part.count for part in self._parts)

    def fit(self, width: int) -> None:
        for part in self._parts:
            part.fit(width)

    def line(self, number: int, width: int) -> Line:
        found = self._at(number)
        return [] if found is None else found[0].line(found[1], width)

    def toggle(self, number: int) -> bool:
        found = self._at(number)
        return found is not None and found[0].toggle(found[1])

    def target(self, number: int) -> Target | None:
        """Where the line with this number leads, if it leads anywhere."""
        found = self._at(number)
        return found[0].target if found is not None and isinstance(found[0], _Led) else None

    @property
    def targets(self) -> list[tuple[int, Target]]:
        """Every line that leads somewhere, by number."""
        found: list[tuple[int, Target]] = []
        at = 0
        for part in self._parts:
            if isinstance(part, _Led):
                found.append((at, part.target))
            at += part.count
        return found

    def _at(self, number: int) -> tuple[Body, int] | None:
        for part in self._parts:
            if number < part.count:
                return part, number
            number -= part.count
        return None


def outcome_of(one: Exchange, tool: Mapping[str, Any] | None, *, markdown: bool = True, raw: bool = False) -> Outcome:
    """What to show of a call as it is now. `tool` is its listing, if it has one; `raw` is the result as one tree.

    Reads the messages back, so it may take a moment: from any thread.
    """
    try:
        params, result, error = mapping(one.params), one.result, one.error
    except (RecordingError, LookupError) as problem:
        return Outcome([Lines([[(f"It cannot be read back: {problem}", "warning")]])])
    parts: list[Body] = [Lines([_head(one)])]
    asked = params.get("arguments") if one.method != "resources/read" else None
    if members(asked):
        parts += [Lines([[("with ", "dim"), (compact(asked, 2_000), "value")]])]
    if raw:
        shown = error if error is not None else result
        return Outcome([*parts, *([JsonTree(shown)] if shown is not None else [])])
    if error is not None:
        parts += _error(error)
    elif one.stopped:
        parts.append(Lines([[(f"{one.reason}: no answer of this round was sent", "warning")]]))
    elif result is not None:
        parts += _result(one, result, tool, markdown)
    elif one.running:
        waits = [question for question in one.questions if question.waiting]
        said = "the server waits for an answer of yours (a)" if waits else "the server has not answered yet (c cancels)"
        parts.append(Lines([[(said, "hint")]]))
    elif one.reason:
        parts.append(Lines([[(f"it ended without an answer: {one.reason}", "warning")]]))
    return Outcome(parts)


def _head(one: Exchange) -> Line:
    words = {
        "running": ("is running", "hint"),
        "done": ("is done", "ok"),
        "failed": ("✗ the server answered with an error", "error"),
        "tool_error": ("✗ the tool says that it failed (isError)", "error"),
        "input_required": ("the server asks for input first", "question"),
        "cancelled": ("was cancelled", "warning"),
        "lost": ("was lost", "warning"),
    }
    word, style = ("✗ was given up: its question has no answer", "error") if one.stopped else words[one.state]
    took = "" if one.ms is None else f"  {duration(one.ms / 1000)}"
    counts = [(one.progress_count, "progress"), (one.log_count, "logs"), (len(one.questions), "questions")]
    also = "".join(f" · {count} {what}" for count, what in counts if count)
    name: Line = [(f"{METHODS.get(one.method, one.method)} ", "dim"), (one.name or "", "name")]
    return [*name, ("  ", ""), (word, style), (f"{took}{also}", "dim")]


def _error(error: Any) -> list[Body]:
    """A JSON-RPC error: its code and its words, and its data as a tree."""
    said = members(error)
    line: Line = [(f"error {compact(said.get('code'))}: ", "error"), (text_of(said.get("message")), "")]
    parts: list[Body] = [Lines([[]]), Lines([line])]
    if said.get("data") is not None:
        parts += [Lines([[("data", "strong")]]), JsonTree(said["data"])]
    return parts if said else [Lines([[]]), JsonTree(error)]


def _result(one: Exchange, result: Any, tool: Mapping[str, Any] | None, markdown: bool) -> list[Body]:
    said = members(result)
    structured = said.get("structuredContent")
    parts: list[Body] = []
    if one.method == "prompts/get":
        if isinstance(said.get("description"), str):
            parts += [Lines([[], [(said["description"], "")]])]
        for message in entries(said.get("messages"))[:_MOST_BLOCKS]:
            about = members(message)
            parts.append(Lines([[], [(f"{text_of(about.get('role'))}:", "strong")]]))
            content = about.get("content")
            for item in entries(content) or [content]:
                parts += _block(item, structured, markdown)
        return parts
    blocks = entries(said.get("contents" if one.method == "resources/read" else "content"))
    for item in blocks[:_MOST_BLOCKS]:
        parts += [Lines([[]]), *_block(item, structured, markdown)]
    if len(blocks) > _MOST_BLOCKS:
        parts.append(Lines([[(f"… {len(blocks) - _MOST_BLOCKS:,} more blocks: v shows all as JSON", "hint")]]))
    if "structuredContent" in said:
        parts += [Lines([[], _checked(structured, tool)]), JsonTree(structured)]
    if not parts:
        parts += [Lines([[]]), JsonTree(result)]
    if (meta := members(said.get("_meta"))) and any(not key.startswith("io.modelcontextprotocol/") for key in meta):
        parts += [Lines([[], [("_meta", "strong")]]), JsonTree(meta)]
    return parts


def _checked(structured: Any, tool: Mapping[str, Any] | None) -> Line:
    heading: Line = [("structured content", "strong")]
    schema = members((tool or {}).get("outputSchema"))
    if not schema or len(compact(structured, _MOST_CHECKED)) >= _MOST_CHECKED:
        return heading
    wrong = schema_error(schema, structured)
    said = ("  ✓ fits the output schema", "ok") if wrong is None else (f"  ✗ {wrong}", "error")
    return [*heading, said]


def _block(item: Any, structured: Any, markdown: bool) -> list[Body]:
    """One content block, or the contents of a resource."""
    about = members(item)
    kind = about.get("type")
    if kind == "resource_link" and isinstance(about.get("uri"), str):
        line: Line = [("↗ ", "hint"), (text_of(about.get("title") or about.get("name")), "strong")]
        facts = [about["uri"], text_of(about.get("mimeType")), text_of(about.get("description"))]
        line += [(f"  {' · '.join(fact for fact in facts if fact)}", ""), ("  Enter reads it", "dim")]
        return [_Led(line, Link(about["uri"]))]
    if (media := Media.of(item)) is not None:
        held = members(about.get("resource")) or about
        facts = [media.mime, size(len(media.data) * 3 // 4 - media.data[-2:].count("=")), text_of(held.get("uri"))]
        line = [("▣ ", "hint"), (media.kind, "strong"), (f"  {' · '.join(fact for fact in facts if fact)}", "")]
        return [_Led([*line, ("  w saves it, o opens it", "dim")], media)]
    held = members(about.get("resource")) if kind == "resource" else about
    text = held.get("text")
    if not isinstance(text, str):
        return [Lines([[(block(item), "")]])]
    parts: list[Body] = []
    if "uri" in held:
        parts.append(Lines([[(text_of(held["uri"]), "name"), (f"  {text_of(held.get('mimeType'))}", "dim")]]))
    return [*parts, *_text(text, text_of(held.get("mimeType")), structured, markdown)]


def _text(text: str, mime: str, structured: Any, markdown: bool) -> list[Body]:
    plain = mime.partition(";")[0].strip().lower()
    if (plain.endswith("json") or not plain) and text[:1] in ("{", "["):
        tree = _json(text)
        if tree is not None:
            if structured is not None and tree == structured:
                return [Lines([[("the structured content, as text", "dim")]])]
            return [JsonTree(tree)]
    if markdown and (plain == "text/markdown" or (not plain and looks_marked(text))):
        return [_Marked(text)]
    if len(text) > _MOST_TEXT:
        rest = f"… {len(text) - _MOST_TEXT:,} more characters: v shows all as JSON"
        return [_plain(text[:_MOST_TEXT]), Lines([[(rest, "hint")]])]
    return [_plain(text)]


def _plain(text: str) -> Body:
    return Lines([clean([(line.replace("\t", "    "), "")]) for line in text.split("\n")], indent=0)


def _json(text: str) -> Any:
    from mcpwatch.strictjson import from_json

    parse: Callable[[bytes], Any] = from_json
    try:
        return parse(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None
