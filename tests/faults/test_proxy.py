"""Faults behind `mcpwatch proxy`: nobody can tell that it is there, and its recording holds what the server wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.judge import complaints
from tests.faults.through_proxy import AT_A_URL, ON_PIPES, between, faults_at_a_url, on_a_pipe, unlike
from tests.faults.written import lost


@pytest.mark.parametrize("name", ON_PIPES)
def test_a_client_on_a_pipe_meets_the_fault_and_nothing_else(name: str, tmp_path: Path) -> None:
    assert unlike(*on_a_pipe(name, tmp_path)) == []


def test_a_client_at_a_url_meets_the_faults_and_nothing_else(tmp_path: Path) -> None:
    faults = faults_at_a_url()
    assert len(faults) == len(AT_A_URL)
    with between(tmp_path) as there:
        for fault in faults:
            folder = tmp_path / fault.name
            folder.mkdir()
            outcome = there.run(fault, folder)
            assert complaints(fault, outcome, "") == [], outcome.screen
        exchanges, events = there.end()
    assert lost(exchanges, events, cut=False) == ""
