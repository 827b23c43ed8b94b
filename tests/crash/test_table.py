"""Figures come into their place on the page, and into no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.__main__ import PARTS
from tests.crash.table import Part, Row, markdown
from tests.docs.figures import RELIABILITY, write_figures


def test_a_part_is_a_table_with_what_was_wrong_counted() -> None:
    row = Row("`run`", seen="all")
    row.count(None)
    row.count("it hung")
    part = Part("kills", lambda count: [row], ("killed", "times", "seen"))
    assert markdown(part, part.run(None)).splitlines() == [
        "| killed | times | seen | wrong |",
        "|---|---|---|---|",
        "| `run` | 2 | all | 1 |",
    ]


def test_figures_are_written_between_their_own_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    other = "<!-- figures: y -->\n<!-- end of figures: y -->\n"
    page.write_text(f"a\n<!-- figures: x -->\nold\n<!-- end of figures: x -->\n{other}")
    write_figures("x", "new\n", page)
    write_figures("x", "newer", page)
    assert page.read_text() == f"a\n<!-- figures: x -->\n\nnewer\n\n<!-- end of figures: x -->\n{other}"
    with pytest.raises(RuntimeError, match="figures: z"):
        write_figures("z", "new", page)
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_every_part_has_its_place_on_the_page() -> None:
    text = RELIABILITY.read_text(encoding="utf-8")
    for part in PARTS:
        assert f"<!-- figures: {part.name} -->" in text and f"<!-- end of figures: {part.name} -->" in text
