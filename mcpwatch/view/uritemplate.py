"""URI templates (RFC 6570): which variables one has, and the URI that comes of values for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

__all__ = ["expand", "variables"]

_EXPRESSION: Final = re.compile(r"\{([+#./;?&]?)([^{}]*)\}")
_OPERATORS: Final[dict[str, tuple[str, str, bool, str, bool]]] = {
    "": ("", ",", False, "", False),
    "+": ("", ",", False, "", True),
    "#": ("#", ",", False, "", True),
    ".": (".", ".", False, "", False),
    "/": ("/", "/", False, "", False),
    ";": (";", ";", True, "", False),
    "?": ("?", "&", True, "=", False),
    "&": ("&", "&", True, "=", False),
}
"""For each operator: what comes first, what between, whether names stand before values, what stands after the name of
an empty value, and whether reserved characters stay as they are."""
_RESERVED: Final = ":/?#[]@!$&'()*+,;=%"
_MOST: Final = 100
"""Variables of one template."""


def variables(template: str) -> list[str]:
    """The names in a template, each once, in order."""
    names = [name for _, body in _EXPRESSION.findall(template) for name, _, _ in _specs(body)]
    return list(dict.fromkeys(names))[:_MOST]


def expand(template: str, values: Mapping[str, str]) -> str:
    """The URI. A variable without a value leaves nothing behind; a list is written with commas by whoever gives it."""

    def expanded(match: re.Match[str]) -> str:
        first, between, named, empty, reserved = _OPERATORS[match[1]]
        parts: list[str] = []
        for name, explode, most in _specs(match[2]):
            value = values.get(name)
            if value is None:
                continue
            texts = value.split(",") if explode else [value[:most] if most else value]
            for text in texts:
                shown = quote(text, safe=_RESERVED if reserved else "")
                parts.append(f"{name}={shown}" if named and shown else f"{name}{empty}" if named else shown)
        return first + between.join(parts) if parts else ""

    return _EXPRESSION.sub(expanded, template)


def _specs(body: str) -> list[tuple[str, bool, int]]:
    """The variables of one expression: name, whether it is a list, and how many characters count (0: all)."""
    found: list[tuple[str, bool, int]] = []
    for spec in body.split(","):
        name, _, most = spec.strip().removesuffix("*").partition(":")
        if name:
            found.append((name, spec.strip().endswith("*"), int(most) if most.isascii() and most.isdigit() else 0))
    return found
