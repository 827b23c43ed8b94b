"""The picture of the live view in the README, made by the program: `python -m tests.docs.picture` writes
docs/live.svg.

The demo runs for real and is recorded; the picture is what a terminal of 104 by 32 cells shows at one moment of it,
by the view's own lines and live region.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from mcpwatch import Recording
from mcpwatch.events import Event, Frame, Opened
from mcpwatch.model import Timeline
from mcpwatch.view.bars import region
from mcpwatch.view.lines import Describer, Look
from mcpwatch.view.style import Line, rich_text

WIDTH, HEIGHT = 104, 32
PICTURE = Path(__file__).parent.parent.parent / "docs" / "live.svg"


def main() -> None:
    """Run the demo and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.mcpw.jsonl"
        command = [sys.executable, "-m", "mcpwatch", "demo", "--quiet", "--record", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with Recording.open(file) as recording:
            lines = picture(list(recording.events()))
    PICTURE.write_text(svg(lines), encoding="utf-8")


def picture(events: list[Event]) -> list[Line]:
    """The screen in the middle of the three calls that run at once, the questions scrolled in above them."""
    moment = next(event.t for event in events if isinstance(event, Frame) and event.name == "work") + 1.6
    timeline = Timeline()
    describer = Describer(timeline, Look(width=WIDTH - 1, bars=True))
    shown: list[Line] = []
    for event in events:
        if event.t > moment:
            break
        if isinstance(event, Opened):  # where Python stands on this machine is nobody's business
            event = replace(event, target={**event.target, "command": "python"})
        timeline.apply(event)
        shown += describer.describe(event)
    below = region(timeline, moment, WIDTH - 1, 6)
    return [*shown[-(HEIGHT - len(below)) :], *below]


def svg(lines: list[Line]) -> str:
    """The lines as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, height=len(lines), file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(rich_text(line) if line else Text(""))
    made = console.export_svg(title="mcpwatch demo", theme=MONOKAI)
    # rich names fonts on a server elsewhere: whoever looks at the README should not fetch them.
    return re.sub(r"@font-face \{.*?\}\s*", "", made, flags=re.DOTALL)


if __name__ == "__main__":
    main()
