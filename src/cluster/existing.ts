import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCluster } from "./cluster.js";
import { installOperator, kubectl, type InstallTarget } from "./install.js";
import { freePorts } from "./ports.js";
import { until } from "./process.js";
import { orchestratorProgram } from "./program.js";
import { webhooksAnswer } from "./webhooks.js";

export interface ExistingClusterOptions {
  /** A kubeconfig of an administrator; default as kubectl's. */
  readonly kubeconfig?: string;
  /** Default: the current one. */
  readonly context?: string;
  /** Where the cluster's API server reaches this machine, for the webhooks. Default 127.0.0.1: it runs here too. */
  readonly address?: string;
  readonly progress?: (line: string) => void;
}

/** A cluster that somebody else started, and that stays when we are done. */
export interface ExistingCluster extends InstallTarget {
  readonly context: string;
  readonly address: string;
  /**
   * Makes the image of an archive available to its pods: in kind's clusters and in our own.
   *
   * @throws Error elsewhere: there the nodes pull their images from a registry.
   */
  loadImage(archive: string): Promise<void>;
  /** Runs the operator of this checkout beside it until `stop` is called. */
  startOperator(): Promise<{ readonly url: string; stop(): Promise<void> }>;
  /** Removes what was written to this machine; the cluster keeps what was applied. */
  close(): void;
}

/**
 * Uses a cluster that is there already, as its administrator.
 *
 * @throws Error where the context can't be read or the cluster doesn't answer, in kubectl's words.
 */
export async function existingCluster(options: ExistingClusterOptions): Promise<ExistingCluster> {
  const progress = options.progress ?? (() => undefined);
  const address = options.address ?? "127.0.0.1";
  const directory = mkdtempSync(join(tmpdir(), "orchestrator-"));
  const file = join(directory, "kubeconfig");
  const view = spawnSync(
    "kubectl",
    [
      ...(options.kubeconfig === undefined ? [] : ["--kubeconfig", options.kubeconfig]),
      ...(options.context === undefined ? [] : ["--context", options.context]),
      ...["config", "view", "--minify", "--flatten", "-o", "json"],
    ],
    { encoding: "utf8" },
  );
  if (view.status !== 0) {
    rmSync(directory, { recursive: true });
    const why = view.error?.message ?? view.stderr.trim();
    throw new Error(`the cluster's kubeconfig can't be read by kubectl: ${why}`);
  }
  const config = JSON.parse(view.stdout) as Kubeconfig;
  writeFileSync(file, view.stdout, { mode: 0o600 });
  const context = config["current-context"];
  const target: InstallTarget = { kubectl: "kubectl", kubeconfig: file };
  const version = await kubectl(target, ["version", "-o", "json"]);
  const { serverVersion } = JSON.parse(version) as { serverVersion?: { gitVersion?: string } };
  progress(`using the cluster of context ${context} (Kubernetes ${serverVersion?.gitVersion ?? "?"})`);

  return {
    ...target,
    context,
    address,
    async loadImage(archive) {
      const ours = await findCluster(context);
      if (ours !== undefined) return ours.loadImage(archive);
      if (!context.startsWith("kind-")) {
        throw new Error(`images can't be brought to the nodes of ${context} from here: push one, and give --image`);
      }
      const load = spawnSync("kind", ["load", "image-archive", archive, "--name", context.slice("kind-".length)], {
        encoding: "utf8",
      });
      if (load.status !== 0) throw new Error(`kind could not load ${archive}: ${load.error?.message ?? load.stderr}`);
    },
    async startOperator() {
      const [port = 0, webhookPort = 0] = await freePorts(2);
      progress("applying the resource definitions and the operator's rights");
      await installOperator(target, `https://${address}:${webhookPort}`);
      const token = await kubectl(target, [
        ...["create", "token", "orchestrator-manager", "--namespace", "orchestrator", "--duration", "8h"],
      ]);
      const operatorFile = join(directory, "operator.kubeconfig");
      const user = { name: "operator", user: { token: token.trim() } };
      const contexts = config.contexts.map((one) => ({ ...one, context: { ...one.context, user: "operator" } }));
      writeFileSync(operatorFile, JSON.stringify({ ...config, users: [user], contexts }), { mode: 0o600 });
      progress("starting the operator");
      const child = spawn(
        process.execPath,
        [
          ...[orchestratorProgram(), "manager"],
          ...["--kubeconfig", operatorFile, "--namespace", "orchestrator", "--host", "127.0.0.1"],
          ...["--port", String(port), "--webhook-port", String(webhookPort), "--webhook-name", address],
        ],
        { stdio: ["ignore", "pipe", "pipe"] },
      );
      let log = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-8_000)));
      }
      const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      const stop = async (): Promise<void> => {
        child.kill("SIGTERM");
        await exited;
      };
      const url = `http://127.0.0.1:${port}`;
      const ready = await until(60_000, async () => {
        if (child.exitCode !== null) throw new Error(`the operator ended (${child.exitCode}). It wrote:\n${log}`);
        const isReady = await fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
        return isReady && (await webhooksAnswer(target)) ? true : undefined;
      });
      if (ready === undefined) {
        await stop();
        throw new Error(
          `the API server of ${context} doesn't reach the webhooks at https://${address}:${webhookPort} within 60 s. ` +
            `Give the address at which it reaches this machine (--address). The operator wrote:\n${log}`,
        );
      }
      progress("the operator is ready and its webhooks answer");
      return { url, stop };
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, unknown>> }[];
}
