"""`python -m tests.hostile [STEP]`: the whole corpus on every surface, and all canaries. The figures go to
docs/reliability.md; ends with 1 where anything got through.

In every turn each payload stands in a few fields, and after as many turns as there are payloads in all of them. Every
`STEP`-th turn is run: 5, where nothing is said, in about twenty minutes; 1 takes more than an hour.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.docs.figures import write_figures
from tests.hostile import vault as secrets
from tests.hostile.attack import Verdict, asked, at_terminals, in_pipes, over_http
from tests.hostile.canaries import CREDENTIALS, PLAIN, encodings
from tests.hostile.payloads import PAYLOADS
from tests.hostile.recorded import everything, fields_of
from tests.hostile.surfaces import live, offline, place
from tests.hostile.walk import over_a_recording, over_a_server

WIDTHS = (40, 120)
SECRETS = Path(__file__).with_name("test_secrets.py")


def main(step: int) -> int:
    """Attack, tell how it went, and write it down; the exit code."""
    rows: list[tuple[str, Verdict]] = []

    def attack(what: str, run: Callable[[], Verdict]) -> None:
        since = time.monotonic()
        verdict = run()
        rows.append((what, verdict))
        took = time.monotonic() - since
        told = [f"{what}: {verdict.runs:,} looked at, {len(verdict.wrong)} wrong, {took:.0f} s", *verdict.wrong[:20]]
        sys.stdout.write("\n  ".join(told) + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        (folder / "place").mkdir()
        os.environ["MCPWATCH_SESSIONS"] = str(folder / "sessions")
        turns = range(0, len(PAYLOADS), step)
        here = place(folder / "place", turns)
        attack(
            "commands that read files, to pipes, reports and CI", lambda: in_pipes(here, offline(here), folder / "a")[0]
        )
        attack("commands that start servers, the same", lambda: in_pipes(here, live(here), folder / "b")[0])
        attack(
            "all of them at terminals", lambda: at_terminals(here, [*offline(here), *live(here)], folder / "c", WIDTHS)
        )
        attack(
            "HTTP's heads, bodies and streams, and logins",
            lambda: over_http(here, turns[::2], folder / "d"),
        )
        attack(
            "a person who is asked (`--ask`)",
            lambda: _several(lambda turn: asked(here, turn), turns[::2]),
        )
        file = everything(folder / "walk.mcpw.jsonl", turns)
        attack(
            "screens of the TUI over a recording",
            lambda: asyncio.run(over_a_recording(file, range(0, 90 * len(turns), 8), size=(130, 50), pages=12)),
        )
        attack(
            "screens of the TUI over a server, its dialogs and forms",
            lambda: _several(lambda turn: asyncio.run(over_a_server(turn, size=(100, 40))), turns[::3]),
        )
        commands = _secret_commands(folder)
        fields = fields_of(file)
    # In a process of its own, because pytest wants to be there before what it rewrites.
    failed = subprocess.run([sys.executable, "-m", "pytest", "-q", str(SECRETS)], check=False).returncode
    write_figures("escapes", _escapes(rows, fields, turns))
    write_figures("secrets", _secrets(commands, failed == 0))
    return int(bool(failed) or any(verdict.wrong for _, verdict in rows))


def _several(run: Callable[[int], Verdict], turns: range) -> Verdict:
    every = Verdict()
    for turn in turns:
        every.add(run(turn))
    return every


def _secret_commands(folder: Path) -> int:
    (folder / "vault").mkdir()
    here = secrets.vault(folder / "vault")
    files = [here.folder / f"{number}.mcpw.jsonl" for number in range(3)]
    return len([*secrets.over_stdio(here), *secrets.over_http("http://h"), *secrets.offline(here, files)])


def _escapes(rows: list[tuple[str, Verdict]], fields: int, turns: range) -> str:
    told = [f"| {what} | {one.runs:,} | {len(one.wrong)} |" for what, one in rows]
    return "\n".join(
        [
            f"The last full run, on {_today()}: {len(PAYLOADS)} payloads in {fields} fields, in {len(turns)} turns,"
            " each of which puts every payload into other fields.",
            "",
            "| what was looked at | runs or screens | got through |",
            "|---|--:|--:|",
            *told,
        ]
    )


def _secrets(commands: int, well: bool) -> str:
    forms = len(list(encodings("x")))
    outcome = "none was found where it must not be" if well else "SOME WERE FOUND"
    return (
        f"The last full run, on {_today()}: {len(CREDENTIALS)} credentials and {len(PLAIN)} values that are none, "
        f"each in {forms} forms, through {commands} commands, the screens and two crashes: {outcome}."
    )


def _today() -> str:
    return time.strftime("%d %B %Y").lstrip("0")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
