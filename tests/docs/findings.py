"""Writes the page of protocol findings from the rules: `python -m tests.docs.findings > docs/findings.md`.

`tests/test_docs.py` fails when the page in the repository is not what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mcpwatch.check.rules import RULES, Rule
from mcpwatch.check.rules.book import FILES

HEAD = """\
# What is against the protocol

Made from the rules by `python -m tests.docs.findings`, and kept true by a test.

`mcpwatch check` reads a recording and says what in it the specification forbids, by the server or by the client, in
both eras of the protocol. Whatever made the recording, a watched session, a script or a proxy, is checked in the same
way.

<!-- exit: 1 -->
```console
$ mcpwatch check session.mcpw.jsonl
error   stdout-noise  Output on stdout that is not the protocol
    #13  0.650 s  by the server  a line that is no message
        DEBUG: caching result
  see: 2025-11-25 basic/transports#stdio

session.mcpw.jsonl: 1 error in 18 events, by the server
```

Each finding has the number of its frame (`mcpwatch show` has them as `--events`), its time, whose fault it is, the
reason and the beginning of the message. Severities are `error` (the other side is not able to, or need not,
understand it), `warning` (it goes wrong with some) and `info` (it works, for now). The command ends with 1 if there is
anything as bad as `--fail-on`, by default `error`; a rule that has to be broken is left out with `--ignore`:

```console
$ mcpwatch check session.mcpw.jsonl --ignore stdout-noise --fail-on warning
session.mcpw.jsonl: nothing found in 18 events (1 ignored)
```

| | |
|---|---|
| while it happens | `mcpwatch run server.py --check` says at the end what was found |
| in a script | `expect: { findings: { fail_on: error, ignore: [] } }`, see [scripts](scripts.md) |
| in CI | `--junit FILE`, `--json`, annotations on GitHub; no end is a failure, unless `--allow-incomplete` |
| more than rules | `--expect ci.mcpw.yaml`: what a script expects of a whole session, held against the recording |
| whose fault | `--by server` or `--by client`: only what that side did wrong |
| one rule | `mcpwatch check --explain stdout-noise`, all of them `--list` |

A recording that begins in the middle, or that lines were taken out of, is checked for what it holds; that it has gaps
is said. What a person asks for on purpose (`--request`, a call with odd arguments) is no error of the server's.

Whose fault a finding is follows from who sent the message; what was never sent is the fault of who had to send it.
Between a real client and a real server either may be to blame: `--by server` is for who wrote the server, whatever its
clients do. Where mcpwatch was the client itself, `by mcpwatch, the client` is mostly what it was told to send.
"""

TITLES = {
    "messages": "Messages",
    "requests": "Requests and responses",
    "handshake": "Beginning",
    "capabilities": "Capabilities",
    "progress": "Progress",
    "logs": "Logs",
    "subscriptions": "Subscriptions",
    "tools": "Tools",
    "results": "Results",
    "rounds": "Questions in results (2026-07-28)",
    "headers": "HTTP headers",
    "http": "HTTP answers",
    "ends": "The end of a server",
    "deprecated": "On its way out",
}
"""What each file's rules are about."""


def findings() -> str:
    """The whole page."""
    lines = [HEAD]
    for file in FILES:
        lines += [f"## {TITLES[file]}", ""]
        for rule in RULES.values():
            if rule.look.__module__.endswith(f".{file}"):
                lines += _rule(rule)
    return "\n".join(lines)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}"
    yield ""
    yield f"**{rule.title}** ({rule.severity}; by {f'the {rule.by}' if rule.by else 'either side'})"
    yield ""
    yield rule.why
    yield ""
    yield f"*What to do:* {rule.do}"
    yield ""
    links = " · ".join(f"[{revision} {page}]({rule.url(revision)})" for revision, page in rule.spec.items())
    yield f"*Specification:* {links}"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(findings())
