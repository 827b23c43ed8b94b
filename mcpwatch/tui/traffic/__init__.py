"""The pane Traffic: `pane.py` composes, the files beside it are its parts."""
