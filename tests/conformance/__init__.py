"""The official conformance suite, the server of ours that passes it, and what of ours stands in between.

    python -m tests.conformance                    both revisions, directly
    python -m tests.conformance --proxy            directly and through `mcpwatch proxy`: the tables must be the same

The suite is an npm package that needs Node 22; `.ci/servers` installs both, and MCPWATCH_TEST_SERVERS names the folder.
`server.py` is the server, `suite.py` runs the suite against it, `__main__.py` is the command.
"""
