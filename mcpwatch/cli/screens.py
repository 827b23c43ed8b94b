"""What `mcpwatch tui` opens: the rooms put together for the screens, and what is said once they have closed.

Whatever is wrong with a target, a file or an option is found before the terminal is taken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio

from mcpwatch.api import Settings
from mcpwatch.cli.complain import complain
from mcpwatch.cli.opening import named
from mcpwatch.cli.outlets import Outlet
from mcpwatch.cli.plan import Given, Plan, plan_for
from mcpwatch.cli.redacted import redacted_error
from mcpwatch.errors import ExitCode, McpwatchError
from mcpwatch.session.answers import Answers
from mcpwatch.session.launch import refused
from mcpwatch.session.target import Target
from mcpwatch.tui.app import WatchApp
from mcpwatch.tui.home import Choice, HomeApp
from mcpwatch.tui.invited import Inviter
from mcpwatch.tui.live import Live
from mcpwatch.tui.questions.desk import Desk
from mcpwatch.tui.reading import Reading
from mcpwatch.tui.server.reload import watched_links
from mcpwatch.tui.settings import read_settings
from mcpwatch.tui.source import Source
from mcpwatch.tui.stage import shown
from mcpwatch.view.summary import summary
from mcpwatch.wire.process import subreaper

__all__ = ["watch", "watch_chosen"]


def watch(what: Path | Sequence[Target], given: Given) -> ExitCode:
    """The screens over a recording, or over servers.

    Raises `RecordingError` where it is none, or nothing can be recorded, and `UsageError` for options.
    """
    return _shown(Reading(what), None) if isinstance(what, Path) else _watch_targets(what, given)


def _watch_targets(targets: Sequence[Target], given: Given) -> ExitCode:
    refusals = [why for target in targets if (why := refused(target)) is not None]
    if len(refusals) == len(targets):
        raise refusals[0]  # screens over nothing at all would only hide it
    plan = plan_for(targets, (), given)
    desk = Desk(draft=plan.llm.draft if plan.llm is not None and plan.drafts else None, save_to=plan.save_to)
    asked = [] if given.get("ask") is False else desk.answerers()
    inviter, options = Inviter(), plan.options
    if options.access is not None:
        options = replace(options, access=inviter.on_screen(options.access))
    settings = Settings(
        options=options,
        answers=Answers([*plan.answers, *asked]),
        llm=plan.llm,
        record=plan.record,
        force=plan.force,
        redact=plan.redact,
        redact_keys=plan.redact_keys,
        redact_patterns=plan.redact_patterns,
    )
    paths = [Path(path) for path in given.get("reload_on") or ()]
    reload = watched_links(targets, paths) if given.get("reload") or paths else {}
    subreaper()
    live = Live(targets, settings)
    live.reload = reload
    code = _shown(live, desk, inviter)
    _say(live, plan)
    return code


def watch_chosen(given: Given) -> ExitCode:
    """What there is to open, and the screens over what is chosen. What cannot be opened is said there."""
    problem = ""
    while True:
        choice = anyio.run(HomeApp(read_settings(), problem).run_async)
        if not isinstance(choice, Choice):
            return ExitCode.OK
        try:
            return watch(Path(choice.text) if choice.kind == "file" else named([choice.text], (), given), given)
        except McpwatchError as error:
            problem = f"{error} {error.hint}".strip()


def _shown(source: Source, desk: Desk | None, inviter: Inviter | None = None) -> ExitCode:
    app = WatchApp(source, desk, read_settings())

    async def run() -> ExitCode:
        if inviter is not None:
            inviter.meets(app)  # pyright: ignore[reportArgumentType]
        return await shown(app)

    return anyio.run(run)


def _say(live: Live, plan: Plan) -> None:
    """On stderr, after the screens have gone: what went wrong, what was used, and where the recording is.

    The terminal may have gone with them; then nobody is told.
    """
    assert live.session is not None
    screen = Outlet(sys.stderr, 2).screen
    said: list[str] = []
    for error in (*live.errors.values(), *live.settings.answers.problems):
        told = redacted_error(live.session.hub, error)
        said.append(str(told))
        complain(told)
    if live.failure is not None:
        complain(live.failure)
    where = None if plan.record is None else _short(live.session.writer.path)
    limit = screen.width if screen.terminal else None
    lines = summary(live.session.timeline, recording=where, kept=plan.kept, limit=limit, said=said)
    screen.write("".join(f"{screen.text(line)}\n" for line in lines))


def _short(path: Path) -> str:
    home, text = os.path.expanduser("~"), str(path)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
