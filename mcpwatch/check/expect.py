"""Expectations of a step, and of a whole script, held against what came.

A step without expectations is held to one all the same: that it does not end in an error. Every function returns
findings, none raises: what is wrong with a script itself was said when it was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

from mcpwatch.check.asked import asked_findings
from mcpwatch.check.assign import assigned
from mcpwatch.check.came import Came, row_name
from mcpwatch.check.compare import differences, number_finding, shown, text_finding
from mcpwatch.check.finding import KEEP, Finding
from mcpwatch.check.heard import Kept, Message
from mcpwatch.check.script import Place, seconds
from mcpwatch.model import Exchange, Timeline
from mcpwatch.model.shapes import items, mapping, number
from mcpwatch.session.matching import mismatch, number_matches, text_matches
from mcpwatch.session.options import LOG_LEVELS

__all__ = ["LOG", "came_findings", "happened_findings"]

LOG = "notifications/message"
_BOUND = re.compile(r"\s*(?P<sign>>=|<=|==|!=|>|<)?\s*(?P<level>\w+)\s*")
_SIGNS: Mapping[str, Callable[[int, int], bool]] = {
    "": lambda one, other: one == other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
}


def came_findings(came: Came, expect: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with a step's result. What else happened meanwhile is `happened_findings`' to judge."""
    if came.cancelled:
        return []  # it has none
    place = (*came.step.place, "expect")
    found = list(_ended(came, expect, place))
    if found:
        return found  # an error explains why the rest is not there
    if "text" in expect:
        found += _one(text_finding(expect["text"], came.text, (*place, "text"), "text"))
    if "data" in expect:
        if came.data is None and expect["data"] is not None:
            found.append(Finding(f"data: {_no_data(came)}", (*place, "data")))
        else:
            found += differences(expect["data"], came.data, (*place, "data"), "data")
    if "result" in expect:
        found += differences(expect["result"], came.result, (*place, "result"), "result")
    found += _rows(came, expect, place)
    return found


def _ended(came: Came, expect: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    """How it ended: as it should, in the error that it should, or not."""
    wanted = mapping(expect["error"]) if "error" in expect else None
    if came.failed and (expect.get("ok") is False or wanted is not None):
        if wanted is not None and came.error is None:
            yield Finding(f"error: expected a JSON-RPC error, got isError: {shown(came.text)}", (*place, "error"))
        elif came.error is not None:
            yield from _error(wanted or {}, came.error, (*place, "error"))
    elif came.failed:
        what = "an error" if came.error is not None else "isError"
        # Never rewritten: an update must not make an error the thing that is expected.
        yield Finding(f"it ended in {what}: {came.why}", (*place, "ok") if "ok" in expect else came.step.place)
    elif expect.get("ok") is False:
        yield Finding(f"it should have failed, but ended well: {shown(came.result)}", (*place, "ok"), True)
    elif wanted is not None:
        yield Finding(f"it should have failed, but ended well: {shown(came.result)}", (*place, "error"))


def _error(wanted: Mapping[str, Any], got: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    if "code" in wanted:
        yield from _one(number_finding(wanted["code"], number(got.get("code")), (*place, "code"), "error.code"))
    if "message" in wanted:
        said = got.get("message")
        yield from _one(
            text_finding(wanted["message"], said if isinstance(said, str) else "", (*place, "message"), "error.message")
        )
    if "data" in wanted:
        yield from differences(wanted["data"], got.get("data"), (*place, "data"), "error.data")


def _no_data(came: Came) -> str:
    match came.step.kind:
        case "call":
            return f"the result has no structuredContent; its text is {shown(came.text)}"
        case "read":
            return f"the text is no JSON: {shown(came.text)}"
        case _:
            return "there is none"


def _rows(came: Came, expect: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    rows, names, what = came.rows or (), came.names, came.step.subject
    if came.step.kind == "complete":
        what = "values"
    elif came.step.kind != "list":
        return

    def has(entry: Any) -> bool:
        return any(_is_entry(entry, row, what) for row in rows)

    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "") if names else "none"
    missing = [entry for entry in items(expect.get("includes")) if not has(entry)]
    for number_, entry in enumerate(items(expect.get("includes"))):
        if entry in missing:
            nearest = _nearest(entry, rows, what)
            kept = [other for other in items(expect["includes"]) if other not in missing]
            said = f"{what}: {nearest or f'{_called(entry)} is not there; there is {listed}'}"
            yield Finding(said, (*place, "includes", number_) if nearest else (*place, "includes"), kept or KEEP)
    unwanted = [entry for entry in items(expect.get("excludes")) if has(entry)]
    for entry in unwanted:
        kept = [other for other in items(expect["excludes"]) if other not in unwanted]
        yield Finding(f"{what}: {_called(entry)} is there", (*place, "excludes"), kept or KEEP)
    if "equals" in expect:
        wanted = items(expect["equals"])
        owned = assigned(wanted, rows, lambda entry, row: _is_entry(entry, row, what))
        gone = [_called(entry) for entry, number_ in zip(wanted, owned, strict=True) if number_ is None]
        new = [name for number_, name in enumerate(names) if number_ not in owned]
        if gone or new:
            said = "; ".join(
                f"{', '.join(some)} {verb}" for some, verb in ((gone, "missing"), (new, "not expected")) if some
            )
            yield Finding(f"{what}: {said}", (*place, "equals"), names)
    if "count" in expect:
        yield from _one(number_finding(expect["count"], len(rows), (*place, "count"), f"count of {what}"))


def _is_entry(entry: Any, row: Any, kind: str) -> bool:
    if isinstance(entry, str):
        return entry in (row, row_name(kind, row), mapping(row).get("name"))
    return mismatch(entry, row) is None


def _called(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    named = mapping(entry)
    return str(named.get("name") or named.get("uri") or named.get("uriTemplate") or shown(entry))


def _nearest(entry: Any, rows: Sequence[Any], kind: str) -> str:
    """For an entry whose name is there: what is different about it."""
    for row in rows:
        if isinstance(entry, dict) and _called(entry) in (row_name(kind, row), mapping(row).get("name")):
            return f"{_called(entry)}: {mismatch(entry, row)}"
    return ""


# ---- what happened meanwhile


def happened_findings(
    expect: Mapping[str, Any], place: Place, heard: Kept, timeline: Timeline, came: Came
) -> list[Finding]:
    """What is wrong with what happened: logs, notifications, progress, questions, and how long it took.

    `came` says in which time and on which link; its `exchange`, where it did not run alone, what is its own.
    """
    found: list[Finding] = []
    messages = [one for one in heard.messages if one.seq > came.since and came.link in ("", one.link)]
    if "progress" in expect:
        found += _progress(mapping(expect["progress"]), (*place, "progress"), came.exchange)
    for at, wanted in _each(expect.get("logs"), (*place, "logs")):
        own = None if came.alone or came.exchange is None else frozenset(came.exchange.log_seqs or ())
        logs = [one for one in messages if one.method == LOG and (own is None or one.seq in own)]
        found += _logs(wanted, at, logs)
    for at, wanted in _each(expect.get("notifications"), (*place, "notifications")):
        found += _notifications(wanted, at, messages)
    if "asked" in expect:
        found += asked_findings(expect["asked"], (*place, "asked"), came.asked, timeline)
    if "within" in expect and came.seconds > seconds(expect["within"]):
        said = f"it took {came.seconds:.3g} s, not {expect['within']}"
        found.append(Finding(said, (*place, "within")))
    return found


def _each(given: Any, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    if isinstance(given, list):
        for number_, one in enumerate(items(given)):
            yield (*place, number_), mapping(one)
    elif given is not None:
        yield place, mapping(given)


def _progress(wanted: Mapping[str, Any], place: Place, exchange: Exchange | None) -> Iterator[Finding]:
    bar = None if exchange is None else exchange.bar
    steps = [] if exchange is None or bar is None else exchange.progress
    if "count" in wanted:
        yield from _one(number_finding(wanted["count"], len(steps), (*place, "count"), "progress.count"))
    last, total = (None, None) if bar is None else (bar.progress, bar.total)
    if "complete" in wanted:
        complete = last is not None and total is not None and last >= total
        if complete is not wanted["complete"]:
            reached = "there was none" if last is None else f"it reached {last:g} of {_plain(total)}"
            yield Finding(f"progress.complete: expected {shown(wanted['complete'])}, {reached}", (*place, "complete"))
    if "total" in wanted:
        yield from _one(number_finding(wanted["total"], total, (*place, "total"), "progress.total"))
    if "last" in wanted:
        yield from _one(number_finding(wanted["last"], last, (*place, "last"), "progress.last"))
    if "rising" in wanted:
        values = [value for value in (number(step.progress) for step in steps) if value is not None]
        if not values:
            yield Finding("progress.rising: there was none", (*place, "rising"))
        elif all(one < other for one, other in pairwise(values)) is not wanted["rising"]:
            yield Finding(f"progress.rising: the values were {shown(values)}", (*place, "rising"))
    if "message" in wanted:
        said = [step.message for step in steps if isinstance(step.message, str)]
        if not any(text_matches(wanted["message"], one) for one in said):
            yield Finding(f"progress.message: {shown(wanted['message'])} is not among {shown(said)}", place)


def _plain(total: float | None) -> str:
    return "no total" if total is None else f"{total:g}"


def _logs(wanted: Mapping[str, Any], place: Place, logs: Sequence[Message]) -> Iterator[Finding]:
    fitting = [one for one in logs if _is_log(wanted, one.params)]
    what = "logs" + (f" at {wanted['level'].strip()}" if "level" in wanted else "")
    what += "".join(f" with {key} {shown(wanted[key])}" for key in ("logger", "data") if key in wanted)
    yield from _count(wanted, place, what, fitting, [shown(one.params.get("data")) for one in fitting or logs])


def _is_log(wanted: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    if "level" in wanted:
        match = _BOUND.fullmatch(wanted["level"])
        level = said.get("level")
        if match is None or level not in LOG_LEVELS:
            return False
        if not _SIGNS[match["sign"] or ""](LOG_LEVELS.index(level), LOG_LEVELS.index(match["level"])):
            return False
    logger = said.get("logger")
    if "logger" in wanted and not text_matches(wanted["logger"], logger if isinstance(logger, str) else ""):
        return False
    if "data" not in wanted:
        return True
    want, data = wanted["data"], said.get("data")
    if isinstance(want, str) and isinstance(data, str):
        return text_matches(want, data)
    return mismatch(want, data) is None


def _notifications(wanted: Mapping[str, Any], place: Place, messages: Sequence[Message]) -> Iterator[Finding]:
    named = [one for one in messages if fnmatchcase(one.method, wanted["method"])]
    want = wanted.get("params")
    fitting = [one for one in named if want is None or mismatch(want, dict(one.params)) is None]
    method = wanted["method"]
    what = method if method.startswith("notifications/") else f"notifications {method}"
    what += f" with {shown(want)}" if want is not None else ""
    yield from _count(wanted, place, what, fitting, [shown(dict(one.params)) for one in fitting or named])


def _count(
    wanted: Mapping[str, Any], place: Place, what: str, fitting: Sequence[Any], said: Sequence[str]
) -> Iterator[Finding]:
    """How many there were. `said` is shown: those that fit, or where none does those that were near."""
    count: float | str = wanted.get("count", ">=1")
    if number_matches(count, len(fitting)):
        return
    if fitting:
        told = ": " + ", ".join(said[:3]) + (", …" if len(said) > 3 else "")
    else:
        told = f"; there was {', '.join(said[:3])}" if said else ""
    at = (*place, "count") if "count" in wanted else place
    yield Finding(
        f"{what}: expected {count}, got {len(fitting)}{told}", at, len(fitting) if "count" in wanted else KEEP
    )


def _one(finding: Finding | None) -> Sequence[Finding]:
    return () if finding is None else (finding,)
