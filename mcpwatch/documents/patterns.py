"""Regular expressions that a server wrote, searched for in time that grows with the text and never explodes.

Python's own engine tries every way a pattern could match: `^(a+)+$` and forty letters keep it busy for years, with the
interpreter locked, so that not even Ctrl-C is heard. The engine that the JSON parser brings along has no such patterns,
and no look-around and back-references either: what it cannot read is not searched for at all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["found"]


def found(pattern: str, text: str) -> bool | None:
    """Whether `pattern` is found anywhere in `text`; None for one that cannot be searched for in bounded time."""
    searching = _compiled(pattern)
    # A lone surrogate is a character for a pattern, but none that the engine takes.
    return None if searching is None else searching.isinstance_python(text.encode(errors="replace").decode())


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator | None:
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # only who has a pattern pays for it

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except (SchemaError, UnicodeEncodeError):
        return None
