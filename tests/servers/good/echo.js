// A server in plain Node, without a package: it speaks the handshake era over stdio, and echoes.
"use strict";

const lines = require("node:readline").createInterface({ input: process.stdin });
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");

const echo = {
  name: "echo",
  description: "Say it again, times over.",
  inputSchema: {
    type: "object",
    properties: { text: { type: "string" }, times: { type: "integer", default: 1 } },
    required: ["text"],
  },
};

const answers = {
  initialize: (params) => ({
    protocolVersion: params.protocolVersion,
    capabilities: { tools: {}, logging: {} },
    serverInfo: { name: "echo-js", version: "1.0.0" },
  }),
  ping: () => ({}),
  "logging/setLevel": () => ({}),
  "tools/list": () => ({ tools: [echo] }),
  "tools/call": (params) => {
    const { text, times = 1 } = params.arguments ?? {};
    const progressToken = params._meta?.progressToken;
    for (let progress = 1; progress <= times && progressToken !== undefined; progress++) {
      send({ method: "notifications/progress", params: { progressToken, progress, total: times } });
    }
    send({ method: "notifications/message", params: { level: "info", logger: "echo", data: { text, times } } });
    return { content: [{ type: "text", text: Array(times).fill(text).join(" ") }] };
  },
};

lines.on("line", (line) => {
  const { id, method, params = {} } = JSON.parse(line);
  if (id === undefined) return;
  if (!(method in answers)) return send({ id, error: { code: -32601, message: `Method not found: ${method}` } });
  send({ id, result: answers[method](params) });
});
