"""`mcpwatch wrap` and `mcpwatch unwrap`: the proxy goes into an entry of a client's config, and out of it again."""

from __future__ import annotations

import difflib
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpwatch.cli.completing import files
from mcpwatch.cli.help import Command
from mcpwatch.cli.options import option
from mcpwatch.errors import UsageError

if TYPE_CHECKING:
    from mcpwatch.configs import ServerEntry

_dry = option("--dry-run", panel="What", is_flag=True, help="Only show what would change, or the text to paste.")
_all = option("--all", "every", panel="What", is_flag=True, help="Every server of the config.")


@click.command(
    cls=Command,
    examples=(
        "mcpwatch wrap cursor:weather",
        "mcpwatch wrap .mcp.json:weather --dry-run",
        "mcpwatch wrap claude-desktop --all",
        "mcpwatch unwrap cursor:weather",
    ),
)
@click.argument("entry", metavar="SOURCE:NAME|FILE:NAME", shell_complete=files)
@_all
@_dry
def wrap(entry: str, every: bool, dry_run: bool) -> None:
    """Put `mcpwatch proxy` before a server in a client's config, so that every session with it is recorded.

    SOURCE is claude, claude-desktop, cursor, vscode, cline, gemini or here; FILE any file with `mcpServers` or
    `servers` in it. Only that entry changes, comments and order stay, and a copy of the file as it was is left beside
    it. Configs in TOML or YAML (codex, goose) are not written: --dry-run prints the text to paste. Restart the client
    afterwards; `mcpwatch show --follow` and `mcpwatch tui` then show what it says.
    """
    _change(entry, every, dry_run, wrapping=True)


@click.command(cls=Command, examples=("mcpwatch unwrap cursor:weather", "mcpwatch unwrap claude-desktop --all"))
@click.argument("entry", metavar="SOURCE:NAME|FILE:NAME", shell_complete=files)
@_all
@_dry
def unwrap(entry: str, every: bool, dry_run: bool) -> None:
    """Take `mcpwatch proxy` out of a client's config again; the entry is as it was before."""
    _change(entry, every, dry_run, wrapping=False)


def _change(text: str, every: bool, dry_run: bool, *, wrapping: bool) -> None:
    from mcpwatch.configs import read_servers
    from mcpwatch.configs.edit import is_wrapped
    from mcpwatch.configs.rewrite import read_text, rewrite

    path, name = _named(text, every)
    servers = read_servers(path)
    if name is not None and name not in servers:
        raise UsageError(f"{path} has no server {name!r}.", hint=f"It has: {', '.join(servers) or 'none'}.")
    names = list(servers) if name is None else [name]
    done: list[str] = []
    for one in names:
        entry = servers[one]
        if is_wrapped(entry) == wrapping:
            _say(f"{one} is {'wrapped already' if wrapping else 'not wrapped'}: left as it is.")
        elif entry.command is None and (every or entry.wrong):
            _say(f"{one} is left as it is: {entry.wrong or 'it is a URL, which `mcpwatch proxy URL` goes before'}.")
        else:
            done.append(one)
    if not done:
        return
    if not _writable(path):
        _paste(path, {one: servers[one] for one in done}, dry_run, wrapping)
        return
    change = partial(_edited, path, done, wrapping)
    if dry_run:
        before = read_text(path)
        _difference(path, before, change(before), _secrets(servers.values()))
        return
    copy = rewrite(path, change)
    verb, how = ("Wrapped", "watch it: mcpwatch show --follow") if wrapping else ("Unwrapped", "then it is as before")
    _say(f"{verb} {', '.join(done)} in {path}; as it was: {copy.name}. Restart the client, {how}")


def _named(text: str, every: bool) -> tuple[Path, str | None]:
    """The file, and the server in it; None for all of them."""
    from mcpwatch import configs

    if every:
        found = None if Path(text).is_file() else configs.source(text)
        path = Path(text) if found is None else found
        if not path.is_file():
            raise UsageError(f"{text!r} is neither a config nor one of {', '.join(configs.SOURCES)}.")
        return path, None
    head, colon, name = text.partition(":")
    if colon and name and (found := configs.source(head, name)) is not None:
        return found, name
    head, colon, name = text.rpartition(":")
    while colon:
        if Path(head).is_file():
            return Path(head), text[len(head) + 1 :]
        head, colon, name = head.rpartition(":")
    whole = Path(text).is_file() or text in configs.SOURCES
    hint = f"Name one server, {text}:NAME, or all of them: --all." if whole else "SOURCE:NAME, or FILE:NAME."
    raise UsageError(f"{text!r} names no server of a config.", hint=hint)


def _writable(path: Path) -> bool:
    """Whether mcpwatch knows how a file of this kind is to be changed: JSON with entries as most clients have them."""
    return path.suffix not in (".toml", ".yaml", ".yml") and path.name not in ("fastmcp.json", "server.json")


def _edited(path: Path, names: Sequence[str], wrapping: bool, text: str) -> str:
    """`text` with every one of `names` changed, and read back: what it says now is what was meant."""
    from mcpwatch.configs import section_of
    from mcpwatch.configs.edit import body_of, is_wrapped, unwrap, wrap

    for name in names:
        section = section_of(path, body_of(text), name)
        if section is None:
            raise UsageError(f"{path} has no server {name!r} any more.")
        changed = wrap(text, section, name, launcher(name)) if wrapping else unwrap(text, section, name)
        _check(path, text, changed, name, wrapping, is_wrapped)
        text = changed
    return text


def _check(
    path: Path, before: str, after: str, name: str, wrapping: bool, is_wrapped: Callable[[ServerEntry], bool]
) -> None:
    """Refuse an edit that did anything else than was meant. It never should; a config is worth looking twice."""
    from mcpwatch.configs.edit import body_of
    from mcpwatch.configs.sources import servers_of

    was, now = servers_of(path, body_of(before)), servers_of(path, body_of(after))
    others = {one: entry for one, entry in was.items() if one != name}
    same = others == {one: entry for one, entry in now.items() if one != name}
    if not same or is_wrapped(now[name]) != wrapping or was[name].env != now[name].env:
        raise UsageError(f"{path} is written in a way that mcpwatch does not change safely, so it is left alone.")


def launcher(server: str) -> list[str]:
    """The words that go before a server's own: mcpwatch with its whole path, since clients have paths of their own."""
    beside = Path(sys.executable).with_name("mcpwatch.exe" if sys.platform == "win32" else "mcpwatch")
    found = str(beside) if beside.is_file() else shutil.which("mcpwatch")
    program = [found] if found else [sys.executable, "-m", "mcpwatch"]
    return [*program, "proxy", "--name", server, "--"]


def _paste(path: Path, entries: dict[str, ServerEntry], dry_run: bool, wrapping: bool) -> None:
    from mcpwatch.configs.edit import snippet, unwrapped
    from mcpwatch.redact import redact_argv
    from mcpwatch.view.screen import Screen

    if not dry_run:
        raise UsageError(f"mcpwatch does not write {path}.", hint="--dry-run prints the text to paste.")
    screen, hidden = Screen.of(sys.stdout), False
    for name, entry in entries.items():
        words = [entry.command or "", *entry.args]
        command = [*launcher(name), *words] if wrapping else unwrapped(words[0], words[1:]) or words
        shown = redact_argv(command)
        hidden = hidden or shown != command
        screen.write(snippet(name, shown, path.suffix))
    if hidden:
        _say("[redacted] stands for what is in the file now: copy it from there.")


def _difference(path: Path, before: str, after: str, secrets: Sequence[str]) -> None:
    """The lines that change and no others, since those beside them may hold a secret; and those without theirs."""
    from mcpwatch.redact import Redactor
    from mcpwatch.text import sanitize
    from mcpwatch.view.screen import Screen

    redactor, screen = Redactor(secrets=secrets), Screen.of(sys.stdout)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, str(path), f"{path} (changed)", n=0):
        screen.write(sanitize(redactor.text(line.rstrip("\r\n"))) + "\n")


def _secrets(entries: Iterable[ServerEntry]) -> list[str]:
    """What is nobody's business: every value of an environment or a header, and credentials among the arguments."""
    from mcpwatch.redact import redact_argv

    found: list[str] = []
    for entry in entries:
        redact_argv([entry.command or "", *entry.args], found=found.append)
        found += [*entry.env.values(), *entry.headers.values()]
    return found


def _say(sentence: str) -> None:
    from mcpwatch.text import sanitize
    from mcpwatch.view.screen import Screen

    Screen.of(sys.stderr).write(sanitize(sentence) + "\n")
