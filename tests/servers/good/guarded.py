"""A server over https that tells who is asking: `python guarded.py PORT CERTIFICATE KEY`."""

from __future__ import annotations

import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("guarded")


@server.tool()
def whoami(ctx: Context) -> str:
    """The Authorization that came with this call."""
    request = ctx.request_context.request
    return request.headers.get("authorization", "nobody")


def main(port: str, certificate: str, key: str) -> None:
    app = server.streamable_http_app()
    config = uvicorn.Config(
        app, port=int(port), ssl_certfile=certificate, ssl_keyfile=key, log_level="warning", timeout_graceful_shutdown=1
    )

    class Telling(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(sockets)  # type: ignore[arg-type]
            sys.stderr.write("listening\n")
            sys.stderr.flush()

    Telling(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
