"""`mcpwatch mock`: a recording as the server it was recorded from, for any client."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mcpwatch.cli import options as o
from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Command
from mcpwatch.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpwatch.check.mock.core import Mock
    from mcpwatch.check.mock.story import Story

_play = partial(o.option, panel="Playing")
_where = partial(o.option, panel="Where")
MODES = ("strict", "sequence", "loose")
PACES = ("recorded", "none")
_ENDS = ("SIGTERM", "SIGINT", "SIGHUP")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch mock t.mcpw.jsonl",
        "mcpwatch run -- mcpwatch mock t.mcpw.jsonl --pace none",
        "mcpwatch mock last --listen 127.0.0.1:8000",
        "mcpwatch mock t.mcpw.jsonl --match sequence",
    ),
)
@click.argument("file", metavar="FILE", shell_complete=files)
@_play(
    "--match",
    type=click.Choice(MODES),
    default="strict",
    show_default=True,
    shell_complete=words(*MODES),
    help="strict: the same method and parameters, in any order. sequence: in the recorded order, each once. "
    "loose: the same method and name, and the nearest parameters.",
)
@_play(
    "--pace",
    type=click.Choice(PACES),
    default="recorded",
    show_default=True,
    shell_complete=words(*PACES),
    help="recorded: with the delays that there were. none: at once.",
)
@_play("--junk", is_flag=True, help="Also send what was no message: junk lines on stdout.")
@_play("--ignore", metavar="PATH", multiple=True, help="Do not compare this, such as params.arguments.at; repeatable.")
@_play("--link", metavar="NAME", help="The link to be, where the recording has several.")
@_play("--allow-incomplete", is_flag=True, help="Take a recording that has no end.")
@_where("--listen", metavar="HOST:PORT", help="Serve Streamable HTTP here; the URL is said on stderr. Port 0 is any.")
@_where(
    "--allow-host",
    "allow_hosts",
    metavar="NAME",
    multiple=True,
    help="Also serve requests to this host, and listen elsewhere than on loopback; * is any.",
)
@o.option("-v", "--verbose", panel="Output", is_flag=True, help="Also say what nobody asked for.")
@o.option(
    "-q", "--quiet", panel="Output", is_flag=True, help="Nothing on stderr but the URL; the exit code still tells."
)
@click.pass_context
def mock(ctx: click.Context, file: str, **given: Any) -> None:
    """Be the recorded server, over stdio or HTTP.

    FILE is a recording, `last`, or the id of a kept session. Ids, progress tokens and sessions are the live client's,
    everything else is as recorded: results, errors, progress, logs, questions, list changes. What the recording has no
    match for gets an error that names the nearest. Whatever is not as recorded is said on stderr, and ends in exit 1.
    """
    from mcpwatch.check.mock.story import story_of
    from mcpwatch.check.normalize import Normalizer
    from mcpwatch.check.recorded import read_recorded
    from mcpwatch.recording import resolve

    Normalizer(given["ignore"])  # wrong ones are said before anybody waits
    recorded = read_recorded(resolve(file), allow_incomplete=given["allow_incomplete"])
    with recorded.recording:
        story = story_of(recorded.link(given["link"]))
        problems = _served(story, given)
    ctx.exit(ExitCode.FINDING if problems else ExitCode.OK)


def _served(story: Story, given: dict[str, Any]) -> int:
    """Serve until it is over. Returns how many problems there were."""
    from mcpwatch.check.mock.core import Mock
    from mcpwatch.check.mock.judge import in_short
    from mcpwatch.check.normalize import Normalizer

    say = _mute if given["quiet"] else _once()

    def make() -> Mock:
        return Mock(
            story,
            match=given["match"],
            pace=given["pace"],
            junk=given["junk"],
            normalizer=Normalizer(given["ignore"]),
            tell=say,
        )

    mocks: list[Mock] = []
    if given["listen"] is None:
        from mcpwatch.check.mock.stdio import serve_stdio

        mocks.append(make())
        with _until_ended():
            serve_stdio(mocks[0])
    else:
        mocks = _served_at(given["listen"], given["allow_hosts"], story, make)
    for one in mocks:
        one.finish()
    served = [one for one in mocks if one.served]
    left = [cue for cue in mocks[0].left if all(cue in one.left for one in served)] if mocks else []
    if left and given["verbose"] and given["match"] != "sequence":
        say(f"Of what was recorded, nobody asked for {in_short(left)}.")
    return sum(len(one.problems) for one in mocks)


def _served_at(address: str, allowed: tuple[str, ...], story: Story, make: Callable[[], Mock]) -> list[Mock]:
    from mcpwatch.check.mock.http import HttpMock
    from mcpwatch.wire.address import is_loopback, listening

    host, port = listening(address)
    if not is_loopback(host) and not allowed:
        raise UsageError(
            f"--listen {address!r} would let other machines in.",
            hint="Listen on 127.0.0.1, or name the host that they may ask for: --allow-host NAME.",
        )
    server = HttpMock(story, make, host=host, port=port, allow_hosts=allowed)
    with _until_ended(), server:
        _say(f"Listening on {server.url}")
        server.gone.wait()
    return server.mocks


class _Ended(BaseException):
    """A signal asks for the end: for a server that is the ordinary one."""


@contextmanager
def _until_ended() -> Generator[None]:
    """Let a signal end the body, wherever it waits; further ones are not heard."""

    def came(number: int, frame: object) -> None:
        for name in _ENDS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        raise _Ended

    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, came)
    try:
        yield
    except _Ended:
        pass


def _once() -> Callable[[str], None]:
    """Says each sentence once: the same again, for the next session or call, is only noise."""
    said: set[str] = set()

    def say(text: str) -> None:
        if text not in said:
            said.add(text)
            _say(text)

    return say


def _say(text: str) -> None:
    """One line on stderr. What comes from a client is hostile too."""
    from mcpwatch.view.screen import Screen
    from mcpwatch.view.style import clean

    screen = Screen.of(sys.stderr)
    with suppress(OSError):  # nobody reads it any more
        screen.write(f"{screen.text(clean([('mock:', 'hint'), (f' {text}', '')]))}\n")


def _mute(text: str) -> None:
    del text
