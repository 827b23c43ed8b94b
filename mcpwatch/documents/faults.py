"""What is wrong with a file that is no YAML, in the words of whoever wrote it: where to look, and what to do.

PyYAML says what its parser expected at the place where it gave up. The mistake is most often the indentation of that
line, or a quote or bracket that was opened before it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from yaml.error import Mark, MarkedYAMLError

__all__ = ["Fault", "fault"]

_EXPECTED = re.compile(r"expected ',' or '([}\]])', but got '(.*)'")
_FOUND = re.compile(r"expected <block end>, but found '(.*)'")
_STARTS = re.compile(r"found character '(.+)' that cannot start any token")
_LINE_UP = "What belongs together begins in the same column."


class Fault(NamedTuple):
    """What to say, and where; the place counts from 0 and may be unknown."""

    mark: Mark | None
    message: str
    hint: str = ""


def fault(error: MarkedYAMLError, text: str) -> Fault:
    """What `error` means for the person whose `text` it is about."""
    problem, opened, here = error.problem or "", error.context_mark, error.problem_mark or error.context_mark
    if "quoted scalar" in (error.context or "") and "unexpected" in problem:
        return Fault(opened, "this quote is opened and never closed.")
    if (flow := _EXPECTED.match(problem)) and opened is not None and here is not None:
        if opened.line != here.line or flow[2] == "<stream end>":
            bracket = "{" if flow[1] == "}" else "["
            return Fault(opened, f"this {bracket} is not closed.", f"A {flow[1]} was missed in line {here.line + 1}.")
        return Fault(here, f"a comma or {flow[1]} was expected here.", "Quote a text that has , : [ ] { or } in it.")
    if (block := _FOUND.match(problem)) and opened is not None:
        if block[1] in ("]", "}"):
            return Fault(here, f"nothing is open that this {block[1]} closes.", "Quote a text that has it.")
        if block[1] in ("<scalar>", ","):
            return Fault(here, "this follows a value that has ended.", "Quote the whole text.")
        where = f"Line {opened.line + 1}, to which it may belong, begins in column {opened.column + 1}."
        return Fault(here, "the indentation of this line fits nothing above it.", f"{_LINE_UP} {where}")
    if "mapping values are not allowed" in problem and here is not None:
        return _second_value(here, text.split("\n"))
    if starts := _STARTS.search(problem):
        if starts[1] == "\\t":
            return Fault(here, "a tab stands here.", "Indent with spaces.")
        return Fault(here, f"a text cannot begin with {starts[1]} here.", "Quote it.")
    if problem.startswith("expected the node content"):
        return Fault(here, "a value was expected here.")
    said = " ".join(part for part in (error.context, problem) if part)
    return Fault(here, f"{said}.", "Indent with spaces." if "\\t" in said else "")


def _second_value(here: Mark, lines: list[str]) -> Fault:
    """A `: ` where a value stands already: in the same line, or in the one before."""
    line = lines[here.line] if here.line < len(lines) else ""
    before = [number for number in range(here.line) if lines[number].strip()]
    if ": " in line[: here.column] or not before:
        return Fault(here, "a value cannot have a ': ' in it.", "Quote a text that has ': ' in it.")
    above = lines[before[-1]]
    if _indent(line) > _indent(above):
        said = f"this line is indented deeper than line {before[-1] + 1}, which has its value already."
        return Fault(here, said, _LINE_UP)
    return Fault(here, f"line {before[-1] + 1} is a text, and no key can follow it.", "Is its ': ' missing?")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
