"""The start of a target's process, apart from everything else, so that it can come before all that takes time."""

from __future__ import annotations

import os

from mcpwatch.errors import ConnectError
from mcpwatch.session.target import Target
from mcpwatch.wire.process import Child, refusal

__all__ = ["launch", "refused"]


def launch(target: Target) -> Child:
    """Start the process of a target that is one, with our environment and the target's own. Raises `ConnectError`."""
    return Child.start(target.command, target.args, env={**os.environ, **target.env}, cwd=target.cwd)


def refused(target: Target) -> ConnectError | None:
    """Why the process of a target certainly cannot be started; None where it may be, and for a URL."""
    if target.url is not None:
        return None
    return refusal(target.command, env={**os.environ, **target.env}, cwd=target.cwd)
