"""Starting the demo server: `python -m mcpwatch.demo`, on its standard streams or, with `--http PORT`, on loopback."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, cast


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m mcpwatch.demo", description="The server that `mcpwatch demo` watches."
    )
    parser.add_argument(
        "--http", type=int, metavar="PORT", help="serve Streamable HTTP on 127.0.0.1 (0: any free port)"
    )
    parser.add_argument(
        "--pace", type=float, default=1.0, metavar="X", help="stretch every pause; 0 for no pauses at all"
    )
    options = parser.parse_args(argv)

    # The SDK's import is nearly the whole start. Nothing it makes is garbage, so looking for some only costs time.
    gc.disable()
    import anyio

    from mcpwatch.demo.server import demo_server

    gc.freeze()
    gc.enable()
    server = demo_server(pace=options.pace)
    if options.http is None:
        anyio.run(_stdio, server)
    else:
        anyio.run(_http, server, options.http)
    return 0


async def _stdio(server: Any) -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    # Ctrl-C at a terminal reaches the server too; there is nothing to tidy up, and no traceback to show for it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    out = cast("TextIOWrapper[Any]", sys.stdout)
    out.reconfigure(encoding="utf-8", newline="\n")
    # Given a stream of its own the SDK leaves descriptor 1 alone, so that a stray print lands where it does in servers
    # that are not so careful: on the wire.
    async with stdio_server(stdout=anyio.wrap_file(out)) as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def _http(server: Any, port: int) -> None:
    import socket

    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    with socket.create_server(("127.0.0.1", port)) as listener:
        port = listener.getsockname()[1]
        address = f"http://127.0.0.1:{port}/mcp"
        sys.stderr.write(f"listening on {address}\n")
        sys.stderr.flush()
        # A page in a browser must not reach it, and what only begins like a name of this machine is none.
        names = ("127.0.0.1", "localhost", "[::1]")
        who = TransportSecuritySettings(
            allowed_hosts=[f"{name}:{port}" for name in names], allowed_origins=[f"http://{name}:*" for name in names]
        )
        app = server.streamable_http_app(transport_security=who)
        # Clients keep streams open for as long as they live; waiting for them would be waiting for ever.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
