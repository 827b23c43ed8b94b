"""Events to a file and back: the recording format, its writer, its readers, and the sessions that are kept.

`format.py` and `parse.py` own a line, `writer.py`, `reader.py` and `tail.py` own a file, `index.py` what of it is in
memory, `filter.py` which events are wanted, `kept.py` the folder of kept sessions. The format is described for its
users in `docs/recording.md`. The list of kept sessions is `mcpwatch.recording.kept.kept()`.
"""

from __future__ import annotations

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
