"""A recording becomes a script: what the person did, what the server was told, and what may be expected again.

The draft is meant to be green at once and to be edited afterwards, so it expects only what looks stable.
"""

from mcpwatch.check.draft.whole import draft

__all__ = ["draft"]
