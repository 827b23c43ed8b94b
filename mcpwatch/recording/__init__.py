"""Events to a file and back: the recording format, its writer, its readers, and the sessions that are kept.

`format.py` and `parse.py` own a line, `writer.py`, `reader.py` and `tail.py` own a file, `index.py` what of it is in
memory, `filter.py` which events are wanted, `kept.py` the folder of kept sessions. The format is described for its
users in `docs/recording.md`. The list of kept sessions is `mcpwatch.recording.kept.kept()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcpwatch.recording.filter import Filter, is_wrong
    from mcpwatch.recording.format import VERSION, decode, encode, footer_line, header_line
    from mcpwatch.recording.index import Entry, Index
    from mcpwatch.recording.kept import Kept, new_path, prune, resolve, sessions_folder
    from mcpwatch.recording.reader import Recording
    from mcpwatch.recording.tail import Tail
    from mcpwatch.recording.writer import Writer

__all__ = [
    "VERSION",
    "Entry",
    "Filter",
    "Index",
    "Kept",
    "Recording",
    "Tail",
    "Writer",
    "decode",
    "encode",
    "footer_line",
    "header_line",
    "is_wrong",
    "new_path",
    "prune",
    "resolve",
    "sessions_folder",
]

_HOMES = {
    "mcpwatch.recording.filter": ("Filter", "is_wrong"),
    "mcpwatch.recording.format": ("VERSION", "decode", "encode", "footer_line", "header_line"),
    "mcpwatch.recording.index": ("Entry", "Index"),
    "mcpwatch.recording.kept": ("Kept", "new_path", "prune", "resolve", "sessions_folder"),
    "mcpwatch.recording.reader": ("Recording",),
    "mcpwatch.recording.tail": ("Tail",),
    "mcpwatch.recording.writer": ("Writer",),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562): who only names a file does not pay for its format."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
