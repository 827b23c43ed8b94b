"""Scripts: what to do with which servers, and what has to be so afterwards, as frozen values with their positions.

Reading checks everything that can be known before a server is started: keys, shapes, names of links, variables.
Nothing is expanded here; `${…}` stays as it stands until it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from mcpwatch.check.schema import KINDS as QUESTIONS
from mcpwatch.check.schema import SCRIPT_SCHEMA
from mcpwatch.documents import Document, check_document, read_document
from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping, text
from mcpwatch.session.matching import regex_error
from mcpwatch.session.templates import places_in

__all__ = [
    "Cancel",
    "Place",
    "Script",
    "Server",
    "Step",
    "StepKind",
    "check_expectation",
    "head_of",
    "read_script",
    "script_from",
    "seconds",
    "used_names",
]

StepKind: TypeAlias = Literal[
    "call", "read", "prompt", "complete", "subscribe", "request", "notify", "list", "wait", "pause", "together"
]
KINDS: tuple[StepKind, ...] = get_args(StepKind)
Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a document: keys and indexes from its top."""

_WITH: Mapping[StepKind, frozenset[str]] = {
    "call": frozenset({"link", "args", "answers", "cancel", "save", "expect"}),
    "read": frozenset({"link", "answers", "cancel", "save", "expect"}),
    "prompt": frozenset({"link", "args", "answers", "cancel", "save", "expect"}),
    "complete": frozenset({"link", "argument", "answers", "cancel", "save", "expect"}),
    "subscribe": frozenset({"link", "answers", "save", "expect"}),
    "request": frozenset({"link", "params", "answers", "cancel", "save", "expect"}),
    "notify": frozenset({"link", "params"}),
    "list": frozenset({"link", "answers", "save", "expect"}),
    "wait": frozenset({"link", "params", "within", "answers", "save"}),
    "pause": frozenset({"answers"}),
    "together": frozenset({"answers", "expect"}),
}
"""Which keys go with which kind of step, besides `name` and `continue`."""
_RESULT = frozenset({"ok", "error", "result"})
_HAPPENED = frozenset({"progress", "logs", "notifications", "asked", "within"})
_ROWS = frozenset({"includes", "excludes", "equals", "count"})
_EXPECT: Mapping[StepKind, frozenset[str]] = {
    "call": _RESULT | _HAPPENED | {"text", "data"},
    "read": _RESULT | _HAPPENED | {"text", "data"},
    "prompt": _RESULT | _HAPPENED | {"text", "data"},
    "complete": _RESULT | _HAPPENED | _ROWS | {"data"},
    "subscribe": _RESULT | _HAPPENED - {"progress"},
    "request": _RESULT | _HAPPENED | {"data"},
    "list": _ROWS | {"ok", "within"},
    "together": _HAPPENED - {"progress"},
}
"""What can be expected of which kind of step."""
_TIME = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h)?\s*")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def seconds(given: str | float) -> float:
    """`2s`, `500ms`, `1m` or a number, in seconds. The schema has seen to it that it is one of these."""
    if not isinstance(given, str):
        return float(given)
    match = _TIME.fullmatch(given)
    assert match is not None
    return float(match["number"]) * _SECONDS[match["unit"]]


@dataclass(frozen=True, slots=True)
class Cancel:
    """When a step gives its request up: `after` so many seconds, or at the n-th progress message."""

    after: float | None = None
    at_progress: int | None = None

    def __str__(self) -> str:
        return f"after {self.after:g} s" if self.after is not None else f"at progress message {self.at_progress}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `given` are its arguments or parameters, `expect` what has to be so, both as written."""

    kind: StepKind
    place: Place
    subject: str = ""
    link: str | None = None
    """The link's name; None for the first one, or, where something is waited for, for any."""
    name: str = ""
    given: Mapping[str, Any] | None = None
    within: float | None = None
    """Of a wait or a pause: seconds."""
    cancel: Cancel | None = None
    save: str | None = None
    expect: Mapping[str, Any] = field(default_factory=dict[str, Any])
    answers: bool = False
    """Whether it has rules of its own, at `(*place, "answers")`."""
    goes_on: bool = False
    """The script goes on where it fails."""
    steps: tuple[Step, ...] = ()
    """Of `together`."""

    def __str__(self) -> str:
        if self.kind == "together":
            return "together: " + ", ".join(str(step) for step in self.steps)
        subject = self.subject if self.link is None else f"{self.link}:{self.subject}"
        return self.name or f"{self.kind} {subject}".strip()


@dataclass(frozen=True, slots=True)
class Server:
    """What a script says of one server. `given` is the target's text, or a mapping of what makes it one."""

    place: Place
    given: str | Mapping[str, Any]
    link: str | None = None
    """The name it was given; None takes the target's own."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script as it was read. Everything in it that is a path is relative to `folder`."""

    document: Document
    path: Path
    servers: tuple[Server, ...]
    steps: tuple[Step, ...]
    name: str = ""
    eras: tuple[str, ...] = ()
    """The eras that it is to run in, one after the other; empty for whatever `era` says."""
    era: str | None = None
    timeout: float | None = None
    log_level: str | None = None
    without: frozenset[str] = frozenset()
    expect: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def folder(self) -> Path:
        return self.path.parent

    def each(self) -> Iterator[Step]:
        """Every step, those inside `together` after it."""
        for step in self.steps:
            yield step
            yield from step.steps


def read_script(path: Path) -> Script:
    """Read a script file. Raises `UsageError` with line and column."""
    if path.suffix and path.suffix not in (".yaml", ".yml", ".json"):
        hint = f"A script ends in .mcpw.yaml; mcpwatch run {path} watches a server."
        if path.name.endswith((".jsonl", ".jsonl.gz", ".jsonl.zst")):
            hint = f"A script ends in .mcpw.yaml; mcpwatch init-script {path} drafts one from a recording."
        raise UsageError(f"{path} is no script.", hint=hint)
    return script_from(read_document(path), path)


def script_from(document: Document, path: Path) -> Script:
    """The script that a document is. Raises `UsageError` with line and column."""
    value = document.value
    if not isinstance(value, dict):
        raise document.error((), "A script is a mapping with `mcpwatch: 1` and `steps`.")
    if isinstance(document.get(("answers",)), str):
        hint = f"Write the rules here, or name the file on the command line: --answers {document.get(('answers',))}"
        raise document.error(("answers",), "answers: expected a list of rules, not the name of a file.", hint=hint)
    check_document(document, SCRIPT_SCHEMA)
    body = cast("dict[str, Any]", value)
    servers = _servers(document, body)
    links = [server.link for server in servers if server.link is not None]
    _no_contradiction(document, body, "era", "eras")
    for number, server in enumerate(body.get("targets", {}).values() if "targets" in body else [body.get("target")]):
        if "eras" in body and "era" in mapping(server):
            raise document.error((*servers[number].place, "era"), "A script with `eras` has no era of a target.")
    steps = tuple(_step(document, given, ("steps", number), links) for number, given in enumerate(body["steps"]))
    script = Script(
        document=document,
        path=path,
        servers=servers,
        steps=steps,
        name=body.get("name", ""),
        eras=tuple(body.get("eras", ())),
        era=body.get("era"),
        timeout=seconds(body["timeout"]) if "timeout" in body else None,
        log_level=body.get("log_level"),
        without=frozenset(body.get("without", ())),
        expect=body.get("expect", {}),
    )
    _check_names(script)
    return script


def _servers(document: Document, body: Mapping[str, Any]) -> tuple[Server, ...]:
    _no_contradiction(document, body, "target", "targets")
    found: list[Server] = []
    if "target" in body:
        found.append(Server(("target",), body["target"]))
    for link, given in body.get("targets", {}).items():
        found.append(Server(("targets", link), given, link))
    for server in found:
        keys = mapping(server.given).keys() & {"target", "command", "url"}
        if isinstance(server.given, dict) and len(keys) != 1:
            said = "Only one of target, command and url can be given." if keys else "It names nothing to connect to."
            raise document.error(server.place, said, hint="One of: target: server.py · command: [npx, …] · url: …")
    return tuple(found)


def _no_contradiction(document: Document, body: Mapping[str, Any], one: str, other: str) -> None:
    if one in body and other in body:
        raise document.error((other,), f"`{one}` and `{other}` contradict each other.", hint="Keep one of them.")


def _step(document: Document, given: Mapping[str, Any], place: Place, links: Collection[str]) -> Step:
    kinds: list[StepKind] = [kind for kind in KINDS if kind in given]
    if len(kinds) != 1:
        said = f"A step does one thing, not {' and '.join(kinds)}." if kinds else "This step does nothing."
        raise document.error((*place, kinds[1]) if kinds else place, said, hint=f"One of: {', '.join(KINDS)}.")
    kind = kinds[0]
    _check_keys(document, given, place, kind)
    subject, link = _subject(document, given, place, kind, links)
    cancel = mapping(given.get("cancel"))
    inner = [
        _step(document, one, (*place, "together", number), links)
        for number, one in enumerate(given.get("together", ()))
    ]
    for one in inner:
        if one.kind in ("together", "list", "pause") or one.goes_on:
            what = "`continue`" if one.goes_on else f"`{one.kind}`"
            raise document.error(one.place, f"{what} has no place inside `together`.")
    within = given.get("within") if kind == "wait" else given.get("pause")
    if kind == "complete" and "argument" not in given:
        raise document.error(place, "A completion needs its `argument`.", hint="argument: { city: Lis }")
    return Step(
        kind=kind,
        place=place,
        subject=subject,
        link=link,
        name=given.get("name", ""),
        given=given.get("argument", given.get("args", given.get("params"))),
        within=None if within is None else seconds(within),
        cancel=Cancel(seconds(cancel["after"]) if "after" in cancel else None, cancel.get("at_progress"))
        if cancel
        else None,
        save=given.get("save"),
        expect=given.get("expect", {}),
        answers="answers" in given,
        goes_on=given.get("continue", False),
        steps=tuple(inner),
    )


def _check_keys(document: Document, given: Mapping[str, Any], place: Place, kind: StepKind) -> None:
    for key in given:
        if key not in _WITH[kind] and key not in (kind, "name", "continue"):
            fits = [other for other in KINDS if key in _WITH[other]]
            raise document.error(
                (*place, key), f"`{key}` does not go with `{kind}`.", hint=f"It goes with: {', '.join(fits)}."
            )
    if "expect" not in given:
        return
    expect = cast("Mapping[str, Any]", given["expect"])
    at = (*place, "expect")
    for key in expect:
        if key not in _EXPECT[kind]:
            fits = [other for other in KINDS if key in _EXPECT.get(other, ())]
            raise document.error(
                (*at, key), f"`{key}` cannot be expected of `{kind}`.", hint=f"It can of: {', '.join(fits)}."
            )
    if "error" in expect and expect.get("ok") is True:
        raise document.error((*at, "ok"), "`ok: true` and `error` contradict each other.", hint="Keep one of them.")
    if "cancel" in given and (meant := expect.keys() & (_RESULT | {"text", "data"} | _ROWS)):
        key = next(key for key in expect if key in meant)
        raise document.error((*at, key), f"What is cancelled has no result, so `{key}` cannot be expected.")


def _subject(
    document: Document, given: Mapping[str, Any], place: Place, kind: StepKind, links: Collection[str]
) -> tuple[str, str | None]:
    """What the step is about, and its link: named by `link:`, or as a prefix of the subject."""
    if kind in ("pause", "together"):
        return "", None
    subject, link = cast("str", given[kind]), text(given.get("link"))
    head, colon, rest = subject.partition(":")
    if link is None and colon and head in links and rest and not rest.startswith("//"):
        subject, link = rest, head
    if link is not None and links and link not in links:
        raise document.error((*place, "link"), f"There is no link {link!r}.", hint=f"There are: {', '.join(links)}.")
    if kind == "list" and link is None and colon:
        raise document.error(
            (*place, kind),
            f"There is no link {head!r}.",
            hint=f"There are: {', '.join(links)}." if links else "list: tools",
        )
    return subject, link


def _check_names(script: Script) -> None:
    """A name is saved once, `${name.…}` comes after the step that saves it, and regular expressions are some."""
    document = script.document
    later = {step.save for step in script.each() if step.save is not None}
    for top in script.steps:
        group = (top, *top.steps)
        for step in group:
            for place, name in used_names(document, step):
                if (head := head_of(name)) in later:
                    raise document.error(place, f"${{{name}}} is used before {head} is saved.")
        for step in group:
            check_expectation(document, (*step.place, "expect"))
            _check_regexes(document, step.given if step.kind == "wait" else None, (*step.place, "params"))
            if step.save is None:
                continue
            if step.save not in later:
                raise document.error((*step.place, "save"), f"{step.save!r} is saved twice.")
            later.discard(step.save)
    check_expectation(document, ("expect",))


def check_expectation(document: Document, place: Place) -> None:
    """What the schema says badly: regular expressions are some, and a question is of one kind. Raises `UsageError`."""
    expect = mapping(document.get(place))
    _check_regexes(document, expect, place)
    for number, question in enumerate(items(expect.get("asked"))):
        kinds = [kind for kind in QUESTIONS if kind in mapping(question)]
        if len(kinds) > 1:
            said = f"A question is one of {' and '.join(kinds)}, not both."
            raise document.error((*place, "asked", number, kinds[1]), said, hint="Write an entry for each.")


def _check_regexes(document: Document, value: Any, place: Place) -> None:
    for at, pattern in _regexes(value, place):
        if (wrong := regex_error(pattern)) is not None:
            raise document.error(at, wrong)


def used_names(document: Document, step: Step) -> Iterator[tuple[Place, str]]:
    """Each `${name}` in what the step itself says, and where; its answers have names of their own."""
    for key, value in mapping(document.get(step.place)).items():
        if key not in ("answers", "together"):
            for place, name in places_in(value):
                yield (*step.place, key, *place), name


def head_of(name: str) -> str:
    """What `${first.data.items[0]}` begins with: `first`."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _regexes(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, dict):
        for key, member in cast("dict[str, Any]", value).items():
            if key == "regex" and isinstance(member, str):
                yield (*place, key), member
            else:
                yield from _regexes(member, (*place, key))
    for number, member in enumerate(items(value)):
        yield from _regexes(member, (*place, number))
