"""Reading the files that people write: YAML 1.2, of which JSON is a part."""

from __future__ import annotations

from pathlib import Path

from mcpwatch.documents.document import Document
from mcpwatch.errors import UsageError

__all__ = ["parse_document", "read_document"]


def read_document(path: Path) -> Document:
    """The document in a file. Raises `UsageError` where it cannot be read, with line and column where it is no YAML."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise UsageError(f"{path}:{line}:{column}: not UTF-8.", hint="Save it as UTF-8.") from None
    return parse_document(text, str(path))


def parse_document(text: str, name: str) -> Document:
    """The document that `text` is. Raises `UsageError` with line and column where it is none."""
    from mcpwatch.documents.yaml12 import parse  # it imports yaml, which only a file to read pays for

    return parse(text, name)
