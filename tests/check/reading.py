"""Scripts from text, for the tests of everything that works on them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from mcpwatch.check.script import Script, script_from
from mcpwatch.documents import parse_document

SERVERS = Path(__file__).parent.parent / "servers"
QUICK = SERVERS / "good" / "quick.py"


def script(text: str, *, target: str = "target: demo", folder: Path = Path()) -> Script:
    """A script with these steps (and whatever else stands in `text`) for one server."""
    body = f"mcpwatch: 1\n{target}\n{dedent(text).strip()}\n"
    return script_from(parse_document(body, "t.mcpw.yaml"), folder / "t.mcpw.yaml")
