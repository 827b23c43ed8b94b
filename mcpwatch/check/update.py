"""`test --update`: what was not met is rewritten in the script itself, and everything else stays as it stands.

Values are put in where they were, so that comments and layout survive. An error is never made the thing that is
expected, and what would not be YAML any more, or would read back as something else, is left to the person.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mcpwatch.check.finding import KEEP, Finding
from mcpwatch.check.script import Place, Script
from mcpwatch.documents import parse_document
from mcpwatch.documents.write import yaml_lines
from mcpwatch.errors import RecordingError, UsageError
from mcpwatch.session.templates import literal, names_in

__all__ = ["rewritten", "update"]


def update(script: Script, findings: Sequence[Finding]) -> tuple[int, list[str]]:
    """Rewrite the file; how many expectations that were, and a sentence for each that has to be seen to by hand.

    Raises `RecordingError` where the file cannot be written.
    """
    text, changed, left = rewritten(script, findings)
    if changed and _now(script.path) not in (None, script.document.text):
        # By the same script in another era, or by a person: what was read is not what is there.
        return 0, [f"{script.document.name} has changed since it was read: run it again"]
    if changed:
        _replace(script.path, text)
    return changed, left


def rewritten(script: Script, findings: Sequence[Finding]) -> tuple[str, int, list[str]]:
    """The script's text with the expectations rewritten, how many, and what is left."""
    document, text = script.document, script.document.text
    left: list[str] = []
    wanted: dict[Place, Finding] = {}
    for finding in findings:
        place = finding.place if finding.rewrite_at is None else finding.rewrite_at
        if finding.rewrite is KEEP or document.get(place) is None or names_in(document.get(place)):
            # What says a variable means whatever that is: a value in its place would say something else.
            left.append(f"{document.at(finding.place)}: {finding.message}")
        else:
            wanted.setdefault(place, finding)
    # A place inside another goes with it; from the end on, so that positions before stay true.
    outer = [place for place in wanted if not any(place[: len(other)] == other for other in wanted if other != place)]
    changed = 0
    for place in sorted(outer, key=document.span, reverse=True):
        finding = wanted[place]
        value = literal(finding.rewrite)
        start, end = document.span(place)
        candidate = text[:start] + _spliced(value, script.path) + text[end:]
        if _reads_back(candidate, script, place, value):
            text, changed = candidate, changed + 1
        else:
            left.append(f"{document.at(place)}: {finding.message}")
    return text, changed, left


def _now(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError):
        return None


def _spliced(value: object, path: Path) -> str:
    """A value on one line; where it is too long for that as a person would write it, as JSON, which is YAML too. What
    is JSON stays that.
    """
    if path.suffix.lower() == ".json":
        return json.dumps(value, ensure_ascii=False)
    lines = yaml_lines(value, name="x")
    return lines[0].removeprefix("x: ") if len(lines) == 1 else json.dumps(value, ensure_ascii=False)


def _reads_back(text: str, script: Script, place: Place, value: object) -> bool:
    try:
        return parse_document(text, script.document.name).get(place) == value
    except UsageError:
        return False


def _replace(path: Path, text: str) -> None:
    """The whole new file or the whole old one, with the old one's rights."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            temporary = file.name
            file.write(text)
        os.chmod(temporary, path.stat().st_mode & 0o7777)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise RecordingError(f"{path} cannot be rewritten: {error.strerror}") from None
