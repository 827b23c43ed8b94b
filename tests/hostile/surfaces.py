"""Every command that shows, reports or writes what a server said, over one recording and one server that say
everything.

`Place` is a folder with all that they need; `offline` and `live` are the command lines.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.hostile.batch import Command
from tests.hostile.payloads import PAYLOADS
from tests.hostile.recorded import everything
from tests.hostile.speech import Mouth, dump

__all__ = ["GITHUB", "SERVER", "Place", "kinds", "live", "offline", "place"]

SERVER: Final = ("--", sys.executable, "-m", "tests.hostile.server")
GITHUB: Final = {"GITHUB_ACTIONS": "true", "CI": "true"}


@dataclass(frozen=True)
class Place:
    """`recording` and `other` say the same with the payloads in other places; `names` are payloads that can be part
    of a file's name; `turns` is how often a server says everything."""

    folder: Path
    recording: Path
    other: Path
    names: tuple[str, ...]
    turns: int
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables beside those that every command has."""

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.more,
            "MCPWATCH_SESSIONS": str(self.folder / "sessions"),
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
        }


def place(folder: Path, turns: Sequence[int] = range(len(PAYLOADS))) -> Place:
    """Make one, in whose recordings everything is said in these turns."""
    payloads = tuple(PAYLOADS)
    recording = everything(folder / "a.mcpw.jsonl", turns)
    other = everything(folder / "b.mcpw.jsonl", [turn + 3 for turn in turns])
    kept = folder / "sessions"
    kept.mkdir()
    (kept / "20261121-120000-a1b2.mcpw.jsonl").write_bytes(recording.read_bytes())
    _configs(folder)
    _scripts(folder, payloads)
    names = [f"n{at}{text}.mcpw.jsonl" for at, text in enumerate(PAYLOADS.values()) if _is_file_name(text)]
    for name in names[:: max(len(payloads) // len(turns), 1)]:
        (folder / name).write_bytes(b"{}\n")
    return Place(folder, recording, other, tuple(names), len(turns))


def _is_file_name(text: str) -> bool:
    """Whether it can be part of one, and does harm there."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return not text.isprintable() and not {"/", "\0"} & set(text) and len(data) < 200


def _configs(folder: Path) -> None:
    """Clients' configs in which every name and every word is a payload."""
    entries: dict[str, Any] = {}
    for name, text in PAYLOADS.items():
        entries[f"{text}{name}"] = {"command": f"{text}x", "args": [text, f"--{text}"], "env": {f"E{text}": text}}
        entries[f"url{text}{name}"] = {"url": f"https://h.example/{text}", "headers": {f"H{text}": text}}
        entries[f"wrong{text}{name}"] = {text: text}
    (folder / ".cursor").mkdir(exist_ok=True)
    (folder / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": entries}))
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": entries}))
    (folder / "broken.json").write_text('{"mcpServers": {"\\u001b]0;x\\u0007": \x1b[31m')


def _scripts(folder: Path, payloads: Sequence[str]) -> None:
    """A script that fails at everything a server said, with payloads in its own words too."""
    command = [sys.executable, "-m", "tests.hostile.server"]
    steps: list[dict[str, Any]] = []
    texts = [PAYLOADS[name] for name in payloads if "\ud800" not in PAYLOADS[name] and PAYLOADS[name]]
    for how in ("done", "failed", "error"):
        expect = {"text": "never this", "data": {"items": 5}, "progress": {"count": ">=30000"}}
        steps.append({"call": "work", "args": {"how": how}, "expect": expect, "continue": True})
    for text in texts[::8]:
        said = json.dumps(text)
        steps.append({"call": "work", "args": {"how": text}, "expect": {"text": {"equals": said}}, "continue": True})
    script = {"mcpwatch": 1, "target": {"command": command}, "answers": [], "steps": steps}
    script["answers"] = [{"sampling": text, "text": text} for text in texts[:20]]
    (folder / "t.mcpw.yaml").write_text(json.dumps(script))
    (folder / "answers.yaml").write_text(json.dumps({"mcpwatch": 1, "answers": script["answers"]}))
    for number, text in enumerate(texts[::6]):
        wrong = {"mcpwatch": 1, "target": {"command": command}, "steps": [{text: text}]}
        (folder / f"wrong{number}.mcpw.yaml").write_text(json.dumps(wrong))


def offline(here: Place) -> list[Command]:
    """What reads files."""
    a, b = here.recording.name, here.other.name
    hostile = Mouth(0)("anything")
    rows: list[tuple[str, ...]] = [
        *[("show", a, *more) for more in ((), ("-v",), ("--errors",), ("--summary",), ("--type", "invalid"))],
        *[("show", a, *more) for more in (("--summary", "--json"), ("-t", "SEEN", "-v"), ("-t", "\x1b[31m"))],
        *[("show", a, *more) for more in (("--raw",), ("--events",))],
        *[("show", a, *more) for more in (("-m", "x\x1b]0;t\x07"), ("--link", "\u202eweb"), ("--id", "\x9b2J"))],
        *[("check", a, *more) for more in ((), ("-v",), ("-q",), ("--json",), ("--junit", "c.xml", "--github"))],
        *[
            ("check", a, *more)
            for more in (("--ignore", "\x1b[31m"), ("--explain", "\x1b]8;;x\x07"), ("--expect", "t.mcpw.yaml"))
        ],
        *[("diff", a, b, *more) for more in ((), ("-v",), ("--json",), ("--markdown",), ("--interface",))],
        *[("diff", a, b, *more) for more in (("--junit", "d.xml", "--github"), ("--ignore", "\x1b[31m.*"))],
        ("init-script", a),
        ("sessions",),
        ("sessions", "--json"),
        ("redact", a, "-o", "redacted.mcpw.jsonl", "--force"),
        ("redact", a, "-o", "\x1b]0;out\x07.mcpw.jsonl", "--force"),
        ("servers",),
        ("servers", "--json"),
        ("wrap", "mcp.json", "--all", "--dry-run"),
        ("wrap", "mcp.json:\x1b[31m", "--dry-run"),
        ("wrap", "broken.json", "--all", "--dry-run"),
        ("run", "mcp.json:\x1b]0;x\x07"),
        ("run", hostile),
        ("call", "\x1b[31m", "mcp.json:nothing"),
        ("show", "\x1b]0;nothing\x07.mcpw.jsonl"),
        ("\x1b]0;no-such-command\x07",),
        ("show", "--\x1b[31m"),
        ("mock", a, "--match", "loose", "--link", "server"),
        *[("show", name) for name in here.names],
    ]
    summary = str(here.folder / "summary.md")
    ci = {**GITHUB, "GITHUB_STEP_SUMMARY": summary}
    hosted: list[tuple[str, ...]] = [
        ("show", a, "-v"),
        ("show", a, "--summary"),
        ("check", a, "-v", "--junit", "c2.xml"),
        ("check", a, "--json"),
        ("diff", a, b, "-v", "--junit", "d2.xml"),
        ("diff", a, b, "--markdown"),
        ("diff", a, b, "--json"),
        ("servers",),
        ("wrap", "mcp.json", "--all", "--dry-run"),
    ]
    lines = b"".join(dump(one) + b"\n" for one in Mouth(1).notifications(1))
    return [
        *(Command(argv, stdin=lines if argv[0] == "mock" else b"") for argv in rows),
        *(Command(argv, env=ci) for argv in hosted),
        Command(("diff", a, b), env={"FORCE_COLOR": "1"}),
        Command(("show", a), env={"FORCE_COLOR": "1"}),
    ]


def live(here: Place) -> list[Command]:
    """What starts servers."""
    every = f"turns:={here.turns}"
    legacy = ("--era", "legacy", "--no-ask")
    ci = {**GITHUB, "GITHUB_STEP_SUMMARY": str(here.folder / "summary.md")}
    talk: list[tuple[str, ...]] = [
        ("run", "--list", *legacy, *SERVER),
        ("run", "--list", "-v", "--check", *legacy, *SERVER, "7"),
        ("run", "--call", f"work {every}", "--read", "x", *legacy, *SERVER),
        ("call", "work", "how=ask", *legacy, *SERVER),
        ("call", "work", "how=ask", "--answers", "answers.yaml", "--sampling", "\x1b[31m", *legacy, *SERVER),
        ("call", "work", "how=error", *legacy, *SERVER),
        ("call", "work", "how=failed", *legacy, *SERVER, "5"),
        ("call", "work", "how=die", every, "-q", *legacy, *SERVER),
        ("call", "wark", *legacy, *SERVER),
        ("call", "work", "how=done", "--json", *legacy, *SERVER),
        ("run", "--call", "work", "--json", *legacy, *SERVER),
        ("call", "work", every, "--events", *legacy, *SERVER),
        ("test", "t.mcpw.yaml", "--junit", "t.xml", "--github"),
        ("test", "t.mcpw.yaml", "--json"),
        ("test", ".", "-k", "wrong", "--junit", "w.xml", "--github"),
        ("replay", here.recording.name, "--link", "server", "--allow-errors", "--timeout", "0.2s", *SERVER),
    ]
    return [
        *(Command(argv) for argv in talk),
        Command(("run", "--call", f"work {every}", "-v", *legacy, *SERVER), env=ci),
        Command(("test", "t.mcpw.yaml", "--junit", "t2.xml"), env=ci),
    ]


def kinds(command: Command) -> str:
    """What stdout is: `data` as it was sent, a `json` document, `markdown`, a `yaml` file, or `talk`."""
    words = command.argv
    if words[0] in ("mock", "proxy") or "--raw" in words or "--events" in words:
        return "data"
    if "--json" in words:
        return "json"
    if "--markdown" in words:
        return "markdown"
    if words[0] == "init-script":
        return "yaml"
    if words[0] == "call" and "-q" not in words:
        return "data"
    return "talk"
