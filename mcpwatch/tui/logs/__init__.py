"""The pane Logs: `pane.py` composes, the files beside it are its parts."""
