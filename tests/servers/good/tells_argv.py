"""Writes down its arguments as it got them, and ends: whoever started it is told in a file."""

import json
import os
import sys

with open(os.environ["MCPWATCH_TELLS"], "w") as file:
    json.dump(sys.argv[1:], file)
