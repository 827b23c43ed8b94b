"""Servers on pipes that do one wrong thing each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.judge import complaints
from tests.faults.over_stdio import FAULTS, lost, run


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS if not fault.heavy])
def test_a_fault_on_a_pipe_loses_nothing_and_is_said(fault: Fault, tmp_path: Path) -> None:
    outcome = run(fault, tmp_path)
    assert complaints(fault, outcome, lost(outcome)) == [], outcome.screen
