/** The two compared operators, each as the process that its users would run. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installOperator } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { residentMemory } from "#src/cluster/process.js";
import { webhooksAnswer } from "#src/cluster/webhooks.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { MutatingWebhookConfigurations, ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { eventually } from "../../eventually.js";
import { goProgram } from "../../go-program.js";

const host = "127.0.0.1";
const configuration = { name: "orchestrator" };
const workers = "10";

interface Ports {
  readonly probes: number;
  readonly metrics: number;
  readonly webhooks: number;
}

export interface ContenderOptions {
  readonly cluster: Cluster;
  /** A client as the cluster's administrator. */
  readonly admin: HttpClient;
  /** The only namespace that it manages. */
  readonly namespace: string;
}

export abstract class Contender {
  abstract readonly name: "ours" | "reference";
  /** Its ServiceAccount in the namespace `orchestrator`. */
  abstract readonly serviceAccount: string;
  readonly namespace: string;
  protected readonly options: ContenderOptions;
  protected readonly directory: string;
  #ports: Ports | undefined;
  #child: ChildProcess | undefined;

  constructor(options: ContenderOptions) {
    this.options = options;
    this.namespace = options.namespace;
    this.directory = mkdtempSync(join(tmpdir(), "bench-runs-"));
  }

  /** The directory in which it expects its credentials. */
  get kubeconfig(): string {
    return join(this.directory, "kubeconfig");
  }

  protected abstract commandLine(ports: Ports): Promise<readonly string[]>;
  /** Makes the API server trust its webhooks, if it does not do that itself. */
  protected abstract introduce(): Promise<void>;
  /** The caBundle of its webhooks. */
  abstract authority(): Promise<string>;

  /** Starts it with its webhooks registered, and resolves with the seconds until it reports that it is ready. */
  async start(): Promise<number> {
    const { cluster } = this.options;
    if (this.#ports === undefined) {
      const [probes = 0, metrics = 0, webhooks = 0] = await freePorts(3, host);
      this.#ports = { probes, metrics, webhooks };
    }
    const { probes } = this.#ports;
    await installOperator(cluster, this.webhookUrl);
    await this.introduce();
    const [program = "", ...args] = await this.commandLine(this.#ports);
    const log = openSync(join(this.directory, "log"), "a");
    const started = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    const ready = await eventually(
      `${this.name} is ready`,
      async () => {
        if (child.exitCode !== null) return "ended";
        return (await fetch(`http://${host}:${probes}/readyz`)).ok && "ready";
      },
      120_000,
    );
    const seconds = (performance.now() - started) / 1000;
    if (ready === "ended") throw new Error(`${this.name} ended: ${this.log().slice(-3_000)}`);
    // a dry run, since the API server takes a moment to see a changed webhook configuration
    await eventually("its webhooks answer", () => webhooksAnswer(cluster));
    return seconds;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null) return;
    child.kill("SIGTERM");
    await new Promise<void>((resolve) => child.once("exit", () => resolve()));
  }

  get webhookUrl(): string {
    return `https://${host}:${this.#ports?.webhooks ?? 0}`;
  }

  log(): string {
    return readFileSync(join(this.directory, "log"), "utf8");
  }

  /** Processor time that the process has used, in seconds. */
  cpuSeconds(): number {
    return cpuSeconds(this.#child?.pid);
  }

  /** Resident memory in MiB. */
  memory(): number {
    return (residentMemory(this.#child?.pid ?? 0) ?? Number.NaN) / 2 ** 20;
  }
}

/** `orchestrator manager`, which manages its certificates itself. */
export class Ours extends Contender {
  readonly name = "ours";
  readonly serviceAccount = "orchestrator-manager";
  readonly #nodeFlags: readonly string[];

  /** @param nodeFlags flags of Node.js, such as those that write a profile */
  constructor(options: ContenderOptions, nodeFlags: readonly string[] = []) {
    super(options);
    this.#nodeFlags = nodeFlags;
  }

  protected commandLine({ probes, webhooks }: Ports): Promise<readonly string[]> {
    return Promise.resolve([
      process.execPath,
      ...this.#nodeFlags,
      orchestratorProgram(),
      "manager",
      ...["--kubeconfig", this.kubeconfig, "--namespace", "orchestrator"],
      ...["--watch-namespaces", this.namespace, "--workers", workers, "--no-leader-elect"],
      ...["--host", host, "--port", String(probes)],
      ...["--webhook-host", host, "--webhook-port", String(webhooks), "--webhook-name", host],
    ]);
  }

  protected introduce(): Promise<void> {
    return Promise.resolve();
  }

  async authority(): Promise<string> {
    const { webhooks } = await this.options.admin.get(MutatingWebhookConfigurations, configuration);
    return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? "", "base64").toString("utf8");
  }
}

/** test/bench/reference, whose certificates come from a directory, as with cert-manager. */
export class Reference extends Contender {
  readonly name = "reference";
  readonly serviceAccount = "reference";
  #authority: string | undefined;

  protected async commandLine({ probes, metrics, webhooks }: Ports): Promise<readonly string[]> {
    return [
      await goProgram("test/bench/reference", (line) => void process.stdout.write(`${line}\n`)),
      `--credentials=${this.kubeconfig}`,
      `--watch-namespace=${this.namespace}`,
      `--workers=${workers}`,
      `--probes=${host}:${probes}`,
      `--metrics=${host}:${metrics}`,
      `--webhook-host=${host}`,
      `--webhook-port=${webhooks}`,
      `--webhook-cert-dir=${this.directory}`,
    ];
  }

  protected async introduce(): Promise<void> {
    const caBundle = Buffer.from(await this.authority()).toString("base64");
    for (const type of [MutatingWebhookConfigurations, ValidatingWebhookConfigurations]) {
      const { webhooks = [] } = await this.options.admin.get(type, configuration);
      const body = webhooks.map((_, index) => ({
        op: "add" as const,
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value: caBundle,
      }));
      await this.options.admin.patch(type, configuration, { type: "json", body });
    }
  }

  async authority(): Promise<string> {
    if (this.#authority === undefined) {
      const now = Date.now();
      const authority = await createAuthority("bench", now, 86_400_000);
      const leaf = await issueLeaf(authority, [host], now, 86_400_000);
      writeFileSync(join(this.directory, "tls.crt"), leaf.certificate);
      writeFileSync(join(this.directory, "tls.key"), leaf.key, { mode: 0o600 });
      this.#authority = authority.certificate;
    }
    return this.#authority;
  }
}

/** Processor time of a process and all its threads; Linux only. */
export function cpuSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid ?? 0}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime and stime, in hundredths of a second
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
