import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { OPERATOR_IMAGE } from "./images/operator-image.js";
import { installOperator } from "./install.js";
import { loadOperatorImage } from "./load-image.js";
import type { Cluster } from "./options.js";
import { freePorts } from "./ports.js";
import { until } from "./process.js";
import { orchestratorProgram } from "./program.js";
import type { ClusterState } from "./state.js";
import { webhooksAnswer } from "./webhooks.js";

export interface OperatorOptions {
  readonly progress?: (line: string) => void;
  /** Timeout in milliseconds until its webhooks answer. Default 60,000. */
  readonly timeout?: number;
  /** Additional arguments of `orchestrator manager`. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether to restart it whenever it exits, once its webhooks have answered. Default false, for fault injection. */
  readonly keepRunning?: boolean;
}

/** A running operator. */
export interface LocalOperator {
  /** The URL of its probes and metrics. */
  readonly url: string;
}

const NAMESPACE = "orchestrator";
const SERVICE_ACCOUNT = "orchestrator-manager";
const COMPONENT = "operator";

/**
 * Runs the operator of this checkout on the host, as a component of the cluster and with the permissions of its
 * ServiceAccount. Applies what it needs, and makes its image available to a real node, for the gateway in agents' pods; the API
 * server calls its webhooks by `url` instead of through a Service. Resolves when the API server has called them.
 *
 * @throws {Error} with the operator's last log lines when it exits, or when its webhooks do not answer in time.
 */
export async function startOperator(cluster: Cluster, options: OperatorOptions = {}): Promise<LocalOperator> {
  const progress = options.progress ?? ((): void => undefined);
  // Checked before anything is applied: the webhook configurations of the running operator would be redirected.
  if (hasOperator(cluster.state())) {
    throw new Error(`the operator is already running in cluster ${cluster.name}`);
  }
  const [port = 0, webhookPort = 0] = await freePorts(2, cluster.hostAddress);

  progress("applying the CRDs and the operator's RBAC");
  await installOperator(cluster, `https://${cluster.hostAddress}:${webhookPort}`);

  if (cluster.node === "real") {
    progress("loading the gateway's image");
    await loadOperatorImage(cluster);
  }
  progress("starting the operator");
  const kubeconfig = join(cluster.directory, "operator.kubeconfig");
  await cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT, kubeconfig);
  await cluster.startComponent({
    name: COMPONENT,
    port,
    argv: [
      process.execPath,
      orchestratorProgram(),
      "manager",
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${NAMESPACE}`,
      `--host=${cluster.hostAddress}`,
      `--port=${port}`,
      `--webhook-host=${cluster.hostAddress}`,
      `--webhook-port=${webhookPort}`,
      `--webhook-name=${cluster.hostAddress}`,
      ...(options.arguments ?? []),
    ],
    environment: { OPERATOR_IMAGE, ...options.environment },
  });

  const url = `http://${cluster.hostAddress}:${port}`;
  const timeout = options.timeout ?? 60_000;
  const deadline = Date.now() + timeout;
  const ready = await until(timeout, () => {
    const exit = cluster.state().components.find(({ name }) => name === COMPONENT)?.exit;
    if (exit !== undefined) throw new Error(`the operator exited (${exit}). Last log lines:\n${lastLines(cluster)}`);
    return isReady(url);
  });
  const answering = ready === undefined ? undefined : await until(deadline - Date.now(), () => webhooksAnswer(cluster));
  if (answering === undefined) {
    throw new Error(
      `timed out after ${timeout / 1000} s waiting for the operator's ${ready === undefined ? "readiness" : "webhooks"}. Last log lines:\n${lastLines(cluster)}`,
    );
  }
  if (options.keepRunning === true) await cluster.keepComponentRunning(COMPONENT);
  progress("the operator is ready and the API server reaches its webhooks");
  return { url };
}

/** Whether the operator runs beside the cluster, or is about to be restarted. */
export function hasOperator({ components }: ClusterState): boolean {
  return components.some(
    ({ name, exit, restarts }) => name === COMPONENT && (exit === undefined || restarts !== undefined),
  );
}

async function isReady(url: string): Promise<true | undefined> {
  try {
    const answer = await request(`${url}/readyz`, { headersTimeout: 2_000 });
    await answer.body.dump();
    return answer.statusCode === 200 ? true : undefined;
  } catch {
    return undefined; // not listening yet
  }
}

function lastLines(cluster: Cluster): string {
  const log = join(cluster.directory, "logs", `${COMPONENT}.log`);
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-10).join("\n") : "(none)";
}
