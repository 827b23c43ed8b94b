"""Headers and the bodies that are no JSON-RPC (OAuth's, an error page's) without their credentials.

Follows the rules of `urls`: the argument comes back with credentials replaced, each of which is handed to `found`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import unquote

from mcpwatch.redact.naming import REDACTED, looks_random, secret_name
from mcpwatch.redact.urls import Found, Secret, ignore, redact_credential, redact_pairs, redact_url, redact_urls

_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key"})
_ADDRESS_HEADERS = frozenset({"location", "content-location", "referer"})


def redact_headers(
    headers: Iterable[tuple[str, str]], *, secret: Secret = secret_name, found: Found = ignore
) -> tuple[tuple[str, str], ...]:
    """Headers without credentials: schemes, cookies' names and attributes, and the rest of an address stay."""
    return tuple((name, redact_header(name, value, secret=secret, found=found)) for name, value in headers)


def redact_header(name: str, value: str, *, secret: Secret = secret_name, found: Found = ignore) -> str:
    """The value of one header, without its credentials."""
    word = name.strip().lower()
    if word in ("cookie", "set-cookie"):
        first, *rest = value.split(";")
        if word == "set-cookie":
            return ";".join([_cookie(first, found), *rest])
        return ";".join(_cookie(part, found) for part in (first, *rest))
    if word in _CREDENTIAL_HEADERS or (secret(name) and not word.endswith("-authenticate")):
        return redact_credential(value, found=found)
    if word in _ADDRESS_HEADERS:
        return redact_url(value, secret=secret, found=found)
    if "://" in value:
        return redact_urls(value, secret=secret, found=found)
    return value


def _cookie(pair: str, found: Found) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    if not value.strip():
        return pair
    for literal in {value.strip(), value.strip().strip('"'), unquote(value.strip())}:
        if looks_random(literal):
            found(literal)
    return f"{name}{equals}{REDACTED}"


_MEMBER = re.compile(r'"([^"\\]{1,100})"(\s*+:\s*+)"([^"\\]*+(?:\\.[^"\\]*+)*+)', re.S)
_FORM = re.compile(r"[^\s=&]++=[^\s&]*+(?:&[^\s=&]++(?:=[^\s&]*+)?)*+\s*+")
# The members of OAuth's JSON bodies whose names say it only there; `code` alone may be an error's.
_MEMBERS = frozenset("code_verifier device_code user_code assertion client_assertion".split())


def redact_body(text: str, *, secret: Secret = secret_name, found: Found = ignore) -> str:
    """A body that is not JSON-RPC: a form or JSON, also one that was cut off. Anything else is returned as it is."""
    if _FORM.fullmatch(text):
        return redact_pairs(text, secret, found, form=True)
    return redact_members(text, secret=secret, found=found)


def redact_members(text: str, *, secret: Secret = secret_name, found: Found = ignore) -> str:
    """JSON text without the string values of secret members, at any depth."""
    oauth = '"grant_type"' in text or '"redirect_uri"' in text

    def redact(match: re.Match[str]) -> str:
        name, colon, value = match.groups()
        word = name.lower().replace("-", "_")
        if not value or value == REDACTED:
            return match[0]
        if not (secret(name) or word in _MEMBERS or (oauth and word == "code")):
            return match[0]
        try:
            plain = str(json.loads(f'"{value}"', strict=False))
        except ValueError:
            plain = value
        return f'"{name}"{colon}"{redact_credential(plain, found=found)}'

    return _MEMBER.sub(redact, text)
