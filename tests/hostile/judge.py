"""What may reach a screen, a report and a file. Judged by the Unicode database and by grammars, not by our sanitiser.

Everything raises `AssertionError` with the place: the text around what should not have been there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final
from xml.etree import ElementTree

from markdown_it import MarkdownIt

__all__ = ["assert_annotations", "assert_inert", "assert_inert_in_ci", "assert_junit", "assert_markdown", "strange"]

_NEVER: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_VARIATIONS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
MOST_MARKS: Final = 4
SGR: Final = re.compile(r"\x1b\[(?:0|[1-47](?:;[1-47])*(?:;3[1-6])?|3[1-6])?m")
"""The colours of `view.style.STYLES`; none of the corpus's."""
MOVES: Final = re.compile(r"\x1b\[(?:[0-9]+A|[JK])")
"""What the live view does to a terminal."""


def strange(char: str) -> bool:
    """Whether a character does something else than being seen; line ends are for others to judge."""
    return char != "\n" and (unicodedata.category(char) in _NEVER or char in _INVISIBLE)


def assert_inert(text: str, *, colours: bool = False, moves: bool = False, crlf: bool = False) -> None:
    """No character that does something, no pile of marks, and of control sequences only our own."""
    if colours:
        text = SGR.sub("", text)
    if moves:
        text = MOVES.sub("", text).replace("\r", "")
    if crlf:
        text = text.replace("\r\n", "\n")
    for char in sorted(set(text)):
        if strange(char):
            at = text.index(char)
            raise AssertionError(f"U+{ord(char):04X} in {text[max(at - 60, 0) : at + 30]!r}")
    marks, before = 0, ""
    for at, char in enumerate(text):
        if char.isascii():
            marks = 0
            continue
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert marks <= MOST_MARKS, f"{marks} marks in a row in {text[max(at - 60, 0) : at]!r}{before}"


_OLD_COMMAND: Final = re.compile(r"##(?:\[|vso\[|teamcity\[)")
_COMMANDS: Final = ("error", "warning", "notice")


def assert_inert_in_ci(text: str) -> None:
    """No line that a CI system takes for a command, but annotations as we write them.

    GitHub's runner reads `::command::` at the beginning of a line, after any space, and `##[command]` anywhere in one
    (`ActionCommand.cs`); Azure and TeamCity have others of the second kind.
    """
    for line in re.split(r"\r\n|[\r\n]", text):
        if line.lstrip().startswith("::"):
            assert_annotations([line])
        elif found := _OLD_COMMAND.search(line):
            raise AssertionError(f"a command of CI: {line[max(found.start() - 60, 0) : found.end() + 60]!r}")


_ANNOTATION: Final = re.compile(r"::(\w+) file=([^,:]*)(?:,line=\d+,col=\d+)?,title=([^,:]*)::([^\r\n]*)")


def assert_annotations(lines: Iterable[str]) -> None:
    """Each line is an annotation of ours, with no property but those that we give."""
    for line in lines:
        found = _ANNOTATION.fullmatch(line)
        assert found is not None, f"not an annotation of ours: {line[:200]!r}"
        assert found[1] in _COMMANDS, line[:200]
        assert_inert(line.replace("%0A", " ").replace("\t", " "))


def assert_junit(data: bytes) -> ElementTree.Element:
    """Well-formed, of the elements that JUnit has, and without entities or instructions."""
    assert b"<!" not in data.replace(b"<![CDATA[", b""), "a declaration"
    root = ElementTree.fromstring(data)
    known = {"testsuites", "testsuite", "testcase", "failure", "skipped", "error", "system-out", "properties"}
    assert {element.tag for element in root.iter()} <= known
    for element in root.iter():
        for text in (element.text or "", *element.attrib.values()):
            assert_inert(text.replace("\t", " "))
    return root


_LIVE: Final = frozenset({"link_open", "image", "html_inline", "html_block"})
_OUR_HTML: Final = re.compile(
    r"\s*(?:</?details(?: open)?>|<summary>[^<]*</summary>|</?summary>|<details open><summary>[^<]*</summary>|\s)*\s*"
)
_AUTOLINK: Final = re.compile(r"(?i)\bhttps?://|\bwww\.|[\w.+-]@[\w-]+\.\w|(?:^|\W)@\w|(?:^|\W)#\d")


def assert_markdown(text: str) -> None:
    """Read by a CommonMark parser with GitHub's tables and autolinks in mind: no link, image, HTML, task or mention
    but in code, and no control character."""
    assert_inert(text)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for token in _flat(parser.parse(text)):
        if token.type in ("html_inline", "html_block"):
            assert _OUR_HTML.fullmatch(token.content), f"HTML: {token.content[:200]!r}"
            continue
        assert token.type not in _LIVE, f"{token.type}: {token.content[:200]!r} {token.attrs}"
        if token.type == "heading_open":
            assert token.markup.startswith("#"), "a heading by underlining"
        if token.type == "text":
            found = _AUTOLINK.search(token.content)
            assert found is None, f"GitHub makes a link of it: {token.content[:300]!r}"


def _flat(tokens: Iterable[Any]) -> Iterable[Any]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())
