/** The cluster that a command works with: options as kubectl's, and what its errors mean for the exit code. */
import type { Command } from "commander";
import { OperationError } from "../operations/operation-error.js";
import { validity } from "../runtime/certs/authority.js";
import { ApiError, Unauthorized } from "../runtime/client/errors.js";
import type { ServerAccess } from "../runtime/client/access.js";
import { HttpClient } from "../runtime/client/http.js";
import { inClusterAccess, isInCluster } from "../runtime/client/in-cluster.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import { errorText } from "../runtime/error-text.js";
import { printable } from "../printable.js";
import { accessError, refusal } from "./cluster-errors.js";
import { UsageError, type CommandIo } from "./io.js";
import { repeatable } from "./options.js";
import { WarningPrinter } from "./warnings.js";

export interface AccessOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  /** False: `--no-color`. */
  readonly color?: boolean;
}

/** What a command works with. */
export interface ClusterAccess {
  readonly client: HttpClient;
  /** `--namespace`, else that of the context. */
  readonly namespace: string;
  /** Does something whose warnings are not printed, such as what is repeated later. */
  readonly quietly: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Adds the options that select a cluster, a namespace and a user. @param namespace what the namespace is for */
export function withAccessOptions(
  command: Command,
  namespace = "namespace of the run (default: that of the context)",
): Command {
  return command
    .option("-n, --namespace <name>", namespace)
    .option("--kubeconfig <file>", "kubeconfig (default: as kubectl)")
    .option("--context <name>", "context of the kubeconfig (default: the current one)")
    .option("--as <user>", "user to impersonate, as with kubectl")
    .option("--as-group <group>", "group to impersonate; can be repeated", repeatable)
    .option("--no-color", "no color, as with NO_COLOR in the environment");
}

/**
 * Runs an action against the cluster; its result is the exit code. What the API server refuses is printed, and gives 1; its warnings are
 * printed, too.
 *
 * @throws UsageError without access to a cluster
 */
export async function inCluster(
  options: AccessOptions,
  io: CommandIo,
  action: (access: ClusterAccess) => Promise<number>,
): Promise<number> {
  const { print, quietly } = new WarningPrinter(io);
  const client = await clientOf(options, "", print);
  try {
    return await action({ client, namespace: options.namespace ?? client.namespace, quietly });
  } catch (error) {
    const expired = error instanceof Unauthorized ? await expiredCertificate(options) : undefined;
    const withoutAccess = expired ?? accessError(error);
    if (withoutAccess !== undefined) throw withoutAccess;
    if (!(error instanceof OperationError || error instanceof ApiError)) throw error;
    io.err(`error: ${printable(error instanceof ApiError ? refusal(error) : error.message)}\n`);
    return 1;
  } finally {
    await client.close();
  }
}

/** The API server says only that it accepts no credentials; whether a client certificate has expired is in the kubeconfig. */
async function expiredCertificate(options: AccessOptions): Promise<UsageError | undefined> {
  const access = await accessOf(options);
  const { cert } = (await access.connection()).tls;
  const end = typeof cert === "string" || Buffer.isBuffer(cert) ? validity(cert.toString())?.to : undefined;
  if (end === undefined || end > Date.now()) return undefined;
  return new UsageError(
    `error: your client certificate expired at ${new Date(end).toISOString()}: get a new kubeconfig, or choose another --context`,
  );
}

/** A client of the cluster that the options select. @throws UsageError without access, which says what else can be done */
export async function clientOf(
  { kubeconfig, context, as: user, asGroup: groups }: AccessOptions,
  otherwise = "",
  onWarning?: (text: string) => void,
): Promise<HttpClient> {
  if (user === undefined && groups !== undefined) throw new UsageError("error: --as-group needs --as");
  const access = await accessOf({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  }).catch((error: unknown) => {
    throw new UsageError(`error: no access to a cluster: ${errorText(error)}${otherwise}`);
  });
  return new HttpClient({
    ...{ access, fieldManager: "orchestrator-cli" },
    ...(onWarning && { onWarning }),
    ...(user !== undefined && { impersonate: { user, ...(groups && { groups }) } }),
  });
}

/** The cluster and the user of a kubeconfig, or those of the pod. @throws Error without one */
export function accessOf({ kubeconfig, context }: AccessOptions): Promise<ServerAccess> {
  const isPod = kubeconfig === undefined && context === undefined && !process.env.KUBECONFIG && isInCluster();
  if (isPod) return inClusterAccess();
  return kubeconfigAccess({
    ...(kubeconfig !== undefined && { file: kubeconfig }),
    ...(context !== undefined && { context }),
  });
}
