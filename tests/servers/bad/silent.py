"""Reads everything and says nothing at all."""

from _talk import messages

for _ in messages():
    pass
