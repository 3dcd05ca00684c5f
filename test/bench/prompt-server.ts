/** Answers any request at once with one ConfigMap. The parent process sends the certificate and gets the port. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { KeyPair } from "#src/runtime/certs/authority.js";

const answer = JSON.stringify({
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name: "bench", namespace: "default", uid: "8c8e6b2c-4c1e-4a53-9d58-000000000000", resourceVersion: "1" },
  data: { text: "x".repeat(1000) },
});
const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(answer)) };

process.once("message", (leaf) => {
  const { certificate, key } = leaf as KeyPair;
  const server = createServer({ cert: certificate, key, keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume();
    response.writeHead(200, headers).end(answer);
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
});
