"""Ports on which nobody listens, and nobody begins to while a test counts on it."""

from __future__ import annotations

import random
import socket

_BELOW_ANY = range(15_000, 32_000)
"""Systems take the port of a connection, and of a listener on "any port", from higher ones: Linux from 32768 on."""


def free_port() -> int:
    """A port of 127.0.0.1 that is free now. Whoever runs beside us gets another one."""
    while True:
        port = random.SystemRandom().choice(_BELOW_ANY)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:  # somebody has it
            continue
