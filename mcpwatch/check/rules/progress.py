"""Rules about progress: on which token, and in which direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.model.shapes import key, mapping, number, scalar

_ON: Final = "notification notifications/progress"
_FLOW: Final = {LEGACY: "basic/utilities/progress#progress-flow", MODERN: "basic/patterns/progress#progress-flow"}
_BEHAVIOR: Final = {
    LEGACY: "basic/utilities/progress#behavior-requirements",
    MODERN: "basic/patterns/progress#behavior-requirements",
}


@rule(
    "error",
    "Progress on an unknown token",
    why="The token says which request gets on. One that no request carried belongs to no bar, and is dropped.",
    do="Send back the progressToken of the request's _meta, unchanged and of the same JSON type; without one, send no "
    "progress.",
    on=_ON,
    spec=_BEHAVIOR,
)
def progress_unknown_token(link: Link, message: Message) -> Iterator[str]:
    if link.whole and "progressToken" in message.params and message.token is None:
        yield f"no request carries the token {_token(message)}"


@rule(
    "error",
    "Progress after the end",
    why="The request is over, so nobody listens to its token any more; some clients report an error.",
    do="Send no progress once the response is sent, and await what reports progress before you return.",
    on=_ON,
    spec=_BEHAVIOR,
)
def progress_after_end(link: Link, message: Message) -> Iterator[str]:
    token = message.token
    if token is not None and token.request.state == "answered":
        yield f"{token.request.method} (#{token.request.id}) was answered before this"


@rule(
    "error",
    "Progress that does not increase",
    why="Clients take a value that stands still or falls for a stall or a mistake, and bars jump back.",
    do="Send a higher progress each time, also where the total is not known.",
    on=_ON,
    spec=_FLOW,
)
def progress_not_increasing(link: Link, message: Message) -> Iterator[str]:
    token, now = message.token, number(message.params.get("progress"))
    if token is not None and now is not None and token.progress is not None and now <= token.progress:
        yield f"{now:g} after {token.progress:g}"


@rule(
    "warning",
    "A total that shrinks",
    why="The share that is done jumps, and with it the time that is left.",
    do="Fix the total before the first report, or leave it out until it is known.",
    on=_ON,
    spec=_FLOW,
)
def progress_total_shrinks(link: Link, message: Message) -> Iterator[str]:
    token, total = message.token, number(message.params.get("total"))
    if token is not None and total is not None and token.total is not None and total < token.total:
        yield f"a total of {total:g} after {token.total:g}"


@rule(
    "warning",
    "Progress past its total",
    why="A bar of more than all tells nobody when it ends.",
    do="Raise the total as soon as there is more to do, or leave it out.",
    on=_ON,
    spec=_FLOW,
)
def progress_past_total(link: Link, message: Message) -> Iterator[str]:
    now, token = number(message.params.get("progress")), message.token
    total = number(message.params.get("total")) if "total" in message.params else token.total if token else None
    if now is not None and total is not None and now > total:
        yield f"{now:g} of {total:g}"


@rule(
    "error",
    "Malformed progress",
    why="Clients drop a report without a token or a number; typed ones drop it before anybody sees it.",
    do="Send progressToken (a string or an integer), progress and total as numbers, message as a string.",
    on=_ON,
    spec=_FLOW,
)
def progress_shape(link: Link, message: Message) -> Iterator[str]:
    said = message.params
    if not _is_token(said.get("progressToken")):
        yield "it has no token" if "progressToken" not in said else "its token is neither a string nor an integer"
    if number(said.get("progress")) is None:
        yield "it has no progress" if "progress" not in said else "its progress is no number"
    if said.get("total") is not None and number(said["total"]) is None:
        yield "its total is no number"
    if not isinstance(said.get("message", ""), str | None):
        yield "its message is no string"


@rule(
    "error",
    "A progress token of two requests",
    why="Reports on it belong to either, so neither bar is right.",
    do="Use a new token for each request; the request's own id is one.",
    on="request",
    spec=_FLOW,
)
def progress_token_reused(link: Link, message: Message) -> Iterator[str]:
    meta = mapping(message.params.get("_meta"))
    if "progressToken" not in meta:
        return
    before = link.tokens[message.dir].get(key(scalar(meta["progressToken"])))
    if before is not None and before.request.state == "open":
        yield f"{before.request.method} (#{before.request.id}) carries it too, and is still open"


def _is_token(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _token(message: Message) -> str:
    text = repr(scalar(message.params.get("progressToken")))
    return text if len(text) <= 60 else text[:59] + "…"
