"""Refuses server/discover with an error whose id is missing, or null (argv: `null`); then works as a legacy server."""

import sys

from _talk import messages, reply, say

for message in messages():
    answer = reply(message)
    if answer is None:
        continue
    if message["method"] == "server/discover":
        del answer["id"]
        if "null" in sys.argv:
            answer["id"] = None
    say(answer)
