"""Steps: what a session is told to do, one string each, as on the command line.

`call work n=5`, `read URI`, `prompt name k=v`, `complete ref arg=prefix`, `subscribe URI`, `request x/y {"a":1}`,
`notify x/y {}`, `list`. A prefix `alpha:` names a link if there is such a link.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from io import StringIO
from typing import Any, Literal, TypeAlias, TypeGuard, cast, get_args

from mcpwatch.errors import UsageError
from mcpwatch.session.arguments import read_arguments, split_words

__all__ = ["KINDS", "Step", "StepKind", "did_you_mean", "parse_step"]

StepKind: TypeAlias = Literal["list", "call", "read", "prompt", "complete", "subscribe", "request", "notify"]
KINDS: tuple[StepKind, ...] = get_args(StepKind)
JsonObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a kind, what it is about, and its words, which are read when the schema is known."""

    kind: StepKind
    subject: str = ""
    words: tuple[str, ...] = ()
    link: str | None = None

    def arguments(self, schema: JsonObject | None) -> JsonObject:
        """The words as arguments for `schema`. Raises `UsageError`."""
        return read_arguments(self.words, schema)

    def params(self) -> JsonObject | None:
        """The words as raw parameters of a request or notification; None where there are none."""
        return read_arguments(self.words, None) if self.words else None

    def completion(self) -> tuple[str, str]:
        """Of a `complete`: the argument and the prefix, both as they stand."""
        argument, _, prefix = self.words[0].partition("=")
        return argument, prefix

    def __str__(self) -> str:
        return " ".join((self.kind, self.subject)).strip()


def parse_step(kind: str, text: str, links: Collection[str] = ()) -> Step:
    """Read one step. Raises `UsageError` where it names nothing."""
    if not _is_kind(kind):
        raise UsageError(f"There is no step {kind!r}.", hint=f"One of: {', '.join(KINDS)}.")
    text = text.strip()
    link: str | None = None
    head, colon, rest = text.partition(":")
    if colon and head in links and not rest.startswith("//"):  # `demo://counter` is a URI, whatever a link is called
        link, text = head, rest.strip()
    if kind == "list":
        if text:
            raise UsageError(f"--list takes nothing, not {text!r}.")
        return Step("list", link=link)
    subject, rest = _first_word(text)
    if not subject:
        raise UsageError(f"--{kind} needs to know what.", hint=_EXAMPLES[kind])
    words = (rest,) if rest.startswith("{") else tuple(split_words(rest))
    if kind in ("read", "subscribe") and words:
        raise UsageError(f"--{kind} takes one URI, not {text!r}.", hint="Quote a URI that has spaces.")
    if kind == "complete" and (len(words) != 1 or "=" not in words[0]):
        raise UsageError(f"--complete takes a reference and one argument=prefix, not {text!r}.", hint=_EXAMPLES[kind])
    return Step(kind, subject, words, link)


def _first_word(text: str) -> tuple[str, str]:
    """What a step is about, and the rest as it stands; a quoted first word may hold spaces."""
    if text[:1] not in ("'", '"'):
        head, *rest = text.split(maxsplit=1) or ("",)
        return head, "".join(rest)
    source = StringIO(text)
    lexer = shlex.shlex(source, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        head = lexer.get_token() or ""
    except ValueError as error:
        raise UsageError(f"Cannot split {text!r}: {error}.", hint="Close the quote.") from None
    return head, source.read().strip()


def _is_kind(kind: str) -> TypeGuard[StepKind]:
    return kind in KINDS


_EXAMPLES: dict[StepKind, str] = {
    "call": "For example --call 'add a=1 b=2'.",
    "read": "For example --read file:///notes.txt.",
    "prompt": "For example --prompt 'greet name=Ada'.",
    "complete": "For example --complete 'greet name=A', or with a resource template's URI instead of a prompt.",
    "subscribe": "For example --subscribe file:///notes.txt.",
    "request": """For example --request 'x/custom {"a": 1}'.""",
    "notify": """For example --notify 'notifications/x {"a": 1}'.""",
    "list": "It takes nothing.",
}


def did_you_mean(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that the server does not offer, with the nearest one that it does."""
    from difflib import get_close_matches  # only for what is spelled wrong

    offered = [one for one in known if one]
    lowered = {one.lower(): one for one in reversed(offered)}
    near = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    if near:
        hint = f"Did you mean {lowered[near[0]]!r}?"
    elif offered:
        hint = f"It offers: {', '.join(offered[:12])}{', …' if len(offered) > 12 else ''}."
    else:
        hint = "It offers none."
    return UsageError(f"The server has no {what} {name!r}.", hint=hint)


def reference(subject: str) -> JsonObject:
    """What `completion/complete` refers to: a resource template where it looks like a URI, else a prompt."""
    if "://" in subject or "{" in subject:
        return {"type": "ref/resource", "uri": subject}
    return {"type": "ref/prompt", "name": subject}


def names(rows: Iterable[Any], key: str = "name") -> list[str]:
    """The names in a listing, whatever shape its rows have."""
    found = (cast("JsonObject", row).get(key) for row in rows if isinstance(row, dict))
    return [name for name in found if isinstance(name, str)]
