"""The options that several commands share: each with its help in one place, in the panel where it is shown.

A decorator stands for a panel. What they read arrives in the command as keyword arguments and goes on to `plan` as it
is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from mcpwatch.cli.completing import files, words
from mcpwatch.cli.help import Option
from mcpwatch.errors import UsageError

__all__ = [
    "answers",
    "compare",
    "connection",
    "duration",
    "login",
    "option",
    "output",
    "pairs",
    "recording",
    "steps",
    "target",
    "times",
]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


def duration(text: str | None, option: str) -> float | None:
    """`10s`, `500ms`, `2m` or plain seconds, in seconds; None for None. Raises `UsageError`."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{option} {text!r} is no duration.", hint="Write 10s, 500ms, 2m, or plain seconds.")
    return float(match["number"]) * _SECONDS[match["unit"]]


def pairs(texts: Sequence[str], option: str, separator: str) -> dict[str, str]:
    """`NAME=VALUE` or `Name: value` texts as a mapping. Raises `UsageError`."""
    found: dict[str, str] = {}
    for text in texts:
        name, there, value = text.partition(separator)
        if not there or not name.strip():
            example = "Name: value" if separator == ":" else f"NAME{separator}value"
            raise UsageError(f"{option} {text!r} has no {separator!r}.", hint=f"Write {option} '{example}'.")
        found[name.strip()] = value.strip() if separator == ":" else value
    return found


def option(*names: str, panel: str, help: str, **more: Any) -> Callable[[FunctionT], FunctionT]:
    """One option of a panel."""
    return click.option(*names, cls=Option, panel=panel, help=help, **more)


def _panel(*made: Callable[[Any], Any]) -> Callable[[FunctionT], FunctionT]:
    """Several options as one decorator, in the order in which the help shows them."""

    def decorate(function: FunctionT) -> FunctionT:
        for one in reversed(made):
            function = one(function)
        return function

    return decorate


target = click.argument("target", nargs=-1, metavar="TARGET", shell_complete=files)
"""A script, `file.py:object`, a URL, `mcp.json:NAME`, `cursor:NAME`, `demo`; empty with a command after `--`."""

_connect = partial(option, panel="Connection")
connection = _panel(
    _connect(
        "--era",
        metavar="ERA",
        shell_complete=words("auto", "legacy", "modern"),
        default="auto",
        show_default=True,
        help="auto asks the server; legacy is initialize, up to 2025-11-25; modern is 2026-07-28.",
    ),
    _connect("-e", "--env", metavar="NAME=VALUE", multiple=True, help="Set in the server's environment; repeatable."),
    _connect("--cwd", metavar="DIR", type=_FOLDER, help="The folder that the server starts in."),
    _connect("--python", metavar="PATH", help="The interpreter for .py targets; default: the active environment's."),
    _connect("-H", "--header", metavar="'NAME: VALUE'", multiple=True, help="Sent with every request to a URL."),
    _connect(
        "--transport",
        metavar="auto|http|sse",
        shell_complete=words("auto", "http", "sse"),
        default="auto",
        help="How a URL is spoken to; auto finds out.",
    ),
    _connect(
        "--log-level",
        metavar="LEVEL",
        shell_complete=words(*LEVELS),
        default="debug",
        show_default=True,
        help="The least level to ask for.",
    ),
    _connect("--without", metavar="LIST", help="Be a lesser client: any of sampling,elicitation,roots,progress,logs."),
    _connect("--no-relist", is_flag=True, help="Do not list again when the server says that a list changed."),
)

_login = partial(option, panel="Login, where a server wants one")
login = _panel(
    _login(
        "--auth",
        metavar="HOW",
        shell_complete=words("none", "browser", "print", "client", "token"),
        default="none",
        show_default=True,
        help="browser opens one, print shows the address, client has credentials of its own, token brings one.",
    ),
    _login(
        "--auth-server",
        metavar="ORIGIN",
        multiple=True,
        help="Also send what a login needs to https://auth.example.com; repeatable. Kept with the login.",
    ),
    _login("--auth-client", metavar="ID", help="A client that is registered there, or the URL of its document."),
    _login("--auth-secret-env", metavar="NAME", help="The variable with its secret (default: MCPWATCH_CLIENT_SECRET)."),
    _login("--auth-token-env", metavar="NAME", help="The variable with a token (default: MCPWATCH_TOKEN)."),
    _login("--auth-scope", metavar="'A B'", help="Ask for these scopes, in place of those that the server names."),
    _login(
        "--auth-port",
        metavar="PORT",
        type=click.IntRange(1, 65535),
        help="Where on 127.0.0.1 the browser comes back to (default: any free port).",
    ),
    _login("--auth-again", is_flag=True, help="Log in afresh, whatever is kept from earlier."),
)

_step = partial(option, panel="Steps, done in the order given", multiple=True)
steps = _panel(
    option("--list", "list_", panel="Steps, done in the order given", is_flag=True, help="List what is offered."),
    _step("--call", metavar="'TOOL k=v …'", help="Call a tool: k=text, k:=json, k=@file, a.b=1, or one JSON object."),
    _step("--read", metavar="URI", help="Read a resource."),
    _step("--prompt", metavar="'NAME k=v …'", help="Get a prompt."),
    _step("--complete", metavar="'REF arg=prefix'", help="Complete an argument of a prompt or template."),
    _step("--subscribe", metavar="URI", help="Subscribe to a resource's updates."),
    _step("--request", metavar="'METHOD {…}'", help="Send any request."),
    _step("--notify", metavar="'METHOD {…}'", help="Send any notification."),
)

script = option(
    "--script",
    panel="Steps, done in the order given",
    metavar="FILE",
    type=_PATH,
    shell_complete=files,
    help="Play this script and watch it; its servers unless a TARGET is given.",
)

_answer = partial(option, panel="Answers to the server's questions")
answers = _panel(
    _answer("--sampling", metavar="TEXT", help="Answer every sampling request with this text."),
    _answer(
        "--elicit",
        metavar="HOW",
        shell_complete=words("accept", "decline", "cancel"),
        help="accept (the form's defaults), decline, cancel, or the fields as 'k=v …'.",
    ),
    _answer("--elicit-url", is_flag=True, help="Consent to URL elicitations; nothing is opened."),
    _answer("--root", metavar="DIR", type=_FOLDER, multiple=True, help="A root to offer; repeatable."),
    _answer(
        "--answers",
        metavar="FILE",
        type=_PATH,
        multiple=True,
        help="Answer by the rules in FILE.yaml, or the functions in FILE.py; repeatable.",
    ),
    _answer("--llm", metavar="MODEL", help="Have this model answer sampling, behind an OpenAI-compatible endpoint."),
    _answer(
        "--llm-url",
        metavar="URL",
        help="The model's endpoint, local ones too (default: OPENAI_BASE_URL, else OpenAI's).",
    ),
    _answer("--llm-key-env", metavar="NAME", help="The variable that holds its key (default: OPENAI_API_KEY)."),
    _answer(
        "--llm-max-calls", metavar="N", type=click.IntRange(min=0), help="How often it may be asked (default: 20)."
    ),
    _answer("--llm-timeout", metavar="TIME", help="How long one answer may take (default: 120s)."),
    _answer(
        "--ask/--no-ask",
        default=None,
        help="Ask the person at the terminal what no option answers (default: where there is a terminal).",
    ),
    _answer("--save-answers", metavar="FILE", type=_PATH, help="Keep what the person answers as rules, for --answers."),
)

_time = partial(option, panel="Time")
_timeout = _time(
    "--timeout",
    metavar="TIME",
    default="60s",
    show_default=True,
    help="Per request; renewed by progress; 0 is no limit.",
)
_for = _time("--for", "for_", metavar="TIME", help="Watch for this long in all.")
_until_idle = _time("--until-idle", metavar="TIME", help="End when nothing has happened for this long.")
_answer_timeout = _time(
    "--answer-timeout",
    metavar="TIME",
    help="Refuse a question that has no answer by then (default: the server's time).",
)
_max_rounds = _time(
    "--max-rounds",
    metavar="N",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How often a call that asks back is sent again (2026-07-28).",
)
times = _panel(_timeout, _answer_timeout, _max_rounds, _for, _until_idle)
call_times = _panel(_timeout, _answer_timeout, _max_rounds, _for)
screen_times = _panel(_timeout, _answer_timeout, _max_rounds)

_out = partial(option, panel="Output")
_json = _out("--json", "json_", is_flag=True, help="One JSON document on stdout at the end.")
events = _out("--events", is_flag=True, help="The recording's lines on stdout as they come.")
verbose = _out(
    "-v", "--verbose", is_flag=True, help="Show everything, and in full: HTTP, listings, long results and answers."
)
_quiet = _out("-q", "--quiet", is_flag=True, help="No live view.")
_allow = _out("--allow-errors", is_flag=True, help="A call that ends in an error is no failure (exit 0).")
_check = _out("--check", is_flag=True, help="At the end, say what was against the protocol; exit 1 for an error.")
compare = _panel(
    _out("--compare", is_flag=True, help="At the end, say what the link `via` passes on of what the others say.")
)
output = _panel(_json, events, _quiet, verbose, _allow, _check)
demo_output = _panel(_json, events, _quiet, verbose)

_record = partial(option, panel="Recording")
_file = _record("-o", "--record", metavar="FILE", type=_PATH, help="Record here: NAME.mcpw.jsonl, also .gz or .zst.")
_force = _record("--force", is_flag=True, help="Replace an existing file.")
_no_record = _record("--no-record", is_flag=True, help="Keep nothing of this session.")
recording = _panel(
    _file,
    _force,
    _no_record,
    _record("--no-redact", is_flag=True, help="Write and show secrets as they are."),
    _record("--redact-key", metavar="NAME", multiple=True, help="Also redact the values of this JSON key."),
    _record("--redact-pattern", metavar="REGEX", multiple=True, help="Also redact what matches."),
)
demo_recording = _panel(_file, _force, _no_record)
