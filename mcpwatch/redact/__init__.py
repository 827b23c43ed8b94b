"""Event -> Event: what must not leave this process.

Redaction happens once, where the hub stamps an event, so that the file, the screens and every export show the same;
what is on the wire and what Python callers get is never touched. Two kinds of knowledge, in two kinds of module:

    naming                    which names announce a secret, which values are too common to be one
    urls headers commands     credentials known by where they stand
    needles literals          known values, wherever they stand and however they are encoded
    splice                    replacing inside of JSON, so that a recording still replays
    redactor                  the events
"""

from __future__ import annotations

from mcpwatch.redact.commands import credentials, environment_secrets, redact_argv
from mcpwatch.redact.headers import redact_body, redact_headers
from mcpwatch.redact.naming import REDACTED, secret_name
from mcpwatch.redact.redactor import Redactor
from mcpwatch.redact.urls import redact_url

__all__ = [
    "REDACTED",
    "Redactor",
    "credentials",
    "environment_secrets",
    "redact_argv",
    "redact_body",
    "redact_headers",
    "redact_url",
    "secret_name",
]
