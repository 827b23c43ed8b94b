"""What mcpwatch costs, as ratios against a yardstick in the same run on the same machine: `python -m tests.bench`.

`measure.py` runs programs and takes their time and memory, `terminal.py` does so in a terminal, the files beside them
say which, and `table.py` writes the result. The yardsticks in `clients/` use nothing but the SDK. Nothing here is a
test: what is asserted is only that both sides did the same work.
"""
