"""The strict JSON parser that everything here reads with: `pydantic_core.from_json`, without the rest of its package.

The package imports two hundred types that describe schemas before it hands out its parser, and nobody here needs one of
them: that is 12 ms, a tenth of the start of a command. So the extension inside is loaded by itself, under its own name,
and whoever imports the package later finds it there. Where that does not work the package is imported as usual.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import from_json

__all__ = ["from_json"]

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
        from_json = (sys.modules.get(_EXTENSION) or _extension()).from_json
    except (ImportError, AttributeError):
        from pydantic_core import from_json
