import { Agent, request } from "node:https";
import t from "tap";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";

t.test("a draining server still responds, and closes each connection after its response", async (t) => {
  const authority = await createAuthority("test", Date.now(), 3_600_000);
  const server = new WebhookServer({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    logger: silentLogger,
    handlers: new Map(),
  });
  server.useCertificate(await issueLeaf(authority, ["127.0.0.1"], Date.now(), 3_600_000));
  const stop = new AbortController();
  const running = server.start(stop.signal);
  await server.ready(stop.signal);
  const agent = new Agent({ keepAlive: true, ca: authority.certificate });
  t.teardown(async () => {
    agent.destroy();
    stop.abort();
    await running;
  });

  const connection = (): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port: server.port, path: "/", method: "POST", agent }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.headers.connection));
      })
        .once("error", reject)
        .end();
    });

  t.equal(await connection(), "keep-alive");
  t.equal(server.check(), undefined);
  server.drain();
  t.equal(server.check(), "draining");
  t.equal(await connection(), "close");
  t.equal(await connection(), "close", "also to who connects anew, since the Service may still name it");
});
