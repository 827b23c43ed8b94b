"""Secrets in every place where one may stand, each different, and how to find them in whatever was written.

`CREDENTIALS` are what docs/redaction.md promises to take out; `PLAIN` what it says stays.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote

__all__ = ["CREDENTIALS", "PLAIN", "basic", "encodings", "leaks", "spoken"]


def _secret(name: str) -> str:
    """Unlike any other, with characters that every encoder does something to."""
    return f"k{sha256(name.encode()).hexdigest()[:18]}/{len(name)}+q?z"


_PLACES: Final = (
    # the environment, ours and what is given to the server
    *("env-token", "env-key", "env-password", "env-url-password", "env-json", "env-option", "env-connection"),
    # words of a command line
    *(
        "argv-assigned",
        "argv-next",
        "argv-variable",
        "argv-header",
        "argv-user",
        "argv-url",
        "argv-script",
        "argv-json",
    ),
    # headers and cookies
    *("header-bearer", "header-key", "header-proxy", "header-basic", "cookie-sent", "cookie-set", "header-custom"),
    # parts of a URL
    *("url-password", "url-query", "url-fragment"),
    # OAuth's
    *("oauth-code", "oauth-verifier", "oauth-access", "oauth-refresh", "oauth-id", "oauth-secret", "oauth-device"),
    *("oauth-assertion", "oauth-state"),
    # the configs of clients
    *("config-env", "config-header", "config-argv", "config-url"),
)
CREDENTIALS: Final[Mapping[str, str]] = {place: _secret(place) for place in _PLACES}
PLAIN: Final[Mapping[str, str]] = {
    place: _secret(place)
    for place in ("url-path", "argument", "result", "answer", "stderr", "error", "log", "json-key", "session-id")
}
"""What nobody said was a secret: it stays, so that a recording says what happened."""


def basic(secret: str) -> str:
    """As the password of basic authentication."""
    return base64.b64encode(f"me:{secret}".encode()).decode()


def encodings(secret: str) -> Iterator[tuple[str, str]]:
    """The forms that are looked for and taken out, each by its name."""
    yield "raw", secret
    yield "percent", quote(secret, safe="")
    yield "percent-lower", quote(secret, safe="").replace("%2F", "%2f").replace("%2B", "%2b")
    yield "percent-twice", quote(quote(secret, safe=""), safe="")
    yield "json", json.dumps(secret)[1:-1].replace("/", "\\/")
    yield "json-hex", "".join(char if char.isalnum() else f"\\u{ord(char):04x}" for char in secret)
    yield "base64", base64.b64encode(secret.encode()).decode()
    yield "base64-url", base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    yield "base64-pair", basic(secret)
    yield "base64-long", base64.b64encode(f"xy{secret}zzz".encode()).decode()


def leaks(data: bytes, secrets: Mapping[str, str] = CREDENTIALS) -> list[str]:
    """Which secrets stand in `data`, and in which form. Of what is inside of something longer in base64 the middle is
    enough."""
    found: list[str] = []
    for place, secret in secrets.items():
        for form, text in encodings(secret):
            piece = text[8:-8] if form in ("base64-pair", "base64-long") else text
            if piece.encode() in data:
                found.append(f"{place} ({form})")
        # What a secret begins with is enough, if it is long enough to be told from others.
        if secret[:12].encode() in data:
            found.append(f"{place} (its beginning)")
    return sorted(set(found))


def spoken(secrets: Mapping[str, str] = CREDENTIALS) -> Iterator[str]:
    """All of them in all forms, a sentence each, as a careless server would say it."""
    for place, secret in secrets.items():
        for form, text in encodings(secret):
            yield f"{place} as {form}: {text} ."
