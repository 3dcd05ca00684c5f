/** What requests leave in memory while their answers are streamed. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { request } from "node:http";
import t from "tap";
import { eventually } from "../eventually.js";
import { ModelProvider } from "./model-provider.js";
import { serveGateway } from "./served-gateway.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

t.test("a request's body is not kept while its answer lasts, which can be half an hour", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.beforePart = (index) => (index === 0 ? undefined : new Promise<void>(() => undefined));
  const gateway = await serveGateway(t, provider, { drainSeconds: 0 });
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ content: "x".repeat(1_000_000) }] });
  let begun = 0;
  const begin = (): Promise<void> =>
    new Promise((resolve) => {
      const sent = request(`${gateway.url}/anthropic/v1/messages`, { method: "POST", agent: false }, (response) => {
        response.on("error", () => undefined);
        response.once("data", () => {
          begun++;
          resolve();
        });
      });
      sent.on("error", () => undefined);
      sent.end(body);
    });
  const used = (): number => {
    provider.arrived.length = 0;
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 1024 / 1024;
  };
  await begin();
  const before = used();
  for (let count = 0; count < 20; count++) await begin();
  t.equal(begun, 21);
  // 20 bodies are 20 MiB as bytes, and as much again when they are parsed
  await eventually("they are let go", () => used() - before < 8, 10_000);
});
