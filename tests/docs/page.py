"""A page of the documentation as something that can be run: its fenced blocks, and what is said about each.

A comment on the line above a block says what the block is, and is not seen by who reads the page:

    <!-- file: server.py -->     a file: it is written into the page's folder, and not run
    <!-- exit: 4 -->             its last command ends with this exit code
    <!-- not run: REASON -->     it must not be run here: it installs something, or does not end

Blocks of ```` ```console ```` hold commands after `$ ` and what they print; ```` ```bash ```` holds a script, and
```` ```python ```` a program. Others are only text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_COMMENT = re.compile(r"\s*<!-- (?P<word>file|exit|not run): (?P<value>.+?) -->\s*")
_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)\s*")
_NUMBER = r"\d+(?:[.:]\d+)*(?: (?:µs|ms|s|B|KiB|MiB)\b)?"
RUNNABLE = ("console", "bash", "python")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `line` is where its first line stands in the page, counted from 1."""

    language: str
    text: str
    line: int
    said: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console block, and the lines that the page shows as its output."""

    text: str
    shown: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    said: dict[str, str] = {}
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if comment := _COMMENT.fullmatch(line):
            said[comment["word"]] = comment["value"]
        elif fence := _FENCE.fullmatch(line):
            end, inside = fence["indent"] + fence["ticks"], list[str]()
            for _, text in lines:
                if text.rstrip() == end:
                    break
                inside.append(text.removeprefix(fence["indent"]))
            yield Block(fence["language"], "\n".join(inside) + "\n", number + 1, said)
            said = {}
        elif line.strip():
            said = {}


def commands(block: Block) -> list[Command]:
    """The commands of a console block. A command goes on in the next line after a backslash."""
    found: list[tuple[list[str], list[str]]] = []
    going_on = False
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif going_on:
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
        going_on = line.endswith("\\") and not found[-1][1]
    return [Command("\n".join(typed), tuple(line for line in shown if line.strip())) for typed, shown in found]


def missing(shown: tuple[str, ...], printed: str) -> str | None:
    """The first shown line that was not printed, in its order; None where all were.

    Numbers may differ (times, sizes, process ids), so may white space, and `…` stands for anything.
    """
    rest = iter(printed.splitlines())
    for line in shown:
        pattern = _pattern(line)
        if not any(pattern.fullmatch(" ".join(other.split())) for other in rest):
            return line
    return None


def _pattern(line: str) -> re.Pattern[str]:
    anything = " ".join(line.split()).split("…")
    return re.compile(".*".join(_NUMBER.join(map(re.escape, re.split(_NUMBER, text))) for text in anything))
