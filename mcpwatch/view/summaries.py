"""The summary of a CI job in Markdown: what failed, and the tree of the exchange in which it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mcpwatch.view.markdown import code, fenced, words

if TYPE_CHECKING:
    from mcpwatch.check.report import Ran, Verdict

__all__ = ["MOST_TREES", "failures", "summary", "trees"]

MOST_TREES: Final = 5
"""Exchanges that are shown; of the others the sentence has to do."""
MOST_FAILURES: Final = 50
MOST_MESSAGES: Final = 10
"""Sentences about one failure."""
MOST_CHARACTERS: Final = 200_000
"""A step's summary can be 1 MiB, and one that is larger is not shown at all."""


def summary(command: str, said: str, body: str, shown: str) -> str:
    """The whole: `said` is the verdict (empty where `body` begins with it), `shown` the exchanges."""
    head = f"### mcpwatch {command}\n"
    parts = [head, *([f"**{words(said)}**\n"] if said else []), body, shown]
    text = "\n".join(part for part in parts if part)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: text.rfind(chr(10), 0, MOST_CHARACTERS)]}\n"


def failures(runs: Sequence[Ran]) -> str:
    """What failed, an entry each with its sentences."""
    lines = [line for run in runs for one in run.verdicts if one.status == "failed" for line in _failure(run, one)]
    count = sum(one.status == "failed" for run in runs for one in run.verdicts)
    at = [number for number, line in enumerate(lines) if line.startswith("- ")]
    if count > MOST_FAILURES:
        lines = [*lines[: at[MOST_FAILURES]], f"- … and {count - MOST_FAILURES} more"]
    return "\n".join([*lines, ""]) if lines else ""


def _failure(run: Ran, one: Verdict) -> Iterator[str]:
    where = f"{run.file}:{one.line}" if one.line else run.file
    yield f"- **{words(one.name)}** ({code(where)})"
    for message in one.messages[:MOST_MESSAGES]:
        yield f"  - {code(message)}"
    if len(one.messages) > MOST_MESSAGES:
        yield f"  - … and {len(one.messages) - MOST_MESSAGES} more"
    if one.hint:
        yield f"  - hint: {words(one.hint)}"


def trees(shown: Mapping[str, Sequence[str]]) -> str:
    """Exchanges by the name of what failed in them, each as a block that can be folded."""
    parts: list[str] = []
    for name, lines in shown.items():
        if lines:
            parts.append(f"<details open><summary>{_html(name)}</summary>\n\n{fenced(lines)}\n\n</details>\n")
    return "\n".join(parts)


def _html(text: str) -> str:
    from html import escape

    from mcpwatch.text import sanitize

    return escape(sanitize(text))
