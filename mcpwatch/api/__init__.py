"""mcpwatch from Python: `watch()` puts the rooms together and hands out a `Session`.

    async with watch("server.py", answers={"sampling": "Paris"}, record="t.mcpw.jsonl") as session:
        result = await session.call("work", n=5)

The command line and the terminal interface stand on the same `Session`. It lives on one asyncio loop.
"""

from __future__ import annotations

from mcpwatch.api.results import CallResult, ServerError
from mcpwatch.api.session import Session
from mcpwatch.api.watch import watch
from mcpwatch.session.settings import Settings

__all__ = ["CallResult", "ServerError", "Session", "Settings", "watch"]
