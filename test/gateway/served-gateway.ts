/** A gateway in front of a provider of models: in this process, or as the program that pods run. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import { gatewayOptions, readGatewayFile, type GatewayFile } from "#src/gateway/gateway-file.js";
import { Gateway, type GatewayOptions } from "#src/gateway/gateway.js";
import type { UsageReport } from "#src/gateway/usage-report.js";
import { systemClock } from "#src/runtime/clock.js";
import type { Logger } from "#src/runtime/logger.js";
import { eventually } from "../eventually.js";
import type { ModelProvider } from "./model-provider.js";

export const key = "sk-ant-the-only-key-0123456789";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ServedGateway {
  readonly url: string;
  readonly file: string;
  /** Everything logged, as JSON. */
  readonly logged: string[];
  readonly report: () => UsageReport;
  readonly stop: () => Promise<void>;
  /** POSTs a body with a placeholder for the key. */
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
}

/** The file of a gateway with this provider, if there is one, under three names. */
export function writeGatewayFile(
  directory: string,
  provider: ModelProvider | undefined,
  more: Partial<GatewayFile> = {},
): string {
  const keyFile = join(directory, "key");
  writeFileSync(keyFile, `${key}\n`);
  const upstream = (format: string, baseUrl: string): object => ({ format, baseUrl, keyFile });
  const formats = provider === undefined ? [] : ["anthropic", "openai", "gemini"];
  const file = join(directory, "gateway.json");
  const content = {
    port: 0,
    upstreams: Object.fromEntries(formats.map((format) => [format, upstream(format, provider?.url ?? "")])),
    prices: { "priced-*": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 } },
    stateDirectory: directory,
    terminationMessage: join(directory, "report.json"),
    ...more,
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

export function newDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), "gateway-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** @param directory of a gateway before this one, to go on from there */
export async function serveGateway(
  t: Test,
  provider: ModelProvider | undefined,
  more: Partial<GatewayFile> & Partial<Pick<GatewayOptions, "readOnSeconds" | "drainSeconds" | "clock">> = {},
  directory = newDirectory(t),
): Promise<ServedGateway> {
  const { readOnSeconds, drainSeconds, clock = systemClock, ...content } = more;
  const file = writeGatewayFile(directory, provider, content);
  const logged: string[] = [];
  const line = (fields: object, message: string): void => {
    logged.push(JSON.stringify({ ...fields, ...("err" in fields && { err: String(fields.err) }), message }));
  };
  const logger: Logger = { debug: line, info: line, warn: line, error: line, child: () => logger };
  const gateway = new Gateway({
    ...(await gatewayOptions(await readGatewayFile(file), clock)),
    logger,
    ...(readOnSeconds !== undefined && { readOnSeconds }),
    ...(drainSeconds !== undefined && { drainSeconds }),
  });
  const end = new AbortController();
  let running: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    running = gateway.run(end.signal, resolve);
    running.catch(reject);
  });
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
  };
  t.teardown(stop);
  const url = `http://127.0.0.1:${gateway.port}`;
  return {
    ...{ url, file, logged, stop },
    report: () => JSON.parse(readFileSync(join(directory, "report.json"), "utf8")) as UsageReport,
    post: (path, body, headers) => post(url + path, body, headers),
  };
}

/** A gateway that runs as a process of its own. */
export interface GatewayProgram {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts the built program, which ends with the test at the latest. @param file its configuration */
export async function startGatewayProgram(t: Pick<Test, "teardown">, file: string): Promise<GatewayProgram> {
  const child = spawn(process.execPath, [orchestratorProgram(), "gateway", "--config", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  const port = await eventually("the gateway listens", () => /"port":(\d+)/.exec(output)?.[1]);
  return { child, url: `http://127.0.0.1:${port}` };
}

/** One request with the placeholder that the agent has for a key. */
export function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const sent = request(
      url,
      {
        method: "POST",
        agent: false,
        headers: { "content-type": "application/json", "x-api-key": "placeholder", ...headers },
      },
      (response) => {
        let content = "";
        response.setEncoding("utf8").on("data", (part: string) => (content += part));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
        );
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}
