"""What is found in a text, and what only looks like it."""

from __future__ import annotations

import pytest

from mcpwatch.check.volatile import steady


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at 2026-11-21T07:34:12.345Z.", "at <time>."),
        ("2026-11-21 07:34:12,123 INFO", "<time> INFO"),
        ("2026-11-21T07:34+02:00", "<time>"),
        ("Sat Nov 21 2026 07:34:12 GMT+0000 (Coordinated Universal Time)", "<time>"),
        ("Sat, 21 Nov 2026 07:34:12 GMT", "<time>"),
        ("Sat Nov 21 07:34:12 2026", "<time>"),
        ("created at 8:01:21 AM", "created at <time>"),
        ("11/21/2026, 7:34:12 AM", "<time>"),
        ("id 7f1a2b3c-1111-4222-8333-123456789abc!", "id <uuid>!"),
        ("session 0123456789ab4def8123456789abcdef", "session <uuid>"),
        ("http://127.0.0.1:34567/mcp", "http://127.0.0.1:<port>/mcp"),
        ("ws://[::1]:80 and localhost:8080", "ws://[::1]:<port> and localhost:<port>"),
        ("file:///tmp/pytest-of-me/pytest-3/test_x0/a.txt", "file://<tmp>/a.txt"),
        ("/tmp/tmpab12cd_x/note.txt", "<tmp>/note.txt"),
        ("/private/var/folders/ab/abcdefgh/T/mcp-ab12Cd", "<tmp>/mcp-<random>"),
        ("pid 1234, pid=12", "pid <pid>, pid=<pid>"),
    ],
)
def test_it_is_replaced_and_its_surroundings_stay(text: str, shown: str) -> None:
    assert steady(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2025-11-25",
        "version 1.2.3",
        "ratio 3:04",
        "00:11:22:33:44:55",
        "/srv/tmp/x",
        "example.com:8080",
        "a 32-digit sum: d41d8cd98f00b204e9800998ecf8427e",
        "nothing at all",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert steady(text) == text
