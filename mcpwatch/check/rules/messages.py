"""Rules about what a line, a body or a message is made of, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, Final

from mcpwatch.check.rules.link import Link, Message
from mcpwatch.check.rules.rule import LEGACY, MODERN, rule
from mcpwatch.events import Frame
from mcpwatch.model.shapes import items, mapping

_STDIO: Final = {LEGACY: "basic/transports#stdio", MODERN: "basic/transports/stdio"}
_MESSAGES: Final = {LEGACY: "basic#messages", MODERN: "basic#messages"}
_NOT_JSON: Final = "not JSON:"
_NOT_UTF8: Final = "not UTF-8:"
_MEMBERS: Final = (b'"jsonrpc":', b'"method":', b'"params":', b'"result":')


def _who(frame: Frame) -> str:
    return "the client" if frame.dir == "c2s" else "the server"


def _unreadable(frame: Frame, why: str) -> bool:
    return frame.type == "invalid" and frame.message is None and (frame.error or "").startswith(why)


def _begins_as_a_message(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


@rule(
    "error",
    "Output on stdout that is not the protocol",
    why="Over stdio, stdout is the wire. A line that is no message is at best thrown away by the client; many clients "
    "log an error for each, and some end the session.",
    do="Print to stderr, or send notifications/message. In Python look for print() and for loggers that write to "
    "stdout; in Node for console.log.",
    on="flawed",
    spec=_STDIO,
    by="server",
)
def stdout_noise(link: Link, frame: Frame) -> Iterator[str]:
    if link.transport == "http" or frame.xid is not None or frame.dir == "c2s" or frame.type != "invalid":
        return
    if _unreadable(frame, _NOT_JSON) and not _begins_as_a_message(frame.data):
        yield "an empty line" if not frame.data.strip() else "a line that is no message"


@rule(
    "error",
    "Not JSON",
    why="Whoever reads it cannot know what it was, so an answer in it is lost and the call waits until its time-out.",
    do="Write each message with a JSON serialiser, on one line, in one write. Output that was printed in the middle of "
    "a message also does this.",
    on="flawed",
    spec=_MESSAGES,
)
def not_json(link: Link, frame: Frame) -> Iterator[str]:
    if not _unreadable(frame, _NOT_JSON):
        return
    over_stdio = link.transport != "http" and frame.xid is None and frame.dir == "s2c"
    if not over_stdio or _begins_as_a_message(frame.data):
        yield f"{_who(frame)} sent {frame.error}"


@rule(
    "error",
    "Not UTF-8",
    why="MCP is UTF-8. One wrong byte makes the message unreadable, and with some clients every message after it too.",
    do="Encode as UTF-8 whatever the locale says: in Python PYTHONUTF8=1, or write bytes. Put binary data in base64.",
    on="flawed",
    spec={LEGACY: "basic/transports", MODERN: "basic/transports"},
)
def not_utf8(link: Link, frame: Frame) -> Iterator[str]:
    if _unreadable(frame, _NOT_UTF8):
        yield f"{_who(frame)} sent {frame.error}"


@rule(
    "error",
    "JSON that only lenient parsers read",
    why="NaN, Infinity, a number beyond a double, half a surrogate pair or a byte order mark are not JSON. Some "
    "clients refuse the whole message, others change the value without a word.",
    do="Send null or a string for such numbers, and turn the serialiser's strict mode on (Python: allow_nan=False).",
    on="flawed",
    spec=_MESSAGES,
)
def not_strict_json(link: Link, frame: Frame) -> Iterator[str]:
    if frame.error is None or frame.type == "invalid" and frame.message is None:
        return
    flaws = [
        flaw
        for flaw in frame.error.split("; ")
        if flaw.endswith("is not JSON")
        or flaw.startswith(("a number out of range", "a lone surrogate", "a byte order"))
    ]
    if flaws:
        yield f"{_who(frame)} sent " + "; ".join(flaws)


@rule(
    "warning",
    "Nested deeper than parsers go",
    why="JSON has no limit, its parsers do: at 128 levels many refuse a message, at 256 most of them.",
    do="Send a flatter structure, or a text that holds the JSON.",
    on="flawed",
    spec=_MESSAGES,
)
def nested_too_deep(link: Link, frame: Frame) -> Iterator[str]:
    yield from [flaw for flaw in (frame.error or "").split("; ") if flaw.startswith("nested ")]


@rule(
    "error",
    "JSON that is not a JSON-RPC message",
    why="A receiver cannot tell a request from an answer, so it drops it. An answer of this kind leaves its call "
    "waiting.",
    do="A message is an object with method, or with id and one of result and error. A logger that writes JSON belongs "
    "on stderr; a result that is undefined has to be sent as {}.",
    on="flawed",
    spec=_MESSAGES,
)
def not_a_message(link: Link, frame: Frame) -> Iterator[str]:
    if frame.type == "invalid" and (frame.message is not None or frame.data.strip() == b"null"):
        yield (frame.error or "not a JSON-RPC message").removeprefix("not a JSON-RPC message: ")
    elif frame.type == "batch":
        for number, item in enumerate(frame.items, 1):
            if item.type == "invalid":
                yield f"item {number} of a batch is no message"
        if not frame.items:
            yield "an empty batch"


@rule(
    "error",
    "A batch where there are none",
    why="Only revision 2025-03-26 had JSON-RPC batches. Elsewhere clients and servers read one message at a time, and "
    "all that is in the batch is lost.",
    do="Send each message on its own.",
    on="flawed",
    spec={LEGACY: "basic#messages", MODERN: "basic#messages"},
)
def batch(link: Link, frame: Frame) -> Iterator[str]:
    if frame.type == "batch" and frame.items and link.version not in ("2025-03-26", "2024-11-05"):
        yield f"{_who(frame)} sent {len(frame.items)} messages in a batch"


@rule(
    "error",
    'Wrong or missing "jsonrpc"',
    why='Every message has to say "jsonrpc": "2.0"; strict receivers refuse it otherwise.',
    do='Add "jsonrpc": "2.0", as a string.',
    on=("request", "notification", "response", "error"),
    spec=_MESSAGES,
)
def jsonrpc_version(link: Link, message: Message) -> Iterator[str]:
    said = message.body.get("jsonrpc")
    if said != "2.0":
        yield '"jsonrpc" is missing' if "jsonrpc" not in message.body else f'"jsonrpc" is {_short(said)}'


@rule(
    "warning",
    "The same member twice",
    why="Which of two equal keys counts is up to each parser, so client and server may see different messages.",
    do="Write each member once; a message should come from a serialiser, not from joined strings.",
    on="frame",
    spec=_MESSAGES,
)
def duplicate_member(link: Link, frame: Frame) -> Iterator[str]:
    data = frame.data
    if frame.type in ("invalid", "batch") or not any(data.count(member) > 1 for member in _MEMBERS):
        return
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            names = [name for name, _ in found]
            twice.extend(name for name in made if names.count(name) > 1)
        return made

    try:
        JSONDecoder(object_pairs_hook=pairs).decode(data.decode())
    except (ValueError, RecursionError):
        return
    if twice:
        yield "twice: " + ", ".join(_short(name) for name in dict.fromkeys(twice))


@rule(
    "warning",
    "A last line without its end",
    why="Over stdio a message ends with a line feed. Clients wait for it, so a last line without one is never heard.",
    do="Write the line feed together with the message, and flush before the process ends.",
    on="flawed",
    spec=_STDIO,
)
def unterminated_line(link: Link, frame: Frame) -> Iterator[str]:
    if frame.eol == "" and frame.xid is None and frame.type != "invalid":
        yield f"{_who(frame)} sent a whole message, but no line feed after it"


@rule(
    "error",
    "A malformed error",
    why="An error has to have an integer code and a message; a client that cannot read it can only guess what failed.",
    do='Send {"code": INTEGER, "message": TEXT}, and everything else in its data.',
    on="error",
    spec={LEGACY: "basic#error-responses", MODERN: "basic#error-responses"},
)
def error_shape(link: Link, message: Message) -> Iterator[str]:
    error = message.body.get("error")
    if not isinstance(error, dict):
        yield "the error is no object"
        return
    code, said = mapping(error).get("code"), mapping(error).get("message")
    if isinstance(code, bool) or not isinstance(code, int):
        yield "it has no code" if code is None else f"its code is {_short(code)}, not an integer"
    if not isinstance(said, str):
        yield "it has no message"
    if message.body.get("result") is not None:
        yield "it has a result as well"


_DEFINED: Final = frozenset({-32700, -32600, -32601, -32602, -32603})
_OF_MODERN: Final = frozenset({-32020, -32021, -32022})
_GONE: Final = {-32002: "resource not found is -32602 now", -32042: "a URL elicitation is asked for in a result now"}


@rule(
    "error",
    "An error code outside its range",
    why="Codes from -32768 to -32000 are reserved, and clients act on those that they know: one that is taken for "
    "something else makes them do the wrong thing.",
    do="Use -32602 for bad parameters, -32603 for what failed inside, and for errors of your own any code outside "
    "-32768 to -32000.",
    on="error",
    spec={LEGACY: "basic#error-responses", MODERN: "basic#error-codes"},
)
def error_code(link: Link, message: Message) -> Iterator[str]:
    code: Any = mapping(message.body.get("error")).get("code")
    if isinstance(code, bool) or not isinstance(code, int) or not -32768 <= code <= -32000 or code in _DEFINED:
        return
    modern = link.era == "modern" or (message.request is not None and message.request.modern)
    if code < -32099:
        yield f"{code} is reserved by JSON-RPC, which does not define it"
    elif modern and link.era != "legacy" and code in _GONE:
        yield f"{code} is of an earlier revision: {_GONE[code]}"
    elif modern and link.era != "legacy" and code < -32019 and code not in _OF_MODERN:
        yield f"{code} is reserved by MCP, which does not define it"


def _short(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(items(value))}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
