"""The published JSON Schemas, written from the program: `python -m tests.docs.schemas script` prints the one of scripts."""

from __future__ import annotations

import json
import sys

from mcpwatch.check.schema import SCRIPT_SCHEMA


def script_schema() -> str:
    """`docs/script.schema.json`."""
    return json.dumps(SCRIPT_SCHEMA, indent=2, ensure_ascii=False) + "\n"


WRITERS = {"script": script_schema}

if __name__ == "__main__":
    sys.stdout.write(WRITERS[sys.argv[1]]())
