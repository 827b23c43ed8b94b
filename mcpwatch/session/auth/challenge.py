"""What a 401 or a 403 says of the login that is missing: the `Bearer` part of WWW-Authenticate (RFC 6750, RFC 9728)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Challenge", "challenge_in"]

_PART = re.compile(
    r"""\s*+(?:,\s*+)*+
    (?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)
    (?:\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s,"]*+)))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The parameters of a `Bearer` challenge, by their names in lower case; none where there was no such challenge."""

    parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def metadata(self) -> str | None:
        return self.parameters.get("resource_metadata")

    @property
    def scope(self) -> str | None:
        return self.parameters.get("scope")

    @property
    def error(self) -> str | None:
        return self.parameters.get("error")


def challenge_in(headers: Iterable[str]) -> Challenge:
    """The first `Bearer` challenge of some WWW-Authenticate headers, whatever else stands beside it."""
    for header in headers:
        found: dict[str, str] = {}
        inside, at = False, 0
        while (part := _PART.match(header, at)) is not None and part.end() > at:
            at = part.end()
            value = part["quoted"] if part["quoted"] is not None else part["plain"]
            if value is None:  # a scheme, not a parameter
                if inside:
                    break
                inside = part["name"].lower() == "bearer"
            elif inside:
                found.setdefault(part["name"].lower(), re.sub(r"\\(.)", r"\1", value))
        if inside:
            return Challenge(found)
    return Challenge()
