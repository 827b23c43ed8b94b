"""Recordings of the fixture server, of everything that it has: clean, in both eras and over both transports."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import mcpwatch
from tests.conformance.running import COMMAND, WHOLE, served

KINDS = [(transport, era) for transport in ("stdio", "http") for era in ("legacy", "modern")]
ONLY_TOLD = {"deprecated", "late-response"}
"""What is only information: sampling, roots and logs are what the suite asks for, and whether an answer is on its way
already when a call is given up is a matter of chance."""


@contextmanager
def target(transport: str) -> Generator[str]:
    """The fixture server as a script names it."""
    if transport == "stdio":
        yield shlex.join(COMMAND)
    else:
        with served() as url:
            yield url


@pytest.mark.parametrize(("transport", "era"), KINDS)
def test_a_recording_of_everything_it_has_is_clean(transport: str, era: str, tmp_path: Path) -> None:
    with target(transport) as named:
        played = mcpwatch("test", str(WHOLE), "-e", f"TARGET={named}", "--era", era, "--record-dir", str(tmp_path))
    assert played.code == 0, played.out + played.err
    checked = mcpwatch("check", str(tmp_path / "whole.mcpw.jsonl"), "--fail-on", "warning", "--json")
    assert checked.code == 0, checked.out
    assert {rule["id"] for rule in checked.json["rules"]} <= ONLY_TOLD
    assert checked.json["complete"] and checked.json["counts"]["error"] == checked.json["counts"]["warning"] == 0
