/**
 * The gateway beside a direct connection and, if LITELLM names its program, beside LiteLLM's proxy: time to the
 * first byte, 300 answers streamed at once, and memory. The
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
import { startLiteLlm, type LiteLlm } from "./litellm.js";
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
    const { LITELLM: program } = process.env;
    const other = program === undefined ? undefined : await startLiteLlm(program, provider, directory);
    if (other !== undefined) children.push(other.child);
    return await measured(provider, { child: gateway, url: `${url}/anthropic` }, other);
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    rmSync(directory, { recursive: true });
  }
}

async function measured(provider: string, gateway: Proxy, litellm: LiteLlm | undefined): Promise<Figures> {
  const idle = memory(gateway.child, "VmRSS");
  const idleOther = litellm && memory(litellm.child, "VmRSS");
  const agent = new Agent({ keepAlive: true });
  const [direct, through, throughOther]: [number[], number[], number[]] = [[], [], []];
  for (let index = -50; index < requests; index++) {
    const measurements: [number[], string][] = [
      [direct, provider],
      [through, gateway.url],
      ...(litellm === undefined ? [] : [[throughOther, litellm.url] satisfies [number[], string]]),
    ];
    for (const [figures, url] of measurements) {
      const { first } = await timed(url, agent, false);
      // the first ones warm up
      if (index >= 0) figures.push(first);
    }
  }
  const sequential = memory(gateway.child, "VmRSS");
  const streamed = await streamsThrough(gateway.url, agent);
  const after = memory(gateway.child, "VmRSS");
  const others = litellm && (await streamsThrough(litellm.url, agent));
  agent.destroy();
  return {
    "direct.firstByte.p50Milliseconds": median(direct),
    "direct.firstByte.p99Milliseconds": percentile(direct, 0.99),
    "gateway.firstByte.p50Milliseconds": median(through),
    "gateway.firstByte.p99Milliseconds": percentile(through, 0.99),
    "gateway.added.p50Milliseconds": median(through) - median(direct),
    "streams.atOnce": streams,
    "streams.cut": streamed.cut,
    "streams.seconds": streamed.seconds,
    "streams.idealSeconds": (parts * pause) / 1000,
    "idle.residentMiB": idle,
    "sequential.residentMiB": sequential,
    "after.residentMiB": after,
    "peak.residentMiB": memory(gateway.child, "VmHWM"),
    ...(litellm && {
      "litellm.firstByte.p50Milliseconds": median(throughOther),
      "litellm.firstByte.p99Milliseconds": percentile(throughOther, 0.99),
      "litellm.added.p50Milliseconds": median(throughOther) - median(direct),
      "litellm.streams.seconds": others?.seconds ?? 0,
      "litellm.idle.residentMiB": idleOther ?? 0,
      "litellm.peak.residentMiB": memory(litellm.child, "VmHWM"),
    }),
  };
}

interface Proxy {
  readonly child: ChildProcess;
  readonly url: string;
}

/** All streams at once. `cut`: those that did not arrive as the provider had sent them. */
async function streamsThrough(url: string, agent: Agent): Promise<{ readonly seconds: number; readonly cut: number }> {
  const began = performance.now();
  const all = await Promise.all(Array.from({ length: streams }, () => timed(url, agent, true)));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, cut: all.filter(({ length }) => length !== streamLength).length };
}

if (process.argv[2] === "provider") serveProvider();
