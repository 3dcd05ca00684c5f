/**
 * The gateway beside a direct connection: time to the first byte, 300 answers streamed at once, and its memory. The
 * provider is a process of its own, so that neither side waits for the other's processor time more than it must.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { orchestratorProgram } from "#src/cluster/program.js";
import { gatewayMemory } from "#src/kinds/gateway-sidecar.js";
import type { Figures } from "./main.js";
import { median, percentile } from "./measure.js";

const requests = 400;
const streams = 300;
const parts = 100;
const contextBytes = 200_000;
/** Milliseconds between two parts of a stream. */
const pause = 20;

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const start = event({ type: "message_start", message: { usage: { input_tokens: 10, output_tokens: 1 } } });
const part = event({ type: "content_block_delta", delta: { type: "text_delta", text: "some words of an answer " } });
const end = event({ type: "message_delta", usage: { output_tokens: 5 * parts } });
const streamLength = start.length + parts * part.length + end.length;

/** Streams an answer slowly if `x-slow` is sent, else at once. */
function serveProvider(): void {
  const server = createServer((received, response) => {
    received.resume().on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(start);
      if (received.headers["x-slow"] === undefined) {
        response.end(end);
        return;
      }
      let sent = 0;
      const timer = setInterval(() => {
        if (sent++ < parts) response.write(part);
        else {
          clearInterval(timer);
          response.end(end);
        }
      }, pause);
      response.on("error", () => clearInterval(timer));
    });
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`{"port":${(server.address() as AddressInfo).port}}\n`));
}

async function portOf(child: ChildProcess): Promise<number> {
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    const port = /"port":(\d+)/.exec(output)?.[1];
    if (port !== undefined) {
      child.stdout?.on("data", () => undefined).resume();
      return Number(port);
    }
  }
  throw new Error(`it ended: ${output}`);
}

interface Timed {
  /** Milliseconds. */
  readonly first: number;
  readonly length: number;
}

const body = JSON.stringify({
  model: "m",
  max_tokens: 1000,
  stream: true,
  messages: [{ role: "user", content: "x".repeat(contextBytes) }],
});

function timed(url: string, agent: Agent, slow: boolean): Promise<Timed> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(
      `${url}/v1/messages`,
      { method: "POST", agent, headers: slow ? { "x-slow": "1" } : {} },
      (response) => {
        let first = 0;
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          if (first === 0) first = performance.now() - began;
          length += chunk.length;
        });
        response.on("end", () => resolve({ first, length }));
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const memory = ({ pid = 0 }: ChildProcess, figure: string): number =>
  Number(new RegExp(`${figure}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

export async function gatewaySuite(): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), "bench-gateway-"));
  const children: ChildProcess[] = [];
  const env = { ...process.env, ...gatewayMemory };
  const started = async (args: readonly string[]): Promise<readonly [ChildProcess, string]> => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
    children.push(child);
    return [child, `http://127.0.0.1:${await portOf(child)}`];
  };
  try {
    const [, provider] = await started([fileURLToPath(import.meta.url), "provider"]);
    writeFileSync(join(directory, "key"), "key");
    const content = {
      port: 0,
      upstreams: { anthropic: { format: "anthropic", baseUrl: provider, keyFile: join(directory, "key") } },
      ...{ stateDirectory: directory, terminationMessage: join(directory, "report") },
    };
    writeFileSync(join(directory, "gateway.json"), JSON.stringify(content));
    const [gateway, url] = await started([
      orchestratorProgram(),
      "gateway",
      "--config",
      join(directory, "gateway.json"),
    ]);
    return await measured(provider, `${url}/anthropic`, gateway);
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    rmSync(directory, { recursive: true });
  }
}

async function measured(provider: string, gatewayUrl: string, gateway: ChildProcess): Promise<Figures> {
  const idle = memory(gateway, "VmRSS");
  const agent = new Agent({ keepAlive: true });
  const direct: number[] = [];
  const through: number[] = [];
  for (let index = -50; index < requests; index++) {
    const one = await timed(provider, agent, false);
    const other = await timed(gatewayUrl, agent, false);
    // the first ones warm up
    if (index < 0) continue;
    direct.push(one.first);
    through.push(other.first);
  }
  const began = performance.now();
  const sequential = memory(gateway, "VmRSS");
  const all = await Promise.all(Array.from({ length: streams }, () => timed(gatewayUrl, agent, true)));
  const seconds = (performance.now() - began) / 1000;
  const cut = all.filter(({ length }) => length !== streamLength).length;
  agent.destroy();
  return {
    "direct.firstByte.p50Milliseconds": median(direct),
    "direct.firstByte.p99Milliseconds": percentile(direct, 0.99),
    "gateway.firstByte.p50Milliseconds": median(through),
    "gateway.firstByte.p99Milliseconds": percentile(through, 0.99),
    "gateway.added.p50Milliseconds": median(through) - median(direct),
    "streams.atOnce": streams,
    "streams.cut": cut,
    "streams.seconds": seconds,
    "streams.idealSeconds": (parts * pause) / 1000,
    "idle.residentMiB": idle,
    "sequential.residentMiB": sequential,
    "after.residentMiB": memory(gateway, "VmRSS"),
    "peak.residentMiB": memory(gateway, "VmHWM"),
  };
}

if (process.argv[2] === "provider") serveProvider();
