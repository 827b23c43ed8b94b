"""The schema of scripts: it is one, it is the published one, and it takes every key of the documentation."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from mcpwatch.check.schema import SCRIPT_SCHEMA
from tests.conftest import CHECKOUT
from tests.docs.schemas import script_schema


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(dict(SCRIPT_SCHEMA))  # pyright: ignore[reportUnknownMemberType]


def test_the_published_one_is_what_the_program_checks_by() -> None:
    published = (CHECKOUT / "docs" / "script.schema.json").read_text(encoding="utf-8")
    assert published == script_schema(), "python -m tests.docs.schemas script > docs/script.schema.json"
    assert json.loads(published) == SCRIPT_SCHEMA


def test_every_key_says_what_it_is() -> None:
    for name in ("step", "expect", "expectAtEnd", "target"):
        properties = SCRIPT_SCHEMA["$defs"][name]["properties"]
        silent = [key for key, schema in properties.items() if not ({"description", "$ref"} & set(schema))]
        assert not silent, name
