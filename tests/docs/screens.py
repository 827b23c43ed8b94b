"""The pictures of the screens in the README and on their page: `python -m tests.docs.screens` writes docs/tui-*.svg.

The demo runs for real and is recorded; the recording is opened on the screens, and each picture is what they show in a
terminal of 112 by 32 cells.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from mcpwatch import Recording
from mcpwatch.events import Opened
from mcpwatch.recording import encode, footer_line, header_line
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.reading import Reading

SIZE = (112, 32)
DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURES: Mapping[str, Sequence[str]] = {
    "tui-traffic": ("home", *["down"] * 30, "t"),
    "tui-server": ("5",),
    "tui-stats": ("6",),
    "tui-logs": ("4",),
}
"""The keys that are pressed for each picture."""
WITHIN = 60.0


def main() -> None:
    """Run the demo and write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.mcpw.jsonl"
        command = [sys.executable, "-m", "mcpwatch", "demo", "--quiet", "--record", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")  # which is the root that it offers
        for name, keys in PICTURES.items():
            made = asyncio.run(picture(anywhere(file), keys))
            (DOCS / f"{name}.svg").write_text(made, encoding="utf-8")


def anywhere(file: Path) -> Path:
    """The same recording without where Python stands on this machine, which is nobody's business."""
    there = file.parent / "anywhere" / file.name
    there.parent.mkdir(exist_ok=True)
    with Recording.open(file) as recording:
        lines = [header_line(recording.started)]
        for event in recording.events():
            if isinstance(event, Opened):
                event = replace(event, target={**event.target, "command": "python"}, pid=4242)
            lines.append(encode(event))
        end = recording.footer or {}
        lines.append(footer_line(seq=end["seq"], t=end["t"], events=end["events"], exit=end["exit"]))
    there.write_bytes(b"".join(lines))
    return there


async def picture(file: Path, keys: Sequence[str]) -> str:
    """What the screens show of a recording after some keys, as an SVG."""
    source = Reading(file)
    app = WatchApp(source)
    async with app.run_test(size=SIZE) as pilot:
        end = monotonic() + WITHIN
        while source.reading is not None:
            assert monotonic() < end
            await pilot.pause()
        for key in keys:
            await pilot.press(key)
        for _ in range(10):
            await pilot.pause(0.1)
        made = app.export_screenshot(title="mcpwatch tui")
    await source.close()
    # Textual names fonts on a server elsewhere: whoever looks at the README should not fetch them.
    return re.sub(r"@font-face \{.*?\}\s*", "", made, flags=re.DOTALL)


if __name__ == "__main__":
    main()
