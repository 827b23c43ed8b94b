from __future__ import annotations

import subprocess
import sys

import pytest

from mcpwatch.strictjson import from_json


def test_what_is_read_is_strict_json() -> None:
    assert from_json(b'{"a":[1,2.5,null,"\\u00e9"]}', allow_inf_nan=False) == {"a": [1, 2.5, None, "é"]}
    for text in (b"NaN", b'"\\ud800"', b"[1,]", b'{"a":1', b"\xff", b""):
        with pytest.raises(ValueError):
            from_json(text, allow_inf_nan=False)


def _prints(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_types_that_describe_schemas_are_not_imported() -> None:
    code = "import mcpwatch.strictjson, sys; print('pydantic_core.core_schema' in sys.modules)"
    assert _prints(code) == "False"


def test_whoever_imports_the_package_later_gets_the_same_parser_and_a_working_validator() -> None:
    code = (
        "from mcpwatch.strictjson import from_json\n"
        "import pydantic, pydantic_core\n"
        "assert pydantic_core.from_json is from_json\n"
        "assert pydantic.TypeAdapter(list[int]).validate_json('[1]') == [1]\n"
        "import pydantic_core._pydantic_core as extension\n"
        "print(extension.from_json is from_json)"
    )
    assert _prints(code) == "True"


def test_a_package_that_is_imported_already_is_used() -> None:
    code = (
        "import pydantic_core\nfrom mcpwatch.strictjson import from_json\nprint(pydantic_core.from_json is from_json)"
    )
    assert _prints(code) == "True"


def test_where_the_extension_cannot_be_loaded_alone_the_package_is_imported() -> None:
    code = (
        "import importlib.machinery, sys\n"
        "class Blind(importlib.machinery.PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, *args): return None\n"
        "real, importlib.machinery.PathFinder = importlib.machinery.PathFinder, Blind\n"
        "from mcpwatch.strictjson import from_json\n"
        "print(from_json(b'[1]'), 'pydantic_core.core_schema' in sys.modules)"
    )
    assert _prints(code) == "[1] True"
