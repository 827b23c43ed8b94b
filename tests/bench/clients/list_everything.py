"""What a bare client does to list everything: `python list_everything.py COMMAND [ARGS …]`."""

from __future__ import annotations

import asyncio
import sys

from mcp import StdioServerParameters
from mcp.client import Client


def say(name: str, description: str | None) -> None:
    sys.stdout.write(f"{name} {description}\n")


async def main(command: str, args: list[str]) -> None:
    async with Client(StdioServerParameters(command=command, args=args)) as client:
        offered = client.server_capabilities
        if offered.tools:
            for tool in (await client.list_tools()).tools:
                say(tool.name, tool.description)
        if offered.prompts:
            for prompt in (await client.list_prompts()).prompts:
                say(prompt.name, prompt.description)
        if offered.resources:
            for resource in (await client.list_resources()).resources:
                say(resource.uri, resource.description)
            for template in (await client.list_resource_templates()).resource_templates:
                say(template.uri_template, template.description)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
