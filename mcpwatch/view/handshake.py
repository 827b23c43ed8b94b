"""The short block that says who the other side is: identity, version, era, what it offers, what it says about itself.

Built from the answer to `initialize` or `server/discover` alone, so that a recording and a live session read the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcpwatch.view.rows import DOT, Row, below, dotted, lines_below
from mcpwatch.view.style import Line
from mcpwatch.view.values import compact, entries, members, text_of

__all__ = ["capabilities", "connected", "is_handshake"]

_SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"
_FIRST_MODERN: Final = "2026-07-28"
_WORDS: Final[dict[str, str]] = {"listChanged": "list changes", "subscribe": "subscribe"}
_INSTRUCTIONS: Final = 6
_ROW: Final = 53


def is_handshake(method: str | None) -> bool:
    """Whether the answer to this method introduces the server."""
    return method in ("initialize", "server/discover")


def connected(method: str, result: object, took: str, *, whole: bool) -> list[Row]:
    """The block. `took` is how long the answer took, in words; `whole` keeps all lines of the instructions."""
    said = members(result)
    info = members(said.get("serverInfo")) or members(members(said.get("_meta")).get(_SERVER_INFO))
    name, title, version = (text_of(info.get(key)) for key in ("name", "title", "version"))
    head: Line = [(name or "a server without a name", "name")]
    if version:
        head.append((f" {version}", ""))
    # The title last: it is what a narrow screen can do without.
    for part in (*_protocol(method, said), took, f"“{title}”" if title and title != name else ""):
        if part:
            head += [DOT, (part, "")]
    rows = [Row("●", "connected", head, "ok", full=True)]
    for index, offers in enumerate(_rows(capabilities(said.get("capabilities")) or ["nothing"])):
        rows.append(below("" if index else "offers", *dotted([(offer, "") for offer in offers])))
    if said.get("instructions"):
        rows += lines_below("says", text_of(said["instructions"]).strip(), "dim", most=None if whole else _INSTRUCTIONS)
    return rows


def _rows(offers: list[str]) -> list[list[str]]:
    """As many side by side as fit beside the label at 80 columns; a longer one has its row to itself."""
    rows: list[list[str]] = []
    cells = 0
    for offer in offers:
        cells += len(offer) + 3
        if not rows or cells > _ROW:
            rows.append([])
            cells = len(offer)
        rows[-1].append(offer)
    return rows


def _protocol(method: str, said: Mapping[str, Any]) -> list[str]:
    """The version and the era."""
    if method == "initialize":
        return [f"MCP {text_of(said.get('protocolVersion')) or '?'}", "legacy era"]
    versions = [text_of(version) for version in entries(said.get("supportedVersions"))]
    modern = [version for version in versions if version >= _FIRST_MODERN]
    others = len(versions) - 1
    shown = max(modern or versions, default="?")
    also = f" (and {others} more)" if others > 0 else ""
    return [f"MCP {shown}{also}", "modern era" if modern else "legacy era"]


def capabilities(value: object) -> list[str]:
    """Each capability in a few words: `tools (list changes)`, `logging`."""
    found: list[str] = []
    for name, about in members(value).items():
        inner = members(about)
        if name in ("experimental", "extensions") and inner:
            found.append(f"{name} ({', '.join(inner)})")
            continue
        on = [_WORDS.get(key, key) for key, item in inner.items() if item is not False and item is not None]
        found.append(f"{name} ({', '.join(on)})" if on else name)
        if about is not None and not isinstance(about, dict):
            found[-1] = f"{name} {compact(about, 60)}"
    return found
