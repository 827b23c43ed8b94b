"""The published JSON Schemas, from the program: `python -m tests.docs.schemas script` prints the one of scripts."""

from __future__ import annotations

import json
import sys

from mcpwatch.check.schema import SCRIPT_SCHEMA
from mcpwatch.session.answers.rules import ANSWERS_SCHEMA


def script_schema() -> str:
    """`docs/script.schema.json`."""
    return json.dumps(SCRIPT_SCHEMA, indent=2, ensure_ascii=False) + "\n"


def answers_schema() -> str:
    """`docs/answers.schema.json`."""
    return json.dumps(ANSWERS_SCHEMA, indent=2, ensure_ascii=False) + "\n"


WRITERS = {"answers": answers_schema, "script": script_schema}

if __name__ == "__main__":
    sys.stdout.write(WRITERS[sys.argv[1]]())
