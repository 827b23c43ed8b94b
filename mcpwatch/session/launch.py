"""The start of a target's process, apart from everything else, so that it can come before all that takes time."""

from __future__ import annotations

import os

from mcpwatch.session.target import Target
from mcpwatch.wire.process import Child

__all__ = ["launch"]


def launch(target: Target) -> Child:
    """Start the process of a target that is one, with our environment and the target's own. Raises `ConnectError`."""
    return Child.start(target.command, target.args, env={**os.environ, **target.env}, cwd=target.cwd)
