"""What a CI job is to us: whether we are in one, and the summary page that GitHub gives each of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["in_ci", "in_github", "job_summary"]

SUMMARY = "GITHUB_STEP_SUMMARY"


def in_ci() -> bool:
    """Whether `CI` says so."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def in_github() -> bool:
    """Whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"


def job_summary(markdown: str) -> None:
    """Add Markdown to the job's summary, where there is one. What cannot be written is said, and no failure."""
    path = os.environ.get(SUMMARY, "")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(markdown + "\n")
    except OSError as error:
        sys.stderr.write(f"The job's summary cannot be written: {error.strerror}.\n")
