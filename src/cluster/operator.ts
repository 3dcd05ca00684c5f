import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { installOperator } from "./install.js";
import type { Cluster } from "./options.js";
import { freePorts } from "./ports.js";
import { until } from "./process.js";
import { orchestratorProgram } from "./program.js";
import { webhooksAnswer } from "./webhooks.js";

export interface OperatorOptions {
  readonly progress?: (line: string) => void;
  /** Milliseconds until its webhooks must answer. Default 60,000. */
  readonly timeout?: number;
  /** Further arguments of `orchestrator manager`. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running operator. */
export interface LocalOperator {
  /** Where its probes and metrics are. */
  readonly url: string;
}

const NAMESPACE = "orchestrator";
const SERVICE_ACCOUNT = "orchestrator-manager";
const COMPONENT = "operator";

/**
 * Runs the operator of this checkout on the host, as a component of the cluster and with the rights of its own
 * ServiceAccount. Applies what it needs; its webhooks are called by `url` instead of through a Service. Resolves only
 * when the API server has called them.
 *
 * @throws {Error} with the operator's last lines when it ends, or when its webhooks do not answer in time.
 */
export async function startOperator(cluster: Cluster, options: OperatorOptions = {}): Promise<LocalOperator> {
  const progress = options.progress ?? ((): void => undefined);
  // Before anything is applied: the webhooks of the one that runs would be led astray.
  if (cluster.state().components.some(({ name, exit }) => name === COMPONENT && exit === undefined)) {
    throw new Error(`the operator runs already in the cluster ${cluster.name}`);
  }
  const [port = 0, webhookPort = 0] = await freePorts(2, cluster.hostAddress);

  progress("applying the resource definitions and the operator's rights");
  await installOperator(cluster, `https://${cluster.hostAddress}:${webhookPort}`);

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
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  });

  const url = `http://${cluster.hostAddress}:${port}`;
  const timeout = options.timeout ?? 60_000;
  const deadline = Date.now() + timeout;
  const ready = await until(timeout, () => {
    const exit = cluster.state().components.find(({ name }) => name === COMPONENT)?.exit;
    if (exit !== undefined) throw new Error(`the operator ended (${exit}). Its last lines:\n${lastLines(cluster)}`);
    return isReady(url);
  });
  const answering = ready === undefined ? undefined : await until(deadline - Date.now(), () => webhooksAnswer(cluster));
  if (answering === undefined) {
    throw new Error(
      `the operator's ${ready === undefined ? "readiness" : "webhooks"}: not within ${timeout / 1000} s. Its last lines:\n${lastLines(cluster)}`,
    );
  }
  progress("the operator is ready and its webhooks answer");
  return { url };
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
