"""Exits with code 1 before it reads anything, with a message on stderr."""

import sys

sys.stderr.write("error: API_KEY is not set\n")
sys.exit(1)
