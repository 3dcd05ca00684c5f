/** The operator as its users run it: a process of its own, with the rights of its ServiceAccount and no others. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { installOperator, kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";

export class OperatorProcess {
  readonly #arguments: readonly string[];
  readonly #probes: number;
  #child: ChildProcess | undefined;
  #log = "";

  constructor(args: readonly string[], probes: number) {
    this.#arguments = args;
    this.#probes = probes;
  }

  /** All that it has written to its log, over restarts. */
  get log(): string {
    return this.#log;
  }

  /** Starts it and resolves when it says that it is ready. */
  async start(): Promise<void> {
    const entry = join(packageRoot, "dist/cli/orchestrator.js");
    const child = spawn(process.execPath, [entry, "manager", ...this.#arguments], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => (this.#log += text.toString()));
    await eventually("the operator is ready", async () => {
      if (child.exitCode !== null) throw new Error(`the operator ended with ${child.exitCode}: ${this.#log}`);
      return (await fetch(`http://127.0.0.1:${this.#probes}/readyz`)).ok;
    }).catch((error: unknown) => {
      throw new Error(`the operator did not become ready: ${this.#log}`, { cause: error });
    });
  }

  /** Sends a signal and resolves with the exit code, or undefined where the signal ended it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    this.#child = undefined;
    if (child.exitCode !== null) return child.exitCode;
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return (await exited) ?? undefined;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#probes}/metrics`)).text();
  }
}

/**
 * Installs the operator in a cluster and starts it beside it. Its webhook configurations are removed with the test, so
 * that they don't stand in the way of others.
 */
export async function startOperator(
  t: Test,
  cluster: Cluster,
  options: { readonly flags?: readonly string[] } = {},
): Promise<OperatorProcess> {
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  await installOperator(cluster, `https://${cluster.hostAddress}:${webhooks}`);
  t.teardown(() =>
    kubectl(cluster, [
      "delete",
      "mutatingwebhookconfiguration/orchestrator",
      "validatingwebhookconfiguration/orchestrator",
      "--ignore-not-found",
    ]),
  );
  const directory = await mkdtemp(join(tmpdir(), "orchestrator-test-"));
  const file = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig("orchestrator", "orchestrator-manager", file);
  const operator = new OperatorProcess(
    [
      ...["--kubeconfig", file, "--namespace", "orchestrator", "--log-level", "debug", "--no-leader-elect"],
      ...["--host", "127.0.0.1", "--port", String(probes)],
      ...["--webhook-port", String(webhooks), "--webhook-name", cluster.hostAddress],
      ...(options.flags ?? []),
    ],
    probes,
  );
  t.teardown(async () => {
    await operator.end("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  });
  await operator.start();
  return operator;
}
