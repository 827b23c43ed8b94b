"""Serve one object of one Python file over stdio: `python object_runner.py FILE OBJECT`.

Runs in the user's interpreter, so it imports nothing of mcpwatch. The object is a FastMCP or MCPServer (it has
`run`), a low-level Server, or a function that returns one of these.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any


def load(file: Path, dotted: str) -> Any:
    """Import `file` as a module of its own and return the object named in it."""
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        sys.exit(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    found: Any = module
    for name in dotted.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            public = ", ".join(sorted(name for name in vars(module) if not name.startswith("_")))
            there = servers(module)
            meant = f". Did you mean {' or '.join(f'{file.name}:{one}' for one in there)}?" if there else ""
            sys.exit(f"{file.name} has no {dotted}; it has: {public}{meant}")
    return found


def servers(module: Any) -> list[str]:
    """The names of what can be served in a module, as far as their types tell."""
    return [name for name in dir(module) if not name.startswith("_") and is_server(getattr(module, name))]


def is_server(one: object) -> bool:
    """Whether it looks like a server, low-level or with a `run` and tools to run: a thread has a `run`, too."""
    if type(one) in (type, type(sys), type(is_server)):
        return False
    has_tools = hasattr(one, "tool") or hasattr(one, "list_tools")
    return hasattr(one, "create_initialization_options") or (hasattr(one, "run") and has_tools)


def serve(server: Any) -> None:
    """Run `server` over stdio, whichever of the known kinds it is."""
    if inspect.isfunction(server):
        server = server()
        if inspect.isawaitable(server):
            import asyncio

            async def resolve() -> Any:
                return await server

            server = asyncio.run(resolve())
    if hasattr(server, "create_initialization_options"):
        import anyio
        from mcp.server.stdio import stdio_server

        async def run() -> None:
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())

        anyio.run(run)
    elif hasattr(server, "run"):
        server.run(transport="stdio")
    else:
        sys.exit(f"{type(server).__name__} is no MCP server: it has neither run() nor create_initialization_options()")


if __name__ == "__main__":
    here = str(Path(__file__).parent)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    path, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    sys.argv[:] = [str(path)]
    serve(load(path, name))
