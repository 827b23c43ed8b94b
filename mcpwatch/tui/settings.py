"""What a person chose for all sessions: keys in a file of theirs, and the theme, which is remembered for them.

The keys are in `tui.yaml` in the user's configuration folder, by the ids that `?` shows beside them, and that file is
only ever read. The theme is chosen on the screens, so it is kept apart, in the state folder.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys

from mcpwatch.documents import Document, check_document, read_document

__all__ = ["Settings", "binding_ids", "config_file", "read_settings", "remember_theme"]

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"keys": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}},
    "additionalProperties": False,
}
_MODIFIERS = ("ctrl+", "shift+", "alt+", "super+", "meta+", "hyper+")


@dataclass(frozen=True, slots=True)
class Settings:
    """`keys` has keys as Textual names them, several with commas between, by the id of what they do."""

    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    theme: str | None = None


def config_file() -> Path:
    """Where the keys are; the file need not be there."""
    import platformdirs

    return platformdirs.user_config_path("mcpwatch", appauthor=False) / "tui.yaml"


def read_settings() -> Settings:
    """What the files say. Raises `UsageError` with a line and column for keys that cannot be."""
    path = config_file()
    keys: dict[str, str] = {}
    if path.is_file():
        document = read_document(path)
        if document.value is not None:
            check_document(document, SCHEMA)
            keys = _checked(document)
    return Settings(keys, _theme())


def remember_theme(name: str) -> None:
    """Keep the theme for the next session. Where that cannot be written it is chosen again: nobody is told."""
    path = _state_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps({"theme": name}) + "\n", encoding="utf-8")
    except OSError:
        pass


def binding_ids() -> dict[str, list[type[DOMNode]]]:
    """The ids of everything that a key does on our screens, and the widgets that have it."""
    import mcpwatch.tui

    for module in pkgutil.walk_packages(mcpwatch.tui.__path__, "mcpwatch.tui."):
        importlib.import_module(module.name)  # a screen that is not imported yet has keys as well
    found: dict[str, list[type[DOMNode]]] = {}
    for kind in _ours(DOMNode):
        for one in _bindings(kind):
            if one.id is not None:
                found.setdefault(one.id, []).append(kind)
    return found


def _checked(document: Document) -> dict[str, str]:
    given = cast("dict[str, str]", document.value.get("keys", {}))
    ids = binding_ids()
    for id, keys in given.items():
        at = ("keys", id)
        if id not in ids:
            near = get_close_matches(id, ids, n=1)
            hint = f"Did you mean {near[0]}?" if near else "`?` on a screen shows the ids beside the keys."
            raise document.error(at, f"there is nothing called {id}", hint=hint)
        for key in keys.split(","):
            if not _is_key(key.strip()):
                raise document.error(at, f"{key.strip() or '(empty)'} is no key", hint="Such as f, F, ctrl+f, f5, ?.")
    for kinds in ids.values():
        for kind in kinds:
            _check_clash(document, kind, given)
    return {id: ",".join(key.strip() for key in keys.split(",")) for id, keys in given.items()}


def _check_clash(document: Document, kind: type[DOMNode], given: Mapping[str, str]) -> None:
    """One key does one thing in one place."""
    taken: dict[str, str] = {}
    bindings = [one for base in kind.__mro__ if base.__module__.startswith("mcpwatch.") for one in _bindings(base)]
    if not issubclass(kind, App):
        # A screen that stands before the others names keys of the app's, and its own come before those.
        bindings = [one for one in bindings if one.id is None or not one.id.startswith("app.")]
    for one in bindings:
        for key in given.get(one.id or "", one.key).split(","):
            other = taken.setdefault(key.strip(), one.id or one.action)
            if other != (one.id or one.action) and one.id is not None and (one.id in given or other in given):
                named = one.id if one.id in given else other
                raise document.error(
                    ("keys", named), f"{key.strip()} is the key of {other if named == one.id else one.id} already"
                )


def _bindings(kind: type) -> Iterator[Binding]:
    for one in kind.__dict__.get("BINDINGS", ()):
        if isinstance(one, Binding):
            yield one


def _ours(kind: type[DOMNode]) -> Iterable[type[DOMNode]]:
    seen: set[type[DOMNode]] = set()
    left = [kind]
    while left:
        for one in left.pop().__subclasses__():
            if one not in seen:
                seen.add(one)
                left.append(one)
    return sorted((one for one in seen if one.__module__.startswith("mcpwatch.")), key=lambda one: one.__qualname__)


def _is_key(key: str) -> bool:
    while (modifier := next((one for one in _MODIFIERS if key.startswith(one) and key != one), None)) is not None:
        key = key.removeprefix(modifier)
    if len(key) == 1 or key in {one.value for one in Keys}:
        return True
    try:
        return bool(unicodedata.lookup(key.replace("_", " ")))
    except KeyError:
        return False


def _state_file() -> Path:
    import platformdirs

    return platformdirs.user_state_path("mcpwatch", appauthor=False) / "tui.json"


def _theme() -> str | None:
    try:
        kept: object = json.loads(_state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    theme: object = cast("dict[str, object]", kept).get("theme") if isinstance(kept, dict) else None
    return theme if isinstance(theme, str) else None
