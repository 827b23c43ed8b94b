"""What is said when mcpwatch made a mistake: where it happened, and nothing that a report of it should not hold.

A traceback quotes the message of an error, and that may quote whatever was in hand: a URL, a header, what a server
wrote. So it goes through every redactor there is, through one that knows the environment and the command line (a
mistake may come before any other is made), and through the sanitiser.
"""

from __future__ import annotations

import os
import sys
import traceback

from mcpwatch.redact.commands import environment_secrets, redact_argv
from mcpwatch.redact.redactor import Redactor, alive
from mcpwatch.text import sanitize

__all__ = ["crash_report", "without_secrets"]


def crash_report(error: BaseException) -> str:
    """The traceback of `error`, with a line that asks for a report. No variables: they hold what redaction is for."""
    text = without_secrets("".join(traceback.format_exception(error)))
    return f"{sanitize(text, lines=True)}\nmcpwatch made a mistake; please report it with the lines above.\n"


def without_secrets(text: str) -> str:
    """`text` without any secret that this process knows of."""
    own = Redactor(secrets=environment_secrets(os.environ))
    redact_argv(sys.argv[1:], found=own.learn)
    for redactor in (own, *alive()):
        text = redactor.text(text)
    return text
