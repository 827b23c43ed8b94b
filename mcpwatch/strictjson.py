"""The strict JSON parser that everything here reads with: `pydantic_core.from_json`, without the rest of its package.

The package imports two hundred types that describe schemas before it hands out its parser, and nobody here needs one of
them: that is 12 ms, a tenth of the start of a command. So the extension inside is loaded by itself, under its own name,
and whoever imports the package later finds it there. Where that does not work the package is imported as usual.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator, from_json

__all__ = ["envelope_reader", "from_json"]

_EXTENSION = "pydantic_core._pydantic_core"


def _extension() -> Any:
    """The extension module, which is then imported like any other. Raises ImportError."""
    package = find_spec("pydantic_core")
    spec = package and PathFinder.find_spec(_EXTENSION, package.submodule_search_locations)
    if not spec or not spec.loader:
        raise ImportError(f"there is no {_EXTENSION} to be found")
    module = sys.modules[_EXTENSION] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[_EXTENSION]
        raise
    return module


if not TYPE_CHECKING:
    try:
        _parsing = sys.modules.get(_EXTENSION) or _extension()
        from_json, SchemaValidator = _parsing.from_json, _parsing.SchemaValidator
    except (ImportError, AttributeError):
        from pydantic_core import SchemaValidator, from_json


def envelope_reader(members: Mapping[str, Any]) -> Callable[[bytes], dict[str, Any]]:
    """What reads these members of a JSON object, and nothing else of it, in half the time that all of it takes.

    `members` says for each either what an object there has to have itself, or a schema of pydantic's (with `type`).
    The reader raises ValueError for what is not strict JSON (NaN and Infinity aside), no object, or has a member that
    is not what it should be; one that is missing is left out.
    """
    return SchemaValidator(_object_with(members)).validate_json


def _object_with(members: Mapping[str, Any]) -> Any:
    fields = {
        name: {"type": "typed-dict-field", "schema": its if "type" in its else _object_with(its), "required": False}
        for name, its in members.items()
    }
    return {"type": "typed-dict", "fields": fields, "extra_behavior": "ignore"}
