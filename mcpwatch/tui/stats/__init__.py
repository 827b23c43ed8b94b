"""The pane Stats: `pane.py` composes, the files beside it are its parts."""
