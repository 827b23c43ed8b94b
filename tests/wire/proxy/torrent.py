"""Messages as nobody should send them, from a seed: the same ones each time."""

from __future__ import annotations

import json
from random import Random
from typing import Any

__all__ = ["torrent"]

_IDS = ("1", "-1", "0", '"a"', '""', "null", "1.5", "1e3", "1e400", "true", "[]", "{}", '"\\ud800"', "9" * 400, "7")
_ODD = (
    b"",
    b"   ",
    b"hello",
    b"null",
    b"[]",
    b"{",
    b"}{",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b'{"a":"\xc3\x28"}',
    b"\x00\x01\x02",
    b'{"jsonrpc":"2.0","id":1,"result":NaN}',
    b'{"jsonrpc":"2.0","id":1,"result":[Infinity,-Infinity]}',
    b'{"jsonrpc":"2.0","id":1,"result":1e400}',
    b'{"jsonrpc":"2.0","id":1,"id":2,"result":{},"result":{"a":1,"a":2}}',
    b'{"jsonrpc":"2.0","method":7}',
    b'{"jsonrpc":"2.0","id":3}',
    b'{"a":"\rb"}',
    b"[" * 300 + b"]" * 300,
    b'{"jsonrpc":"2.0","method":"x","params":"\xe2\x80\xa8\\ud800"}',
)


def torrent(seed: int, count: int = 10_000) -> bytes:
    """So many lines; the last one has no end."""
    random = Random(seed)
    lines: list[bytes] = []
    for number in range(count):
        lines.append(_line(random, number))
        lines.append(random.choice((b"\n", b"\n", b"\n", b"\n", b"\r\n")))
    return b"".join(lines[:-1]) + b"x"


def _line(random: Random, number: int) -> bytes:
    kind = random.random()
    if kind < 0.0003:
        return json.dumps({"jsonrpc": "2.0", "id": number, "result": random.choice("xé\n\\") * 1_000_000}).encode()
    if kind < 0.2:
        return random.choice(_ODD)
    if kind < 0.25:
        return random.randbytes(random.randrange(200)).replace(b"\n", b"")
    if kind < 0.3:
        items = b",".join(_message(random, number) for _ in range(random.randrange(4)))
        return b"[" + items + b"]"
    return _message(random, number)


def _message(random: Random, number: int) -> bytes:
    id_ = random.choice((str(number), random.choice(_IDS)))
    value: Any = {"text": "é" * random.randrange(50), "list": [random.random(), None, True], "number": number}
    body = json.dumps(value, ensure_ascii=random.random() < 0.5)
    match random.randrange(4):
        case 0:
            text = f'{{"jsonrpc":"2.0","id":{id_},"method":"tools/call","params":{body}}}'
        case 1:
            text = f'{{"jsonrpc":"2.0","id":{id_},"result":{body}}}'
        case 2:
            text = f'{{"jsonrpc":"2.0","id":{id_},"error":{{"code":-1,"message":"no","data":{body}}}}}'
        case _:
            text = f'{{"jsonrpc": "2.0", "method": "notifications/progress", "params": {body}}}'
    return text.encode()
