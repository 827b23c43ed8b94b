"""Command lines and environments: what a server is started with, without its credentials.

Follows the rules of `urls`: the argument comes back with credentials replaced, each of which is handed to `found`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mcpwatch.redact.headers import redact_header, redact_members
from mcpwatch.redact.naming import REDACTED, looks_like_token, looks_random, secret_name
from mcpwatch.redact.urls import (
    SCHEME_IN_FRONT,
    Found,
    Secret,
    ignore,
    literals_in,
    redact_credential,
    redact_urls,
)

_OPTION = re.compile(r"--?[A-Za-z][\w.\-]*+")
_SHORT_OR_LONG = re.compile(r"--[A-Za-z][\w.\-]*+(?:=.*+)?|-[A-Za-z](?:=.*+)?", re.S)
_ASSIGNMENT = re.compile(r"(-{0,2}[A-Za-z_][\w.\-]{0,100})=(.*+)", re.S)
_HEADER = re.compile(r"([A-Za-z][\w\-]{0,60})(:[ \t]*+)(?!//)(.++)", re.S)
_QUOTED_WORD = re.compile(r"(?:[^\s\"'\\]++|\\.|\"(?:[^\"\\]++|\\.)*+\"|'[^']*+')++|\S", re.S)
# Options that turn something on or off take no value, whatever else their name says.
_SWITCHES = frozenset("no disable skip without allow enable use require with show print has is force".split())
_SCRIPT_OPTION = re.compile(r"-[a-z]{0,3}c")  # sh -c, bash -lc, python -c
_USER_OPTIONS = frozenset({"-u", "--user", "--proxy-user", "-U", "--userpwd"})
_DEEPEST = 4


def redact_argv(args: Sequence[str], *, secret: Secret = secret_name, found: Found = ignore) -> list[str]:
    """A command's arguments without credentials, one for one.

    Knows `--token=abc`, `--token abc`, `API_KEY=abc`, `--env API_KEY=abc`, `-H 'Authorization: Bearer x'`, `-u me:abc`,
    URLs, JSON, the words of a quoted script (`sh -c '…'`) and tokens with a well-known shape.
    """
    return _arguments(list(args), secret, found, 0)


def _arguments(args: list[str], secret: Secret, found: Found, depth: int) -> list[str]:
    out: list[str] = []
    option = ""
    for arg in args:
        if option in _USER_OPTIONS and ":" in arg:
            out.append(_user(arg, found))
            option = ""
        elif _SCRIPT_OPTION.fullmatch(option):
            out.append(_script(arg, secret, found, depth))
            option = ""
        elif option and option not in _USER_OPTIONS and not _is_option(arg):
            out.append(redact_credential(arg, found=found))
            option = ""
        else:
            option = arg if _opens(arg, secret) else ""
            out.append(_argument(arg, secret, found, depth))
    return out


def _opens(arg: str, secret: Secret) -> bool:
    """Whether what comes next is not just an argument: a credential, or a script that may hold some."""
    if arg in _USER_OPTIONS or _SCRIPT_OPTION.fullmatch(arg):
        return True
    if not _OPTION.fullmatch(arg):
        return False
    name = arg.lstrip("-")
    return name.partition("-")[0].lower() not in _SWITCHES and secret(name)


def _is_option(arg: str) -> bool:
    if _SHORT_OR_LONG.fullmatch(arg):
        return True
    # `-verbose` is an option of programs in Go; `-Ab3…` is the value of one whose tokens may begin with a dash.
    return _OPTION.fullmatch(arg) is not None and not looks_random(arg)


def _user(arg: str, found: Found) -> str:
    name, _, password = arg.partition(":")
    if not password or password.isdigit() or "/" in name or password.startswith("//"):
        return arg
    found(password)
    return f"{name}:{REDACTED}"


def _argument(arg: str, secret: Secret, found: Found, depth: int) -> str:
    if depth > _DEEPEST:
        return arg
    if looks_like_token(arg):
        found(arg)
        return REDACTED
    if arg.lstrip()[:1] in ("{", "[") and '"' in arg:
        return redact_members(arg, secret=secret, found=found)
    if match := _ASSIGNMENT.fullmatch(arg):
        name, value = match.groups()
        if secret(name.lstrip("-")):
            quote, value = _unquoted(value)
            return f"{name}={quote}{redact_credential(value, found=found)}{quote}"
        return f"{name}={_argument(value, secret, found, depth + 1)}"
    if match := _HEADER.fullmatch(arg):
        name, colon, value = match.groups()
        redacted = redact_header(name, value, secret=secret, found=found)
        if redacted != value or redact_header(name, "a=b", secret=secret) != "a=b":
            return name + colon + redacted
    if any(character.isspace() for character in arg):
        return _script(arg, secret, found, depth)
    return redact_urls(arg, secret=secret, found=found)


def _unquoted(word: str) -> tuple[str, str]:
    """The quotes around a word, if it is in quotes, and what is inside."""
    quoted = len(word) > 1 and word[0] in "\"'" and word[-1] == word[0]
    return (word[0], word[1:-1]) if quoted else ("", word)


def _script(text: str, secret: Secret, found: Found, depth: int) -> str:
    """An argument of several words, such as a shell's script: the words are judged like arguments, the space stays."""
    matches = list(_QUOTED_WORD.finditer(text))
    words = [match[0] for match in matches]
    quotes, plain = zip(*map(_unquoted, words), strict=True) if words else ((), ())
    if depth == _DEEPEST or (len(plain) == 1 and plain[0] == text and any(map(str.isspace, text))):
        return redact_urls(text, secret=secret, found=found)
    redacted = _arguments(list(plain), secret, found, depth + 1)
    parts: list[str] = []
    at = 0
    for match, mark, before, after in zip(matches, quotes, plain, redacted, strict=True):
        parts += (text[at : match.start()], match[0] if before == after else f"{mark}{after}{mark}")
        at = match.end()
    parts.append(text[at:])
    return "".join(parts)


def credentials(value: str) -> Iterator[str]:
    """The literal secrets in a value that is known to be one: `Basic …` holds two, and a URL its password."""
    parts: list[str] = []
    _compound(value, secret_name, parts.append)
    yield from literals_in(value)
    yield from parts


_FILE = re.compile(r"(?:~?/|\.{1,2}/|[A-Za-z]:[\\/])[^\0\n+=?]*\.[A-Za-z][A-Za-z0-9]{0,4}")


def environment_secrets(env: Mapping[str, str], *, secret: Secret = secret_name) -> list[str]:
    """The values of secret-named entries, and the credentials inside of others: a URL's password, a JSON object's
    `Authorization`, a connection string's `AccountKey`, a value with the shape of a well-known token. Not the path of
    a file that holds a secret."""
    values: list[str] = []
    for name, value in env.items():
        if secret(name):
            if _FILE.fullmatch(value):
                continue  # GOOGLE_APPLICATION_CREDENTIALS and its like: a recording without this path would not replay.
            values.append(value)
            if SCHEME_IN_FRONT.match(value):
                values += literals_in(value)
        elif looks_like_token(value):
            values.append(value)
        _compound(value, secret, values.append)
    return list(dict.fromkeys(values))


def _compound(value: str, secret: Secret, found: Found) -> None:
    if value.lstrip()[:1] in ("{", "["):
        redact_members(value, secret=secret, found=found)
    elif "://" in value:
        redact_urls(value, secret=secret, found=found)
    elif ";" in value and "=" in value:
        for part in value.split(";"):
            name, _, its = part.partition("=")
            if its and secret(name):
                found(its)
