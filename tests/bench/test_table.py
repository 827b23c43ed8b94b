from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.measure import Runs
from tests.bench.table import Row, markdown, write


def test_a_ratio_is_taken_between_runs_that_stood_side_by_side() -> None:
    row = Row("a start", Runs([1.0, 3.0, 2.0], [10.0]), "a client", Runs([2.0, 3.0, 8.0], [20.0]), "≤ 1")
    assert row.ratios == [0.25, 0.5, 1.0]
    assert "| a start | 2.00 s | a client: 3.00 s | 0.50 (0.25 to 1.00) | ≤ 1 |" in markdown([row])


def test_a_row_without_a_yardstick_has_no_ratio() -> None:
    line = markdown([Row("a search", Runs([0.0421], [1e6]), "no jq here", None, "≤ 0.2", "a note")]).splitlines()[-1]
    assert line == "| a search | 42 ms | no jq here |  | ≤ 0.2 | 1000000 MiB | a note |"


def test_new_figures_stand_in_place_of_the_old_ones(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    write(page, "new")
    assert page.read_text() == "before\n<!-- figures -->\n\nnew\n\n<!-- end of figures -->\nafter\n"


def test_a_page_without_a_place_for_figures_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("nothing\n")
    with pytest.raises(RuntimeError, match="figures"):
        write(page, "new")
