"""Which names announce a secret, and which values are fit to be one.

Owns the two judgements everything else leans on: `secret_name` (of an environment variable, a header, a query
parameter, an option) and `refused` (of a value that would be searched for everywhere). Names are judged by whole words,
never by a piece of one: a search for "token" once rewrote `progressToken` and `maxTokens`, and the recording no longer
replayed. Where a name is in doubt it is a secret; where a value is too common to search for it is not learned.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]++(?![a-z])|[A-Z]?[a-z]++|[0-9]++|[A-Z]")
_LONGEST_NAME = 200

_SECRET_WORDS = frozenset(
    "secret secrets password passwords passwd passphrase passcode credential credentials creds auth authorization "
    "bearer jwt apikey apikeys dpop".split()
)
_SECRET_ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
)
_KEY_OWNERS = frozenset(
    "api access private secret signing encryption encrypt master account auth subscription license licence shared "
    "service function functions ssh deploy hmac client webhook storage admin session app".split()
)
_TOKEN_HOLDERS = frozenset("api access auth refresh bearer bot oauth session personal".split())
# A token of these is a place in a list, a unit of text, a progress bar: nothing that opens a door.
_TOKEN_COUNTERS = frozenset(
    "progress page next continuation cursor resume sync cancellation max min num total stop eos bos pad per".split()
)
# A name that ends in one of these is about a secret, and its value is none (`SSH_AUTH_SOCK`, `token_endpoint`).
_ABOUT = frozenset(
    "file path dir directory sock socket url uri endpoint endpoints host port server domain type method methods mode "
    "provider enabled disabled required supported expiry expires expiration at ttl timeout limit count budget usage "
    "window size length parallelism name realm scope scopes audience issuer region algorithm alg format version policy "
    "location callback redirect style strategy stdin prompt helper env var variable".split()
)
_ONLY_LAST = frozenset({"pwd", "pass", "pat"})


def secret_name(name: str) -> bool:
    """Whether what is stored under `name` is a credential: `API_KEY`, `X-Auth-Token`, `clientSecret`, `PGPASSWORD`.

    Not `progressToken`, `maxTokens`, `TOKENIZERS_PARALLELISM`, `SSH_AUTH_SOCK`, `PWD`, `AUTHOR`, `token_endpoint`.
    """
    words = [word.lower() for word in _WORD.findall(name[-_LONGEST_NAME:].replace("OAuth", "Oauth"))]
    while words and words[-1].isdigit():
        words.pop()
    if not words or words[-1] in _ABOUT or words[:2] == ["access", "control"]:
        return False
    joined = "".join(words)
    if joined in _SECRET_WORDS or joined.endswith(("apikey", "apikeys")):
        return True
    before = ""
    for word in words:
        if _is_secret(word, before):
            return True
        before = word
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _ONLY_LAST:
        return before not in ("", "old")
    return last in ("cookie", "cookies") or (last.endswith("pwd") and last != "oldpwd")


def _is_secret(word: str, before: str) -> bool:
    if word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS):
        return True
    if word == "token":
        return before not in _TOKEN_COUNTERS
    if word == "tokens":
        return before in _TOKEN_HOLDERS
    if word in ("key", "keys"):
        return before in _KEY_OWNERS
    return word.endswith("token") and word.removesuffix("token") not in _TOKEN_COUNTERS


SHORTEST = 6
"""A value of fewer characters is never searched for: it would be found in the middle of words."""

REDACTED = "[redacted]"

_TRIVIAL = frozenset(
    # What stands where a secret was never set, or was set to what everybody sets it to.
    "password passwd passw0rd password1 passphrase secret secrets token access-token credential credentials "
    "changeme change-me please-change example default dummy placeholder testing test-token test-key sample "
    "qwerty letmein welcome abc123 abcdef administrator username anonymous public private redacted deleted "
    "undefined nothing enabled disabled required optional unknown missing invalid "
    "postgres postgresql mysqld mongodb database localhost production staging development "
    "bearer digest negotiate authorization api-key api_key apikey "
    # Words of the protocol and of JSON schemas: a recording without them is none.
    "jsonrpc method params result message string number integer boolean object properties description content "
    "resource resource_link tool_use tool_result assistant system sampling elicitation initialize accept decline "
    "cancel complete completed working failed cancelled input_required warning notice critical "
    "emergency action stdout stderr application/json text/plain text/event-stream".split()
)
_FIGURES = re.compile(r"[-+0-9.,:/ T]++Z?")
_LONGEST_FIGURES = 11  # "2026-11-21", "127.0.0.1", "10:30:00.5"
_FEWEST_DIGITS = 9
_VARIABLE = re.compile(r"\$\{[^{}]*+\}|\$[A-Za-z_]\w*+|<[^<>]*+>|\{\{[^{}]*+\}\}")


def refused(value: str) -> bool:
    """Whether `value` is too short or too common to be replaced everywhere: that would wreck a recording.

    Refused: fewer than 6 characters, fewer than 9 digits and nothing else, dates and versions, one character repeated,
    placeholders (`${TOKEN}`, `<your key>`), and words such as `password`, `true`, `default`, `string`.
    """
    if len(value) < SHORTEST or value.lower() in _TRIVIAL or value in REDACTED or len(set(value)) == 1:
        return True
    if value.isdigit():
        return len(value) < _FEWEST_DIGITS
    if len(value) <= _LONGEST_FIGURES and _FIGURES.fullmatch(value):
        return True
    return _VARIABLE.fullmatch(value) is not None


_TOKEN_SHAPE = re.compile(
    r"(?:sk-|pk-|rk-|sk_live_|sk_test_|rk_live_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|npm_|pypi-|hf_|"
    r"ntn_|secret_|lin_api_|figd_|dop_v1_|shpat_|AKIA|ASIA|AIza|ya29\.|eyJ[\w-]{8,}+\.eyJ)[\w.~+/=-]{12,}+"
)


def looks_like_token(value: str) -> bool:
    """Whether `value` has the shape of a well-known kind of token: `ghp_…`, `sk-…`, `xoxb-…`, a JWT."""
    return _TOKEN_SHAPE.fullmatch(value) is not None


def looks_random(value: str) -> bool:
    """Whether `value`, found where a secret may but need not stand (a cookie, `code=`), is worth searching for."""
    letters = any(character.isalpha() for character in value)
    return len(value) >= 16 or (len(value) >= 8 and letters and any(character.isdigit() for character in value))
