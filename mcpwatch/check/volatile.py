"""What of a text is different each time though it means the same: moments, identities, ports, temporary files.

Owns which texts and numbers these are; where they may stand is `normalize`'s to know. A date without a time of day is
not among them: it is an argument more often than it is today. What is found keeps its surroundings, so that a text
which says something else is still another text. One pass, and linear in the length of the text.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MOMENT", "NUMBERED", "PORT", "PROCESS", "is_loopback", "moment", "pieces", "steady"]

MOMENT, IDENTITY, PORT, PROCESS, RANDOM = "<time>", "<uuid>", "<port>", "<pid>", "<random>"
TEMPORARY = "<tmp>"

_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp][Mm]\b)?"
_ZONE = r"(?: ?(?:GMT[+-]\d{4}|Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?(?: \([A-Z][A-Za-z ]{1,40}\))?"
_DAY, _MONTH = (
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}",
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}",
)
_STEADY = re.compile(
    r"(?P<time>(?<![\w.:-])(?:"
    rf"\d{{4}}-\d\d-\d\d(?:T|t|[ ,_]{{1,2}})\d\d:\d\d(?::\d\d(?:[.,]\d{{1,9}})?)?{_ZONE}"
    rf"|(?:{_DAY},? )?(?:{_MONTH} {{1,2}}\d{{1,2}},?|\d{{1,2}} {_MONTH},?)"
    rf"(?: \d{{4}},?)? (?:at )?{_CLOCK}{_ZONE}(?: \d{{4}}\b)?"
    rf"|\d{{1,4}}[/.]\d{{1,2}}[/.]\d{{2,4}},? {{1,2}}{_CLOCK}{_ZONE}"
    rf"|{_CLOCK}{_ZONE}"
    r")(?![\w:]))"
    r"|(?P<uuid>(?<![0-9A-Za-z])(?:"
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}"
    r")(?![0-9A-Za-z]))"
    r"|(?P<host>(?<![\w.])(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|0\.0\.0\.0|\[::1?\]):)\d{1,5}(?!\d)"
    r"|(?P<process>(?<!\w)[Pp][Ii][Dd](?: |=|: ?| = ))\d{1,10}(?!\w)"
    r"|(?P<tmp>(?<![\w.~-])(?:(?:/private)?(?:/var/folders/[\w+-]{1,4}/[\w+-]{1,60}/[TC]|(?:/var|/usr)?/tmp)"
    r"|[A-Za-z]:\\Users\\[^\\\s\"']{1,60}\\AppData\\Local\\Temp)(?=[/\\]))(?P<below>(?:[/\\][\w.@+~%=-]{1,255})*)"
)
_RANDOM = re.compile(r"tmp[a-z0-9_]{6,}|(?<=[-_.])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{6,12}$", re.ASCII)
_MAY = re.compile(r"\d|[/\\][Tt](?:mp|emp|[/\\])")
_NAMES_MOMENT = re.compile(
    r"(?:.*_)?(?:time|timestamp|date|at|on|ts)|.*[a-z](?:At|On|Time|Timestamp|Date)|now|created|updated|modified|expires"
    r"|started|ended|finished|last_?seen|iat|exp|nbf|[acm]time(?:_?ms|Ms)?|epoch(?:_?ms|Ms)?"
)
_SCALES: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_FIRST, _LAST = 10**9, 4 * 10**9
"""Seconds from 1970: the years 2001 to 2096."""
NUMBERED: Final = {"pid": PROCESS, "ppid": PROCESS}
"""Members whose number is the system's."""


def steady(text: str) -> str:
    """`text` with a placeholder for each moment, UUID, loopback port, process id and temporary path."""
    if _MAY.search(text) is None:
        return text
    return _STEADY.sub(_placeholder, text)


def pieces(text: str) -> list[str]:
    """What `steady` replaces in `text`, in order."""
    if _MAY.search(text) is None:
        return []
    return [match[0] for match in _STEADY.finditer(text)]


def _placeholder(match: re.Match[str]) -> str:
    if match["host"] is not None:
        return match["host"] + PORT
    if match["process"] is not None:
        return match["process"] + PROCESS
    if match["tmp"] is not None:
        # The folders below are as temporary as their names; what the file is called usually says something.
        name = re.split(r"[/\\]", match["below"])[-1]
        return f"{TEMPORARY}/{_RANDOM.sub(RANDOM, name)}" if name else TEMPORARY
    return MOMENT if match["time"] is not None else IDENTITY


def is_loopback(host: object) -> bool:
    """Whether `host` names this machine, so that the port beside it is any that was free."""
    return isinstance(host, str) and (host in ("localhost", "::1", "0.0.0.0", "::") or host.startswith("127."))


def moment(name: str, value: float) -> bool:
    """Whether a number under this name counts time from 1970, in seconds or in a thousandth of anything of these."""
    return _NAMES_MOMENT.fullmatch(name) is not None and any(_FIRST <= value / scale < _LAST for scale in _SCALES)
