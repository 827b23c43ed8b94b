"""The servers of a script as targets: variables put in, and everything that is a path relative to the script."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mcpwatch.check.script import Place, Script, Server, head_of, used_names
from mcpwatch.errors import UsageError
from mcpwatch.model.shapes import items, mapping
from mcpwatch.session.answers import Answer, Answerer, Question
from mcpwatch.session.answers.giving import Unfit, listed
from mcpwatch.session.answers.rules import Rules, rules_from
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target, parse_target
from mcpwatch.session.templates import Unresolved, environment, expand, places_in

__all__ = ["Aim", "aims", "check_links", "check_variables", "options_for", "own_rules", "roots"]


@dataclass(frozen=True, slots=True)
class Aim:
    """One link of a script: what to connect to, and the era it asks for (None: whatever the script or the person
    says).
    """

    target: Target
    era: str | None = None


def aims(script: Script) -> list[Aim]:
    """The links of a script, in its order. Raises `UsageError` with line and column."""
    if not script.servers:
        raise script.document.error(
            (), "This script names no server.", hint="target: server.py, or name one: mcpwatch run TARGET --script …"
        )
    return [_aim(script, server) for server in script.servers]


def own_rules(script: Script) -> Rules | None:
    """The rules of the script itself, which count what they answer; None where it has none. Raises `UsageError`."""
    if script.document.get(("answers",)) is None:
        return None
    return rules_from(script.document, ("answers",), folder=script.folder)


def roots(script: Script) -> Answerer | None:
    """Who answers with the roots that the script offers; None where it does not speak of them. Raises `UsageError`."""
    given = script.document.get(("roots",))
    if given is None:
        return None
    rule = script.document.line(("roots",))
    try:
        found = listed(_expanded(script, given, ("roots",)), script.folder)
    except Unfit as unfit:
        raise script.document.error(("roots", *unfit.path), str(unfit), unfit.hint) from None

    async def answer(question: Question) -> Answer | None:
        return Answer(rule, result={"roots": found}) if question.kind == "roots" else None

    return answer


def options_for(options: ClientOptions, script: Script, era: str | None, aim: Aim) -> ClientOptions:
    """How the client of a link behaves: what the person said, else what the script says."""
    return replace(
        options,
        era=era or aim.era or script.era or options.era,
        within=options.within if script.timeout is None else script.timeout,
        log_level=script.log_level or options.log_level,
        without=options.without | script.without,
    )


def check_links(script: Script, aims: Sequence[Aim]) -> None:
    """Raises `UsageError`, with its place, for a step whose link is none of `aims`."""
    names = [aim.target.name for aim in aims]
    for step in script.each():
        if step.link is not None and step.link not in names:
            said = f"There is no link {step.link!r}."
            raise script.document.error((*step.place, "link"), said, hint=f"There are: {', '.join(names)}.")


def check_variables(script: Script) -> None:
    """Raises `UsageError`, with its place, for a `${NAME}` in a step that nothing stands for."""
    saved = {step.save for step in script.each() if step.save is not None}
    at_end = [(("expect", *place), name) for place, name in places_in(script.expect)]
    for step in script.each():
        rules = script.document.get((*step.place, "answers"))
        if rules is not None:
            # What they quote is looked up when they answer: here only the rest of them is checked.
            rules_from(script.document, (*step.place, "answers"), folder=script.folder, look_up=lambda name: name)
        quoted = [((*step.place, "answers", *place), name) for place, name in places_in(rules)]
        used = [*used_names(script.document, step), *quoted]
        _check_names(
            script, [(at, name) for at, name in used if head_of(name) != "question" or "answers" not in at], saved
        )
    _check_names(script, at_end, saved)


def _check_names(script: Script, used: Sequence[tuple[Place, str]], saved: Collection[str]) -> None:
    for place, name in used:
        if head_of(name) in saved:
            continue
        try:
            environment(name)
        except LookupError as error:
            said, hint = error.args[0], f"Set it, or pass -e {name}=…; a step saves results with `save`."
            if (head := head_of(name)) != name and ":-" not in name:
                said, hint = f"no step before this saves {head!r}.", f"Write `save: {head}` in the step that it is of."
            raise script.document.error(place, f"${{{name}}}: {said}", hint=hint) from None


def _aim(script: Script, server: Server) -> Aim:
    given = _expanded(script, server.given, server.place)
    body: Mapping[str, Any] = {"target": given} if isinstance(given, str) else mapping(given)
    try:
        target = _target(script, body)
    except UsageError as error:
        here = "Paths are relative to the script." if error.hint.startswith("Here is ") else error.hint
        raise script.document.error(server.place, str(error), hint=here) from None
    if server.link is not None:
        target = replace(target, name=server.link)
    return Aim(target, body.get("era"))


def _target(script: Script, body: Mapping[str, Any]) -> Target:
    folder = script.folder.absolute()
    env, headers = _strings(body.get("env")), _strings(body.get("headers"))
    words: Sequence[str] = ()
    command: Sequence[str] = ()
    if "command" in body:
        given = body["command"]
        command = [*(shlex.split(given) if isinstance(given, str) else items(given)), *items(body.get("args"))]
        if not command:
            raise UsageError("The command is empty.")
        if "/" in command[0]:
            command = [str(folder / command[0]), *command[1:]]
    else:
        words = [body.get("url") or _from_folder(str(body["target"]), folder)]
    target = parse_target(
        words,
        command,
        python=body.get("python"),
        env=env or None,
        headers=headers or None,
        transport=body.get("transport", "auto"),
    )
    if target.url is not None:
        if "cwd" in body:
            raise UsageError("`cwd` is for processes.")
        return target
    spoken = body["target"] if "target" in body else target.spoken
    if body.get("target") == "demo" and "cwd" not in body:
        return target
    cwd = folder / body["cwd"] if "cwd" in body else Path(target.cwd) if target.cwd is not None else folder
    if not cwd.is_dir():
        raise UsageError(f"There is no folder {cwd}.")
    return replace(target, cwd=str(cwd), spoken=spoken)


def _from_folder(text: str, folder: Path) -> str:
    """A target's text for whoever stands somewhere else: a file in the script's folder by its whole path."""
    head, colon, rest = text, "", ""
    while True:
        try:
            found = (folder / Path(head).expanduser()).is_file()
        except (OSError, RuntimeError, ValueError):
            found = False
        if found:
            return f"{folder / Path(head).expanduser()}{colon}{rest}"
        head, separator, last = head.rpartition(":")
        if not separator:
            return text
        rest, colon = f"{last}{colon}{rest}", ":"


def _expanded(script: Script, value: Any, place: Place) -> Any:
    try:
        return expand(value, environment)
    except Unresolved as error:
        hint = "Set it, pass -e NAME=…, or write $${ for a ${ that is meant as it stands."
        raise script.document.error((*place, *error.path), str(error), hint=hint) from None


def _strings(value: Any) -> dict[str, str]:
    return {name: str(one).lower() if isinstance(one, bool) else str(one) for name, one in mapping(value).items()}
