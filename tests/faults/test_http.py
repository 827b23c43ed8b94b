"""Servers at a URL that do one wrong thing each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.judge import complaints
from tests.faults.over_http import FAULTS, lost, run
from tests.faults.web import WebFault


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS if not fault.heavy])
def test_a_fault_at_a_url_loses_nothing_and_is_said(fault: WebFault, tmp_path: Path) -> None:
    outcome, exchanges = run(fault, tmp_path)
    assert complaints(fault, outcome, lost(fault, outcome, exchanges)) == [], outcome.screen
