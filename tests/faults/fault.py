"""One fault, and how a run with it came out: values that the lists, the judge and the table share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcpwatch.events import Event

RECORDING = "t.mcpw.jsonl"
STEPS = ("--call", "work", "--call", "after")


@dataclass(frozen=True)
class Fault:
    """A wrong thing that a server does, and what a run of `mcpwatch` makes of it."""

    name: str
    does: str
    """What the server does, for the docs."""
    says: str = ""
    """What stands on the screen, in these very words; `…` stands for anything in between."""
    code: int = 0
    goes_on: bool = True
    """A call after the wrong one is answered."""
    steps: tuple[str, ...] = STEPS
    """Options of `run`; the last call is of `after`."""
    timeout: float = 20.0
    """Seconds a request, for --timeout."""
    scripted: bool = False
    """Played as a script, which goes on behind a call that timed out."""
    cut: bool = False
    """What the server wrote last cannot have been read: it died with it, or nobody was there any more."""
    heavy: bool = False
    """Only for the full run."""


def argv(fault: Fault, target: Mapping[str, Any], folder: Path) -> list[str]:
    """The command line that runs it, recording into `folder`; `target` as a script has it."""
    argv = ["run", "-o", str(folder / RECORDING), "--timeout", f"{fault.timeout:g}"]
    if fault.scripted:
        script = folder / "fault.mcpw.yaml"
        steps = [{"call": "work", "continue": True}, {"call": "after"}]
        script.write_text(json.dumps({"mcpwatch": 1, "target": target, "steps": steps}))
        return [*argv, "--script", str(script)]
    if "url" in target:
        return [*argv, "--transport", target["transport"], *fault.steps, target["url"]]
    environment = [word for name, value in target["env"].items() for word in ("-e", f"{name}={value}")]
    return [*argv, *environment, *fault.steps, "--", target["command"], *target["args"]]


@dataclass(frozen=True)
class Outcome:
    """How it came out."""

    code: int
    screen: str
    """Both streams, in the order in which they were written."""
    events: list[Event] = field(default_factory=list[Event])
    complete: bool = True
    written: bytes = b""
    """What the server wrote, by its own account."""
    recording: Path | None = None
