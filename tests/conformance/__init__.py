"""The official conformance suite, the server and the client of ours that pass it, and what of ours stands in between.

    python -m tests.conformance                    both revisions, mcpwatch as the client, and the server
    python -m tests.conformance client             mcpwatch's own connection, tap and answers, with recording on
    python -m tests.conformance server             the server, directly
    python -m tests.conformance server --proxy     directly and through `mcpwatch proxy`: the tables must be the same

The suite is an npm package that needs Node 22; `.ci/servers` installs both, and MCPWATCH_TEST_SERVERS names the folder.
`server.py` is the server and `client.py` the client, `suite.py` runs the suite against them, `__main__.py` is the
command.
"""
