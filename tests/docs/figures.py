"""What a full run of tests saw, put into its place on a page: `docs/reliability.md`, between two marks that name it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.conftest import CHECKOUT

__all__ = ["RELIABILITY", "write_figures"]

RELIABILITY = CHECKOUT / "docs" / "reliability.md"


def write_figures(section: str, text: str, page: Path = RELIABILITY) -> None:
    """Put `text` between `<!-- figures: SECTION -->` and `<!-- end of figures: SECTION -->`. Raises RuntimeError."""
    begin, end = f"<!-- figures: {section} -->", f"<!-- end of figures: {section} -->"
    head, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise RuntimeError(f"{page.name} has no {begin} … {end}")
    # In one step: several runs may want to write to the page at once.
    part = page.with_name(f".{page.name}.{os.getpid()}.part")
    part.write_text(f"{head}{begin}\n\n{text.strip()}\n\n{end}{tail}", encoding="utf-8")
    part.replace(page)
