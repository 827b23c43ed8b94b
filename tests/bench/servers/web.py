"""A server over HTTP that is there at once: `python web.py`; the first line that it prints is its port.

A request is answered with a short result, or, where it asks for `{"events": N}`, with a stream of N notifications and
the result.
"""

from __future__ import annotations

import asyncio
import json
from typing import cast

EVENT = (
    b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"%06d so and so"}}\n\n'
)
AT_ONCE = 50
"""Events a write."""


class Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._came = bytearray()
        self._free = asyncio.Event()
        self._free.set()

    def pause_writing(self) -> None:
        self._free.clear()

    def resume_writing(self) -> None:
        self._free.set()

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, rest = bytes(self._came).partition(b"\r\n\r\n")
        if not end:
            return
        size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= size:
            self._came.clear()
            message = json.loads(rest[:size])
            events = message["params"].get("events", 0)
            answer = b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],"isError":false}}' % message["id"]
            if events:
                self._streaming = asyncio.create_task(self._stream(events, answer))
            else:
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)
                self._transport.write(head + answer)

    async def _stream(self, events: int, answer: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for first in range(0, events, AT_ONCE):
            await self._free.wait()
            self._chunk(b"".join([EVENT % each for each in range(first, first + AT_ONCE)]))
        self._chunk(b"data: " + answer + b"\n\n")
        self._transport.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


asyncio.run(main())
