"""The tables on the page are those of the faults that are run."""

from __future__ import annotations

from tests.docs.figures import RELIABILITY
from tests.faults.__main__ import PARTS
from tests.faults.table import table


def test_the_page_has_every_fault_as_it_is_run() -> None:
    page = RELIABILITY.read_text(encoding="utf-8")
    for title, faults in PARTS:
        assert f"### {title}: {len(faults)} faults\n\n{table(faults)}\n" in page, "python -m tests.faults --write"


def test_no_two_faults_have_a_name_in_common() -> None:
    for _, faults in PARTS:
        assert len({fault.name for fault in faults}) == len(faults)
