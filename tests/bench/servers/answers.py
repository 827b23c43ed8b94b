"""A server that is there at once and answers every request with a text of so many bytes: `python answers.py BYTES`."""

from __future__ import annotations

import json
import sys

TEXT = ("All work and no play makes Jack a dull boy.\n" * (int(sys.argv[1]) // 44 + 1))[: int(sys.argv[1])]

for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = {"content": [{"type": "text", "text": TEXT}], "isError": False}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}) + "\n")
        sys.stdout.flush()
