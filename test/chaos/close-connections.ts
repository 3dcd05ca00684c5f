/**
 * Loaded into an operator (`node --import`): each of its answers closes its connection, so that each request to its webhooks
 * comes with a new handshake. An API server keeps connections, and would hardly see a certificate change.
 */
import { subscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";

subscribe("http.server.request.start", (message) => {
  (message as { readonly response: ServerResponse }).response.shouldKeepAlive = false;
});
