"""The bundled demo server, and the tour that shows every pattern of it.

This page owns the tour's words and nothing else, so that `mcpwatch demo` can read them without importing the SDK. The
server is a program of its own, `python -m mcpwatch.demo [--http PORT]`: it is started and watched like any other
target, in either era of the protocol, and knows nothing of mcpwatch.
"""

from __future__ import annotations

TOUR: tuple[str | tuple[str, ...], ...] = (
    "subscribe demo://counter",
    "call log_levels",
    "call ask_model question='Why is the sky blue?'",
    "call progress kind=total",
    "call progress kind=open",
    "call progress kind=fraction",
    (
        "call work label=alpha n=4 seconds=2",
        "call work label=beta n=10 seconds=3",
        "call work label=gamma n=24 seconds=3.5",
    ),
    "call ask_person",
    "call look_around",
    "call chat room=lobby",
    "call grow",
    "call touch",
    "read demo://counter",
    "call grow",
    "prompt compare one=Lisbon other=Oslo",
    "complete demo://cities/{city} city=l",
    "call noisy",
    "call weather city=Lisbon",
    "call fail",
    "call fail how=error",
)
"""The steps in order: the name of the option on the command line, then its text. Those in a tuple run together."""

SAMPLING = "Because air scatters blue light more than red."
"""What the tour answers when the server asks the model (`--sampling`)."""

ELICIT = "name='Ada Lovelace' meal=vegan"
"""What it fills into the server's form (`--elicit`); the other fields keep the schema's defaults."""
