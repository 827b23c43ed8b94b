"""One event in all detail: `pane.py` composes, each way to look at it is a file of its own."""
