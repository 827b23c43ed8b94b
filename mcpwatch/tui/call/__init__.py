"""The pane Call: `pane.py` composes, the files beside it are its parts."""
