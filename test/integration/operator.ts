/** The operator as users run it: a separate process, with only the permissions of its ServiceAccount. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { installOperator, kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { Interceptor } from "../chaos/interceptor.js";
import { eventually } from "../eventually.js";

const wrongClock = fileURLToPath(new URL("../chaos/wrong-clock.js", import.meta.url));

export class OperatorProcess {
  readonly #arguments: readonly string[];
  readonly #probes: number;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #log = "";

  /** @param command of `orchestrator` */
  constructor(
    args: readonly string[],
    probes: number,
    environment: Readonly<Record<string, string>> = {},
    command: "manager" | "server" = "manager",
  ) {
    this.#arguments = [command, ...args];
    this.#probes = probes;
    this.#environment = environment;
  }

  /** Its whole log, including earlier starts. */
  get log(): string {
    return this.#log;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** For errors: reporting one with megabytes of log takes minutes. */
  get #logEnd(): string {
    return this.#log.slice(-8_000);
  }

  /** Starts it and resolves when it reports that it is ready. */
  async start(): Promise<void> {
    const entry = orchestratorProgram();
    const child = spawn(process.execPath, [entry, ...this.#arguments], {
      env: { ...process.env, ...this.#environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => (this.#log += text.toString()));
    await eventually("the operator is ready", async () => {
      if (child.exitCode !== null) throw new Error(`the operator ended with ${child.exitCode}: ${this.#logEnd}`);
      return this.isReady();
    }).catch((error: unknown) => {
      throw new Error(`the operator did not become ready: ${this.#logEnd}`, { cause: error });
    });
  }

  /** Sends a signal and resolves with the exit code, or undefined if the signal killed it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | undefined> {
    this.#child?.kill(signal);
    return this.ended();
  }

  /** Sends a signal that does not end it. */
  signal(signal: "SIGUSR2" | "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Resolves with its exit code when it has ended; undefined if a signal killed it. */
  async ended(): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise<void>((resolve) => child.once("exit", () => resolve()));
    }
    this.#child = undefined;
    return child.exitCode ?? undefined;
  }

  async isReady(): Promise<boolean> {
    return (await fetch(this.url("/readyz"))).ok;
  }

  async metrics(): Promise<string> {
    return (await fetch(this.url("/metrics"))).text();
  }

  /** A URL of its probes. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#probes}${path}`;
  }
}

/**
 * Installs the operator in a cluster, with its webhooks at `webhooks`, and returns a kubeconfig with the permissions of its
 * ServiceAccount. Its webhook configurations are deleted at the end of the test, so that they do not affect other tests.
 */
export async function installBeside(t: Test, cluster: Cluster, webhooks: string): Promise<string> {
  await installOperator(cluster, webhooks);
  t.teardown(() =>
    kubectl(cluster, [
      "delete",
      "mutatingwebhookconfiguration/orchestrator",
      "validatingwebhookconfiguration/orchestrator",
      "--ignore-not-found",
    ]),
  );
  const directory = await mkdtemp(join(tmpdir(), "orchestrator-test-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig("orchestrator", "orchestrator-manager", file);
  return file;
}

/** Flags of an operator that runs beside the cluster. */
export function flagsBeside(cluster: Cluster, kubeconfig: string, probes: number, webhooks: number): string[] {
  return [
    ...["--kubeconfig", kubeconfig, "--namespace", "orchestrator", "--log-level", "debug"],
    ...["--host", "127.0.0.1", "--port", String(probes)],
    ...["--webhook-port", String(webhooks), "--webhook-name", cluster.hostAddress],
  ];
}

export interface Intercepted {
  readonly operator: OperatorProcess;
  /** The proxy between the operator and the API server. */
  readonly interceptor: Interceptor;
}

/**
 * Like {@link startOperator}, but the test controls all requests to the API server.
 *
 * @param options `clock`: offsets of its clock in milliseconds; each SIGUSR2 switches to the next. It starts with the first
 */
export async function startIntercepted(
  t: Test,
  cluster: Cluster,
  { clock = [0], flags = [] }: { readonly clock?: readonly number[]; readonly flags?: readonly string[] } = {},
): Promise<Intercepted> {
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  const kubeconfig = await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
  const interceptor = await Interceptor.before(kubeconfig);
  t.teardown(() => interceptor.close());
  const operator = new OperatorProcess(
    [...flagsBeside(cluster, kubeconfig, probes, webhooks), "--no-leader-elect", ...flags],
    probes,
    { NODE_OPTIONS: `--import=${wrongClock}`, WRONG_CLOCK: clock.join(",") },
  );
  t.teardown(() => operator.end("SIGTERM"));
  await operator.start();
  return { operator, interceptor };
}

/** Installs the operator in a cluster, starts it outside the cluster, and stops it at the end of the test. */
export async function startOperator(
  t: Test,
  cluster: Cluster,
  options: { readonly flags?: readonly string[] } = {},
): Promise<OperatorProcess> {
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  const kubeconfig = await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
  const operator = new OperatorProcess(
    [...flagsBeside(cluster, kubeconfig, probes, webhooks), "--no-leader-elect", ...(options.flags ?? [])],
    probes,
  );
  t.teardown(() => operator.end("SIGTERM"));
  await operator.start();
  return operator;
}
