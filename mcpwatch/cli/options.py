"""The options that several commands share, each with its help in one place, and how their texts are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from mcpwatch.errors import UsageError

__all__ = ["duration", "pairs"]

CONNECTION, STEPS, ANSWERS, RECORDING, OUTPUT, TIME = (
    "Connection",
    "Steps, done in the order given",
    "Answers to the server's questions",
    "Recording",
    "Output",
    "Time",
)

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


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


Targets: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET",
        show_default=False,
        help="A script (.py .js .ts or any executable), file.py:object, a URL, mcp.json:NAME, cursor:NAME, demo; or "
        "a command after `--`.",
    ),
]
Python: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="PATH",
        rich_help_panel=CONNECTION,
        help="The interpreter for .py targets.",
        show_default=False,
    ),
]
Env: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        "-e",
        metavar="NAME=VALUE",
        rich_help_panel=CONNECTION,
        help="Set in the server's environment.",
        show_default=False,
    ),
]
Cwd: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--cwd", metavar="DIR", rich_help_panel=CONNECTION, help="The folder the server starts in.", show_default=False
    ),
]
Header: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        "-H",
        metavar="'NAME: VALUE'",
        rich_help_panel=CONNECTION,
        help="Sent with every HTTP request.",
        show_default=False,
    ),
]
TransportOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--transport",
        metavar="auto|http|sse",
        rich_help_panel=CONNECTION,
        help="How a URL is spoken to; auto finds out.",
        show_default=False,
    ),
]
Era: TypeAlias = Annotated[
    str,
    typer.Option(
        "--era",
        metavar="auto|legacy|modern",
        rich_help_panel=CONNECTION,
        help="legacy: initialize, up to 2025-11-25. modern: 2026-07-28. auto asks the server.",
        show_default=False,
    ),
]
LogLevel: TypeAlias = Annotated[
    str,
    typer.Option("--log-level", metavar="LEVEL", rich_help_panel=CONNECTION, help="The least log level to ask for."),
]
Without: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--without",
        metavar="LIST",
        rich_help_panel=CONNECTION,
        show_default=False,
        help="Pretend to be a lesser client: any of sampling,elicitation,roots,progress,logs.",
    ),
]
NoRelist: TypeAlias = Annotated[
    bool, typer.Option("--no-relist", rich_help_panel=CONNECTION, help="Do not list again when a list changed.")
]
ListStep: TypeAlias = Annotated[
    bool, typer.Option("--list", rich_help_panel=STEPS, help="List tools, prompts, resources, templates; then go on.")
]


def _step(name: str, metavar: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(f"--{name}", metavar=metavar, rich_help_panel=STEPS, help=text, show_default=False)


CallStep: TypeAlias = Annotated[list[str] | None, _step("call", "'TOOL k=v …'", "Call a tool.")]
ReadStep: TypeAlias = Annotated[list[str] | None, _step("read", "URI", "Read a resource.")]
PromptStep: TypeAlias = Annotated[list[str] | None, _step("prompt", "'NAME k=v …'", "Get a prompt.")]
CompleteStep: TypeAlias = Annotated[
    list[str] | None, _step("complete", "'REF arg=prefix'", "Completions for an argument of a prompt or template.")
]
SubscribeStep: TypeAlias = Annotated[list[str] | None, _step("subscribe", "URI", "Subscribe to a resource's updates.")]
RequestStep: TypeAlias = Annotated[list[str] | None, _step("request", "'METHOD {…}'", "Send any request.")]
NotifyStep: TypeAlias = Annotated[list[str] | None, _step("notify", "'METHOD {…}'", "Send any notification.")]

Sampling: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--sampling",
        metavar="TEXT",
        rich_help_panel=ANSWERS,
        help="Answer every sampling request with this text.",
        show_default=False,
    ),
]
Elicit: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--elicit",
        metavar="accept|decline|cancel|'k=v …'",
        rich_help_panel=ANSWERS,
        show_default=False,
        help="Answer every form; accept takes its defaults.",
    ),
]
ElicitUrl: TypeAlias = Annotated[
    bool, typer.Option("--elicit-url", rich_help_panel=ANSWERS, help="Consent to URL elicitations; nothing is opened.")
]
Root: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--root", metavar="DIR", rich_help_panel=ANSWERS, help="A root to offer.", show_default=False),
]
Ask: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--ask/--no-ask",
        rich_help_panel=ANSWERS,
        show_default=False,
        help="Ask the person at the terminal what no option answers. Default: where there is a terminal.",
    ),
]
Record: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--record",
        "-o",
        metavar="FILE",
        rich_help_panel=RECORDING,
        show_default=False,
        help="Write the recording here (NAME.mcpw.jsonl, also .gz or .zst).",
    ),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", rich_help_panel=RECORDING, help="Replace an existing file.")]
NoRecord: TypeAlias = Annotated[
    bool, typer.Option("--no-record", rich_help_panel=RECORDING, help="Keep nothing of this session.")
]
NoRedact: TypeAlias = Annotated[
    bool, typer.Option("--no-redact", rich_help_panel=RECORDING, help="Write and show secrets as they are.")
]
RedactKey: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--redact-key",
        metavar="NAME",
        rich_help_panel=RECORDING,
        help="Also redact the values of this JSON key.",
        show_default=False,
    ),
]
RedactPattern: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--redact-pattern",
        metavar="REGEX",
        rich_help_panel=RECORDING,
        help="Also redact what matches.",
        show_default=False,
    ),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON document on stdout at the end.")
]
Events: TypeAlias = Annotated[
    bool, typer.Option("--events", rich_help_panel=OUTPUT, help="The recording's lines on stdout as they come.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="No live view.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", rich_help_panel=OUTPUT, help="Show HTTP, listings and ids too.")
]
AllowErrors: TypeAlias = Annotated[
    bool, typer.Option("--allow-errors", rich_help_panel=OUTPUT, help="A call that ends in an error is no failure.")
]
Timeout: TypeAlias = Annotated[
    str, typer.Option("--timeout", metavar="TIME", rich_help_panel=TIME, help="For each request; progress renews it.")
]
For: TypeAlias = Annotated[
    str | None,
    typer.Option("--for", metavar="TIME", rich_help_panel=TIME, help="Watch this long in all.", show_default=False),
]
UntilIdle: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--until-idle",
        metavar="TIME",
        rich_help_panel=TIME,
        help="End when nothing has happened for this long.",
        show_default=False,
    ),
]
