"""What the mutator begins with: the golden recordings, sessions of the demo, every example of the docs, and one of each
dialect, stream and answer that these leave out.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from tests.conftest import CHECKOUT

__all__ = ["Seed", "families"]


class Seed(NamedTuple):
    """A thing as it should be, and the name of a file that holds one."""

    name: str
    data: bytes


_HERE: Final = Path(__file__).parent / "corpus"
_FENCE: Final = re.compile(r"^```(ya?ml|json|toml|console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def families() -> Mapping[str, Sequence[Seed]]:
    """The seeds of each kind of thing."""
    recordings = [*sorted((CHECKOUT / "tests" / "golden").glob("*.mcpw.jsonl*")), *sorted(_HERE.glob("*.mcpw.jsonl"))]
    examples = [found for page in sorted((CHECKOUT / "docs").glob("*.md")) for found in _examples(page)]
    scripts = [text for kind, text in examples if kind == "yaml" and "steps:" in text]
    answers = [text for kind, text in examples if kind == "yaml" and "answers:" in text and "steps:" not in text]
    lines = [line for path in recordings if path.suffix == ".jsonl" for line in path.read_bytes().splitlines()]
    messages = [json.dumps(found).encode() for found in map(_message, lines) if found is not None]
    shapes = [found for message in messages for found in _schemas(json.loads(message))]
    words = [text for kind, text in examples if kind in ("console", "bash")]
    return {
        "recording": [Seed(path.name, path.read_bytes()) for path in recordings],
        "config": _CONFIGS,
        "script": [Seed("t.mcpw.yaml", text.encode()) for text in (*scripts, _SCRIPT)],
        "answers": [Seed("a.yaml", text.encode()) for text in (*answers, _ANSWERS)],
        "line": [Seed("line", b"\n".join(messages[at : at + 12]) + b"\n") for at in range(0, len(messages), 12)],
        "stream": [Seed("stream", data) for data in (*_STREAMS, *(b"data: " + one + b"\n\n" for one in messages[:30]))],
        "body": [
            Seed("body", data)
            for data in (*_BODIES, *messages[:20], *(gzip.compress(one, mtime=0) for one in messages[:5]))
        ],
        "text": [Seed("text", line.encode()) for text in (*words, *_TEXTS) for line in text.splitlines()],
        "schema": [Seed("schema", json.dumps(shape).encode()) for shape in (*shapes, *_SCHEMAS)],
    }


def _examples(page: Path) -> list[tuple[str, str]]:
    return [(kind.replace("yml", "yaml"), text) for kind, text in _FENCE.findall(page.read_text(encoding="utf-8"))]


def _message(line: bytes) -> Any:
    try:
        found = json.loads(line)
        return found.get("msg") if found.get("kind") == "frame" else None
    except (ValueError, AttributeError):
        return None


def _schemas(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for one in cast("list[Any]", value) for found in _schemas(one)]
    if not isinstance(value, dict):
        return []
    value = cast("dict[str, Any]", value)
    own = [value[key] for key in ("inputSchema", "outputSchema", "requestedSchema") if isinstance(value.get(key), dict)]
    return [*own, *(found for one in value.values() for found in _schemas(one))]


_CONFIGS: Final = [
    Seed(
        "mcp.json",
        b"""{
  // comments and trailing commas, as the clients allow them
  "mcpServers": {
    "weather": {"command": "uvx", "args": ["weather", "--key", "${KEY:-none}"], "env": {"A": "${HOME}"}, "cwd": "."},
    "far": {"type": "http", "url": "https://example.com/mcp?x=${env:X}", "headers": {"Authorization": "Bearer ${T}"}},
    "off": {"command": "node", "args": ["a.js"], "disabled": true},
  },
}
""",
    ),
    Seed(
        "mcp.json",
        b'{"inputs": [{"id": "key", "type": "promptString", "description": "The key", "password": true}],\n'
        b' "servers": {"a b": {"type": "stdio", "command": "/bin/x", "env": {"K": "${input:key}"}},'
        b' "sse": {"type": "sse", "url": "http://localhost:1/sse"}}}\n',
    ),
    Seed("settings.json", b'{"context_servers": {"z": {"command": "z", "args": []}}, "theme": "x"}\n'),
    Seed(
        ".claude.json",
        b'{"projects": {"/home/me": {"mcpServers": {"p": {"command": "p"}}}}, "mcpServers": {"u": {"command": "u"}}}\n',
    ),
    Seed(
        "config.toml",
        b'model = "x"\n[mcp_servers.docs]\ncommand = "docs"\nargs = ["--a", \'b\']\nenv = { "K" = "v" }\n'
        b'[mcp_servers."far.away"]\nurl = "https://example.com/mcp"\nbearer_token_env_var = "TOKEN"\n'
        b'http_headers = { "X" = "y" }\nenabled = false\n',
    ),
    Seed(
        "config.yaml",
        b"extensions:\n  memory:\n    type: stdio\n    cmd: npx\n    args: [-y, memory]\n    envs: {A: b}\n"
        b"    enabled: true\n  far:\n    type: streamable_http\n    uri: https://a.example/mcp\n    headers: {X: y}\n",
    ),
    Seed(
        "fastmcp.json",
        b'{"source": {"path": "server.py", "entrypoint": "app"}, "environment": {"python": ">=3.11",'
        b' "dependencies": ["x"]}, "deployment": {"transport": "stdio", "env": {"A": "b"}, "args": ["--x"]}}\n',
    ),
    Seed(
        "server.json",
        b'{"name": "io.example/weather", "version": "1.0.0", "packages": [{"registryType": "npm", "identifier": "w",'
        b' "version": "1", "transport": {"type": "stdio"}, "runtimeHint": "npx", "packageArguments":'
        b' [{"type": "named", "name": "--k", "value": "v"}], "environmentVariables": [{"name": "K", "isSecret": true,'
        b' "isRequired": true}]}], "remotes": [{"type": "streamable-http", "url": "https://example.com/mcp"}]}\n',
    ),
]

_SCRIPT: Final = """mcpwatch: 1
targets:
  alpha: demo
  beta: { url: "https://example.com/mcp", headers: { Authorization: "Bearer ${HOME}" }, era: legacy }
roots: [ . ]
answers:
  - sampling: { system: legal, tool: summarize, link: alpha }
    content: [ { type: text, text: fine } ]
  - elicitation: { message: { regex: 'e-?mail' }, nth: 1 }
    accept: { email: a@b.c }
steps:
  - call: alpha:work
    args: { n: 5, "k": [1, 2.5, null, "x"] }
    save: first
    expect: { ok: true, text: done, data: { items: ">=5" }, progress: { count: ">=3", complete: true }, within: 2s }
  - call: alpha:work
    args: { n: "${first.data.items}" }
    cancel: { at_progress: 3 }
  - together: [ { call: alpha:work }, { call: beta:work } ]
  - notify: alpha:chat.read
    params: { room: r1 }
  - wait: alpha:notifications/tools/list_changed
    within: 5s
  - list: alpha:tools
    expect: { includes: [work] }
expect:
  logs: { level: ">=warning", count: 0 }
  findings: { fail_on: error, ignore: [] }
"""

_ANSWERS: Final = """mcpwatch: 1
roots: [ . ]
answers:
  - sampling: { text: { contains: France }, system: { regex: '^Be' }, nth: ">=1" }
    text: [ Paris, "Paris, ${question.text}" ]
  - sampling: France
    turns: [ { tool_use: { name: look, input: { q: x } } }, { text: "It is ${question.tool_result}." } ]
  - sampling:
    delay: 1ms
    each: [ { text: a }, { error: { code: -1, message: no } }, { result: { role: assistant } } ]
  - elicitation: { mode: url, url: { contains: example.com } }
    action: accept
  - elicitation: { message: Who, fields: [ name ] }
    accept: { name: Ada }
  - request: { method: x/custom, params: { a: [ 1 ] } }
    result: { ok: "${question.params.a}" }
"""

_STREAMS: Final = (
    b'event: endpoint\ndata: /messages?session=1\n\nevent: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
    b': a comment\r\nid: 7\r\nretry: 1000\r\ndata: {"jsonrpc":"2.0",\r\ndata: "method":"notifications/x"}\r\n\r\n',
    b"\xef\xbb\xbfdata\ndata:\ndata:  two\n\nevent: ping\ndata: x\rdata: y\r\rid: a\x00b\ndata: z",
)

_BODIES: Final = (
    b"<html><body>401 Unauthorized: Bearer s3cr3t-value-1</body></html>",
    b"grant_type=authorization_code&code=abc&client_secret=s3cr3t-value-1",
    zlib.compress(b'{"jsonrpc":"2.0","id":1,"result":{}}'),
    b"POST /mcp HTTP/1.1\r\nHost: localhost:1\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n"
    b'{"jsonrpc":"2.0","id":1,"method":"x"}',
    b"POST /mcp HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    b"2\r\n{}\r\n0\r\nX: y\r\n\r\n",
    b"GET http://localhost/mcp?a=b HTTP/1.0\r\nHost: localhost\r\nOrigin: http://localhost\r\nLast-Event-ID: 3\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nMcp-Session-Id: s\r\n\r\n"
    b"8\r\ndata: x\n\r\n1\r\n\n\r\n0\r\n\r\n",
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer resource_metadata="http://a/.well-known"\r\n'
    b"Content-Length: 0\r\nLocation: http://127.0.0.1:9/mcp\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
)

_TEXTS: Final = (
    'Basic realm="x", Bearer realm="a, \\"b\\"", resource_metadata="https://a.example/x", scope="a b" , error=c',
    "https://user:pa%20ss@xn--e1afmkfd.example:8443/a/b?token=abc&x=%7B%22y%22%3A1%7D#access_token=z",
    "file:///tmp/x\njavascript:alert(1)\nhttp://[::1]:80/\nhttp://\u0430pple.com/\u202egnp.exe\n//host/path",
    "{scheme}://{host}{/path*}{?q,page:3}{&rest*}{#frag}{+raw}",
    "work n=5 deep.a.b=1 list:=[1,2] 'quoted name=Ada Lovelace' file=@/nonesuch",
    'alpha:ref/prompt:greet name=Ad\nx/y {"a": [1, 2, {"b": null}]}\nbeta=https://example.com/mcp',
    'method:tools/* -dir:s2c (took>1.5s or is:error) text:"a b" id:7 link:demo since:2s re:/a+b/',
    "mcpwatch --api-key=s3cr3t-value-1 -H 'Authorization: Bearer s3cr3t-value-1' -- sh -c 'TOKEN=abc srv'",
)

_SCHEMAS: Final[tuple[Any, ...]] = (
    {
        "type": "object",
        "required": ["name", "kind"],
        "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 9, "pattern": "^[A-Z]"},
            "mail": {"type": ["string", "null"], "format": "email", "default": "a@b.c"},
            "n": {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "multipleOf": 2},
            "kind": {"oneOf": [{"const": "a", "title": "A"}, {"const": 2}]},
            "many": {"type": "array", "items": {"enum": ["x", "y"]}, "uniqueItems": True, "maxItems": 3},
            "deep": {"$ref": "#/$defs/node"},
            "more": {"anyOf": [{"type": "object", "properties": {"z": {"type": "boolean"}}}, {"type": "number"}]},
        },
        "additionalProperties": {"type": "string"},
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "v": True}}},
    },
    {"type": "object", "properties": {"a": {"allOf": [{"type": "string"}, {"maxLength": 3}]}}, "patternProperties": {}},
    {"$ref": "#/definitions/x", "definitions": {"x": {"type": "object", "properties": {"y": {"const": [1]}}}}},
)
