"""What of a result will be the same the next time, as far as one look at it can tell.

Nobody can know; so everything that looks like a moment, a place, an identity or chance is left out, and what is left is
what the arguments said, and words. A draft that expects too little is green; one that expects too much is in the way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, cast

__all__ = ["NOTHING", "is_plain", "looks_fickle", "stable_data", "stable_text", "values_in"]


class _Nothing:
    def __bool__(self) -> bool:
        return False


NOTHING: Final = _Nothing()
"""Of this value nothing is left."""
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "mon|tues?|wed|wednes|thu|thurs?|fri|sat|satur|sun"
_MOMENT = re.compile(
    r"\d{4}-\d\d?-\d\d?|\d\d?[/.]\d\d?[/.]\d{2,4}|\d\d?:\d\d|\b(?:today|yesterday|tomorrow|ago|midnight)\b"
    rf"|\b(?:{_DAYS})(?:day)?\b(?=[ ,.]|$)|\b(?:{_MONTHS})[a-z]*\.? \d",
    re.IGNORECASE,
)
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a UUID
    r"|(?=[A-Za-z_+/=-]*\d)[A-Za-z0-9_+/=-]{16,}"  # a token, a hash
    r"|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b"
    r"|(?:[A-Za-z]:)?(?:[/\\][\w.~@+-]+){2,}"  # a path of this machine
    r"|\b(?:localhost|127\.0\.0\.1)\S*"
    r"|\[redacted\]"
    r"|[-+]?\d[\d.,_]*",
    re.IGNORECASE,
)
_FICKLE = re.compile(
    r"rand|dice|roll|shuffle|lotter|uuid|guid|nonce|token|seed|hash|time|date|clock|now\b|today|current|latest|recent"
    r"|weather|forecast|temperature|price|stock|quote|rate|news|status|health|uptime|elapsed|duration|latency|speed"
    r"|cpu|memory|usage|pid|port\b|session|version|host|path|cwd|size|bytes|\bms\b|seconds|stamp|created|updated"
    r"|modified|expires|fortune|joke|environment",
    re.IGNORECASE,
)
"""In the name of a tool or of a member: what changes by itself, from run to run or from machine to machine."""
_FICKLE_SAID = re.compile(
    r"\brandom|\bdice\b|\bshuffl|\buuid|\bcurrent (?:time|date|weather|price)|\bnow\b|\btoday|\blatest|real-?time"
    r"|\bweather|\bforecast|\bprices?\b|\bstock|\bnews\b|\benvironment variables|\bjoke|\bfortune",
    re.IGNORECASE,
)
"""The same in a sentence, where single words mean less."""
_WORD: Final = 4
"""Letters that a text has to have, so that it says something."""
_SHORT: Final = 120
"""Characters of a text that are enough to know it again."""
_FEW: Final = 1000


def looks_fickle(name: Any, *said: Any) -> bool:
    """Whether a name, or a sentence about it, speaks of something that changes by itself."""
    if isinstance(name, str) and _FICKLE.search(name):
        return True
    return any(isinstance(one, str) and _FICKLE_SAID.search(one) for one in said)


def values_in(value: Any) -> Iterator[str]:
    """Every text and number in `value`, as text, and the numbers and words inside of texts."""
    if isinstance(value, Mapping):
        for member in cast("Mapping[str, Any]", value).values():
            yield from values_in(member)
    elif isinstance(value, list):
        for member in cast("list[Any]", value):
            yield from values_in(member)
    elif isinstance(value, bool) or value is None:
        return
    else:
        text = str(value)
        yield text
        yield from (match[0] for match in _VOLATILE.finditer(text))


def stable_text(text: str, known: Collection[str]) -> str | None:
    """A piece of `text` that does not look like a moment or chance; None where there is none that says enough.

    `known` are the values that were asked with: what comes back of them stays.
    """
    if text.lstrip()[:1] in ("{", "["):
        return None  # data in the form of a text: what of it is stable cannot be said by a piece
    best = ""
    for line in text.split("\n"):
        moment = _MOMENT.search(line)
        for piece in _pieces(line if moment is None else line[: moment.start()], known):
            if len(piece) > len(best):
                best = piece
        if moment is not None:
            break  # what is told after a moment belongs to it
    if len(best) > _SHORT:
        best = best[:_SHORT].rpartition(" ")[0] or best[:_SHORT]
    return best if sum(map(str.isalpha, best)) >= _WORD else None


def _pieces(line: str, known: Collection[str]) -> Iterator[str]:
    at = 0
    for match in _VOLATILE.finditer(line):
        if match[0] in known or match[0].rstrip(".,") in known:
            continue
        yield line[at : match.start()].strip()
        at = match.end()
    yield line[at:].strip() if line.isprintable() else ""


def stable_data(value: Any, known: Collection[str], *, fickle: bool = False) -> Any:
    """`value` without what looks volatile; `NOTHING` where nothing is left.

    `fickle` says that what it is about changes by itself: then only what was asked with is kept.
    """
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        # What stands beside a moment is told of that moment.
        fickle = fickle or any(isinstance(one, str) and _MOMENT.search(one) for one in members.values())
        kept = {
            key: stable
            for key, one in members.items()
            if (stable := stable_data(one, known, fickle=fickle or looks_fickle(key))) is not NOTHING
        }
        return kept or NOTHING
    if isinstance(value, list):
        rows = [stable_data(one, known, fickle=fickle) for one in cast("list[Any]", value)]
        # A list is compared item by item: one item that is gone spoils it.
        return rows if rows and not any(one is NOTHING for one in rows) and len(rows) <= 20 else NOTHING
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return NOTHING if fickle else value
    if str(value) in known:
        return value
    if fickle:
        return NOTHING
    if isinstance(value, int):
        return value if abs(value) < _FEW else NOTHING
    if isinstance(value, float):
        return NOTHING
    return value if is_plain(str(value), known) else NOTHING


def is_plain(text: str, known: Collection[str] = ()) -> bool:
    """Whether a text as a whole looks stable."""
    whole = len(text) <= _SHORT and text.isprintable() and text.strip() == text != ""
    return whole and _MOMENT.search(text) is None and all(match[0] in known for match in _VOLATILE.finditer(text))
