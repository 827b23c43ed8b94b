"""URLs, forms and single credentials without their secrets.

Owns what is known by where it stands in a URL or in the value of a credential. Like its neighbours `headers` and
`commands`, every function here returns its argument with credentials replaced and byte for byte the same otherwise,
and hands each replaced value to `found`, so that it can be looked for where no place gives it away. `secret` judges
names. Nothing raises, whatever the text; all of it is linear in its length. URLs are taken apart by hand, because
`urllib` refuses some that a server may send and drops characters of others.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import quote, unquote, unquote_plus

from mcpwatch.redact.naming import REDACTED, looks_like_token, looks_random, secret_name

Found: TypeAlias = Callable[[str], object]
Secret: TypeAlias = Callable[[str], bool]


def ignore(_value: str) -> None:
    """Nobody wants to know what was found."""


_SCHEMES = frozenset(
    "basic bearer digest negotiate ntlm dpop token apikey api-key key hoba mutual oauth gnap privatetoken hawk mac jwt "
    "vapid signature concealed aws4-hmac-sha256 scram-sha-1 scram-sha-256".split()
)


def redact_credential(value: str, *, found: Found = ignore) -> str:
    """`Bearer abc` → `Bearer [redacted]`; anything without a known scheme in front goes as a whole."""
    for literal in literals_in(value):
        found(literal)
    scheme, space, rest = value.partition(" ")
    # More words than two are a scheme with parameters, or a passphrase that happens to begin with "key".
    if scheme.lower() in _SCHEMES and rest.strip() and ("=" in rest or " " not in rest.strip()):
        return scheme + space + REDACTED
    return REDACTED if value.strip() else value


SCHEME_IN_FRONT = re.compile(r"(?i:" + "|".join(sorted(map(re.escape, _SCHEMES))) + r") ")


def literals_in(value: str) -> Iterator[str]:
    """What of a credential would be met elsewhere: what follows the scheme, and the password inside of `Basic`."""
    value = value.strip()
    if not SCHEME_IN_FRONT.match(value):
        yield value
        return
    scheme, _, rest = value.partition(" ")
    rest = rest.strip()
    if "," in rest or '="' in rest or " " in rest:
        yield value
        return
    yield rest
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest + "=" * (-len(rest) % 4), validate=True).decode()
        except ValueError:
            return
        _, colon, password = pair.partition(":")
        yield password if colon else pair


_URL = re.compile(
    r"(?P<scheme>[^:/?#\s]*+:)?(?://(?P<authority>[^/?#\\]*+))?(?P<path>[^?#]*+)(?:\?(?P<query>[^#]*+))?(?:#(?P<fragment>.*+))?",
    re.S,
)
# Where these are named, a parameter is part of an OAuth exchange.
_OAUTH = frozenset(
    "code client_id redirect_uri response_type grant_type code_challenge code_verifier iss client_secret".split()
)
_PARAMETERS = frozenset(
    "code code_verifier device_code user_code sig signature assertion client_assertion saml_response "
    "samlresponse ticket x_amz_signature x_amz_credential x_goog_signature x_goog_credential awsaccesskeyid "
    "pwd pass passcode otp".split()
)
_UNSURE = frozenset({"code", "sig", "signature", "ticket", "otp"})
_SCHEME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-")
_LONGEST_SCHEME = 32
_DEEPEST = 3  # URLs inside of URLs
_AFTER = frozenset(").,;:!?")
_URL_END = re.compile(r"[\s\"'<>`]")


def redact_url(url: str, *, secret: Secret = secret_name, found: Found = ignore, depth: int = 0) -> str:
    """A URL, or the relative part of one, without its password and without the values of secret parameters.

    Covers `user:password@`, `token@` (http and https), the query, a fragment like a query, and URLs inside of
    parameters. A user's name stays, so does the path: only a segment with the shape of a well-known token goes.
    `depth` says how many URLs this one is inside of.
    """
    match = _URL.fullmatch(url)
    if match is None:
        return url
    out: list[str] = []
    if match["scheme"] is not None:
        out.append(match["scheme"])
    if (authority := match["authority"]) is not None:
        out += ("//", _authority(authority, (match["scheme"] or "").lower(), found))
    out.append(_path(match["path"], found))
    if (query := match["query"]) is not None:
        out += ("?", redact_pairs(query, secret, found, depth=depth))
    if (fragment := match["fragment"]) is not None:
        out += ("#", redact_pairs(fragment, secret, found, depth=depth) if "=" in fragment else fragment)
    return "".join(out)


def redact_urls(text: str, *, secret: Secret = secret_name, found: Found = ignore) -> str:
    """The same for every URL inside of a longer text."""
    parts: list[str] = []
    at = 0
    while (slashes := text.find("://", at)) >= 0:
        start = slashes
        while start > max(at, slashes - _LONGEST_SCHEME) and text[start - 1] in _SCHEME_CHARACTERS:
            start -= 1
        stop = _URL_END.search(text, slashes)
        end = _end(text, slashes + 3, stop.start() if stop else len(text))
        parts += (text[at:start], redact_url(text[start:end], secret=secret, found=found))
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _end(text: str, start: int, end: int) -> int:
    """Where a URL in a sentence ends: before the marks that are the sentence's, and the bracket around it."""
    while end > start and text[end - 1] in _AFTER:
        last = text[end - 1]
        if last == ")" and text.count("(", start, end) >= text.count(")", start, end):
            break
        end -= 1
    return end


def _authority(authority: str, scheme: str, found: Found) -> str:
    user, at, host = authority.rpartition("@")
    if not at:
        return authority
    name, colon, password = user.partition(":")
    if not colon:
        if scheme not in ("http:", "https:") and not looks_random(name):
            return authority
        name, password = "", name
    if not password:
        return authority
    found(password)
    found(unquote(password))
    return f"{name}{colon}{REDACTED}@{host}"


def _path(path: str, found: Found) -> str:
    segments = path.split("/")
    for index, segment in enumerate(segments):
        if looks_like_token(segment):
            found(segment)
            segments[index] = REDACTED
    return "/".join(segments)


def redact_pairs(text: str, secret: Secret, found: Found, *, form: bool = False, depth: int = 0) -> str:
    names = {unquote_plus(pair.partition("=")[0]) for pair in text.split("&")}
    oauth = not names.isdisjoint(_OAUTH)

    def redact(pair: str) -> str:
        name, equals, value = pair.partition("=")
        plain = unquote_plus(value)
        sure = _parameter(unquote_plus(name), plain, oauth=oauth, secret=secret)
        if value in ("", REDACTED) or sure is None:
            if ";" in pair and not form:
                return ";".join(map(redact, pair.split(";")))
            return f"{name}{equals}{_nested(value, plain, secret, found, depth)}"
        if sure or looks_random(plain):
            found(plain)
            found(value)
        return f"{name}={REDACTED}"

    return "&".join(map(redact, text.split("&")))


def _parameter(name: str, value: str, *, oauth: bool, secret: Secret) -> bool | None:
    """True: surely a credential. False: it may be one, and goes. None: not one."""
    word = name.lower().replace("-", "_")
    if word == "state":
        return False if oauth else None
    if word in _PARAMETERS:
        return word not in _UNSURE
    if secret(name) or looks_like_token(value):
        return True
    return True if word == "key" and looks_random(value) else None


def _nested(value: str, plain: str, secret: Secret, found: Found, depth: int) -> str:
    if "://" not in plain or depth == _DEEPEST:
        return value
    redacted = redact_url(plain, secret=secret, found=found, depth=depth + 1)
    return value if redacted == plain else quote(redacted, safe="/:[]@")
