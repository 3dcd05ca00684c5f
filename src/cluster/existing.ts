import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorText } from "../runtime/error-text.js";
import { findCluster } from "./cluster.js";
import { OPERATOR_IMAGE } from "./images/operator-image.js";
import { installOperator, kubectl, type InstallTarget } from "./install.js";
import { loadOperatorImage } from "./load-image.js";
import { freePorts } from "./ports.js";
import { until } from "./process.js";
import { orchestratorProgram } from "./program.js";
import { webhooksAnswer } from "./webhooks.js";

export interface ExistingClusterOptions {
  /** The kubeconfig of an administrator. Default: as kubectl. */
  readonly kubeconfig?: string;
  /** The context of the kubeconfig. Default: the current one. */
  readonly context?: string;
  /** The address at which the API server reaches this machine, for webhooks. Default 127.0.0.1, for a local API server. */
  readonly address?: string;
  readonly progress?: (line: string) => void;
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, unknown>> }[];
}

/**
 * Connects to a cluster that is already running, as its administrator.
 *
 * @throws Error with kubectl's message where the context cannot be read or the cluster does not answer.
 */
export async function existingCluster(options: ExistingClusterOptions): Promise<ExistingCluster> {
  const progress = options.progress ?? (() => undefined);
  const directory = mkdtempSync(join(tmpdir(), "orchestrator-"));
  const kubeconfig = join(directory, "kubeconfig");
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
    throw new Error(`kubectl cannot read the cluster's kubeconfig: ${why}`);
  }
  const config = JSON.parse(view.stdout) as Kubeconfig;
  writeFileSync(kubeconfig, view.stdout, { mode: 0o600 });
  const version = await kubectl({ kubectl: "kubectl", kubeconfig }, ["version", "-o", "json"]);
  const { serverVersion } = JSON.parse(version) as { serverVersion?: { gitVersion?: string } };
  progress(
    `using the cluster of context ${config["current-context"]} (Kubernetes ${serverVersion?.gitVersion ?? "?"})`,
  );
  return new ExistingCluster(directory, kubeconfig, config, options.address ?? "127.0.0.1", progress);
}

/** A cluster that this program did not start and does not stop. */
export class ExistingCluster implements InstallTarget {
  readonly kubectl = "kubectl";

  constructor(
    /** The temporary directory that holds `kubeconfig`. */
    private readonly directory: string,
    readonly kubeconfig: string,
    private readonly config: Kubeconfig,
    readonly address: string,
    private readonly progress: (line: string) => void,
  ) {}

  get context(): string {
    return this.config["current-context"];
  }

  /**
   * Makes the image in an archive available to pods: in kind clusters and in local clusters of ours.
   *
   * @throws Error for other clusters, whose nodes pull images from a registry.
   */
  async loadImage(archive: string): Promise<void> {
    const { context } = this;
    const local = await findCluster(context);
    if (local !== undefined) return local.loadImage(archive);
    if (!context.startsWith("kind-")) {
      throw new Error(
        `images cannot be loaded onto the nodes of ${context}: push the image to a registry and pass --image`,
      );
    }
    const load = spawnSync("kind", ["load", "image-archive", archive, "--name", context.slice("kind-".length)], {
      encoding: "utf8",
    });
    if (load.status !== 0) throw new Error(`kind could not load ${archive}: ${load.error?.message ?? load.stderr}`);
  }

  /**
   * Runs the operator of this checkout beside the cluster until `stop` is called.
   *
   * @throws Error with the operator's log when it exits, or when the API server does not reach its webhooks in 60 s.
   */
  async startOperator(): Promise<{ readonly url: string; stop(): Promise<void> }> {
    const { address, context, progress } = this;
    const [port = 0, webhookPort = 0] = await freePorts(2);
    progress("applying the CRDs and the operator's RBAC");
    await installOperator(this, `https://${address}:${webhookPort}`);
    const image = await this.#gatewayImage();
    const kubeconfig = await this.#operatorKubeconfig();
    progress("starting the operator");
    const child = spawn(
      process.execPath,
      [
        ...[orchestratorProgram(), "manager"],
        ...["--kubeconfig", kubeconfig, "--namespace", "orchestrator", "--host", "127.0.0.1"],
        ...["--port", String(port), "--webhook-port", String(webhookPort), "--webhook-name", address],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...image } },
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
      if (child.exitCode !== null) throw new Error(`the operator exited (${child.exitCode}). Its log:\n${log}`);
      const isReady = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      return isReady && (await webhooksAnswer(this)) ? true : undefined;
    });
    if (ready === undefined) {
      await stop();
      throw new Error(
        `the API server of ${context} does not reach the webhooks at https://${address}:${webhookPort} within 60 s. ` +
          `Pass the address at which it reaches this machine with --address. The operator's log:\n${log}`,
      );
    }
    progress("the operator is ready and the API server reaches its webhooks");
    return { url, stop };
  }

  /** The operator's environment with the gateway's image, if the nodes can have the one of this checkout. */
  async #gatewayImage(): Promise<{ readonly OPERATOR_IMAGE?: string }> {
    try {
      await loadOperatorImage(this);
      return { OPERATOR_IMAGE };
    } catch (error) {
      this.progress(`the gateway's image is that of the configuration (gateway.image): ${errorText(error)}`);
      return {};
    }
  }

  /** Removes the files written to this machine; objects applied to the cluster stay. */
  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Writes a kubeconfig with a token of the operator's ServiceAccount, so that its RBAC applies; returns its path. */
  async #operatorKubeconfig(): Promise<string> {
    const token = await kubectl(this, [
      ...["create", "token", "orchestrator-manager", "--namespace", "orchestrator", "--duration", "8h"],
    ]);
    const file = join(this.directory, "operator.kubeconfig");
    const user = { name: "operator", user: { token: token.trim() } };
    const contexts = this.config.contexts.map((one) => ({ ...one, context: { ...one.context, user: "operator" } }));
    writeFileSync(file, JSON.stringify({ ...this.config, users: [user], contexts }), { mode: 0o600 });
    return file;
  }
}
