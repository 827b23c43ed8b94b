"""The pane Server: `pane.py` composes, the files beside it are its parts."""
