"""Having a page opened in the person's browser: one argument, no shell, and nothing that takes the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

from mcpwatch.session.auth.consent import is_web

__all__ = ["open_page"]

_TEXT = frozenset({"www-browser", "links", "links2", "elinks", "lynx", "w3m"})
"""Browsers that would take this terminal for themselves."""


def open_page(url: str) -> bool:
    """Start a browser with `url`; whether one could be started. False for what is no plain address of the web."""
    if not is_web(url):
        return False
    for words in _commands(url):
        try:
            started = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            continue
        threading.Thread(target=started.wait, daemon=True).start()  # or it would stay behind as a zombie
        return True
    return False


def _commands(url: str) -> Iterator[list[str]]:
    for named in os.environ.get("BROWSER", "").split(os.pathsep):
        try:
            words = shlex.split(named)
        except ValueError:
            continue
        if not words or os.path.basename(words[0]) in _TEXT:
            continue
        if "%s" not in named:
            yield [*words, url]
        elif all("%s" not in word or word == "%s" or word.endswith("=%s") for word in words):
            # Not in the middle of a word: that may be a line for a shell.
            yield [word.replace("%s", url) for word in words]
    if sys.platform == "darwin":
        yield ["/usr/bin/open", url]
    elif os.name == "nt":
        yield ["rundll32", "url.dll,FileProtocolHandler", url]
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "WSL_DISTRO_NAME" in os.environ:
        for program in ("xdg-open", "wslview"):
            if found := shutil.which(program):
                yield [found, url]
