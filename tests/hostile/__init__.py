"""mcpwatch attacked: what a server may write into any field of any message, and what must never leave the process.

`payloads` is the corpus, `speech` puts it into every field that a server controls, `server` speaks it over stdio and
`web` over HTTP, `recorded` is a recording of it; `judge` knows what may reach a screen, a report and a file, and
`surfaces` every command that makes one. `canaries` are secrets in every place where one may stand. `python -m
tests.hostile` runs all of it, and writes the figures of docs/reliability.md; pytest runs a part in every change.
"""
