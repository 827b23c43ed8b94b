"""The config files of MCP clients: where they are, what servers they define, and how one entry is changed.

JSON with comments and trailing commas is read as the clients read it. A value is interpolated only for a server that
was asked for by name, and an unset variable is an error that names it, never an empty string. Only `edit.py` knows how
a file is written, and it changes one entry alone.
"""

from __future__ import annotations

from mcpwatch.configs.entry import ServerEntry, interpolate
from mcpwatch.configs.sources import SOURCES, Place, places, read_servers, section_of, source

__all__ = ["SOURCES", "Place", "ServerEntry", "interpolate", "places", "read_servers", "section_of", "source"]
