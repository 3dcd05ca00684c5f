/** The built program, killed while an answer is streamed, goes on where it was. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import t from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import type { UsageReport } from "#src/gateway/usage-report.js";
import { eventually } from "../eventually.js";
import { ModelProvider } from "./model-provider.js";
import { newDirectory, post, startGatewayProgram, writeGatewayFile } from "./served-gateway.js";

t.test("what it had read of the usage counts, and what follows is added", async (t) => {
  const provider = await new ModelProvider().start(t);
  const directory = newDirectory(t);
  const file = writeGatewayFile(directory, provider, { port: 0 });
  const reported = (): UsageReport => JSON.parse(readFileSync(join(directory, "report.json"), "utf8")) as UsageReport;

  const first = await startGatewayProgram(t, file);
  const model = "priced-1";
  t.equal((await fetch(`${first.url}/healthz`)).status, 200);
  await post(`${first.url}/anthropic/v1/messages`, { model });
  provider.next.parts = ["x".repeat(5_000), "y"];
  let isHeld = false;
  provider.next.beforePart = (index) => {
    if (index !== 2) return undefined;
    isHeld = true;
    return new Promise<void>(() => undefined);
  };
  const sent = request(`${first.url}/anthropic/v1/messages`, { method: "POST", agent: false });
  sent.on("error", () => undefined);
  sent.end(JSON.stringify({ model, stream: true }));
  let received = "";
  sent.on("response", (response) => {
    response.on("error", () => undefined);
    response.on("data", (part: Buffer) => (received += part.toString()));
  });
  await eventually("the text has passed", () => isHeld && received.includes("xxx"));
  const exit = once(first.child, "exit");
  first.child.kill("SIGKILL");
  await exit;

  const second = await startGatewayProgram(t, file);
  t.match(await eventually("it has reported", () => (reported().requests === 2 ? reported() : undefined)), {
    inputTokens: 200,
    cacheReadTokens: 1_000,
    outputTokens: 30 + 1_250,
    estimatedRequests: 1,
  });
  provider.next.beforePart = undefined;
  await post(`${second.url}/anthropic/v1/messages`, { model });
  t.match(reported(), { requests: 3, inputTokens: 300 });
  const end = once(second.child, "exit");
  second.child.kill("SIGTERM");
  t.same(await end, [0, null]);
});

t.test("a file with mistakes ends it with 1, and the log names them", async (t) => {
  const file = join(newDirectory(t), "gateway.json");
  writeFileSync(file, "{}");
  const child = spawn(process.execPath, [orchestratorProgram(), "gateway", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  t.same(await once(child, "close"), [1, null]);
  t.match(output, /upstreams: Required/);
});

t.test("why it cannot start is in its termination message, for the status of the run", async (t) => {
  const directory = newDirectory(t);
  const [file, terminationMessage] = [join(directory, "gateway.json"), join(directory, "message")];
  writeFileSync(terminationMessage, "");
  const anthropic = { format: "anthropic", baseUrl: "https://api.example.com", caFile: join(directory, "none.crt") };
  writeFileSync(
    file,
    JSON.stringify({ port: 0, upstreams: { anthropic }, stateDirectory: directory, terminationMessage }),
  );
  const child = spawn(process.execPath, [orchestratorProgram(), "gateway", "--config", file], { stdio: "ignore" });
  t.same(await once(child, "close"), [1, null]);
  t.match(readFileSync(terminationMessage, "utf8"), /none\.crt does not exist$/);
});
