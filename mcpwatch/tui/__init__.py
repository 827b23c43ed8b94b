"""The interactive session: one Textual app over the same hub and model as everything else.

`app.py` only composes; each pane has a file or a folder of its own, and `source.py` is where all of them read.
"""
