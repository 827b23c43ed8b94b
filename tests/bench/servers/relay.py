"""The least that can stand between an HTTP client and a server: `python relay.py PORT COPY`.

Every connection gets one to the server at PORT, bytes go on as they come, both ways, and then into the file COPY. The
first line that it prints is its own port.
"""

from __future__ import annotations

import asyncio
import os
import sys

PORT, COPY = int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        os.write(COPY, piece)
        await writer.drain()
    writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    onward, outward = await asyncio.open_connection("127.0.0.1", PORT)
    await asyncio.gather(carry(reader, outward), carry(onward, writer))


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


asyncio.run(main())
