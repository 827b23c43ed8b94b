"""The lines of frames in brief, which are those that `format.encode` writes for the same frames, in half the time.

What comes again and again is made once: the part of an envelope that says what a frame is, and the time of a chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from mcpwatch.events import Entry
from mcpwatch.recording.format import quoted

__all__ = ["encode_entries"]

_LONG = 200
"""Characters of a method that hardly comes again."""


def encode_entries(link: str, entries: Sequence[Entry]) -> list[bytes]:
    r"""The line of each frame, with its `\n`."""
    lines: list[bytes] = []
    since, time = -1.0, b""
    for seq, t, dir, type, data, method, id, name, re, ms in entries:
        if t != since:
            since, time = t, b"%.6f" % t
        what = (_what_again if method is None or len(method) < _LONG else _what)(link, dir, type, method)
        if re is not None and name is None and id.__class__ is int:  # one step in place of three for most of them
            values = seq, time, what, id, re, ms, len(data), data
            lines.append(b'{"seq":%d,"t":%b%b,"id":%d,"re":%d,"ms":%a,"bytes":%d,"msg":%b}\n' % values)
            continue
        if id is None:
            more = b',"id":null' if type == "error" else b""
        elif id.__class__ is int:
            more = b',"id":%d' % id
        else:
            more = b',"id":' + quoted(str(id)).encode()
        if name is not None:
            more += b',"name":' + quoted(name).encode()
        if re is not None:
            more += b',"re":%d,"ms":%a' % (re, ms)
        lines.append(b'{"seq":%d,"t":%b%b%b,"bytes":%d,"msg":%b}\n' % (seq, time, what, more, len(data), data))
    return lines


def _what(link: str, dir: str, type: str, method: str | None) -> bytes:
    text = f',"kind":"frame","link":{quoted(link)},"dir":"{dir}","type":"{type}"'
    return (text if method is None else f'{text},"method":{quoted(method)}').encode()


_what_again = lru_cache(maxsize=1024)(_what)
