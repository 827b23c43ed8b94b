"""A recording as a server: `story` is what was recorded, `core` plays it, `stdio` and `http` are the ways to it.

`mcpwatch mock FILE` for any client, the same from Python: a `Mock` of `story_of(read_recorded(path).link())`.
"""
