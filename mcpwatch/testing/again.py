"""A test that runs twice: once served by its recording, and once more, if that did not hold all, to record it anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from _pytest.runner import runtestprotocol  # what every plugin that runs a test again has: there is no public way

__all__ = ["run_again"]


def run_again(item: pytest.Item, nextitem: pytest.Item | None, again: Callable[[pytest.Item], bool]) -> None:
    """Run a test with all its fixtures, and a second time if `again` says so; only the last run is reported."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if again(item):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
