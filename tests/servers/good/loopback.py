"""`sdk_server` on HTTP: `python loopback.py http|json|sse` takes any free port and says on stderr where it listens.

http    Streamable HTTP, answers as event streams       listening on http://127.0.0.1:PORT/mcp
json    Streamable HTTP, answers as JSON                listening on http://127.0.0.1:PORT/mcp
sse     HTTP+SSE, the transport of 2024-11-05           listening on http://127.0.0.1:PORT/sse
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from sdk_server import server


def main(kind: str) -> None:
    match kind:
        case "http":
            app, path = server.streamable_http_app(), "/mcp"
        case "json":
            app, path = server.streamable_http_app(json_response=True), "/mcp"
        case "sse":
            app, path = server.sse_app(), "/sse"
        case _:
            sys.exit(__doc__)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stderr.write(f"listening on http://127.0.0.1:{listener.getsockname()[1]}{path}\n")
        sys.stderr.flush()
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
